use serde_json::json;

use super::*;
use crate::plan::expectation::ExpectedError;
use crate::wire::{FailureKind, sample};

const CHANNEL: &str = "arn:aws:ivs:us-east-1:123456789012:channel/AbCdEfGhIjKl";

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    sample::response(status, headers, body).into()
}

fn answered(status: u16, body: &str) -> Reply {
    reply(status, &[("content-type", "application/json")], body)
}

fn refused(status: u16, code: &str) -> Reply {
    reply(status, &[("x-amzn-errortype", code)], "{}")
}

/// Violations as `clause kind`, and whether the question stayed open.
fn judged(operation: &str, expectation: &Expectation, focus: &str, reply: Reply) -> (Vec<String>, bool) {
    let contract = crate::spec::builtin().unwrap();
    let operation = contract.operation(operation).unwrap();
    let exchange = sample::exchange(sample::request("/", ""), reply);
    let focus = contract.clauses.find(focus).unwrap();
    let judgement = Judge::new(&contract).exchange(operation, expectation, focus, &exchange);
    let describe = |violation: &Violation| {
        assert!(violation.expected.ends_with('.') && violation.observed.ends_with('.'), "{violation:?}");
        format!("{} {}", contract.clauses.get(violation.clause).id, violation.kind.id())
    };
    (judgement.violations.iter().map(describe).collect(), judgement.undecided.is_some())
}

fn refusal() -> Expectation {
    Expectation::refusal(vec![ExpectedError { code: "ValidationException".to_owned(), status: 400 }])
}

const PATTERN: &str = "GetChannel.input.arn.pattern";

#[track_caller]
fn assert_violations(judged: (Vec<String>, bool), expected: &[&str]) {
    assert_eq!(judged, (expected.iter().map(|text| (*text).to_owned()).collect(), false));
}

