//! What a target does wrong, in one sentence: the title of a cause.

use std::collections::{BTreeMap, BTreeSet};

use super::record::FindingRecord;
use super::text::sentence;
use crate::diagnose;
use crate::record::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// One sentence on what findings of one cause have in common, the primary one first.
pub fn of_cause(findings: &[&FindingRecord]) -> Option<String> {
    let primary = findings.first()?;
    if is_unreliable(findings) {
        return Some(of_unreliable(primary, operations(findings).len()));
    }
    let unchecked = unchecked_operations(findings);
    Some(match unchecked.len() {
        number if number >= diagnose::MANY_UNCHECKED_OPERATIONS => {
            format!("{number} operations do not check their input.")
        }
        _ if unchecked.contains(primary.operation.as_str()) => {
            format!("{} does not check its input.", primary.operation)
        }
        _ => of(primary),
    })
}

/// Operations that accept input against many constraints, if the primary finding says so of one.
pub fn unchecked_operations<'r>(findings: &[&'r FindingRecord]) -> BTreeSet<&'r str> {
    let is_unchecked = |finding: &&&FindingRecord| {
        finding.kind == FindingKind::AcceptedInvalid
            && matches!(ClauseId::parse(&finding.clause), Some(ClauseId::Input { .. }))
    };
    if !findings.first().is_some_and(|primary| is_unchecked(&primary)) {
        return BTreeSet::new();
    }
    let mut constraints: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in findings.iter().filter(is_unchecked) {
        constraints.entry(&finding.operation).or_default().insert(&finding.clause);
    }
    constraints.retain(|_, clauses| clauses.len() >= diagnose::MANY_UNCHECKED);
    constraints.into_keys().collect()
}

/// Whether findings of one cause, the primary one first, say that requests fail only sometimes, whatever they ask for.
pub fn is_unreliable(findings: &[&FindingRecord]) -> bool {
    let fails_sometimes = |primary: &&FindingRecord| {
        matches!(primary.kind, FindingKind::ServerError | FindingKind::Transport)
            && primary.seen.times < primary.seen.of
    };
    findings.first().is_some_and(fails_sometimes) && operations(findings).len() >= diagnose::MANY_UNRELIABLE
}

fn operations<'r>(findings: &[&'r FindingRecord]) -> BTreeSet<&'r str> {
    findings.iter().map(|finding| finding.operation.as_str()).collect()
}

fn of_unreliable(primary: &FindingRecord, operations: usize) -> String {
    match primary.kind {
        FindingKind::Transport => {
            format!("Requests to {operations} operations get no usable HTTP response from time to time.")
        }
        _ => {
            let status = primary.response.status;
            format!("Requests to {operations} operations fail with status {status} from time to time.")
        }
    }
}

/// One sentence on what the target does, made of the clause's id alone where it says enough, so that the same defect has
/// the same title in every run.
pub fn of(finding: &FindingRecord) -> String {
    let operation = match finding.operation.as_str() {
        "" => "The target",
        operation => operation,
    };
    if finding.kind == FindingKind::NotImplemented {
        return format!("{operation} is not implemented.");
    }
    match ClauseId::parse(&finding.clause) {
        Some(ClauseId::Input { path, constraint, .. }) => of_input(operation, path, constraint, finding),
        Some(ClauseId::Output { path, constraint, .. }) => of_output(operation, path, constraint, finding),
        Some(ClauseId::Success { part, .. }) => of_success(operation, part, finding),
        Some(ClauseId::Error { code, .. }) => of_error(operation, code, finding),
        Some(ClauseId::General { .. }) | None => of_rule(operation, finding),
    }
}

fn of_input(operation: &str, path: &str, constraint: Constraint, finding: &FindingRecord) -> String {
    let breach = match constraint {
        Constraint::Required => format!("a request without `{path}`"),
        constraint => breach(path, constraint),
    };
    match finding.kind {
        FindingKind::AcceptedInvalid => format!("{operation} accepts {breach}."),
        FindingKind::WrongErrorCode | FindingKind::WrongStatus => {
            format!("{operation} refuses {breach} with another error than documented.")
        }
        FindingKind::ServerError if is_refused_valid(finding) => {
            format!("{operation} fails with a server error at a valid `{path}`.")
        }
        FindingKind::ServerError => format!("{operation} fails with a server error at {breach}."),
        FindingKind::RejectedValid => format!("{operation} refuses a valid `{path}`."),
        _ => of_rule(operation, finding),
    }
}

/// Whether the request kept the contract, as what was expected says.
fn is_refused_valid(finding: &FindingRecord) -> bool {
    finding.expected.contains("success")
}

fn of_output(operation: &str, path: &str, constraint: Constraint, finding: &FindingRecord) -> String {
    if finding.kind != FindingKind::MalformedResponse {
        return of_rule(operation, finding);
    }
    match constraint {
        Constraint::Required => format!("{operation} does not return `{path}`."),
        constraint => format!("{operation} returns {}.", breach(path, constraint)),
    }
}

/// A member that breaks a constraint, whether it was sent or returned.
fn breach(path: &str, constraint: Constraint) -> String {
    let how = match constraint {
        Constraint::Required => "that is absent",
        Constraint::Type => "of another type",
        Constraint::LengthMin => "that is too short",
        Constraint::LengthMax => "that is too long",
        Constraint::Pattern => "that does not match its pattern",
        Constraint::Enum => "that is not one of its values",
        Constraint::RangeMin => "that is too small",
        Constraint::RangeMax => "that is too large",
        Constraint::UniqueItems => "with the same element twice",
    };
    format!("`{path}` {how}")
}

