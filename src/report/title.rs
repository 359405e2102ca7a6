//! What a target does wrong, in one sentence: the title of a cause.

use std::collections::BTreeSet;

use super::record::FindingRecord;
use super::text::sentence;
use crate::diagnose::{
    Blank, Common, CommonDeviation, Extent, expects_success, is_about_repeated_names, is_about_the_form_of_bodies,
};
use crate::record::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// One sentence on a cause, by its primary finding and what its findings have in common. `operations` are all that it is about.
pub fn of_cause(primary: &FindingRecord, common: Option<&Common>, operations: &BTreeSet<String>) -> String {
    let Some(Common { operations: alike, deviation }) = common else {
        let is_noise = primary.is_intermittent() && primary.kind != FindingKind::AcceptedInvalid;
        return if is_noise { of_unreliable(primary, operations) } else { of(primary) };
    };
    match deviation {
        CommonDeviation::Unreliable => of_unreliable(primary, operations),
        CommonDeviation::UncheckedInput => format!("{} check {} input.", negated(alike), owner(alike)),
        CommonDeviation::MostlyUncheckedInput => format!("{} check most of {} input.", negated(alike), owner(alike)),
        CommonDeviation::UncheckedMember { path, extent } => of_unchecked(primary, alike, path, *extent),
        CommonDeviation::AnotherError => {
            format!("{} refuse invalid input with another error than documented.", subject(alike))
        }
        CommonDeviation::SplitState => format!(
            "{} at times do not find what other requests made, as if instances with a state of their own responded in turn.",
            subject(alike)
        ),
        CommonDeviation::NoCode => {
            let errors = if alike.len() == 1 { "an error" } else { "errors" };
            format!("{} {errors} without a code.", active(alike, "report"))
        }
        CommonDeviation::OneStatus => {
            format!("{} different errors with one status, {}.", active(alike, "report"), primary.response.status)
        }
        CommonDeviation::ErrorsOfSuccess => {
            format!("{} errors with status {}.", active(alike, "report"), primary.response.status)
        }
        CommonDeviation::RespelledCodes { documented, shown } => {
            format!("{} error codes in another spelling, as `{shown}` for `{documented}`.", active(alike, "report"))
        }
        CommonDeviation::RefusedSignatures => {
            format!("{} correct signatures, which other operations accept.", active(alike, "refuse"))
        }
        CommonDeviation::RefusedAhead => format!(
            "{} some requests, valid ones among them, with status {} and without an error code.",
            active(alike, "refuse"),
            primary.response.status
        ),
        CommonDeviation::FailsAt(constraint) => {
            format!("{} at input {}.", failing(primary, alike), how(*constraint))
        }
        CommonDeviation::SameValue { constraint, members } => {
            format!("{} one value {} in {members} members.", active(alike, "return"), how(*constraint))
        }
        CommonDeviation::GarbledTexts => format!("{} characters that are not ASCII.", active(alike, "garble")),
        CommonDeviation::SurroundingSpace => {
            format!("{} white space at the ends of texts.", active(alike, "overlook"))
        }
        CommonDeviation::ShowsNothing => format!("{} empty lists, whatever there is.", active(alike, "return")),
        CommonDeviation::RepeatedItems => format!("{} items twice.", active(alike, "list")),
        CommonDeviation::EmptyResponse => format!("{} an empty object.", active(alike, "return")),
        CommonDeviation::OmittedEmpty { values } => {
            format!("{} out members whose value is {}.", active(alike, "leave"), one_of(values))
        }
        CommonDeviation::EmptyAsAbsent { values } => {
            format!("{} a value that is {} for an absent one.", active(alike, "take"), one_of(values))
        }
        CommonDeviation::QuotedValues { example } => {
            format!("{} values as texts, as \"{example}\" for {example}.", active(alike, "return"))
        }
        CommonDeviation::Fractions { example } => {
            format!("{} whole numbers as fractions, as {example}.", active(alike, "return"))
        }
        CommonDeviation::NeverShown { member } => {
            format!("{} out `{member}` in every response.", active(alike, "leave"))
        }
        CommonDeviation::NoObject => of_no_object(alike, primary),
        CommonDeviation::ByteOrderMark => {
            format!("{} with a byte order mark before the JSON text.", active(alike, "respond"))
        }
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
fn one_of(values: &BTreeSet<Blank>) -> String {
    let word = |value: &Blank| match value {
        Blank::Empty => "empty",
        Blank::False => "false",
        Blank::Zero => "0",
    };
    values.iter().map(word).collect::<Vec<_>>().join(" or ")
}

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

fn of_unreliable(primary: &FindingRecord, operations: &BTreeSet<String>) -> String {
    let about = subject(operations);
    match primary.response.status {
        200..500 if !primary.is_page() && is_about_the_form_of_bodies(&primary.expected) => {
            format!("Requests to {about} get a body that is not a JSON object from time to time.")
        }
        0 => format!("Requests to {about} get no usable HTTP response from time to time."),
        200..=299 if primary.is_page() => {
            format!("Requests to {about} get a page in place of JSON from time to time.")
        }
        200..=299 => {
            format!("Requests to {about} get responses that do not belong to them from time to time.")
        }
        400..=499 if matches!(primary.kind, FindingKind::WrongErrorCode | FindingKind::WrongStatus) => {
            format!("{} another error than documented from time to time.", active(operations, "report"))
        }
        400..=499 => format!("Valid requests to {about} are refused from time to time."),
        status => format!("Requests to {about} fail with status {status} from time to time."),
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

fn of_no_object(operations: &BTreeSet<String>, finding: &FindingRecord) -> String {
    if finding.response.headers.contains_key("content-encoding") {
        return format!("{} with a compressed body that the request did not ask for.", active(operations, "respond"));
    }
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
            of_no_object(operations, finding)
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
mod tests;
