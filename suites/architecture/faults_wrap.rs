//! Faults wrap the reference server: without them it reads as a plain implementation of the API.

use std::path::Path;

use regex::Regex;

/// The files of the reference server that may speak of faults, from `src/reference`; a directory ends in `/`.
const MAY_SPEAK_OF_FAULTS: [&str; 5] = [
    // What they are and do.
    "fault/",
    // The documentation of the module, and its public names.
    "mod.rs",
    // Where they are set up: a setting, and which of the two servers is started.
    "config.rs",
    "server.rs",
    "tests/",
];

#[test]
fn only_few_files_of_the_reference_server_speak_of_faults() {
    let word = Regex::new(r"(?i)fault(?:y|s)?\b|\b(?:mutants?|seeded|quirks?)\b").unwrap();
    let default = Regex::new(r"(?i)default").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference");
    let mut speaking = Vec::new();
    let mut files = 0;
    for path in super::sources(&root) {
        files += 1;
        let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let text = default.replace_all(&std::fs::read_to_string(&path).unwrap(), "").into_owned();
        speaking.extend(word.is_match(&text).then_some(inside));
    }
    let is_allowed = |file: &&String| {
        MAY_SPEAK_OF_FAULTS.iter().any(|allowed| file == allowed || allowed.ends_with('/') && file.starts_with(allowed))
    };
    let wrong: Vec<&String> = speaking.iter().filter(|file| !is_allowed(file)).collect();
    assert!(files > 60, "only {files} files were read");
    assert!(wrong.is_empty(), "these speak of faults, which wrap the server from `fault/`: {wrong:?}");
    for allowed in MAY_SPEAK_OF_FAULTS {
        assert!(speaking.iter().any(|file| file.starts_with(allowed)), "`{allowed}` speaks of no fault any more");
    }
}
