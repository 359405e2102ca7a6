//! What a target does wrong, in one sentence: the title of a cause.

use std::collections::BTreeSet;

use super::record::FindingRecord;
use super::text::sentence;
use crate::diagnose::{
    Common, CommonDeviation, Extent, expects_success, is_about_repeated_names, is_about_the_form_of_bodies,
};
use crate::record::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// One sentence on a cause, by its primary finding and what its findings have in common. `operations` is the number of all that
/// it is about.
pub fn of_cause(primary: &FindingRecord, common: Option<&Common>, operations: usize) -> String {
    let Some(Common { operations: alike, deviation }) = common else { return of(primary) };
    match deviation {
        CommonDeviation::Unreliable => of_unreliable(primary, operations),
        CommonDeviation::UncheckedInput => format!("{} check {} input.", negated(alike), owner(alike)),
        CommonDeviation::UncheckedMember { path, extent } => of_unchecked(primary, alike, path, *extent),
        CommonDeviation::AnotherError => {
            format!("{} refuse invalid input with another error than documented.", subject(alike))
        }
        CommonDeviation::FailsAt(constraint) => {
            format!("{} at input {}.", failing(primary, alike), how(*constraint))
        }
        CommonDeviation::SameValue { constraint, members } => {
            format!("{} one value {} in {members} members.", active(alike, "return"), how(*constraint))
        }
        CommonDeviation::EmptyResponse => format!("{} an empty object.", active(alike, "return")),
        CommonDeviation::OmittedEmpty => format!("{} out members whose value is empty.", active(alike, "leave")),
        CommonDeviation::NoObject => of_no_object(alike),
        CommonDeviation::RenamedMembers { documented, shown } => {
            format!("{} members under other names, as `{shown}` for `{documented}`.", active(alike, "return"))
        }
        CommonDeviation::OutputInside { member } => {
            format!("{} the documented members inside of a member `{member}`.", active(alike, "return"))
        }
        CommonDeviation::SameClause => of_operations(alike, primary),
    }
}

/// What an operation, or several, do not check of a member.
fn of_unchecked(primary: &FindingRecord, operations: &BTreeSet<String>, path: &str, extent: Extent) -> String {
    match extent {
        Extent::One(_) => of_operations(operations, primary),
        Extent::All | Extent::Value if primary.kind.is_failure() => {
            format!("{} at an invalid `{path}`.", failing(primary, operations))
        }
        Extent::All => format!("{} check the value of `{path}`.", negated(operations)),
        Extent::Value => format!("{} no more of `{path}` than its type.", active(operations, "check")),
    }
}

/// Operations as the subject of a sentence: one or two by name, more by number.
fn subject(operations: &BTreeSet<String>) -> String {
    match operations.len() {
        1 | 2 => operations.iter().map(String::as_str).collect::<Vec<_>>().join(" and "),
        number => format!("{number} operations"),
    }
}

/// The subject and what it does; `verb` is in the plural.
fn active(operations: &BTreeSet<String>, verb: &str) -> String {
    format!("{} {verb}{}", subject(operations), if operations.len() == 1 { "s" } else { "" })
}

/// Operations that fail, and how.
fn failing(finding: &FindingRecord, operations: &BTreeSet<String>) -> String {
    match finding.kind {
        FindingKind::Transport => format!("{} no usable HTTP response", active(operations, "send")),
        _ => format!("{} with a server error", active(operations, "fail")),
    }
}

fn negated(operations: &BTreeSet<String>) -> String {
    format!("{} {} not", subject(operations), if operations.len() == 1 { "does" } else { "do" })
}

fn owner(operations: &BTreeSet<String>) -> &'static str {
    if operations.len() == 1 { "its" } else { "their" }
}

fn of_unreliable(primary: &FindingRecord, operations: usize) -> String {
    match primary.response.status {
        0 => format!("Requests to {operations} operations get no usable HTTP response from time to time."),
        status => format!("Requests to {operations} operations fail with status {status} from time to time."),
    }
}

/// One sentence on an operation that refuses valid requests that have a member; `None` if a finding shows something else.
pub fn of_refusal(finding: &FindingRecord, member: &str) -> Option<String> {
    let is_plain = matches!(ClauseId::parse(&finding.clause), Some(ClauseId::Success { .. }));
    let is_refusal = is_plain && finding.kind == FindingKind::RejectedValid;
    is_refusal.then(|| format!("{} refuses valid requests with `{member}`.", finding.operation))
}

/// One sentence on what the target does, made of the clause's id alone where it says enough, so that the same defect has
/// the same title in every run.
pub fn of(finding: &FindingRecord) -> String {
    let operation = match finding.operation.as_str() {
        "" => "The target",
        operation => operation,
    };
    of_operations(&BTreeSet::from([operation.to_owned()]), finding)
}

