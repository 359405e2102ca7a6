//! What is asked again, and for how long: a response that a step waits for, and differences that lag can explain.

use std::time::Duration;

use serde_json::Value;

use super::difference::{Differing, Kind, Response};
use super::program::Step;
use super::side::{Called, Played, Side};
use crate::judge::Answer;
use crate::judge::assertion::{self, Observation};
use crate::plan::suite::{Assert, Expect};
use crate::spec::contract::Operation;

/// Pauses between looks at what may lag.
pub const PAUSES: [Duration; 6] = [
    Duration::from_millis(10),
    Duration::from_millis(30),
    Duration::from_millis(60),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];
/// How long a response is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a response is waited for that did not come before.
const SHORT_PATIENCE: Duration = Duration::from_millis(800);

/// How long a response is waited for; not for long, if the same was waited for in vain before.
pub fn patience(is_in_vain: bool) -> Duration {
    if is_in_vain { SHORT_PATIENCE } else { PATIENCE }
}

/// Whether a change that has not arrived yet can be why two responses to a read differ. What is wrong with a request, the
/// size of a page, and whether an output has a member that the contract does not have there do not depend on changes.
pub fn may_lag(operation: &Operation, differing: &Differing, (a, b): (&Response, &Response)) -> bool {
    let is_of_page =
        |path: &str| operation.pagination.as_ref().is_some_and(|pages| pages.page_size.as_deref() == Some(path));
    match differing.kind {
        Kind::Answer => depends_on_state(a) || depends_on_state(b),
        Kind::Items => !is_of_page(&differing.path),
        Kind::Presence => operation.output.find(&differing.path).is_some(),
        Kind::Value | Kind::Identity | Kind::Deleted | Kind::Derived => true,
    }
}

/// Whether a response may be another one later: something is not there, is in use, or the target is busy.
fn depends_on_state(response: &Response) -> bool {
    match response.answer {
        Answer::Success => false,
        Answer::Error { status, .. } => matches!(status, 404 | 409 | 429) || status >= 500,
        Answer::Page | Answer::Nothing => true,
    }
}

/// What a step waits for, whatever resource it is about.
pub fn awaited(step: &Step, expect: &Expect) -> String {
    let places: Vec<&str> = step.asserts.iter().map(|assert| assert.at.as_str()).collect();
    format!("{} {expect:?} {places:?}", step.operation().unwrap_or_default())
}

/// Whether a target has responded as a step that waits wants it.
pub fn is_ready(step: &Step, expect: &Expect, side: &Side, called: &Called, played: &Played) -> bool {
    let holds = |assert: &Assert| {
        let mut bound = assert.clone();
        for value in bound.values_mut() {
            match side.bind(value, played) {
                Some(known) => *value = known,
                None => return true,
            }
        }
        let Some(at) = side.bind(&Value::from(bound.at.as_str()), played) else { return true };
        bound.at = at.as_str().unwrap_or_default().to_owned();
        let nothing = Value::Null;
        let body = called.response.body.as_ref().unwrap_or(&nothing);
        !matches!(assertion::observe(&bound, body), Observation::Violated(_))
    };
    match &called.response.answer {
        Answer::Success => expect.allows_success() && step.asserts.iter().all(holds),
        Answer::Error { code, .. } => code.as_deref().is_some_and(|code| expect.names(code)),
        Answer::Page | Answer::Nothing => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn differing(kind: Kind, path: &str) -> Differing {
        let (path, place) = (path.to_owned(), path.to_owned());
        Differing { kind, path, place, a: None, b: None, is_secret: false, ghost: None }
    }

    fn refused(status: u16) -> Response {
        Response { answer: Answer::Error { status, code: None }, status: Some(status), ..Response::default() }
    }

    #[test]
    fn what_does_not_depend_on_changes_does_not_lag() {
        let contract = crate::spec::builtin().unwrap();
        let operation = contract.operation("ListChannels").unwrap();
        let success = Response { answer: Answer::Success, status: Some(200), ..Response::default() };
        let lags = |kind, path: &str, other: &Response| may_lag(operation, &differing(kind, path), (&success, other));
        for (kind, path) in
            [(Kind::Items, "channels"), (Kind::Presence, "channels.member.name"), (Kind::Deleted, "channels")]
        {
            assert!(lags(kind, path, &success), "{kind:?} {path}");
        }
        assert!(!lags(Kind::Items, "maxResults", &success));
        assert!(!lags(Kind::Presence, "channels.member.srt", &success));
        for (status, expected) in
            [(400, false), (403, false), (404, true), (409, true), (429, true), (500, true), (503, true)]
        {
            assert_eq!(lags(Kind::Answer, "", &refused(status)), expected, "{status}");
        }
        assert!(lags(Kind::Answer, "", &Response::default()));
    }
}
