//! The baseline: a small file of known divergences, made to be reviewed in a pull request. Only what is new fails, and
//! what no longer diverges fails too until the file is tightened.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use globset::Glob;
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

pub(super) use groups::entry_id;
use groups::{CAUSE, one_line, titles};

use super::file_error::FileError;
use super::record::{BaselineRecord, BaselineStatus, CaseVerdict, ClauseVerdict, FindingRecord, KnownFinding, Record};
use crate::plan::case_id::CaseId;
use crate::record::FindingKind;
use crate::record::options::Profile;
use crate::spec::Contract;

const HEADER: &str = "\
# Known divergences. New ones fail a run, and so do those listed here that are fixed, until this file is tightened:
#   ivs-conformance run --baseline FILE --update-baseline
# Add `reason = \"...\"` and `expires = \"YYYY-MM-DD\"` to an entry as you like; an update keeps both. Entries stand below
# the cause that explains them.
";

/// Known divergences, by cause, and then sorted by clause, operation and id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Profile of the run that wrote it; a run with fewer examples does not call an entry fixed.
    pub profile: Option<Profile>,
    /// The entries.
    pub known: Vec<KnownFinding>,
    /// Titles of the causes, by the ids of the entries; comments in the file.
    pub causes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Option<Spanned<String>>,
    #[serde(default)]
    known: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    clause: Spanned<String>,
    operation: Option<Spanned<String>>,
    kind: FindingKind,
    #[serde(default)]
    case: String,
    reason: Option<String>,
    expires: Option<Spanned<Expiry>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expiry {
    Text(String),
    Date(Datetime),
}

