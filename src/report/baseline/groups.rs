//! The comments that group the entries of a baseline by their causes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::report::text;

/// Begins the comment that names the cause of the entries below it.
pub(super) const CAUSE: &str = "# Cause: ";
/// Longest title of a cause, in characters.
const LONGEST_TITLE: usize = 300;

/// A title as a comment holds it.
pub(super) fn one_line(title: &str) -> String {
    let title = text::visible(title);
    let words: Vec<&str> = title.split_whitespace().collect();
    text::shorten(&words.join(" "), LONGEST_TITLE).trim().to_owned()
}

/// The titles above the entries of a file, by the ids of the entries.
pub(super) fn titles(file: &str) -> BTreeMap<String, String> {
    let mut titles = BTreeMap::new();
    let mut title: Option<&str> = None;
    for line in file.lines() {
        if let Some(named) = line.strip_prefix(CAUSE) {
            title = Some(named.trim()).filter(|title| !title.is_empty());
        } else if let (Some(id), Some(title)) = (entry_id(line), title) {
            titles.insert(id, title.to_owned());
        }
    }
    titles
}

/// The id of an entry, if the line of a file is the one that says it.
pub(in crate::report) fn entry_id(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct IdLine {
        id: String,
    }
    let is_candidate = line.trim_start().starts_with("id");
    is_candidate.then(|| toml::from_str::<IdLine>(line).ok()).flatten().map(|line| line.id)
}
