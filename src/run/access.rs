//! Whether the target lets the run in: which responses refuse access, and whether it began to refuse it along the way.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use super::health::call;
use crate::protocol;
use crate::spec::Contract;
use crate::spec::rules::ErrorCause;
use crate::wire::{Exchange, Response};

/// Other names of the errors that refuse access. Source: AWS documentation, "Common error types", and the error lists of
/// older protocols, which emulators mix.
const ALIASES: [(&str, ErrorCause); 9] = [
    ("AccessDenied", ErrorCause::Authorization),
    ("NotAuthorizedException", ErrorCause::Authorization),
    ("UnauthorizedOperation", ErrorCause::Authorization),
    ("AuthFailure", ErrorCause::Authentication),
    ("InvalidAccessKeyId", ErrorCause::Authentication),
    ("InvalidSignature", ErrorCause::Signature),
    ("MissingAuthenticationToken", ErrorCause::Authentication),
    ("SignatureDoesNotMatch", ErrorCause::Signature),
    ("UnrecognizedClient", ErrorCause::Authentication),
];
/// How many requests in a row may be refused until the run stops; as many more as may be in flight.
const REFUSED: usize = 24;
/// To how many operations at least.
const OPERATIONS: usize = 3;
/// Longest message of a refusal that is quoted, in bytes.
const MESSAGE_SHOWN: usize = 240;

/// A response that refuses access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its HTTP status.
    pub status: u16,
    /// Its error code; empty if it has none.
    pub code: String,
    /// Its message; empty if it has none.
    pub message: String,
    /// Whether the caller is not known, not permitted, or its account not ready.
    pub cause: ErrorCause,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.status)?;
        if !self.code.is_empty() {
            write!(formatter, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(formatter, " ({})", self.message)?;
        }
        Ok(())
    }
}

/// What is known of the access that the target grants; shared by all workers.
#[derive(Debug)]
pub struct Access {
    /// Error codes that refuse access, each with the statuses that it may have.
    codes: Vec<(String, ErrorCause, Vec<u16>)>,
    most: usize,
    /// What may be called, as the pre-flight check saw; nothing before it.
    let_in: OnceLock<BTreeSet<String>>,
    /// Whether the last requests were refused.
    is_troubled: AtomicBool,
    /// Whether so many were that the run ended.
    is_lost: AtomicBool,
    /// Requests refused since the last one that was let in, and what they called.
    refused: Mutex<(usize, BTreeSet<String>)>,
}

impl Access {
    /// Of a target of which nothing is known; `jobs` requests may be in flight.
    pub fn new(contract: &Contract, jobs: usize) -> Access {
        let common = contract.rules.common_errors.iter().filter(|error| error.when.refuses_access());
        let documented = common.map(|error| (error.code.clone(), error.when, error.statuses.clone()));
        let aliases = ALIASES.iter().map(|(code, cause)| ((*code).to_owned(), *cause, Vec::new()));
        Access {
            codes: documented.chain(aliases).collect(),
            most: REFUSED + jobs,
            let_in: OnceLock::new(),
            is_troubled: AtomicBool::new(false),
            is_lost: AtomicBool::new(false),
            refused: Mutex::default(),
        }
    }

    /// How a response refuses access; `None` if it does not. The code and the status must agree: a response with a wrong
    /// code or a wrong status is a divergence, and not a refusal.
    pub fn refusal(&self, response: &Response) -> Option<Refusal> {
        if !matches!(response.status, 400 | 401 | 403) {
            return None;
        }
        let body: Option<Value> = protocol::read(response).ok().map(|document| document.value);
        let code = protocol::error_code(response, body.as_ref()).unwrap_or_default();
        let known = self.codes.iter().find(|(known, ..)| *known == code);
        let cause = match known {
            Some((_, cause, statuses)) if response.status != 400 || statuses.contains(&400) => *cause,
            // HTTP itself says what this status means.
            None if response.status == 401 => ErrorCause::Authentication,
            _ => return None,
        };
        let text = ["message", "Message"].iter().find_map(|name| body.as_ref()?.get(name)?.as_str());
        let message = text.unwrap_or_default();
        let end = message.floor_char_boundary(MESSAGE_SHOWN);
        let message = message.get(..end).unwrap_or_default().to_owned();
        Some(Refusal { status: response.status, code, message, cause })
    }