fn of_success(operation: &str, part: &str, finding: &FindingRecord) -> String {
    match (part, finding.kind, finding.response.status) {
        ("status", FindingKind::WrongStatus, status @ 200..=299) => {
            format!("{operation} reports success with status {status} instead of the documented one.")
        }
        ("status", FindingKind::WrongStatus, _) => {
            format!("{operation} reports success with another status than documented.")
        }
        ("content_type", FindingKind::MalformedResponse, _) => {
            format!("{operation} responds with another content type than documented.")
        }
        ("empty_body", FindingKind::MalformedResponse, _) => {
            format!("{operation} responds with a body instead of none.")
        }
        (_, FindingKind::RejectedValid, _) => format!("{operation} refuses valid requests."),
        (_, FindingKind::ServerError, _) => format!("{operation} fails with a server error at valid requests."),
        (_, FindingKind::Transport, _) => format!("{operation} sends no usable HTTP response."),
        _ => of_rule(operation, finding),
    }
}

fn of_error(operation: &str, code: &str, finding: &FindingRecord) -> String {
    match finding.kind {
        FindingKind::AcceptedInvalid => format!("{operation} accepts what it should refuse with {code}."),
        FindingKind::WrongStatus => format!("{operation} reports {code} with another status than documented."),
        FindingKind::WrongErrorCode => format!("{operation} reports another error in place of {code}."),
        FindingKind::ServerError => format!("{operation} fails with a server error in place of {code}."),
        _ => of_rule(operation, finding),
    }
}

/// The promise of a rule is a sentence of its own; without one, what was observed is said.
fn of_rule(operation: &str, finding: &FindingRecord) -> String {
    match finding.promise.as_str() {
        "" => format!("{operation}: {}", sentence(&finding.observed)),
        promise => format!("{operation} breaks the rule: {}", sentence(promise)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::record::SeenRecord;
    use crate::report::sample;

    fn title(clause: &str, operation: &str, kind: FindingKind) -> String {
        of(&sample::finding("f", clause, operation, kind))
    }

    #[test]
    fn a_title_says_what_the_target_does() {
        use FindingKind::*;
        for (clause, kind, expected) in [
            ("CreateChannel.input.name.length.max", AcceptedInvalid, "CreateChannel accepts `name` that is too long."),
            (
                "GetChannel.input.arn.required",
                ServerError,
                "GetChannel fails with a server error at a request without `arn`.",
            ),
            (
                "GetChannel.output.channel.arn.type",
                MalformedResponse,
                "GetChannel returns `channel.arn` of another type.",
            ),
            (
                "DeleteChannel.status",
                WrongStatus,
                "DeleteChannel reports success with status 200 instead of the documented one.",
            ),
            (
                "GetStream.error.ChannelNotBroadcasting",
                AcceptedInvalid,
                "GetStream accepts what it should refuse with ChannelNotBroadcasting.",
            ),
            ("StopStream.status", NotImplemented, "StopStream is not implemented."),
        ] {
            let operation = clause.split('.').next().unwrap_or_default();
            assert_eq!(title(clause, operation, kind), expected);
        }
    }

    #[test]
    fn constraints_that_are_not_enforced_are_no_check_of_input() {
        let accepted = |number: usize| -> Vec<FindingRecord> {
            let clause = |number: usize| format!("CreateChannel.input.m{number}.type");
            let of = |clause: String| sample::finding("f", &clause, "CreateChannel", FindingKind::AcceptedInvalid);
            (0..number).map(clause).map(of).collect()
        };
        let title = |findings: &[FindingRecord]| of_cause(&findings.iter().collect::<Vec<_>>());
        assert_eq!(title(&accepted(6)).as_deref(), Some("CreateChannel does not check its input."));
        assert_eq!(title(&accepted(5)).as_deref(), Some("CreateChannel accepts `m0` of another type."));
        assert_eq!(title(&[]), None);
        let several: Vec<FindingRecord> = ["A", "B", "C"]
            .into_iter()
            .flat_map(|operation| accepted(6).into_iter().map(move |finding| (operation, finding)))
            .map(|(operation, finding)| FindingRecord { operation: operation.to_owned(), ..finding })
            .collect();
        assert_eq!(title(&several).as_deref(), Some("3 operations do not check their input."));
    }

    #[test]
    fn failures_that_show_sometimes_are_told_as_an_unreliable_target() {
        let failed = |operation: &str, kind| {
            let mut finding = sample::finding("f", &format!("{operation}.status"), operation, kind);
            finding.seen = SeenRecord { of: 3, times: 1 };
            finding.response.status = if kind == FindingKind::ServerError { 502 } else { 0 };
            finding
        };
        let title = |kind, names: &[&str]| {
            let findings: Vec<FindingRecord> = names.iter().map(|name| failed(name, kind)).collect();
            of_cause(&findings.iter().collect::<Vec<_>>()).unwrap()
        };
        let three = ["GetChannel", "ListChannels", "StopStream"];
        let expected = "Requests to 3 operations fail with status 502 from time to time.";
        assert_eq!(title(FindingKind::ServerError, &three), expected);
        let expected = "Requests to 3 operations get no usable HTTP response from time to time.";
        assert_eq!(title(FindingKind::Transport, &three), expected);
        let expected = "GetChannel fails with a server error at valid requests.";
        assert_eq!(title(FindingKind::ServerError, &three[..2]), expected);
    }

    #[test]
    fn a_rule_is_quoted() {
        let text = title("rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
        assert_eq!(text, "TagResource breaks the rule: `name` has at most 128 characters.");
    }
}
