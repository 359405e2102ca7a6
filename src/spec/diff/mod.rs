//! `spec diff`: what two contracts change, for a caller and for an implementer.
//!
//! A change breaks a caller if one that kept to the old contract can now fail: its request is refused, or the response is
//! not what it was promised. It breaks an implementer if a server that kept to the old contract can now diverge. So a
//! request constraint that is tightened breaks both; one that is loosened breaks implementers only, who must accept more.
//! A response constraint that is loosened breaks callers only, and one that is tightened implementers only.

mod members;
mod operations;
mod touched;

use std::fmt;

use serde::Serialize;

use super::contract::Contract;

pub use touched::{rules_of, speaks_of};

/// What a change means for one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// Who kept to the old contract can fail.
    Breaking,
    /// Who kept to the old contract goes on as before.
    Compatible,
}

impl fmt::Display for Impact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Impact::Breaking => "breaking",
            Impact::Compatible => "compatible",
        })
    }
}

/// How a clause, member or operation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The new contract has it.
    Added,
    /// The new contract does not have it any more.
    Removed,
    /// It allows less.
    Tightened,
    /// It allows more.
    Loosened,
    /// It says something else: neither side allows more than the other, or that cannot be told.
    Changed,
}

impl ChangeKind {
    /// All kinds, in the order of their documentation.
    pub const ALL: [ChangeKind; 5] =
        [ChangeKind::Added, ChangeKind::Removed, ChangeKind::Tightened, ChangeKind::Loosened, ChangeKind::Changed];

    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Tightened => "tightened",
            ChangeKind::Loosened => "loosened",
            ChangeKind::Changed => "changed",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// One difference between two contracts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// Id of the clause that changed, or of the operation or member that came or went.
    pub id: String,
    /// How it changed.
    pub change: ChangeKind,
    /// What it means for a caller of the old contract.
    pub caller: Impact,
    /// What it means for an implementer of the old contract.
    pub implementer: Impact,
    /// What changed, as the end of a sentence that begins with the id.
    pub what: String,
    /// Clauses that came or went with an operation or member; the clause itself otherwise.
    pub clauses: Vec<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, change, caller, implementer, what, .. } = self;
        write!(formatter, "{change}: {id} {what} (callers: {caller}, implementers: {implementer})")
    }
}

/// What the new contract changes: what breaks callers first, then what breaks implementers, then by id.
pub fn diff(old: &Contract, new: &Contract) -> Vec<Change> {
    let mut changes = Changes { old, new, found: Vec::new() };
    changes.service();
    changes.operations();
    changes.rules();
    let mut found = changes.found;
    found.sort_by(|left, right| {
        (left.caller, left.implementer, &left.id, &left.what).cmp(&(
            right.caller,
            right.implementer,
            &right.id,
            &right.what,
        ))
    });
    found.dedup();
    found
}

/// Whether the rules of two contracts can be compared: a model alone has none.
pub fn compares_rules(old: &Contract, new: &Contract) -> bool {
    old.is_model_only() == new.is_model_only()
}

/// The changes found so far.
struct Changes<'c> {
    old: &'c Contract,
    new: &'c Contract,
    found: Vec<Change>,
}

/// What a change means for callers and for implementers.
type Impacts = (Impact, Impact);

const BREAKS_BOTH: Impacts = (Impact::Breaking, Impact::Breaking);
const BREAKS_CALLERS: Impacts = (Impact::Breaking, Impact::Compatible);
const BREAKS_IMPLEMENTERS: Impacts = (Impact::Compatible, Impact::Breaking);
const BREAKS_NOBODY: Impacts = (Impact::Compatible, Impact::Compatible);

impl Changes<'_> {
    fn add(&mut self, id: String, change: ChangeKind, (caller, implementer): Impacts, what: impl Into<String>) {
        let known = match change {
            ChangeKind::Removed => [self.old, self.new],
            _ => [self.new, self.old],
        };
        let clauses = known.iter().map(|contract| clauses_of(contract, &id)).find(|clauses| !clauses.is_empty());
        let what = what.into();
        self.found.push(Change { id, change, caller, implementer, what, clauses: clauses.unwrap_or_default() });
    }

    /// How requests are signed and where they go.
    fn service(&mut self) {
        let (old, new) = (&self.old.service, &self.new.service);
        let pairs = [
            ("service.signing_name", &old.signing_name, &new.signing_name),
            ("service.endpoint_prefix", &old.endpoint_prefix, &new.endpoint_prefix),
        ];
        let shown = |value: &Option<String>| value.as_ref().map_or("nothing".to_owned(), |text| format!("`{text}`"));
        let changed: Vec<(&str, String)> = pairs
            .into_iter()
            .filter(|(_, before, after)| before != after)
            .map(|(id, before, after)| (id, format!("changed from {} to {}", shown(before), shown(after))))
            .collect();
        for (id, what) in changed {
            self.add(id.to_owned(), ChangeKind::Changed, BREAKS_BOTH, what);
        }
    }

    /// Rules: one on requests asks more of callers, and all of them ask more of implementers.
    fn rules(&mut self) {
        if !compares_rules(self.old, self.new) {
            return;
        }
        let (old, new) = (self.old, self.new);
        for (has, lacks, change, what) in
            [(old, new, ChangeKind::Removed, "was dropped"), (new, old, ChangeKind::Added, "is new")]
        {
            let general = has.clauses.iter().filter(|(_, clause)| clause.operation.is_none());
            for (_, clause) in general.filter(|(_, clause)| lacks.clauses.find(&clause.id).is_none()) {
                let asks_callers = has.rules.input_rule(&clause.id).is_some();
                let impacts = match (change, asks_callers) {
                    (ChangeKind::Added, true) => BREAKS_BOTH,
                    (ChangeKind::Added, false) => BREAKS_IMPLEMENTERS,
                    // Who kept a dropped rule on requests refuses what must be accepted now.
                    (_, true) => BREAKS_IMPLEMENTERS,
                    (_, false) => BREAKS_CALLERS,
                };
                self.add(clause.id.clone(), change, impacts, what);
            }
        }
    }
}

/// The clauses of an operation or member, or the clause of that id.
fn clauses_of(contract: &Contract, id: &str) -> Vec<String> {
    if contract.clauses.find(id).is_some() {
        return vec![id.to_owned()];
    }
    let below = |other: &str| other.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'));
    contract.clauses.iter().map(|(_, clause)| clause.id.clone()).filter(|other| below(other)).collect()
}
