//! The rules on who may import whom: data flows one way, and the reference server shares nothing.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

#[path = "architecture/dependencies.rs"]
mod dependencies;
#[path = "architecture/faults_wrap.rs"]
mod faults_wrap;
#[path = "architecture/service_names.rs"]
mod service_names;

/// Which modules of ours each module may name. `clock` and `entropy` are the only doors to time and to randomness
/// without a seed; who may open them is part of the table. A module that is missing here fails the test.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("entropy", &[]),
    ("wire", &[]),
    ("spec", &[]),
    ("reference", &[]),
    ("protocol", &["spec", "wire"]),
    ("plan", &["spec"]),
    ("generate", &["spec", "plan"]),
    ("send", &["wire", "clock"]),
    ("judge", &["spec", "plan", "wire", "protocol"]),
    // Decodes bodies as the sender does.
    ("recording", &["wire", "send"]),
    // Findings are violations of the judge with their evidence, and steps of scenarios that sign in an unusual way.
    ("record", &["spec", "plan", "wire", "judge"]),
    (
        "run",
        &["spec", "plan", "wire", "protocol", "generate", "send", "judge", "record", "recording", "clock", "entropy"],
    ),
    ("traffic", &["spec", "plan", "wire", "protocol", "generate", "judge", "record", "recording"]),
    // Of `run` it knows the settings and the connection to a target.
    ("compare", &["spec", "plan", "wire", "protocol", "generate", "judge", "run", "record", "clock"]),
    ("diagnose", &["spec", "plan", "wire", "judge"]),
    // It builds the record from the plan and the exchanges, and names causes again when shards are merged.
    ("report", &["spec", "plan", "wire", "protocol", "diagnose", "record"]),
    ("trials", &["spec", "plan", "run", "record", "report", "clock"]),
    (
        "cli",
        &[
            "spec",
            "plan",
            "wire",
            "generate",
            "send",
            "judge",
            "run",
            "record",
            "recording",
            "traffic",
            "compare",
            "report",
            "trials",
            "selftest",
            "reference",
            "clock",
            "entropy",
        ],
    ),
    ("selftest", &["spec", "plan", "run", "record", "report", "reference", "judge", "clock", "entropy"]),
];

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every source file with its module and its text without comments.
fn modules() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.strip_suffix(".rs").unwrap_or(first).to_owned();
        if ["main", "lib"].contains(&module.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
        all.push((module, inside.to_owned(), code));
    }
    all
}

