//! Values that break one constraint of a node: near misses first, noise last.

mod patterns;

use patterns::mismatches;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::valid::{self, Scope};
use crate::spec::clause::Constraint;
use crate::spec::contract::{Location, Node, NodeKind, TimestampFormat};

/// A way to break (or just keep) a constraint: a name for people and the values.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What is special about the values, e.g. `one code point too long`.
    pub note: String,
    /// The values for the node.
    pub values: BoxedStrategy<Value>,
}

impl Candidate {
    /// Candidate with any strategy.
    pub fn new(note: impl Into<String>, values: BoxedStrategy<Value>) -> Candidate {
        Candidate { note: note.into(), values }
    }

    /// Candidate with one value.
    pub fn exactly(note: impl Into<String>, value: Value) -> Candidate {
        Candidate::new(note, Just(value).boxed())
    }
}

/// Stands in a generated value for a member that must be absent.
pub const ABSENT: &str = "${absent}";

/// JSON text that no [`Value`] can hold, e.g. a number beyond every float; put into the body as it stands.
pub fn raw_json(text: &str) -> Value {
    Value::from(format!("${{raw:{text}}}"))
}

/// All ways to break `constraint` at `node`; empty if no value of the node can break it.
pub fn candidates(scope: Scope<'_>, node: &Node, constraint: Constraint) -> Vec<Candidate> {
    let candidates = breaking(scope, node, constraint);
    match node.location {
        Location::Label => candidates.into_iter().map(sendable_in_a_path).collect(),
        _ => candidates,
    }
}

/// Every URL library takes these segments for steps in a folder, escaped or not, and never sends them.
fn sendable_in_a_path(candidate: Candidate) -> Candidate {
    let is_step = |value: &Value| matches!(value.as_str(), Some("." | ".."));
    let values = candidate.values.prop_filter("no step in a folder", move |value| !is_step(value)).boxed();
    Candidate { values, ..candidate }
}

fn breaking(scope: Scope<'_>, node: &Node, constraint: Constraint) -> Vec<Candidate> {
    match constraint {
        Constraint::Type => wrong_types(scope, node),
        Constraint::Required => missing(node),
        Constraint::LengthMin => too_short(scope, node),
        Constraint::LengthMax => too_long(scope, node),
        Constraint::Pattern => mismatches(node),
        Constraint::Enum => strangers(scope, node),
        Constraint::RangeMin => below(node),
        Constraint::RangeMax => above(node),
        Constraint::UniqueItems => repeated(scope, node),
    }
}

fn wrong_types(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    if !matches!(node.location, Location::Body | Location::Payload) {
        return wrong_texts(node);
    }
    let mut wrong: Vec<_> = of_all_types().into_iter().filter(|(_, value)| !is_of_type(node, value)).collect();
    let nearest = nearest(&node.kind);
    wrong.sort_by_key(|(note, _)| nearest.iter().position(|near| near == note).unwrap_or(nearest.len()));
    let mut wrong: Vec<Candidate> = wrong
        .into_iter()
        .map(|(note, value)| Candidate::exactly(format!("{note} instead of {}", type_name(node)), value))
        .collect();
    if is_inside_collection(scope, node) && !node.is_nullable {
        wrong.push(Candidate::exactly(format!("null instead of {}", type_name(node)), Value::Null));
    }
    wrong
}

/// Values of all types of JSON, with a note on each.
fn of_all_types() -> [(&'static str, Value); 13] {
    [
        ("a digit", json!(1)),
        ("a number in quotes", json!("7")),
        ("a boolean in quotes", json!("true")),
        ("a fraction", json!(1.5)),
        ("a boolean", json!(true)),
        ("an object", json!({"unexpected": 1})),
        ("an array", json!([{}])),
        ("a string", json!("text")),
        ("an empty array", json!([])),
        ("an empty object", json!({})),
        ("a number", json!(7)),
        ("a number beyond every type", raw_json("1e400")),
        ("a whole number beyond 64 bits", raw_json("18446744073709551616000")),
    ]
}

/// Notes of the values of a wrong type that come first, because targets take them for a right one the most.
fn nearest(kind: &NodeKind) -> &'static [&'static str] {
    match kind {
        // What takes texts and objects for a collection breaks off at a boolean.
        NodeKind::List { .. } | NodeKind::Map { .. } | NodeKind::Structure(_) => {
            &["an empty object", "an empty array", "a string", "a boolean", "an array", "an object"]
        }
        // Some languages have booleans that are numbers.
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) | NodeKind::Float => {
            &["a number in quotes", "a fraction", "a boolean"]
        }
        _ => &[],
    }
}

