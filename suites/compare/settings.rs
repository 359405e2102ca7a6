//! Settings that `compare` shares with `run`: each is read from a flag, a variable and the file.

use std::collections::BTreeSet;

use clap::CommandFactory;
use ivs_conformance::cli::args::Cli;
use ivs_conformance::cli::config;

use crate::common;
use crate::compare::report;

/// Variables of all settings that `compare` shares with `run`, each with a value by which the comparison ends differently:
/// exit code, and words of what it says.
const SHARED: [(&str, &str, i32, &str); 18] = [
    ("endpoint", "http://127.0.0.1:9", 3, "http://127.0.0.1:9 does not respond"),
    ("auth", "sigv5", 2, "IVS_CONFORMANCE_AUTH=sigv5"),
    ("region", "eu-west-1", 0, "\"region\": \"eu-west-1\""),
    ("broadcast", "none", 2, "IVS_CONFORMANCE_BROADCAST `none` is no path"),
    ("wait", "soon", 2, "IVS_CONFORMANCE_WAIT=soon"),
    ("spec", "missing.json", 2, "missing.json"),
    ("only", "GetNothing.*", 2, "GetNothing.*"),
    ("skip", "GetNothing.*", 2, "GetNothing.*"),
    ("operation", "GetNothing", 2, "GetNothing"),
    ("profile", "deep", 0, "\"profile\": \"deep\""),
    ("seed", "77", 0, "\"seed\": 77"),
    ("jobs", "0", 2, "IVS_CONFORMANCE_JOBS 0 would send nothing"),
    ("request-timeout", "0", 2, "IVS_CONFORMANCE_REQUEST_TIMEOUT"),
    ("deadline", "0", 2, "IVS_CONFORMANCE_DEADLINE"),
    ("report", "html=never.html", 0, "a comparison has no html report"),
    ("verbose", "maybe", 2, "IVS_CONFORMANCE_VERBOSE=maybe"),
    ("quiet", "maybe", 2, "IVS_CONFORMANCE_QUIET=maybe"),
    ("color", "blue", 2, "IVS_CONFORMANCE_COLOR=blue"),
];

#[test]
fn settings_that_run_has_count_from_variables_and_from_the_file() {
    let mut command = Cli::command();
    command.build();
    let flags = |name: &str| -> BTreeSet<String> {
        let flags = command.find_subcommand(name).unwrap().get_arguments().filter_map(|flag| flag.get_long());
        flags.filter(|flag| !["help", "version", "config"].contains(flag)).map(str::to_owned).collect()
    };
    let both: BTreeSet<String> = flags("run").intersection(&flags("compare")).cloned().collect();
    assert_eq!(both, SHARED.iter().map(|row| row.0.to_owned()).collect());
    let scratch = common::Scratch::new();
    let file = scratch.file("settings.toml");
    std::fs::write(&file, "only = [\"GetChannel.status\"]\nquiet = true\n").unwrap();
    for (setting, value, code, words) in SHARED {
        let mut program = common::program();
        program.args(["compare", "--config", &file]).env(config::variable(setting), value);
        if setting != "report" {
            program.args(["--report", "json=-"]);
        }
        let output = program.output().unwrap();
        common::assert_exit(&output, code);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains(words), "{setting}: {said}");
    }
    let flags = ["--config", &file, "--seed", "8", "--only", "GetChannel.input.*", "--jobs", "3"];
    let compared = report(&flags, 0);
    assert_eq!(compared["seed"], 8);
    assert!(compared["summary"]["programs"].as_u64().unwrap() > 3, "a flag wins over the file: {compared:#}");
}
