//! Judges the answer to a probe: a request that no input alone describes.

use super::exchange::{Answer, Judge, Judgement};
use super::finding::{FindingKind, Violation};
use crate::plan::expectation::Expectation;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// Answers that a probe allows, as suites write them: `success`, `CODE (STATUS)`, `STATUS`, `4xx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Any 2xx.
    Success,
    /// A code with a status.
    Error {
        /// The code.
        code: String,
        /// The status.
        status: u16,
    },
    /// A status with any code.
    Status(u16),
    /// Any status from 400 to 499.
    ClientError,
}

impl Accepted {
    /// Reads one answer; none if it is written in no known way.
    pub fn parse(text: &str) -> Option<Accepted> {
        match text {
            "success" => Some(Accepted::Success),
            "4xx" => Some(Accepted::ClientError),
            text => match text.split_once(" (") {
                Some((code, status)) => {
                    let status = status.strip_suffix(')')?.parse().ok()?;
                    Some(Accepted::Error { code: code.to_owned(), status })
                }
                None => text.parse().ok().map(Accepted::Status),
            },
        }
    }

    fn fits(&self, judge: &Judge, answer: &Answer) -> bool {
        match (self, answer) {
            (Accepted::Success, Answer::Success) => true,
            (Accepted::ClientError, Answer::Error { status, .. }) => (400..500).contains(status),
            (Accepted::Status(wanted), Answer::Error { status, .. }) => wanted == status,
            (Accepted::Error { code, status }, Answer::Error { status: seen, code: Some(seen_code) }) => {
                status == seen && judge.canonical(code) == seen_code
            }
            _ => false,
        }
    }
}

/// Judges the exchange of a probe on `operation`.
pub fn check(
    judge: &Judge,
    operation: &Operation,
    clause: ClauseIndex,
    accepts: &[String],
    exchange: &Exchange,
) -> Judgement {
    let accepted: Vec<Accepted> = accepts.iter().filter_map(|text| Accepted::parse(text)).collect();
    let allows_success = accepted.contains(&Accepted::Success);
    let expectation = Expectation { success: allows_success, ..Expectation::default() };
    let mut judgement = judge.exchange(operation, &expectation, clause, exchange);
    let is_right = accepted.iter().any(|accepted| accepted.fits(judge, &judgement.answer));
    // The verdict on the probe itself replaces that of the ordinary expectation; what was said of the form of the
    // answer stays.
    judgement.violations.retain(|violation| violation.clause != clause);
    judgement.upheld.retain(|upheld| *upheld != clause);
    if is_right {
        judgement.upheld.push(clause);
        judgement.undecided = None;
    } else if judgement.undecided.is_none() {
        judgement.violations.push(Violation {
            clause,
            operation: operation.name.clone(),
            detail: None,
            kind: kind(&judgement.answer, allows_success && accepted.len() == 1),
            expected: format!("The answer is {}.", accepts.join(" or ")),
            observed: format!("The target answered {}.", judgement.answer.describe()),
            tier: None,
        });
    }
    judgement
}

fn kind(answer: &Answer, only_success: bool) -> FindingKind {
    match answer {
        Answer::Success => FindingKind::AcceptedInvalid,
        Answer::Nothing => FindingKind::Transport,
        Answer::Error { status, .. } if *status >= 500 => FindingKind::ServerError,
        Answer::Error { .. } if only_success => FindingKind::RejectedValid,
        Answer::Error { code: Some(_), .. } => FindingKind::WrongErrorCode,
        Answer::Error { code: None, .. } => FindingKind::WrongStatus,
    }
}