/// The same of several operations that do what a finding shows.
fn of_operations(operations: &BTreeSet<String>, finding: &FindingRecord) -> String {
    if finding.kind == FindingKind::NotImplemented {
        let verb = if operations.len() == 1 { "is" } else { "are" };
        return format!("{} {verb} not implemented.", subject(operations));
    }
    match ClauseId::parse(&finding.clause) {
        Some(ClauseId::Input { path, constraint, .. }) => of_input(operations, path, constraint, finding),
        Some(ClauseId::Output { path, constraint, .. }) => of_output(operations, path, constraint, finding),
        Some(ClauseId::Success { part, .. }) => of_success(operations, part, finding),
        Some(ClauseId::Error { code, .. }) => of_error(operations, code, finding),
        Some(ClauseId::General { .. }) | None => of_rule(operations, finding),
    }
}

fn of_input(operations: &BTreeSet<String>, path: &str, constraint: Constraint, finding: &FindingRecord) -> String {
    let breach = breach_of_input(path, constraint);
    match finding.kind {
        FindingKind::AcceptedInvalid => format!("{} {breach}.", active(operations, "accept")),
        FindingKind::WrongErrorCode | FindingKind::WrongStatus => {
            format!("{} {breach} with another error than documented.", active(operations, "refuse"))
        }
        FindingKind::ServerError | FindingKind::Transport if expects_success(&finding.expected) => {
            format!("{} at a valid `{path}`.", failing(finding, operations))
        }
        FindingKind::ServerError | FindingKind::Transport => format!("{} at {breach}.", failing(finding, operations)),
        FindingKind::RejectedValid => format!("{} a valid `{path}`.", active(operations, "refuse")),
        _ => of_rule(operations, finding),
    }
}

fn breach_of_input(path: &str, constraint: Constraint) -> String {
    match constraint {
        Constraint::Required => format!("a request without `{path}`"),
        constraint => breach(path, constraint),
    }
}

