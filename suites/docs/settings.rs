//! The table of settings in `docs/configuration.md`: every flag of `run`, every key of the file, every variable and every
//! method of `Suite` with its twins, or the reason why it has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use clap::CommandFactory;
use ivs_conformance::cli::args::Cli;
use ivs_conformance::cli::config::{KEYS, variable};
use ivs_conformance::trials;

/// Methods of `Suite` whose name is not that of the setting.
const METHODS: [(&str, &str); 2] = [("auth", "unsigned"), ("implemented", "implemented_only")];

/// Arguments of test programs that do the same as a setting.
const ARGUMENTS: [(&str, &str); 6] = [
    ("only", "`-- NAME`"),
    ("skip", "`-- --skip NAME`"),
    ("jobs", "`-- --test-threads N`"),
    ("shard", "`cargo nextest run --partition hash:I/N`"),
    ("quiet", "`-- --quiet`"),
    ("color", "`-- --color WHEN`"),
];

/// Flags that are no settings, with the reason.
const FLAGS_ALONE: [(&str, &str); 4] = [
    ("yes", "consent is given each time"),
    ("plan", "asks for the plan instead of a run"),
    ("update-baseline", "asks for the file to be rewritten"),
    ("config", "names the file"),
];

/// Settings that test programs do not have, with the reason.
const NOT_IN_TESTS: [(&str, &str); 12] = [
    ("fail-fast", "`cargo nextest run --fail-fast`"),
    ("record", "`ivs-conformance run --record`"),
    ("history", "test programs keep no run"),
    ("yes", "test programs run on this machine only"),
    ("journal", "test programs run on this machine only"),
    ("throttling", "test programs run on this machine only"),
    ("quotas", "test programs run on this machine only"),
    ("aws-profile", "`credentials`"),
    ("config", "the code is the configuration"),
    ("plan", "`-- --list`"),
    ("update-baseline", "`ivs-conformance run --update-baseline`"),
    ("verbose", "a test that fails says everything"),
];

/// Methods of `Suite` that are no setting of `run`, and what is like them.
const METHODS_ALONE: [(&str, &str); 7] = [
    ("new", ""),
    ("main", ""),
    ("serve", ""),
    ("serve_with", ""),
    ("credentials", "`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`"),
    ("without", "`[operations.NAME]` with `expect = \"not_implemented\"`"),
    ("without_because", "the same with `reason`"),
];

/// The public methods of `Suite`, from its source.
fn methods() -> BTreeSet<String> {
    let source = include_str!("../../src/trials/suite.rs");
    let names = source.lines().filter_map(|line| line.trim_start().strip_prefix("pub fn "));
    names.filter_map(|rest| Some(rest.split(['(', '<']).next()?.to_owned())).collect()
}

fn of<'t>(table: &[(&str, &'t str)], setting: &str) -> Option<&'t str> {
    table.iter().find(|(name, _)| *name == setting).map(|(_, value)| *value)
}

/// The long flags of `run` with the names of their values.
fn flags() -> Vec<(String, String)> {
    let mut command = Cli::command();
    command.build();
    let run = command.find_subcommand("run").unwrap();
    let flags = run.get_arguments().filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()));
    flags
        .map(|flag| {
            let is_switch = flag.is_require_equals_set();
            let value = flag.get_value_names().map(|names| names[0].to_string()).unwrap_or_default();
            let shown = if is_switch { format!("[={value}]") } else { format!(" {value}") };
            (flag.get_long().unwrap().to_owned(), shown)
        })
        .collect()
}

/// The method of a setting, or why there is none.
fn method(setting: &str, methods: &mut BTreeSet<String>) -> String {
    let name = of(&METHODS, setting).map_or_else(|| setting.replace('-', "_"), str::to_owned);
    let reason = of(&NOT_IN_TESTS, setting).or_else(|| of(&ARGUMENTS, setting));
    match (methods.remove(&name), reason) {
        (true, _) => {
            assert!(of(&NOT_IN_TESTS, setting).is_none(), "`{setting}` has a method and a reason why not");
            format!("`{name}`")
        }
        (false, Some(reason)) => format!("— ({reason})"),
        (false, None) => panic!("`Suite` has no `{name}`, and there is no reason why"),
    }
}

/// What a test program reads for a setting: its variable, an argument, or nothing.
fn in_tests(setting: &str, variables: &mut BTreeSet<String>) -> String {
    let has_variable = variables.remove(&variable(setting));
    let own = has_variable.then(|| "the variable".to_owned());
    let argument = of(&ARGUMENTS, setting).map(str::to_owned);
    let ways: Vec<String> = own.into_iter().chain(argument).collect();
    assert!(!ways.is_empty() || of(&NOT_IN_TESTS, setting).is_some(), "tests cannot set `{setting}`");
    if ways.is_empty() { "—".to_owned() } else { ways.join(", ") }
}

#[test]
fn every_setting_has_its_twins() {
    let mut methods = methods();
    let mut variables: BTreeSet<String> = trials::variables().collect();
    let mut keys: BTreeSet<&str> = KEYS.iter().copied().collect();
    let mut table = String::from(
        "| flag of `run` | key | variable | in test programs | method of `Suite` |\n| --- | --- | --- | --- | --- |\n",
    );
    for (flag, value) in flags() {
        let alone = of(&FLAGS_ALONE, &flag);
        let key = match (keys.remove(flag.as_str()), alone) {
            (true, None) => format!("`{flag}`"),
            (false, Some(reason)) => format!("— ({reason})"),
            (true, Some(_)) => panic!("`--{flag}` is a key, and there is a reason why not"),
            (false, None) => panic!("`--{flag}` is not a key of the file, and there is no reason why"),
        };
        let name =
            if alone.is_some() && flag != "config" { "—".to_owned() } else { format!("`{}`", variable(&flag)) };
        let (tests, method) = (in_tests(&flag, &mut variables), method(&flag, &mut methods));
        let _ = writeln!(table, "| `--{flag}{value}` | {key} | {name} | {tests} | {method} |");
    }
    for (name, like) in METHODS_ALONE {
        assert!(methods.remove(name), "`Suite` has no `{name}`");
        if !like.is_empty() {
            let _ = writeln!(table, "| — | {like} | — | — | `{name}` |");
        }
    }
    let left: BTreeMap<&str, String> = BTreeMap::from([
        ("keys", format!("{keys:?}")),
        ("methods", format!("{methods:?}")),
        ("variables of tests", format!("{variables:?}")),
    ]);
    assert!(left.values().all(|names| names == "{}"), "without a flag and without a reason: {left:?}");
    super::assert_part_up_to_date("configuration.md", &table);
}
