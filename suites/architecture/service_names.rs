//! Generic code knows no service: the names of the built-in model stand in data, in the reference server and in tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use ivs_conformance::plan::resources::Resources;
use ivs_conformance::spec;
use regex::Regex;
use serde_json::Value;

use super::{is_test, sources};

/// Names of the model that are words of programming, of HTTP or of testing: they say nothing of the service.
const ORDINARY: &[&str] = &[
    "authorized",
    "boolean",
    "code",
    "codec",
    "enabled",
    "endpoint",
    "error code",
    "errors",
    "fingerprint",
    "health",
    "level",
    "long",
    "message",
    "metadata",
    "name",
    "policy",
    "profile",
    "start time",
    "state",
    "stream",
    "streams",
    "string",
    "time",
    "type",
    "value",
];
/// Names of the model that every service of AWS shares: how it names resources, tags them and refuses requests.
const OF_AWS: &[&str] = &["arn", "arns", "s3", "tag key", "tags", "validation exception"];
/// Files that may use some names all the same, as paths below `src/`, with the reason.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    ("cli/identities.rs", &[], "callers that the embedded reference server knows, by the error that each of them gets"),
    ("run/broadcast.rs", &["ingest endpoint", "stream key"], "placeholders of --broadcast-command: the interface"),
    (
        "plan/suite/scenario.rs",
        &["ingest endpoint", "stream key"],
        "placeholders of --broadcast-command: the interface",
    ),
    ("trials/suite.rs", &["ingest endpoint", "stream key"], "placeholders of --broadcast-command: the interface"),
    ("cli/args/run.rs", &["ingest endpoint", "stream key"], "placeholders of --broadcast-command: the interface"),
    ("run/worker_pool.rs", &["channel"], "queues between threads, as tokio names them"),
];

static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new("[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*").unwrap());
static OF_THREADS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(mpsc|oneshot)::(unbounded_)?channel\b").unwrap());
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new("[A-Z]*[a-z0-9]+|[A-Z]+").unwrap());

/// A name as its words: `streamKey`, `StreamKey`, `stream-key` and `STREAM_KEY` are the same.
fn words(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in WORD.find_iter(name).map(|part| part.as_str()) {
        // The last of several capitals begins a word: `ARNType`.
        let capitals = part.bytes().take_while(u8::is_ascii_uppercase).count();
        let is_plural = part.ends_with('s') && capitals + 1 == part.len();
        let split = if capitals > 1 && capitals < part.len() && !is_plural { capitals - 1 } else { 0 };
        let (acronym, word) = part.split_at(split);
        found.extend([acronym, word].into_iter().filter(|word| !word.is_empty()).map(str::to_lowercase));
    }
    found
}

/// The names of operations, resource types, shapes and members of the built-in model, as words. Values of enumerations
/// are values, not names.
fn names_of_the_model() -> BTreeSet<String> {
    let contract = spec::builtin().unwrap();
    let namespace = contract.service.id.split('#').next().unwrap().to_owned();
    let model: Value = serde_json::from_str(&super::project_file("specs/ivs-2020-07-14.json")).unwrap();
    let mut names: BTreeSet<String> = Resources::of(&contract).types().map(|kind| words(kind).join(" ")).collect();
    for (id, shape) in model["shapes"].as_object().unwrap() {
        let Some(name) = id.strip_prefix(&format!("{namespace}#")) else { continue };
        names.insert(words(name).join(" "));
        if shape["type"] != "enum" {
            let members = shape["members"].as_object().into_iter().flatten();
            names.extend(members.map(|(member, _)| words(member).join(" ")));
        }
    }
    names
}