fn of_output(operations: &BTreeSet<String>, path: &str, constraint: Constraint, finding: &FindingRecord) -> String {
    if finding.kind != FindingKind::MalformedResponse {
        return of_rule(operations, finding);
    }
    match constraint {
        Constraint::Required => format!("{} return `{path}`.", negated(operations)),
        constraint => format!("{} {}.", active(operations, "return"), breach(path, constraint)),
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

fn of_no_object(operations: &BTreeSet<String>) -> String {
    format!("{} with a body that is not a JSON object.", active(operations, "respond"))
}

fn of_success(operations: &BTreeSet<String>, part: &str, finding: &FindingRecord) -> String {
    let active = |verb| active(operations, verb);
    match (part, finding.kind, finding.response.status) {
        ("status", FindingKind::WrongStatus, status @ 200..=299) => {
            format!("{} success with status {status} instead of the documented one.", active("report"))
        }
        ("status", FindingKind::WrongStatus, _) => {
            format!("{} success with another status than documented.", active("report"))
        }
        ("content_type", FindingKind::MalformedResponse, _) if is_about_the_form_of_bodies(&finding.expected) => {
            of_no_object(operations)
        }
        ("content_type", FindingKind::MalformedResponse, _) if is_about_repeated_names(&finding.expected) => {
            format!("{} an object in which two members have the same name.", active("return"))
        }
        ("content_type", FindingKind::MalformedResponse, _) => {
            format!("{} with another content type than documented.", active("respond"))
        }
        ("empty_body", FindingKind::MalformedResponse, _) => {
            format!("{} with a body instead of none.", active("respond"))
        }
        (_, FindingKind::RejectedValid, _) => format!("{} valid requests.", active("refuse")),
        (_, FindingKind::ServerError, _) => format!("{} at valid requests.", failing(finding, operations)),
        (_, FindingKind::Transport, _) => format!("{}.", failing(finding, operations)),
        _ => of_rule(operations, finding),
    }
}

fn of_error(operations: &BTreeSet<String>, code: &str, finding: &FindingRecord) -> String {
    let active = |verb| active(operations, verb);
    match finding.kind {
        FindingKind::AcceptedInvalid => format!("{} what it should refuse with {code}.", active("accept")),
        FindingKind::WrongStatus => format!("{} {code} with another status than documented.", active("report")),
        FindingKind::WrongErrorCode => format!("{} another error in place of {code}.", active("report")),
        FindingKind::ServerError => format!("{} in place of {code}.", failing(finding, operations)),
        _ => of_rule(operations, finding),
    }
}

/// The promise of a rule is a sentence of its own; without one, what was observed is said.
fn of_rule(operations: &BTreeSet<String>, finding: &FindingRecord) -> String {
    match finding.promise.as_str() {
        "" => format!("{}: {}", subject(operations), sentence(&finding.observed)),
        promise => format!("{} the rule: {}", active(operations, "break"), sentence(promise)),
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
            (
                "ListChannels.input.maxResults.range.min",
                Transport,
                "ListChannels sends no usable HTTP response at `maxResults` that is too small.",
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
        let title = |operations: &[&str], deviation| {
            of_cause(&accepted, Some(&Common { operations: names(operations), deviation }), 1)
        };
        let input = |operations: &[&str]| title(operations, CommonDeviation::UncheckedInput);
        assert_eq!(input(&["CreateChannel"]), "CreateChannel does not check its input.");
        assert_eq!(input(&["A", "B", "C"]), "3 operations do not check their input.");
        let member = |operations: &[&str], extent| {
            title(operations, CommonDeviation::UncheckedMember { path: "name".to_owned(), extent })
        };
        assert_eq!(member(&["CreateChannel"], Extent::All), "CreateChannel does not check the value of `name`.");
        assert_eq!(member(&["A", "B"], Extent::All), "A and B do not check the value of `name`.");
        assert_eq!(member(&["A", "B", "C"], Extent::Value), "3 operations check no more of `name` than its type.");
        let one = Extent::One(Constraint::Pattern);
        assert_eq!(member(&["CreateChannel"], one), "CreateChannel accepts `name` that does not match its pattern.");
        assert_eq!(member(&["A", "B"], one), "A and B accept `name` that does not match its pattern.");
        let other = title(&["A", "B"], CommonDeviation::AnotherError);
        assert_eq!(other, "A and B refuse invalid input with another error than documented.");
        let fails = title(&["A", "B", "C"], CommonDeviation::FailsAt(Constraint::Pattern));
        assert_eq!(fails, "3 operations fail with a server error at input that does not match its pattern.");
        let empty = title(&["A", "B", "C"], CommonDeviation::EmptyResponse);
        assert_eq!(empty, "3 operations return an empty object.");
        let omitted = title(&["A", "B", "C"], CommonDeviation::OmittedEmpty);
        assert_eq!(omitted, "3 operations leave out members whose value is empty.");
        let no_object = title(&["A", "B", "C"], CommonDeviation::NoObject);
        assert_eq!(no_object, "3 operations respond with a body that is not a JSON object.");
        let (documented, shown) = ("streamKeys".to_owned(), "stream_keys".to_owned());
        let renamed = title(&["A", "B", "C"], CommonDeviation::RenamedMembers { documented, shown });
        assert_eq!(renamed, "3 operations return members under other names, as `stream_keys` for `streamKeys`.");
        let inside = title(&["A", "B", "C"], CommonDeviation::OutputInside { member: "data".to_owned() });
        assert_eq!(inside, "3 operations return the documented members inside of a member `data`.");
        let value = CommonDeviation::SameValue { constraint: Constraint::Type, members: 8 };
        assert_eq!(title(&["A", "B"], value.clone()), "A and B return one value of another type in 8 members.");
        assert_eq!(title(&["A"], value), "A returns one value of another type in 8 members.");
    }

    #[test]
    fn failures_that_show_sometimes_are_told_as_an_unreliable_target() {
        let mut finding = sample::finding("f", "GetChannel.status", "GetChannel", FindingKind::ServerError);
        finding.response.status = 502;
        let common = Common { operations: names(&["A", "B", "C"]), deviation: CommonDeviation::Unreliable };
        let title = |finding: &FindingRecord| of_cause(finding, Some(&common), 3);
        assert_eq!(title(&finding), "Requests to 3 operations fail with status 502 from time to time.");
        finding.response.status = 0;
        assert_eq!(title(&finding), "Requests to 3 operations get no usable HTTP response from time to time.");
    }

    #[test]
    fn failures_at_one_member_are_told_by_what_came_back() {
        let mut finding = sample::finding("f", "A.input.tags.value.length.max", "A", FindingKind::Transport);
        let mut title = |kind, extent| {
            finding.kind = kind;
            let deviation = CommonDeviation::UncheckedMember { path: "tags.value".to_owned(), extent };
            of_cause(&finding, Some(&Common { operations: names(&["A", "B", "C"]), deviation }), 3)
        };
        let one = Extent::One(Constraint::LengthMax);
        let down = "3 operations send no usable HTTP response at `tags.value` that is too long.";
        assert_eq!(title(FindingKind::Transport, one), down);
        let error = "3 operations fail with a server error at an invalid `tags.value`.";
        assert_eq!(title(FindingKind::ServerError, Extent::All), error);
    }

    #[test]
    fn a_rule_that_several_operations_break_names_them() {
        let finding = sample::finding("f", "rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
        let title = |operations: &[&str]| {
            let common = Common { operations: names(operations), deviation: CommonDeviation::SameClause };
            of_cause(&finding, Some(&common), operations.len())
        };
        assert_eq!(title(&["A", "B"]), "A and B break the rule: `name` has at most 128 characters.");
        assert_eq!(title(&["A", "B", "C"]), "3 operations break the rule: `name` has at most 128 characters.");
        let mut status = sample::finding("f", "A.status", "A", FindingKind::WrongStatus);
        status.response.status = 201;
        let common = Common { operations: names(&["A", "B"]), deviation: CommonDeviation::SameClause };
        let reported = "A and B report success with status 201 instead of the documented one.";
        assert_eq!(of_cause(&status, Some(&common), 2), reported);
    }

    #[test]
    fn a_rule_is_quoted() {
        let text = title("rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
        assert_eq!(text, "TagResource breaks the rule: `name` has at most 128 characters.");
    }
}
