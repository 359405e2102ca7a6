//! `spec diff`: what two contracts change, with the rules and baseline entries that it touches.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::args::ListFormat;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::stages::{self, Loaded};
use crate::report::baseline::Baseline;
use crate::report::text::{count, visible};
use crate::spec::{Change, ChangeKind, Contract, Impact, compares_rules, diff, rules_of, speaks_of};

/// Form of the JSON document: `specs/spec-diff.schema.json`.
const SCHEMA: &str = "ivs-conformance/spec-diff/1";

/// What to compare.
#[derive(Debug)]
pub struct Comparison {
    /// The old contract.
    pub old: PathBuf,
    /// The new contract.
    pub new: PathBuf,
    /// Form of the result.
    pub format: ListFormat,
    /// Known divergences, to see which of them the changes touch.
    pub baseline: Option<PathBuf>,
}

/// A change with what it touches.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    change: Change,
    /// Rules of the two contracts that speak of it.
    rules: Vec<String>,
    /// Entries of the baseline about it.
    baseline: Vec<String>,
}

/// Compares two contracts and prints the differences. Exit code 1 if there are any.
///
/// # Errors
/// A contract or a baseline that cannot be used.
pub fn spec_diff(comparison: &Comparison) -> Result<Exit, CliError> {
    let old = load(&comparison.old)?.contract;
    let new = load(&comparison.new)?.contract;
    let baseline = comparison.baseline.as_deref().map(read_baseline).transpose()?.unwrap_or_default();
    let entries: Vec<Entry> = diff(&old, &new).into_iter().map(|change| entry(change, &old, &new, &baseline)).collect();
    print(&match comparison.format {
        ListFormat::Text => text(&old, &new, &entries),
        ListFormat::Json => format!("{:#}\n", document(&old, &new, &entries)),
    });
    Ok(if entries.is_empty() { Exit::Success } else { Exit::Divergences })
}

/// The contract at a path; a built-in one by its name.
fn load(path: &Path) -> Result<Loaded, CliError> {
    stages::load(Some(path))
}

fn read_baseline(path: &Path) -> Result<Baseline, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::io("read the baseline", path, &error))?;
    Baseline::parse(path, &text).map_err(|damaged| CliError::File(damaged.into()))
}

fn entry(change: Change, old: &Contract, new: &Contract, baseline: &Baseline) -> Entry {
    let mut rules = rules_of(old, &change.id);
    rules.extend(rules_of(new, &change.id));
    rules.sort();
    rules.dedup();
    let known = baseline.known.iter().filter(|known| speaks_of(&known.clause, &change.id));
    Entry { rules, baseline: known.map(|known| known.id.clone()).collect(), change }
}

fn text(old: &Contract, new: &Contract, entries: &[Entry]) -> String {
    let mut page = String::new();
    for (change, heading) in [
        (Impact::Breaking, "breaks callers of the old contract"),
        (Impact::Compatible, "does not break callers of the old contract"),
    ] {
        let lines: Vec<String> = entries.iter().filter(|entry| entry.change.caller == change).map(line).collect();
        if !lines.is_empty() {
            page.push_str(&format!("{heading}:\n{}\n", lines.concat()));
        }
    }
    if !compares_rules(old, new) {
        page.push_str("note: one of the contracts is a model alone; the rules of the other were not compared\n");
    }
    page.push_str(&match entries.len() as u64 {
        0 => "nothing changes for callers and implementers\n".to_owned(),
        changes => {
            let breaking = |impact: fn(&Change) -> Impact| {
                entries.iter().filter(|entry| impact(&entry.change) == Impact::Breaking).count()
            };
            format!(
                "{}: {} break callers, {} break implementers\n",
                count(changes, "change"),
                breaking(|change| change.caller),
                breaking(|change| change.implementer)
            )
        }
    });
    page
}

fn line(entry: &Entry) -> String {
    let Entry { change, rules, baseline } = entry;
    let for_implementers = match change.implementer {
        Impact::Breaking => " [implementers must change]",
        Impact::Compatible => "",
    };
    let what = format!("{:<9} {} {}", change.change.word(), change.id, change.what);
    let mut lines = format!("  {}{for_implementers}\n", visible(&what));
    for (label, ids) in [("rules", rules), ("baseline", baseline)] {
        if !ids.is_empty() {
            lines.push_str(&format!("            {label}: {}\n", visible(&ids.join(", "))));
        }
    }
    lines
}

fn document(old: &Contract, new: &Contract, entries: &[Entry]) -> Value {
    let of_kind = |kind: ChangeKind| entries.iter().filter(|entry| entry.change.change == kind).count();
    let mut summary: serde_json::Map<String, Value> =
        ChangeKind::ALL.into_iter().map(|kind| (kind.word().to_owned(), json!(of_kind(kind)))).collect();
    let breaks = |impact: fn(&Change) -> Impact| {
        entries.iter().filter(|entry| impact(&entry.change) == Impact::Breaking).count()
    };
    summary.insert("total".to_owned(), json!(entries.len()));
    summary.insert("breaking_for_callers".to_owned(), json!(breaks(|change| change.caller)));
    summary.insert("breaking_for_implementers".to_owned(), json!(breaks(|change| change.implementer)));
    json!({
        "schema": SCHEMA,
        "old": contract(old),
        "new": contract(new),
        "rules_compared": compares_rules(old, new),
        "summary": summary,
        "changes": entries,
    })
}

fn contract(contract: &Contract) -> Value {
    json!({
        "service": contract.service.name,
        "version": contract.service.version,
        "sha256": contract.sha256,
        "operations": contract.operations.len(),
        "clauses": contract.clauses.len(),
    })
}