/// The names that stand in a text, with its comments, as part of whatever identifier or word; the number of the line.
fn found_in(text: &str, names: &BTreeSet<String>) -> BTreeSet<(usize, String)> {
    let longest = names.iter().map(|name| name.split(' ').count()).max().unwrap_or_default();
    let mut found = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = OF_THREADS.replace_all(line, "");
        for token in TOKEN.find_iter(&line) {
            let words = words(token.as_str());
            for start in 0..words.len() {
                for end in start + 1..=words.len().min(start + longest) {
                    let part = words[start..end].join(" ");
                    if names.contains(&part) {
                        found.insert((number, part));
                    }
                }
            }
        }
    }
    found
}

/// A source without its tests.
fn without_tests(text: &str) -> &str {
    let tests = Regex::new(r"(?m)^#\[cfg\((all\()?test[^\n]*\n(#[^\n]*\n)*mod \w+ \{").unwrap();
    tests.find(text).map_or(text, |found| &text[..found.start()])
}

/// Files that exist in tests alone: `#[cfg(test)] mod NAME;`.
fn files_of_tests(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let declaration =
        Regex::new(r"#\[cfg\((?:all\()?test[^\n]*\n(?:#[^\n]*\n)*(?:pub(?:\(\w+\))? )?mod (\w+);").unwrap();
    let mut found = BTreeSet::new();
    for (path, text) in files {
        let module = path.strip_suffix(".rs").unwrap();
        let directory = module.strip_suffix("/mod").or(module.strip_suffix("lib")).unwrap_or(module);
        found.extend(declaration.captures_iter(text).map(|captures| format!("{directory}/{}", &captures[1])));
    }
    found
}

/// The sources that must know no service, by their path below `src/`.
fn generic_sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let all = sources(&root).into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), text)
    });
    let all: BTreeMap<String, String> = all.collect();
    let of_tests = files_of_tests(&all);
    let is_of_tests = |path: &str| {
        is_test(Path::new(path))
            || of_tests.iter().any(|of_tests| path.strip_suffix(".rs").unwrap().starts_with(of_tests))
    };
    let of_reference = |path: &str| path.starts_with("reference") || path.starts_with("selftest");
    all.into_iter().filter(|(path, _)| !is_of_tests(path) && !of_reference(path)).collect()
}

fn telling_names() -> BTreeSet<String> {
    let mut names = names_of_the_model();
    for ordinary in ORDINARY.iter().chain(OF_AWS) {
        assert!(names.remove(*ordinary), "the model has no `{ordinary}`: remove it from the list");
    }
    names
}

#[test]
fn generic_code_names_nothing_of_the_built_in_service() {
    let names = telling_names();
    let mut wrong = Vec::new();
    let files = generic_sources();
    assert!(files.len() > 250, "only {} files were read", files.len());
    for (path, text) in &files {
        let allowed = EXCEPTIONS.iter().find(|(file, _, _)| file == path).map(|(_, words, _)| *words);
        for (line, name) in found_in(without_tests(text), &names) {
            let is_allowed = allowed.is_some_and(|words| words.is_empty() || words.contains(&name.as_str()));
            if !is_allowed {
                wrong.push(format!(
                    "src/{path}:{line}: `{name}` is a name of the built-in service: take it from the contract"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_planted_name_is_found_in_every_form() {
    let names = telling_names();
    assert!(names.len() > 200, "{}", names.len());
    for (planted, name) in [
        ("let path = \"CreateChannel\";", "create channel"),
        ("/// The ARN of a channel.", "channel"),
        ("fn end_of(channels: &[String]) {}", "channels"),
        ("json!({\"channelArn\": arn})", "channel arn"),
        ("const STREAM_KEY: &str = \"x\";", "stream key"),
        ("enum Scope { PlaybackKeyPair }", "playback key pair"),
        ("\"a recording-configuration\"", "recording configuration"),
    ] {
        let found = found_in(&format!("fn ordinary() {{}}\n{planted}\n"), &names);
        assert!(found.contains(&(2, name.to_owned())), "{planted}: {found:?}");
    }
    assert_eq!(
        found_in("let (sender, receiver) = mpsc::channel(); // name, value, tags, type", &names),
        BTreeSet::new()
    );
}
