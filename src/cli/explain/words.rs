//! Words for tiers, places, kinds and divergences.

use std::fmt::Write;

use crate::judge::finding::FindingKind;
use crate::report::record::FindingRecord;
use crate::report::text::{request_block, response_block, visible};
use crate::spec::clause::{Clause, ClauseKind, Tier};
use crate::spec::rules::RulePlace;

pub(super) fn finding_page(finding: &FindingRecord) -> String {
    let mut page = format!("finding {}\n", visible(&finding.id));
    field(&mut page, "violates", &finding.clause);
    if !finding.operation.is_empty() {
        field(&mut page, "on", &finding.operation);
    }
    field(&mut page, "kind", finding.kind.id());
    field(&mut page, "means", finding.kind.meaning());
    field(&mut page, "expected", &finding.expected);
    field(&mut page, "observed", &finding.observed);
    for (title, block) in
        [("Request", request_block(&finding.request)), ("Response", response_block(&finding.response))]
    {
        let _ = writeln!(page, "\n{title}\n  {}", block.replace('\n', "\n  "));
    }
    page
}

pub(super) fn field(page: &mut String, label: &str, text: &str) {
    let _ = writeln!(page, "  {label:<10}  {}", visible(text));
}

pub(super) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Documented => "documented: the reference says so, and it always counts",
        Tier::Inferred => "inferred from convention: shown, and counts with --strict",
    }
}

pub(super) fn place(place: RulePlace) -> &'static str {
    match place {
        RulePlace::Rule => "a rule clause",
        RulePlace::Erratum => "an erratum: the reference contradicts itself or is damaged",
        RulePlace::Ambiguity => "an ambiguity: every reading is accepted",
        RulePlace::Untestable => "a clause that cannot be decided from outside",
        RulePlace::Protocol => "a protocol clause",
        RulePlace::Auth => "an auth clause",
        RulePlace::Model => "part of the model",
    }
}

/// What clauses of a kind are, one and several.
fn kind_name(kind: &ClauseKind) -> (&'static str, &'static str) {
    match kind {
        ClauseKind::Input { .. } => ("constraint on requests", "constraints on requests"),
        ClauseKind::Output { .. } => ("constraint on responses", "constraints on responses"),
        ClauseKind::Status => ("status of success", "statuses of success"),
        ClauseKind::ContentType => ("content type", "content types"),
        ClauseKind::EmptyBody => ("empty body", "empty bodies"),
        ClauseKind::Error { .. } => ("documented error", "documented errors"),
        ClauseKind::Rule => ("prose rule", "prose rules"),
        ClauseKind::Protocol => ("protocol promise", "protocol promises"),
        ClauseKind::Auth => ("promise about signatures", "promises about signatures"),
    }
}

/// What counts as a divergence from a clause.
pub(super) fn divergences(clause: &Clause) -> Vec<(FindingKind, &'static str)> {
    use FindingKind::*;
    let refusals = [
        (WrongErrorCode, "it is refused with an error code that is not the documented one"),
        (WrongStatus, "it is refused with a status that is not the documented one"),
        (ServerError, "the response is a server error"),
    ];
    let mut kinds = match &clause.kind {
        ClauseKind::Input { .. } => vec![
            (AcceptedInvalid, "a request that breaks this, and nothing else, is accepted"),
            (RejectedValid, "a request that just keeps this is refused"),
        ],
        ClauseKind::Output { .. } => {
            return vec![(MalformedResponse, "a successful response breaks this")];
        }
        ClauseKind::Status => {
            return vec![(WrongStatus, "a valid request succeeds with another status")];
        }
        ClauseKind::ContentType => {
            return vec![(MalformedResponse, "a successful response has another content type, or no JSON object")];
        }
        ClauseKind::EmptyBody => {
            return vec![(MalformedResponse, "a successful response has a body")];
        }
        ClauseKind::Error { .. } => vec![
            (AcceptedInvalid, "the request succeeds where this error is due"),
            (MalformedResponse, "the error is not a JSON object, or names no code"),
        ],
        ClauseKind::Rule => vec![
            (WrongBehaviour, "the responses, taken together, contradict this"),
            (AcceptedInvalid, "a request that breaks this is accepted"),
            (RejectedValid, "a request that keeps this is refused"),
        ],
        ClauseKind::Protocol | ClauseKind::Auth => vec![
            (AcceptedInvalid, "a request that breaks this is accepted"),
            (RejectedValid, "a request that keeps this is refused"),
            (MalformedResponse, "the response has not the form that this asks for"),
        ],
    };
    kinds.extend(refusals);
    kinds
}

/// Clauses counted by what they are about, each with an example.
#[derive(Default)]
pub(super) struct Tally<'a>(Vec<((&'static str, &'static str), usize, &'a str)>);

impl<'a> Tally<'a> {
    pub(super) fn add(&mut self, clause: &'a Clause) {
        let name = kind_name(&clause.kind);
        match self.0.iter_mut().find(|(other, ..)| *other == name) {
            Some((_, number, _)) => *number += 1,
            None => self.0.push((name, 1, &clause.id)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn write(&self, page: &mut String) {
        for ((one, several), number, example) in &self.0 {
            let name = if *number == 1 { one } else { several };
            let _ = writeln!(page, "  {number:>5} {name}, e.g. {}", visible(example));
        }
    }
}