impl Baseline {
    /// Understands the text of a baseline file, whose entries must be about clauses and operations of the contract.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn read(path: &Path, text: &str, contract: &Contract) -> Result<Baseline, FileError> {
        let file = file(path, text)?;
        for entry in &file.known {
            names::check(entry, contract).map_err(|unknown| unknown.at(path, text))?;
        }
        Baseline::understood(path, text, file)
    }

    /// Understands the text of a baseline file, whatever contract its entries are about.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(path: &Path, text: &str) -> Result<Baseline, FileError> {
        Baseline::understood(path, text, file(path, text)?)
    }

    fn understood(path: &Path, text: &str, file: File) -> Result<Baseline, FileError> {
        let profile = match file.profile {
            None => None,
            Some(name) => Some(
                name.get_ref().parse().map_err(|problem: String| FileError::new(path, text, name.span(), problem))?,
            ),
        };
        let mut ids = HashSet::new();
        let mut known = Vec::with_capacity(file.known.len());
        for entry in file.known {
            if !ids.insert(entry.id.get_ref().clone()) {
                let problem = format!("the finding `{}` is listed twice", entry.id.get_ref());
                return Err(FileError::new(path, text, entry.id.span(), problem).with_help("drop one of the entries"));
            }
            known.push(understood(entry).map_err(|(span, problem)| FileError::new(path, text, span, problem))?);
        }
        Ok(Baseline { profile, known, causes: titles(text) }.sorted())
    }

    /// Entries without a cause first, then those of each cause, in the order of the first of them.
    fn sorted(mut self) -> Baseline {
        let key = |entry: &KnownFinding| (entry.clause.clone(), entry.operation.clone(), entry.id.clone());
        self.known.sort_by_key(key);
        let mut first: HashMap<Option<&String>, usize> = HashMap::from([(None, 0)]);
        for entry in &self.known {
            let place = first.len();
            first.entry(self.causes.get(&entry.id)).or_insert(place);
        }
        self.known.sort_by_key(|entry| first.get(&self.causes.get(&entry.id)).copied());
        self
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        let mut text = HEADER.to_owned();
        if let Some(profile) = self.profile {
            let _ = write!(text, "\nprofile = {}\n", quoted(profile.id()));
        }
        let mut cause = None;
        for entry in &self.known {
            let title = self.causes.get(&entry.id);
            if let Some(title) = title.filter(|_| cause != title) {
                let _ = write!(text, "\n{CAUSE}{title}\n");
            }
            cause = title;
            let _ = write!(text, "\n[[known]]\nid = {}\n", quoted(&entry.id));
            let fields = [
                ("clause", Some(&entry.clause)),
                ("operation", Some(&entry.operation).filter(|operation| !operation.is_empty())),
                ("kind", Some(&entry.kind.id().to_owned())),
                ("case", Some(&entry.case).filter(|case| !case.is_empty())),
                ("reason", entry.reason.as_ref()),
                ("expires", entry.expires.as_ref()),
            ];
            for (key, value) in fields {
                if let Some(value) = value {
                    let _ = writeln!(text, "{key} = {}", quoted(value));
                }
            }
        }
        text
    }

    /// The baseline that a run matches: its findings, with the reasons and dates written here, and the entries that the
    /// run is no judge of.
    pub fn updated(&self, record: &Record) -> Baseline {
        let written: HashMap<&str, &KnownFinding> = self.known.iter().map(|entry| (entry.id.as_str(), entry)).collect();
        let judge = BaselineJudge::new(record, self.profile);
        let reliable = record.findings.iter().filter(|finding| !finding.is_intermittent());
        let seen = reliable.map(|finding| {
            let old = written.get(finding.id.as_str());
            KnownFinding {
                reason: old.and_then(|old| old.reason.clone()),
                expires: old.and_then(|old| old.expires.clone()),
                ..entry_of(finding)
            }
        });
        let kept = self.known.iter().filter(|entry| judge.of(entry) == Fate::NotJudged).cloned();
        let profile = match (self.profile, record.profile.parse().ok()) {
            (Some(old), Some(new)) if rank(old) > rank(new) => Some(old),
            (old, new) => new.or(old),
        };
        let known: Vec<KnownFinding> = seen.chain(kept).collect();
        let causes = self.titles(record, &known);
        Baseline { profile, known, causes }.sorted()
    }

    /// Titles as the run gives them, else as they are written here.
    fn titles(&self, record: &Record, known: &[KnownFinding]) -> BTreeMap<String, String> {
        let mut given: HashMap<&str, String> = HashMap::new();
        for cause in &record.causes {
            let title = one_line(&cause.title);
            given.extend(cause.findings.iter().map(|id| (id.as_str(), title.clone())));
        }
        let title = |entry: &KnownFinding| {
            let title = given.get(entry.id.as_str()).or_else(|| self.causes.get(&entry.id))?;
            Some((entry.id.clone(), title.clone()))
        };
        known.iter().filter_map(title).filter(|(_, title)| !title.is_empty()).collect()
    }
}

fn file(path: &Path, text: &str) -> Result<File, FileError> {
    toml::from_str(text).map_err(|error| FileError::toml(path, text, &error))
}

fn understood(entry: Entry) -> Result<KnownFinding, (std::ops::Range<usize>, String)> {
    let expires = match entry.expires {
        None => None,
        Some(expires) => {
            let text = match expires.get_ref() {
                Expiry::Text(text) => text.clone(),
                Expiry::Date(date) => date.to_string(),
            };
            match date(&text) {
                Some(_) => Some(text),
                None => {
                    return Err((expires.span(), format!("`{text}` is no day; write YYYY-MM-DD")));
                }
            }
        }
    };
    Ok(KnownFinding {
        id: entry.id.into_inner(),
        clause: entry.clause.into_inner(),
        operation: entry.operation.map(Spanned::into_inner).unwrap_or_default(),
        kind: entry.kind,
        case: entry.case,
        reason: entry.reason,
        expires,
    })
}

/// A day as `YYYY-MM-DD` and nothing more.
fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

/// A TOML string on one line.
fn quoted(text: &str) -> String {
    toml::Value::String(super::text::visible(text).into_owned()).to_string()
}

pub(super) fn entry_of(finding: &FindingRecord) -> KnownFinding {
    KnownFinding {
        id: finding.id.clone(),
        clause: finding.clause.clone(),
        operation: finding.operation.clone(),
        kind: finding.kind,
        case: finding.case.clone(),
        reason: None,
        expires: None,
    }
}

