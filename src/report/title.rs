//! What a target does wrong, in one sentence: the title of a cause.

use std::collections::BTreeSet;

use super::record::FindingRecord;
use super::text::sentence;
use crate::diagnose::{Extent, Pattern};
use crate::record::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// One sentence on what findings of one cause have in common, of which this is the primary one. `operations` are all of
/// the cause.
pub fn of_cause(primary: &FindingRecord, pattern: &Pattern, operations: usize) -> String {
    match pattern {
        Pattern::Plain => of(primary),
        Pattern::Unreliable => of_unreliable(primary, operations),
        Pattern::UncheckedInput { operations } if operations.len() == 1 => {
            format!("{} does not check its input.", subject(operations))
        }
        Pattern::UncheckedInput { operations } => format!("{} do not check their input.", subject(operations)),
        Pattern::UncheckedMember { operations, path, extent } => of_unchecked(primary, operations, path, *extent),
        Pattern::AnotherError { operations } => {
            format!("{} refuse invalid input with another error than documented.", subject(operations))
        }
        Pattern::FailsAtConstraint { operations } => {
            let constraint = ClauseId::parse(&primary.clause).and_then(|clause| clause.constraint());
            let breach = constraint.map_or("", how);
            format!("{} {} with a server error at input {breach}.", subject(operations), verb(operations, "fail"))
        }
    }
}

/// What an operation, or several, do not check of a member.
fn of_unchecked(primary: &FindingRecord, operations: &BTreeSet<String>, path: &str, extent: Extent) -> String {
    let negation = if operations.len() == 1 { "does not" } else { "do not" };
    match extent {
        Extent::OneConstraint if operations.len() == 1 => of(primary),
        Extent::OneConstraint => {
            let what = match ClauseId::parse(&primary.clause).and_then(|clause| clause.constraint()) {
                Some(constraint) => breach_of_input(path, constraint),
                None => format!("`{path}`"),
            };
            match primary.kind {
                FindingKind::ServerError => format!("{} fail with a server error at {what}.", subject(operations)),
                _ => format!("{} accept {what}.", subject(operations)),
            }
        }
        Extent::All => format!("{} {negation} check the value of `{path}`.", subject(operations)),
        Extent::Value => {
            format!("{} {} no more of `{path}` than its type.", subject(operations), verb(operations, "check"))
        }
    }
}

/// Operations as the subject of a sentence: one or two by name, more by number.
fn subject(operations: &BTreeSet<String>) -> String {
    match operations.len() {
        1 | 2 => operations.iter().map(String::as_str).collect::<Vec<_>>().join(" and "),
        number => format!("{number} operations"),
    }
}

fn verb(operations: &BTreeSet<String>, plural: &str) -> String {
    if operations.len() == 1 { format!("{plural}s") } else { plural.to_owned() }
}

fn of_unreliable(primary: &FindingRecord, operations: usize) -> String {
    match primary.response.status {
        0 => format!("Requests to {operations} operations get no usable HTTP response from time to time."),
        status => format!("Requests to {operations} operations fail with status {status} from time to time."),
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
    let breach = breach_of_input(path, constraint);
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

fn breach_of_input(path: &str, constraint: Constraint) -> String {
    match constraint {
        Constraint::Required => format!("a request without `{path}`"),
        constraint => breach(path, constraint),
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
    format!("`{path}` {}", how(constraint))
}

fn how(constraint: Constraint) -> &'static str {
    match constraint {
        Constraint::Required => "that is absent",
        Constraint::Type => "of another type",
        Constraint::LengthMin => "that is too short",
        Constraint::LengthMax => "that is too long",
        Constraint::Pattern => "that does not match its pattern",
        Constraint::Enum => "that is not one of its values",
        Constraint::RangeMin => "that is too small",
        Constraint::RangeMax => "that is too large",
        Constraint::UniqueItems => "with the same element twice",
    }
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

    fn names(operations: &[&str]) -> BTreeSet<String> {
        operations.iter().map(|operation| (*operation).to_owned()).collect()
    }

    #[test]
    fn what_operations_do_not_check_is_told_of_one_two_or_many() {
        let accepted =
            sample::finding("f", "CreateChannel.input.name.pattern", "CreateChannel", FindingKind::AcceptedInvalid);
        let title = |pattern: &Pattern| of_cause(&accepted, pattern, 1);
        let input = |operations: &[&str]| title(&Pattern::UncheckedInput { operations: names(operations) });
        assert_eq!(input(&["CreateChannel"]), "CreateChannel does not check its input.");
        assert_eq!(input(&["A", "B", "C"]), "3 operations do not check their input.");
        let member = |operations: &[&str], extent| {
            let path = "name".to_owned();
            title(&Pattern::UncheckedMember { operations: names(operations), path, extent })
        };
        assert_eq!(member(&["CreateChannel"], Extent::All), "CreateChannel does not check the value of `name`.");
        assert_eq!(member(&["A", "B"], Extent::All), "A and B do not check the value of `name`.");
        assert_eq!(member(&["A", "B", "C"], Extent::Value), "3 operations check no more of `name` than its type.");
        let one = Extent::OneConstraint;
        assert_eq!(member(&["CreateChannel"], one), "CreateChannel accepts `name` that does not match its pattern.");
        assert_eq!(member(&["A", "B"], one), "A and B accept `name` that does not match its pattern.");
        let other = Pattern::AnotherError { operations: names(&["A", "B"]) };
        assert_eq!(title(&other), "A and B refuse invalid input with another error than documented.");
        let fails = Pattern::FailsAtConstraint { operations: names(&["A", "B", "C"]) };
        assert_eq!(title(&fails), "3 operations fail with a server error at input that does not match its pattern.");
    }

    #[test]
    fn failures_that_show_sometimes_are_told_as_an_unreliable_target() {
        let mut finding = sample::finding("f", "GetChannel.status", "GetChannel", FindingKind::ServerError);
        finding.response.status = 502;
        let title = |finding: &FindingRecord| of_cause(finding, &Pattern::Unreliable, 3);
        assert_eq!(title(&finding), "Requests to 3 operations fail with status 502 from time to time.");
        finding.response.status = 0;
        assert_eq!(title(&finding), "Requests to 3 operations get no usable HTTP response from time to time.");
    }

    #[test]
    fn a_rule_is_quoted() {
        let text = title("rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
        assert_eq!(text, "TagResource breaks the rule: `name` has at most 128 characters.");
    }
}
