//! Judges the response to a probe: a request that no input alone describes.

use super::exchange::{Answer, Judge, Judgement};
use super::finding::{FindingKind, Violation};
use crate::plan::accepted::Accepted;
use crate::plan::expectation::Expectation;
use crate::plan::suite::{Probe, Upholds};
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// Whether a response is the accepted one.
pub fn fits(accepted: &Accepted, judge: &Judge, answer: &Answer) -> bool {
    match (accepted, answer) {
        (Accepted::Success, Answer::Success) => true,
        (Accepted::ClientError, Answer::Error { status, .. }) => (400..500).contains(status),
        (Accepted::Status(wanted), Answer::Error { status, .. }) => wanted == status,
        (Accepted::Error { code, status }, Answer::Error { status: seen, code: Some(seen_code) }) => {
            status == seen && judge.canonical(code) == seen_code
        }
        (Accepted::Code(code), Answer::Error { code: Some(seen), .. }) => judge.canonical(code) == seen,
        _ => false,
    }
}

/// Judges the exchange of a probe on `operation`.
pub fn check(
    judge: &Judge,
    operation: &Operation,
    clause: ClauseIndex,
    probe: &Probe,
    exchange: &Exchange,
) -> Judgement {
    let accepted = probe.accepts.as_slice();
    let allows_success = accepted.contains(&Accepted::Success);
    let expectation = Expectation { success: allows_success, ..Expectation::default() };
    let mut judgement = judge.exchange(operation, &expectation, clause, exchange);
    let is_right = accepted.iter().any(|accepted| fits(accepted, judge, &judgement.answer));
    // The verdict on the probe itself replaces that of the ordinary expectation; what was said of the form of the
    // answer stays.
    judgement.violations.retain(|violation| violation.clause != clause);
    judgement.upheld.retain(|upheld| *upheld != clause);
    if is_right {
        judgement.upheld.extend((probe.upholds == Upholds::Clause).then_some(clause));
        judgement.undecided = None;
    } else if judgement.undecided.is_none() {
        judgement.violations.push(Violation {
            clause,
            operation: operation.name.clone(),
            detail: None,
            kind: kind(&judgement.answer, allows_success && accepted.len() == 1),
            expected: format!("The response is {}.", described(accepted)),
            observed: format!("The target responded with {}.", judgement.answer.describe()),
            tier: probe.inferred.then_some(Tier::Inferred),
        });
    }
    judgement
}

fn described(accepted: &[Accepted]) -> String {
    let words: Vec<String> = accepted.iter().map(Accepted::to_string).collect();
    words.join(" or ")
}

fn kind(answer: &Answer, only_success: bool) -> FindingKind {
    match answer {
        Answer::Success => FindingKind::AcceptedInvalid,
        Answer::Page if only_success => FindingKind::MalformedResponse,
        Answer::Page => FindingKind::AcceptedInvalid,
        Answer::Nothing => FindingKind::Transport,
        Answer::Error { status, .. } if *status >= 500 => FindingKind::ServerError,
        Answer::Error { .. } if only_success => FindingKind::RejectedValid,
        Answer::Error { code: Some(_), .. } => FindingKind::WrongErrorCode,
        Answer::Error { code: None, .. } => FindingKind::WrongStatus,
    }
}