fn rank(profile: Profile) -> u8 {
    match profile {
        Profile::Quick => 0,
        Profile::Standard => 1,
        Profile::Deep => 2,
    }
}

/// What a run says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Seen,
    Fixed,
    NotJudged,
}

/// Judges entries by a run: one that was filtered, stopped or could not decide is no judge.
pub(super) struct BaselineJudge<'a> {
    seen: HashSet<&'a str>,
    decided_clauses: HashSet<&'a str>,
    decided_cases: HashSet<&'a str>,
    only: Vec<globset::GlobMatcher>,
    is_partial: bool,
    is_complete: bool,
}

impl<'a> BaselineJudge<'a> {
    pub(super) fn new(record: &'a Record, written_with: Option<Profile>) -> BaselineJudge<'a> {
        let is_lighter = match (written_with, record.profile.parse()) {
            (Some(old), Ok(new)) => rank(new) < rank(old),
            _ => false,
        };
        let clauses = record.clauses.iter().filter(|clause| clause.verdict != ClauseVerdict::Untested);
        let cases = record.cases.iter().filter(|case| case.verdict != CaseVerdict::Inconclusive);
        let only = record.selection.only.iter().filter_map(|glob| Glob::new(glob).ok());
        BaselineJudge {
            seen: record.findings.iter().map(|finding| finding.id.as_str()).collect(),
            decided_clauses: clauses.map(|clause| clause.id.as_str()).collect(),
            decided_cases: cases.map(|case| case.id.as_str()).collect(),
            only: only.map(|glob| glob.compile_matcher()).collect(),
            is_partial: is_lighter || record.stopped_early.is_some() || record.ended_at_finding,
            is_complete: record.selection.is_everything() && record.shard == "1/1",
        }
    }

    pub(super) fn of(&self, entry: &KnownFinding) -> Fate {
        let is_selected = self.only.is_empty() || self.only.iter().any(|glob| glob.is_match(&entry.clause));
        let is_repeated = match entry.case.as_str() {
            "" => self.is_complete,
            case => self.decided_cases.contains(case),
        };
        if self.seen.contains(entry.id.as_str()) {
            Fate::Seen
        } else if !self.is_partial && is_selected && is_repeated && self.decided_clauses.contains(entry.clause.as_str())
        {
            Fate::Fixed
        } else {
            Fate::NotJudged
        }
    }
}

/// Marks a record's findings as new or known, and notes which entries are fixed and which have expired.
pub fn apply(record: &mut Record, baseline: &Baseline, today: Date) {
    let known: HashSet<&str> = baseline.known.iter().map(|entry| entry.id.as_str()).collect();
    // What a random sequence finds of a defect that a case was made for is that case's finding, wherever both were run.
    let is_drawn = |case: &str| CaseId::is_drawn(case);
    let cause = |entry: &KnownFinding| (entry.clause.clone(), entry.operation.clone(), entry.kind);
    let causes: HashSet<_> = baseline.known.iter().filter(|entry| !is_drawn(&entry.case)).map(cause).collect();
    for finding in &mut record.findings {
        let same_cause = is_drawn(&finding.case) && causes.contains(&cause(&entry_of(finding)));
        finding.baseline = match known.contains(finding.id.as_str()) || same_cause {
            true => BaselineStatus::Known,
            false => BaselineStatus::New,
        };
    }
    let judge = BaselineJudge::new(record, baseline.profile);
    let gone: Vec<KnownFinding> =
        baseline.known.iter().filter(|entry| judge.of(entry) == Fate::Fixed).cloned().collect();
    let has_expired = |entry: &&KnownFinding| entry.expires.as_deref().and_then(date).is_some_and(|last| last < today);
    let expired = baseline.known.iter().filter(has_expired).cloned().collect();
    let (fixed, unseen) = if record.shard == "1/1" { (gone, Vec::new()) } else { (Vec::new(), gone) };
    record.baseline = Some(BaselineRecord { fixed, expired, unseen });
    record.recount();
}

mod groups;
mod names;
#[cfg(test)]
mod tests;