/// Elements and map values have no absent form that null could stand for.
fn is_inside_collection(scope: Scope<'_>, node: &Node) -> bool {
    let parent = node.path.rsplit_once('.').and_then(|(parent, _)| scope.operation.input.find(parent));
    parent.is_some_and(|parent| matches!(parent.kind, NodeKind::List { .. } | NodeKind::Map { .. }))
}

/// In a URI or header everything is text: only numbers, booleans and timestamps can be of a wrong type.
fn wrong_texts(node: &Node) -> Vec<Candidate> {
    match node.kind {
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) | NodeKind::Float | NodeKind::Boolean => {
            vec![Candidate::exactly("a word", json!("word")), Candidate::exactly("a number with a tail", json!("1x"))]
        }
        NodeKind::Timestamp(_) => vec![Candidate::exactly("a word", json!("word"))],
        _ => Vec::new(),
    }
}

fn is_of_type(node: &Node, value: &Value) -> bool {
    let raw_number = value.as_str().is_some_and(|text| text.starts_with("${raw:"));
    match &node.kind {
        NodeKind::Structure(_) | NodeKind::Union(_) | NodeKind::Map { .. } | NodeKind::Recursive => value.is_object(),
        NodeKind::List { .. } => value.is_array(),
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) => value.is_i64(),
        NodeKind::Float | NodeKind::Timestamp(TimestampFormat::EpochSeconds) => value.is_number(),
        NodeKind::Boolean => value.is_boolean(),
        NodeKind::Document => true,
        NodeKind::String | NodeKind::Enum(_) | NodeKind::Blob | NodeKind::Timestamp(_) => {
            value.is_string() && !raw_number
        }
    }
}

/// What a value of the node is called, with its article.
pub fn type_name(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Structure(_) | NodeKind::Union(_) | NodeKind::Map { .. } | NodeKind::Recursive => "an object",
        NodeKind::List { .. } => "an array",
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) => "a whole number",
        NodeKind::Float | NodeKind::Timestamp(TimestampFormat::EpochSeconds) => "a number",
        NodeKind::Boolean => "a boolean",
        NodeKind::Document => "any JSON value",
        NodeKind::String | NodeKind::Enum(_) | NodeKind::Blob | NodeKind::Timestamp(_) => "a string",
    }
}

fn missing(node: &Node) -> Vec<Candidate> {
    match node.location {
        Location::Label => vec![Candidate::exactly("a path without it", json!(ABSENT))],
        Location::Body | Location::Payload => {
            vec![Candidate::exactly("absent", json!(ABSENT)), Candidate::exactly("null", Value::Null)]
        }
        _ => vec![Candidate::exactly("absent", json!(ABSENT))],
    }
}

fn too_short(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let least = valid::lower_bound(node);
    if least == 0 {
        return Vec::new();
    }
    let short = least - 1;
    let mut all: Vec<Candidate> = of_size(scope, node, short)
        .map(|values| Candidate::new(format!("{short} {}, one too few", unit(node)), values))
        .into_iter()
        .collect();
    if short > 0
        && let Some(values) = of_size(scope, node, 0)
    {
        all.push(Candidate::new("empty", values));
    }
    all
}

fn too_long(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let Some(most) = node.constraints.length.and_then(|length| length.max) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (length, note) in [(most + 1, "one too many"), (most.saturating_mul(2).max(most + 2), "twice as many")] {
        if let Some(values) = of_size(scope, node, length) {
            all.push(Candidate::new(format!("{length} {}, {note}", unit(node)), values));
        }
    }
    all
}

/// Values of exactly that length or count which keep every other constraint if at all possible.
fn of_size(scope: Scope<'_>, node: &Node, size: u64) -> Option<BoxedStrategy<Value>> {
    let is_text = matches!(node.kind, NodeKind::String | NodeKind::Enum(_) | NodeKind::Blob);
    valid::of_size(scope, node, size).or_else(|| is_text.then(|| filler(size)))
}

/// Text of that length where the pattern has no match of it: the pattern is broken too, unavoidably.
fn filler(size: u64) -> BoxedStrategy<Value> {
    Just(Value::from("a".repeat(usize::try_from(size).unwrap_or(usize::MAX).min(1 << 20)))).boxed()
}

fn unit(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::List { .. } => "elements",
        NodeKind::Map { .. } => "entries",
        _ => "code points",
    }
}

/// Characters that fit few patterns. A finding is made smaller towards the first: white space says less of who looks at nothing.
const MISFITS: [char; 14] =
    ['!', '*', '_', '/', ':', '.', '%', '"', ' ', '\u{e9}', '\u{4e2d}', '\u{1f600}', '\u{0}', 'A'];

