//! Why a clause is untested.

use crate::spec::Contract;
use crate::spec::clause::{Clause, ClauseKind, Constraint};
use crate::spec::globs;
use crate::spec::rules::{ReasonKind, Untestable, Why};

/// A reason out of the closed list, with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The explanation.
    pub text: String,
    /// What a target or run may offer so that it does not hold, e.g. `broadcast`; `None` if it always holds.
    pub unless: Option<String>,
}

impl Reason {
    fn of(why: &Why) -> Self {
        Reason { kind: why.kind, text: why.reason.clone(), unless: why.unless.clone() }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            ReasonKind::CannotBeViolated => "cannot be violated",
            ReasonKind::CannotBeTriggered => "cannot be triggered from outside",
            ReasonKind::TargetLacks => "needs something the target lacks",
        };
        write!(formatter, "{kind}: {}", self.text)
    }
}

/// The reason that the contract gives for a clause that nothing decided; none if it gives none.
pub fn documented(contract: &Contract, clause_id: &str) -> Option<Reason> {
    for trigger in &contract.rules.error_triggers {
        if let Some(untestable) = &trigger.untestable
            && clause_id == format!("{}.error.{}", trigger.operation, trigger.code)
        {
            return Some(Reason::of(untestable));
        }
    }
    let is_match = |entry: &&Untestable| globs::is_match(&entry.clause, clause_id);
    let mut matching: Vec<&Untestable> = contract.rules.untestable.iter().filter(is_match).collect();
    matching.sort_by_key(|entry| entry.why.kind == ReasonKind::TargetLacks);
    matching.first().map(|entry| Reason::of(&entry.why))
}

/// The reason for a constraint on a response that no value can break, e.g. a length of at least 0.
pub fn unbreakable(contract: &Contract, clause: &Clause) -> Option<Reason> {
    let ClauseKind::Output { path, constraint } = &clause.kind else { return None };
    let node = contract.operation(clause.operation.as_deref()?)?.output.find(path)?;
    let text = match constraint {
        Constraint::LengthMin => "no length is below 0",
        _ => "every value keeps it",
    };
    (!node.can_break(*constraint)).then(|| Reason {
        kind: ReasonKind::CannotBeViolated,
        text: text.to_owned(),
        unless: None,
    })
}

/// The reason for a lower bound of 0 on a request of which the reference leaves open whether the empty value is accepted.
pub fn open(contract: &Contract, clause: &Clause) -> Option<Reason> {
    let ClauseKind::Input { path, constraint } = &clause.kind else { return None };
    let node = contract.operation(clause.operation.as_deref()?)?.input.find(path)?;
    (!node.can_break(*constraint)).then(|| Reason {
        kind: ReasonKind::CannotBeViolated,
        text: "no length is below 0, and an empty value may be refused for another reason".to_owned(),
        unless: None,
    })
}

/// The reason for a clause without a case, from what kind of clause it is.
pub fn by_kind(kind: &ClauseKind) -> Option<Reason> {
    match kind {
        ClauseKind::Input { .. } => Some(Reason {
            kind: ReasonKind::CannotBeViolated,
            text: "no request breaks it without becoming another request".to_owned(),
            unless: None,
        }),
        ClauseKind::Error { .. } => Some(Reason {
            kind: ReasonKind::CannotBeTriggered,
            text: "the contract does not say what causes it".to_owned(),
            unless: None,
        }),
        _ => None,
    }
}
