//! One plain sentence for every generated clause.

use super::clause::Constraint;
use super::contract::{Node, NodeKind, TimestampFormat};
use super::rules::DefaultRule;
use super::shape_tree::Side;

/// How many values of an enum a sentence lists.
const MOST_LISTED: usize = 12;

/// What a constraint promises.
pub(super) fn constraint(operation: &str, side: Side, node: &Node, constraint: Constraint) -> String {
    let subject = subject(operation, side, node);
    match constraint {
        Constraint::Type => format!("{subject} is {}.", kind(&node.kind)),
        Constraint::Required => match (side, node.path.contains('.')) {
            (Side::Input, false) => {
                format!("{} {operation} request must have `{}`, and not as null.", capital(operation), node.path)
            }
            (Side::Output, false) => {
                format!("{} {operation} response has `{}`, and not as null.", capital(operation), node.path)
            }
            (Side::Input, true) => {
                format!("{subject} must be there wherever its parent is, and not as null.")
            }
            (Side::Output, true) => {
                format!("{subject} is there wherever its parent is, and not null.")
            }
        },
        Constraint::LengthMin | Constraint::LengthMax => length(&subject, node, constraint),
        Constraint::Pattern => {
            let source = node.constraints.pattern.as_ref().map(|pattern| pattern.source.as_str()).unwrap_or_default();
            format!("{subject} matches `{source}` as a whole.")
        }
        Constraint::Enum => format!("{subject} is one of {}.", values(&node.kind)),
        Constraint::RangeMin => {
            format!("{subject} is at least {}.", node.constraints.range.and_then(|range| range.min).unwrap_or_default())
        }
        Constraint::RangeMax => {
            format!("{subject} is at most {}.", node.constraints.range.and_then(|range| range.max).unwrap_or_default())
        }
        Constraint::UniqueItems => format!("{subject} has no element twice."),
    }
}

fn subject(operation: &str, side: Side, node: &Node) -> String {
    let article = capital(operation).to_lowercase();
    let message = match side {
        Side::Input => "request",
        Side::Output => "response",
    };
    let path = &node.path;
    match path.rsplit_once('.') {
        Some((parent, "member")) => {
            format!("Each element of `{parent}` in {article} {operation} {message}")
        }
        Some((parent, "key")) if node.is_map_key => {
            format!("Each key of `{parent}` in {article} {operation} {message}")
        }
        _ => format!("`{path}` in {article} {operation} {message}"),
    }
}

/// The article before an operation's name, at the begin of a sentence.
fn capital(operation: &str) -> &'static str {
    if operation.starts_with(['A', 'E', 'I', 'O', 'U']) { "An" } else { "A" }
}

fn length(subject: &str, node: &Node, constraint: Constraint) -> String {
    let bounds = node.constraints.length.unwrap_or_default();
    let (word, bound) = match constraint {
        Constraint::LengthMin => ("at least", bounds.min),
        _ => ("at most", bounds.max),
    };
    let bound = bound.unwrap_or_default();
    let unit = match node.kind {
        NodeKind::List { .. } => "element",
        NodeKind::Map { .. } => "entry",
        NodeKind::Blob => "byte",
        _ => "character",
    };
    let unit = match (bound, unit) {
        (1, unit) => unit.to_owned(),
        (_, "entry") => "entries".to_owned(),
        (_, unit) => format!("{unit}s"),
    };
    format!("{subject} has {word} {bound} {unit}.")
}

fn kind(kind: &NodeKind) -> String {
    match kind {
        NodeKind::Structure(_) => "a JSON object".to_owned(),
        NodeKind::Union(_) => "a JSON object with exactly one of its members".to_owned(),
        NodeKind::List { .. } => "a JSON array".to_owned(),
        NodeKind::Map { .. } => "a JSON object with free keys".to_owned(),
        NodeKind::String | NodeKind::Enum(_) => "a string".to_owned(),
        NodeKind::Integer { lowest, highest } => {
            format!("a whole number from {lowest} to {highest}")
        }
        NodeKind::IntEnum(_) => "a whole number".to_owned(),
        NodeKind::Float => "a number".to_owned(),
        NodeKind::Boolean => "true or false".to_owned(),
        NodeKind::Timestamp(TimestampFormat::DateTime) => "a point in time as an ISO 8601 string".to_owned(),
        NodeKind::Timestamp(TimestampFormat::EpochSeconds) => "a point in time as seconds since 1970".to_owned(),
        NodeKind::Timestamp(TimestampFormat::HttpDate) => "a point in time as an HTTP date".to_owned(),
        NodeKind::Blob => "a string of Base64".to_owned(),
        NodeKind::Document | NodeKind::Recursive => "a JSON value".to_owned(),
    }
}

fn values(kind: &NodeKind) -> String {
    let (all, count): (Vec<String>, usize) = match kind {
        NodeKind::Enum(values) => {
            (values.iter().take(MOST_LISTED).map(|value| format!("`{value}`")).collect(), values.len())
        }
        NodeKind::IntEnum(values) => (values.iter().take(MOST_LISTED).map(i64::to_string).collect(), values.len()),
        _ => return "the listed values".to_owned(),
    };
    match count.saturating_sub(MOST_LISTED) {
        0 => all.join(", "),
        more => format!("{} and {more} more", all.join(", ")),
    }
}

/// What the status clause promises.
pub(super) fn status(operation: &str, status: u16) -> String {
    format!("A successful {operation} responds with status {status}.")
}

/// What the content type clause promises.
pub(super) fn content_type(operation: &str) -> String {
    format!("A successful {operation} responds with a body of content type `application/json`.")
}

/// What the empty body clause promises.
pub(super) fn empty_body(operation: &str) -> String {
    format!("A successful {operation} responds without a body.")
}

/// What an error clause promises.
pub(super) fn error(operation: &str, code: &str, status: u16) -> String {
    format!("{operation} reports `{code}` with status {status}.")
}

/// What a default promises.
pub(super) fn default(rule: &DefaultRule) -> String {
    let shown = match &rule.value {
        serde_json::Value::Null => "nothing".to_owned(),
        value => format!("`{value}`"),
    };
    let DefaultRule { operation, member, output, .. } = rule;
    let article = capital(operation).to_lowercase();
    format!("Where {article} {operation} request leaves out `{member}`, the response shows {shown} in `{output}`.")
}