/// A name and a change of a text.
type Edit = (&'static str, fn(&str) -> String);

fn strangers(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    // Without rules, an empty text may stand for an absent member.
    let may_be_empty = scope.is_model_only && !node.is_required;
    match &node.kind {
        NodeKind::Enum(values) => {
            let names = strange_names(values).into_iter();
            names.filter(|name| !(may_be_empty && name.note == EMPTY_TEXT)).collect()
        }
        NodeKind::IntEnum(values) => {
            let next = values.iter().max().map_or(0, |largest| largest.saturating_add(1));
            vec![Candidate::exactly("a number that is not listed", json!(next))]
        }
        _ => Vec::new(),
    }
}

const EMPTY_TEXT: &str = "the empty string";

fn strange_names(values: &[String]) -> Vec<Candidate> {
    let Some(first) = values.first() else { return Vec::new() };
    let last = values.last().unwrap_or(first);
    let edits = [
        ("a value that is not listed", "NOT_A_VALUE".to_owned()),
        ("a listed value in lower case", first.to_lowercase()),
        ("a listed value in lower case", last.to_lowercase()),
        ("a listed value with a blank before it", format!(" {first}")),
        ("a listed value with a blank behind it", format!("{first} ")),
        ("a listed value with a newline behind it", format!("{last}\n")),
        ("half of a listed value", first.chars().take(first.chars().count() / 2).collect()),
        ("two listed values", values.join("|")),
        (EMPTY_TEXT, String::new()),
    ];
    edits
        .into_iter()
        .filter(|(_, text)| !values.contains(text))
        .map(|(note, text)| Candidate::exactly(note, Value::from(text)))
        .collect()
}

fn below(node: &Node) -> Vec<Candidate> {
    let Some(low) = valid::integer_bound(node.constraints.range, |range| range.min) else { return Vec::new() };
    let one_less = low.saturating_sub(1);
    let mut all = vec![Candidate::exactly(format!("{one_less}, one too small"), json!(one_less))];
    all.extend(wrapped(low, -1));
    if let NodeKind::Integer { lowest, .. } = node.kind
        && lowest < one_less
    {
        all.push(Candidate::new("far too small", (lowest..one_less).prop_map(Value::from).boxed()));
    }
    all
}

fn above(node: &Node) -> Vec<Candidate> {
    let Some(high) = valid::integer_bound(node.constraints.range, |range| range.max) else { return Vec::new() };
    let one_more = high.saturating_add(1);
    let mut all = vec![Candidate::exactly(format!("{one_more}, one too large"), json!(one_more))];
    all.extend(wrapped(high, 1));
    if let NodeKind::Integer { highest, .. } = node.kind
        && highest > one_more
    {
        all.push(Candidate::new("far too large", (one_more + 1..=highest).prop_map(Value::from).boxed()));
    }
    all
}

/// A legal number with 32 bits more, which some programs cut off.
fn wrapped(legal: i64, side: i64) -> Option<Candidate> {
    let beyond = legal.checked_add(side.checked_shl(32)?)?;
    Some(Candidate::exactly(format!("{beyond}, legal without its high bits"), json!(beyond)))
}

fn repeated(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let NodeKind::List { element } = &node.kind else { return Vec::new() };
    let twice = valid::minimal(scope, element).prop_map(|element| json!([element.clone(), element]));
    vec![Candidate::new("an element twice", twice.boxed())]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    #[test]
    fn no_label_is_a_step_in_a_folder() {
        let values = proptest::sample::select(vec![json!("."), json!(".."), json!("...")]).boxed();
        let candidate = sendable_in_a_path(Candidate::new("a label", values));
        let mut runner = TestRunner::deterministic();
        for _ in 0..50 {
            assert_eq!(candidate.values.new_tree(&mut runner).unwrap().current(), "...");
        }
    }

    #[test]
    fn what_comes_first_is_among_the_values_and_no_right_one() {
        let contract = crate::spec::builtin().unwrap();
        let nodes: Vec<&Node> = contract.operations.iter().flat_map(|operation| operation.input.walk()).collect();
        let with_nearest: Vec<&&Node> = nodes.iter().filter(|node| !nearest(&node.kind).is_empty()).collect();
        assert!(with_nearest.iter().any(|node| matches!(node.kind, NodeKind::List { .. })));
        assert!(with_nearest.iter().any(|node| matches!(node.kind, NodeKind::Integer { .. })));
        for node in with_nearest {
            let is_wrong =
                |note: &&str| of_all_types().iter().any(|(own, value)| own == note && !is_of_type(node, value));
            let right: Vec<&&str> = nearest(&node.kind).iter().filter(|note| !is_wrong(note)).collect();
            // One order serves all collections: of each, it names what is not that one.
            let is_own =
                |note: &&&str| matches!(**note, "an empty object" | "an object" | "an empty array" | "an array");
            assert!(right.iter().all(is_own) && right.len() <= 2, "{}: {right:?}", node.path);
        }
    }
}