    /// From now on a target that refuses everything ends the run: the pre-flight check saw that it lets in what calls these.
    pub fn watch(&self, let_in: BTreeSet<String>) {
        let _ = self.let_in.set(let_in);
    }

    /// Whether the target refused so many requests in a row that going on makes no sense.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Takes note of what came back for a request that is signed as the run signs. Why going on makes no sense; `None` as
    /// long as it does.
    pub fn note(&self, exchange: &Exchange) -> Option<String> {
        let (response, let_in) = (exchange.response()?, self.let_in.get()?);
        let Some(refusal) = self.refusal(response) else {
            if self.is_troubled.swap(false, Ordering::Relaxed)
                && let Ok(mut refused) = self.refused.lock()
            {
                *refused = Default::default();
            }
            return None;
        };
        // What was never let in says nothing of a change.
        let call = Some(call(&exchange.request)).filter(|call| let_in.contains(call))?;
        let mut refused = self.refused.lock().ok()?;
        self.is_troubled.store(true, Ordering::Relaxed);
        refused.0 += 1;
        refused.1.insert(call);
        let (times, operations) = (refused.0, refused.1.len());
        (times >= self.most && operations >= OPERATIONS).then(|| {
            self.is_lost.store(true, Ordering::Relaxed);
            format!(
                "access is refused since a while: the last {times} requests, to {operations} operations, were answered \
                 with {refusal}; check whether the credentials still hold"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sample;

    fn response(status: u16, code: &str) -> Response {
        let body = serde_json::json!({"__type": code, "message": "why"}).to_string();
        sample::response(status, &[], &body)
    }

    fn exchange(target: &str, response: Response) -> Exchange {
        sample::exchange(sample::request(target, ""), response)
    }

    fn access() -> Access {
        Access::new(&crate::spec::builtin().unwrap(), 1)
    }

    #[test]
    fn a_refusal_has_the_code_and_the_status_of_one() {
        let access = access();
        for (status, code) in [
            (403, "AccessDeniedException"),
            (400, "AccessDeniedException"),
            (403, "UnrecognizedClientException"),
            (403, "SignatureDoesNotMatch"),
            (403, "PendingVerification"),
            (401, ""),
        ] {
            assert!(access.refusal(&response(status, code)).is_some(), "{status} {code}");
        }
        for (status, code) in [
            (404, "AccessDeniedException"),
            (400, "UnrecognizedClientException"),
            (403, "ResourceNotFoundException"),
            (403, ""),
            (200, "AccessDeniedException"),
        ] {
            assert_eq!(access.refusal(&response(status, code)), None, "{status} {code}");
        }
        let shown = access.refusal(&response(403, "AccessDeniedException")).map(|refusal| refusal.to_string());
        assert_eq!(shown.as_deref(), Some("403 AccessDeniedException (why)"));
    }

    #[test]
    fn only_refusals_in_a_row_to_several_operations_end_a_run() {
        let refused = |call: &str| exchange(call, response(403, "AccessDeniedException"));
        let access = access();
        let names = ["/A", "/B", "/C"];
        let note = |names: &[&str], times: usize| {
            (0..times).filter_map(|number| access.note(&refused(names[number % names.len()]))).next()
        };
        assert_eq!(note(&names, 100), None, "the pre-flight check has not ended");
        access.watch(names.iter().map(|name| format!("POST {name}")).collect());
        assert_eq!(note(&["/D", "/E", "/F"], 100), None, "they were refused from the start");
        assert_eq!(note(&names[..2], 100), None, "two operations may be forbidden");
        assert_eq!(access.note(&exchange("/A", response(404, "ResourceNotFoundException"))), None);
        assert_eq!(note(&names, REFUSED), None);
        let reason = note(&names, 1).unwrap();
        assert!(reason.contains("3 operations") && reason.contains("403 AccessDeniedException"), "{reason}");
    }
}