#[test]
fn a_documented_answer_is_no_violation() {
    let body = json!({"channel": {"arn": CHANNEL}}).to_string();
    assert_violations(judged("GetChannel", &Expectation::success(), "GetChannel.status", answered(200, &body)), &[]);
    assert_violations(
        judged("DeleteChannel", &Expectation::success(), "DeleteChannel.status", reply(204, &[], "")),
        &[],
    );
    assert_violations(judged("GetChannel", &refusal(), PATTERN, refused(400, "ValidationException:http://x/")), &[]);
    let in_body = reply(400, &[], r#"{"__type": "com.amazonaws.ivs#ValidationException"}"#);
    assert_violations(judged("GetChannel", &refusal(), PATTERN, in_body), &[]);
}

#[test]
fn every_kind_of_divergence_is_told() {
    let ok = || answered(200, r#"{"channel": {}}"#);
    assert_violations(
        judged("GetChannel", &refusal(), PATTERN, ok()),
        &["GetChannel.input.arn.pattern accepted_invalid"],
    );
    let success = Expectation::success();
    let judge = |reply| judged("GetChannel", &success, "GetChannel.status", reply);
    assert_violations(judge(refused(400, "ValidationException")), &["GetChannel.status rejected_valid"]);
    assert_violations(judge(answered(201, r#"{"channel": {}}"#)), &["GetChannel.status wrong_status"]);
    assert_violations(judge(refused(500, "Oops")), &["GetChannel.status server_error"]);
    let shape = answered(200, r#"{"channel": {"type": "SUPER", "authorized": "yes"}}"#);
    let (violations, _) = judge(shape);
    assert_eq!(violations.len(), 2, "{violations:?}");
    assert!(violations.contains(&"GetChannel.output.channel.type.enum malformed_response".to_owned()));
    assert!(violations.contains(&"GetChannel.output.channel.authorized.type malformed_response".to_owned()));
    assert_violations(judge(sample::failure(FailureKind::Protocol)), &["GetChannel.status transport"]);
}

#[test]
fn a_refusal_is_known_by_code_and_status() {
    let judge = |reply| judged("GetChannel", &refusal(), PATTERN, reply);
    let elsewhere = judge(refused(404, "ResourceNotFoundException"));
    assert_violations(elsewhere, &["GetChannel.input.arn.pattern wrong_error_code"]);
    let other_status = judge(refused(422, "ValidationException"));
    assert_violations(other_status, &["GetChannel.error.ValidationException wrong_status"]);
    let other_code = judge(refused(400, "BadInput"));
    assert_violations(other_code, &["GetChannel.error.ValidationException wrong_error_code"]);
    let no_code = judge(reply(418, &[], "{}"));
    assert_violations(no_code, &["GetChannel.input.arn.pattern wrong_status"]);
}

#[test]
fn a_page_says_neither_that_an_operation_was_carried_out_nor_that_a_clause_holds() {
    let contract = crate::spec::builtin().unwrap();
    let judge = |name: &str, body: &str| {
        let operation = contract.operation(name).unwrap();
        let reply = reply(operation.success_status, &[("content-type", "text/html")], body);
        let exchange = sample::exchange(sample::request("/", ""), reply);
        Judge::new(&contract).exchange(operation, &Expectation::success(), operation.status_clause, &exchange)
    };
    for operation in ["GetChannel", "DeleteChannel"] {
        let page = judge(operation, "\n<html>log in</html>");
        assert_eq!((page.answer, page.upheld), (Answer::Page, Vec::new()), "{operation}");
        let is_of_form = |violation: &Violation| violation.kind == FindingKind::MalformedResponse;
        assert!(!page.violations.is_empty() && page.violations.iter().all(is_of_form), "{:?}", page.violations);
        assert_eq!(judge(operation, "{}").answer, Answer::Success, "{operation}");
    }
}

#[test]
fn one_defect_masks_no_other() {
    let body = r#"{"channel": {"latencyMode": "SLOW"}}"#;
    let (violations, _) = judged(
        "GetChannel",
        &Expectation::success(),
        "GetChannel.status",
        reply(201, &[("content-type", "text/html")], body),
    );
    let expected = [
        "GetChannel.status wrong_status",
        "GetChannel.content_type malformed_response",
        "GetChannel.output.channel.latencyMode.enum malformed_response",
    ];
    assert_eq!(violations, expected);
    let (violations, _) = judged("GetChannel", &refusal(), PATTERN, reply(500, &[], "<html>"));
    assert_eq!(violations.len(), 2, "{violations:?}");
}

#[test]
fn a_busy_or_closed_target_decides_nothing() {
    for answer in
        [refused(429, "ThrottlingException"), refused(503, "ServiceUnavailable"), refused(403, "AccessDeniedException")]
    {
        let (violations, is_open) = judged("GetChannel", &Expectation::success(), "GetChannel.status", answer);
        assert!(violations.is_empty() && is_open, "{violations:?}");
    }
}

#[test]
fn an_error_with_a_status_of_success_is_an_error() {
    let wrong_status = "GetChannel.error.ValidationException wrong_status";
    assert_violations(judged("GetChannel", &refusal(), PATTERN, refused(200, "ValidationException")), &[wrong_status]);
    let in_body = answered(200, r#"{"__type": "ValidationException"}"#);
    assert_violations(judged("GetChannel", &refusal(), PATTERN, in_body), &[wrong_status]);
    for success in [answered(200, r#"{"channel": {}, "code": "H264"}"#), refused(200, " ")] {
        let accepted = judged("GetChannel", &refusal(), PATTERN, success);
        assert_eq!(accepted.0, [format!("{PATTERN} accepted_invalid")]);
    }
}

#[test]
fn a_signature_is_refused_wrongly_only_if_others_were_accepted() {
    let contract = crate::spec::builtin().unwrap();
    let operation = contract.operation("GetChannel").unwrap();
    let exchange = sample::exchange(sample::request("/", ""), refused(403, "InvalidSignatureException"));
    let judged = |judge: Judge| judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
    let unknown = judged(Judge::new(&contract));
    assert!(unknown.violations.is_empty() && unknown.undecided.is_some());
    let refused = judged(Judge::new(&contract).of_accepted_signatures());
    assert!(refused.blames(operation.status_clause) && refused.undecided.is_none(), "{refused:?}");
}