/// The modules of ours that a text names: `crate::plan::…`, `crate::{plan, spec::…}`.
fn named(code: &str) -> BTreeSet<String> {
    let single = Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let group = Regex::new(r"\bcrate::\{([^;]*)\};").unwrap();
    let mut found: BTreeSet<String> = single.captures_iter(code).map(|captures| captures[1].to_owned()).collect();
    for captures in group.captures_iter(code) {
        let mut depth = 0;
        let mut word = String::new();
        for character in captures[1].chars().chain([',']) {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let name = word.trim().split("::").next().unwrap_or_default().to_owned();
                    found.insert(name);
                    word.clear();
                }
                _ if depth == 0 => word.push(character),
                _ => {}
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

#[test]
fn imports_follow_the_table() {
    let table: BTreeMap<&str, &[&str]> = MAY_NAME.iter().copied().collect();
    let mut broken = Vec::new();
    let mut files = 0;
    for (module, path, code) in modules() {
        files += 1;
        let Some(allowed) = table.get(module.as_str()) else {
            broken.push(format!("{}: the module `{module}` is not in the table", path.display()));
            continue;
        };
        for name in named(&code) {
            if name != module && !allowed.contains(&name.as_str()) {
                broken.push(format!("{}: `{module}` must not name `crate::{name}`", path.display()));
            }
        }
    }
    assert!(files > 100, "only {files} files were read");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What makes a verdict in source text: a violation or a judgement that is built, or one that is changed.
const VERDICTS: [&str; 4] = [
    // Not the body of a function that returns one.
    r"(^|[^>\s])\s*\bViolation \{",
    r"(^|[^>\s])\s*\bJudgement \{",
    r"\bjudgement\s*\.(upheld|violations)\s*\.(push|extend|append|insert|retain|clear|truncate|drain|iter_mut)\b",
    r"\bjudgement\s*\.undecided\s*(=[^=]|\.(get_or_insert|get_or_insert_with|insert|replace|take)\b)",
];

/// The code of a file without the tests at its end.
fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod ").next().unwrap_or(code)
}

/// `run` executes and hands over; whether a clause is upheld or violated is decided in `judge`. `traffic` judges recordings
/// by it, and takes back what a recording cannot show.
#[test]
fn verdicts_are_made_in_judge() {
    let verdicts = VERDICTS.map(|pattern| Regex::new(pattern).unwrap());
    let is_made_in = |code: &str| verdicts.iter().any(|pattern| pattern.is_match(code));
    let mut makers = BTreeSet::new();
    for (module, path, code) in modules() {
        // The reference server has violations of its own.
        let is_free = is_test(&path) || module == "reference";
        if !is_free && is_made_in(without_tests(&code)) {
            assert!(["judge", "traffic"].contains(&module.as_str()), "{} makes a verdict", path.display());
            makers.insert(module);
        }
    }
    assert!(makers.contains("judge"), "no verdict is found where they are made");
}

#[test]
fn verdicts_are_recognised_in_source_text() {
    let verdicts = VERDICTS.map(|pattern| Regex::new(pattern).unwrap());
    let is_made_in = |code: &str| verdicts.iter().any(|pattern| pattern.is_match(code));
    for made in [
        "Violation { clause, ..other }",
        "self.judgement.upheld.push(clause)",
        "judgement\n    .violations\n    .retain(|one| true)",
        "judgement.undecided = Some(reason)",
    ] {
        assert!(is_made_in(made), "{made}");
    }
    for read in [
        "judgement.violations.iter()",
        "let it: &Violation = x;",
        "judgement.undecided == None",
        "fn f() -> Violation {",
    ] {
        assert!(!is_made_in(read), "{read}");
    }
}

#[test]
fn time_and_chance_have_one_door_each() {
    let time = Regex::new(r"\b(SystemTime|std::time::Instant)::now\b").unwrap();
    let chance = Regex::new(r"\b(RandomState|thread_rng|getrandom|from_os_rng|OsRng)\b").unwrap();
    for (module, path, code) in modules() {
        // The reference server shares nothing, doors included.
        if is_test(&path) || module == "reference" {
            continue;
        }
        assert!(module == "clock" || !time.is_match(&code), "{} asks for the time itself", path.display());
        assert!(module == "entropy" || !chance.is_match(&code), "{} draws lots itself", path.display());
    }
}

#[test]
fn only_the_command_line_knows_the_reference_server() {
    let users: BTreeSet<String> = modules()
        .into_iter()
        .filter(|(module, path, code)| module != "reference" && !is_test(path) && named(code).contains("reference"))
        .map(|(module, _, _)| module)
        .collect();
    let allowed = BTreeSet::from(["cli".to_owned(), "selftest".to_owned()]);
    assert!(users.contains("cli") && users.is_subset(&allowed), "{users:?}");
}

#[test]
fn names_are_found_in_every_form_of_import() {
    let code =
        "use crate::plan::{Case, Check};\nuse crate::{spec::{self, Contract}, wire};\nfn f(x: crate::judge::Judge) {}";
    let expected = ["judge", "plan", "spec", "wire"].map(str::to_owned);
    assert_eq!(named(code), BTreeSet::from(expected));
}

/// Sentences of the reference document must not be copied. Titles of operations and shapes are no sentences.
#[test]
#[ignore = "needs the reference document: set IVS_CONFORMANCE_REFERENCE_TEXT to its text file"]
fn no_sentence_is_copied_from_the_reference_document() {
    const LONGEST: usize = 8;
    let place = std::env::var_os("IVS_CONFORMANCE_REFERENCE_TEXT").expect("the variable names a file");
    let text = std::fs::read_to_string(place).unwrap();
    let mut phrases = BTreeSet::new();
    for sentence in prose(&text) {
        phrases.extend(sentence.windows(LONGEST).map(|words| words.join(" ")));
    }
    assert!(phrases.len() > 1_000, "{} phrases", phrases.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = sources(&root.join("src"));
    for folder in ["specs", "suites", "suites/scenarios", "suites/ivs-2026-11"] {
        files.extend(std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.extend(std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    files.push(root.join("README.md"));
    files.retain(|path| path.extension().is_none_or(|extension| extension != "svg" && extension != "png"));
    let mut copied = BTreeSet::new();
    for path in files.iter().filter(|path| path.is_file()) {
        for sentence in prose(&std::fs::read_to_string(path).unwrap()) {
            for words in sentence.windows(LONGEST) {
                let phrase = words.join(" ");
                if phrases.contains(&phrase) {
                    copied.insert(format!("{}: {phrase}", path.strip_prefix(root).unwrap().display()));
                }
            }
        }
    }
    assert!(copied.is_empty(), "{}", copied.into_iter().collect::<Vec<_>>().join("\n"));
}

/// The sentences of a text as words in lower case. What is no prose ends a sentence as a full stop does: names in
/// code, lists of values, numbers.
fn prose(text: &str) -> Vec<Vec<String>> {
    let mut sentences = vec![Vec::new()];
    let end = |sentences: &mut Vec<Vec<String>>| sentences.push(Vec::new());
    for token in text.split_whitespace() {
        let word: String = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-');
        if !is_word {
            end(&mut sentences);
            continue;
        }
        if let Some(sentence) = sentences.last_mut() {
            sentence.push(word);
        }
        if token.ends_with(['.', ':', ';', '"', ')', '!', '?']) {
            end(&mut sentences);
        }
    }
    sentences
}

/// Most lines of a source file.
const MOST_LINES: usize = 350;

#[test]
fn source_files_are_short() {
    let long: Vec<String> = modules()
        .into_iter()
        .map(|(_, path, code)| (path.display().to_string(), code.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines, and {MOST_LINES} are enough"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

fn project_file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn there_is_no_unsafe_code() {
    let manifest: toml::Table = toml::from_str(&project_file("Cargo.toml")).unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let word = Regex::new(r"\bunsafe\s*(\{|fn|impl|extern)").unwrap();
    for (_, path, code) in modules() {
        assert!(!word.is_match(&code), "{}", path.display());
    }
}
