//! Values that keep every constraint: at the bounds and in between.

mod texts;

use std::collections::BTreeMap;
pub use texts::{astral_text, text_of_length};
use texts::{bounded_lengths, text};

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::domain::{Domain, Domains};
use super::object::{Maps, Member, Structures};
use super::pattern::Template;
use crate::plan::resources::resource_of;
use crate::spec::Pattern;
use crate::spec::contract::{Bounds, Location, Node, NodeKind, Operation};

/// Longest text made where nothing bounds it, in code points.
const FREE_TEXT_LENGTH: u64 = 16;
/// Most elements or entries made where a random size is wanted.
const FREE_COUNT: u64 = 4;

/// What values are made for: the operation, its domains, and the members that a valid request leaves out.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'c> {
    /// The operation whose input is made.
    pub operation: &'c Operation,
    /// Domains of the contract.
    pub domains: &'c Domains,
    /// Paths of optional members that only make sense with a value the target gave out (tokens, identifiers).
    pub left_out: &'c [String],
    /// Paths of lists whose elements differ in every valid request.
    pub distinct: &'c [String],
    /// States that resources must be in, by path of the member that takes their ARN.
    pub states: &'c BTreeMap<String, String>,
    /// Whether no rules say which texts are legal: then plain ones are made, which most services take.
    pub is_model_only: bool,
}

impl Scope<'_> {
    fn domain(&self, node: &Node) -> Option<&Domain> {
        self.domains.get(&self.operation.name, &node.path)
    }

    /// The placeholder for a member that takes the ARN of a resource, e.g. `${bucket}` or `${empty:bucket}`.
    fn reference(&self, node: &Node) -> Option<String> {
        let resource = resource_of(node)?;
        Some(match self.states.get(&node.path) {
            Some(state) => format!("${{{state}:{resource}}}"),
            None => format!("${{{resource}}}"),
        })
    }
}

/// Random valid values of a node; placeholders `${…}` stand for what only the run knows.
pub fn any(scope: Scope<'_>, node: &Node) -> BoxedStrategy<Value> {
    if let Some(domain) = scope.domain(node) {
        return in_domain(scope, domain, node);
    }
    match &node.kind {
        NodeKind::Structure(members) => structure(scope, members, &Presence::Random),
        NodeKind::Union(members) => union(scope, members),
        NodeKind::List { element } => {
            let (least, most) = count_range(node);
            // An empty list leaves no trace in a query.
            let least = if matches!(node.location, Location::Query(_)) { least.max(1) } else { least };
            list(scope, node, element, (least, most))
        }
        NodeKind::Map { key, value } => map(scope, key, value, count_range(node)),
        _ => scalar(scope, node),
    }
}

/// The smallest useful valid value: required members only, one element, short strings.
pub fn minimal(scope: Scope<'_>, node: &Node) -> BoxedStrategy<Value> {
    if let Some(domain) = scope.domain(node) {
        return in_domain(scope, domain, node);
    }
    let least = lower_bound(node).max(1);
    match &node.kind {
        NodeKind::Structure(members) => structure(scope, members, &Presence::RequiredOnly),
        NodeKind::List { element } => vec(minimal(scope, element), size(least)).prop_map(Value::from).boxed(),
        NodeKind::Map { key, value } => map(scope, key, value, (least, least)),
        NodeKind::String if !is_reference(node) => {
            let length = least.max(lower_bound(node)).max(shortest_match(node));
            text_of_length(scope, node, length).unwrap_or_else(|| scalar(scope, node))
        }
        NodeKind::Enum(values) => constant(values.first()),
        NodeKind::Boolean => Just(json!(false)).boxed(),
        NodeKind::Integer { lowest, .. } => {
            let low = integer_bound(node.constraints.range, |range| range.min);
            Just(json!(low.unwrap_or(0).max(*lowest))).boxed()
        }
        _ => any(scope, node),
    }
}

/// All members given, each with a random valid value.
pub fn full(scope: Scope<'_>, node: &Node) -> BoxedStrategy<Value> {
    match &node.kind {
        NodeKind::Structure(members) => structure(scope, members, &Presence::All),
        _ => any(scope, node),
    }
}

/// All members given, each with its smallest useful value.
pub fn small(scope: Scope<'_>, node: &Node) -> BoxedStrategy<Value> {
    match &node.kind {
        NodeKind::Structure(members) => structure(scope, members, &Presence::AllSmall),
        _ => minimal(scope, node),
    }
}

fn list_of_size(scope: Scope<'_>, element: &Node, count: u64) -> BoxedStrategy<Value> {
    vec(any(scope, element), size(count)).prop_map(Value::from).boxed()
}

/// Whether the member takes the name of a resource: its ARN or an id.
pub fn is_reference(node: &Node) -> bool {
    resource_of(node).is_some()
}

/// Values of exactly that length or count that keep every other constraint; none if there are none.
pub fn of_size(scope: Scope<'_>, node: &Node, size: u64) -> Option<BoxedStrategy<Value>> {
    match &node.kind {
        NodeKind::List { element } => Some(list_of_size(scope, element, size)),
        NodeKind::Map { key, value } => Some(map(scope, key, value, (size, size))),
        NodeKind::String => text_of_length(scope, node, size),
        _ => None,
    }
}

/// Whether the empty string is a valid value.
pub fn allows_empty(node: &Node) -> bool {
    let long_enough = lower_bound(node) == 0;
    let matches = node.constraints.pattern.as_ref().is_none_or(|pattern: &Pattern| pattern.is_match(""));
    matches!(node.kind, NodeKind::String) && long_enough && matches
}

/// Smallest length or count that the constraints allow; 0 if nothing bounds it.
pub fn lower_bound(node: &Node) -> u64 {
    node.constraints.length.and_then(|length| length.min).unwrap_or(0)
}

/// A bound of a whole number's range.
pub fn integer_bound(range: Option<Bounds<f64>>, side: fn(Bounds<f64>) -> Option<f64>) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)]
    range.and_then(side).map(|bound| bound as i64)
}

fn shortest_match(node: &Node) -> u64 {
    let pattern = node.constraints.pattern.as_ref();
    pattern.and_then(Template::of).map_or(0, |template| template.lengths().0)
}

fn in_domain(scope: Scope<'_>, domain: &Domain, node: &Node) -> BoxedStrategy<Value> {
    match domain {
        Domain::Values(values) if values.is_empty() => scalar(scope, node),
        Domain::Values(values) => prop::sample::select(values.clone()).boxed(),
        Domain::Pattern(template) => {
            let (least, most) = bounded_lengths(node, template);
            match template.of_lengths(least, most) {
                Some(texts) => texts.prop_map(Value::from).boxed(),
                None => match template.any() {
                    Some(strategy) => strategy.prop_map(Value::from).boxed(),
                    None => scalar(scope, node),
                },
            }
        }
        Domain::Placeholder(name) => Just(Value::from(name.as_str())).boxed(),
    }
}

fn scalar(scope: Scope<'_>, node: &Node) -> BoxedStrategy<Value> {
    match &node.kind {
        NodeKind::Enum(values) if !values.is_empty() => {
            prop::sample::select(values.clone()).prop_map(Value::from).boxed()
        }
        NodeKind::IntEnum(values) if !values.is_empty() => {
            prop::sample::select(values.clone()).prop_map(Value::from).boxed()
        }
        NodeKind::Integer { lowest, highest } => integer(node, *lowest, *highest),
        NodeKind::Float => float(node),
        NodeKind::Boolean => any_bool(),
        NodeKind::Timestamp(format) => timestamp(*format),
        NodeKind::Blob => Just(json!("aXZz")).boxed(),
        NodeKind::Document => prop_oneof![Just(json!({})), Just(json!([1, "a"])), Just(json!("text"))].boxed(),
        _ => text(scope, node),
    }
}

fn any_bool() -> BoxedStrategy<Value> {
    prop::bool::ANY.prop_map(Value::from).boxed()
}

fn timestamp(format: crate::spec::contract::TimestampFormat) -> BoxedStrategy<Value> {
    use crate::spec::contract::TimestampFormat;
    let example = match format {
        TimestampFormat::DateTime => json!("2026-01-02T03:04:05Z"),
        TimestampFormat::EpochSeconds => json!(1_767_323_045),
        TimestampFormat::HttpDate => json!("Fri, 02 Jan 2026 03:04:05 GMT"),
    };
    Just(example).boxed()
}

fn integer(node: &Node, lowest: i64, highest: i64) -> BoxedStrategy<Value> {
    let low = integer_bound(node.constraints.range, |range| range.min).unwrap_or(lowest).max(lowest);
    let high = integer_bound(node.constraints.range, |range| range.max).unwrap_or(highest).min(highest);
    if low > high {
        return Just(json!(low)).boxed();
    }
    prop_oneof![2 => low..=high, 1 => Just(low), 1 => Just(high)].prop_map(Value::from).boxed()
}

fn float(node: &Node) -> BoxedStrategy<Value> {
    let range = node.constraints.range.unwrap_or_default();
    let low = range.min.unwrap_or(-1e6);
    let high = range.max.unwrap_or(1e6).max(low);
    (low..=high).prop_map(Value::from).boxed()
}

fn upper_bound(node: &Node) -> Option<u64> {
    node.constraints.length.and_then(|length| length.max)
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn count_range(node: &Node) -> (u64, u64) {
    let least = lower_bound(node);
    let most = upper_bound(node).unwrap_or(u64::MAX).min(least.max(1).saturating_add(FREE_COUNT));
    (least, most.max(least))
}

fn list(scope: Scope<'_>, node: &Node, element: &Node, counts: (u64, u64)) -> BoxedStrategy<Value> {
    let elements = vec(any(scope, element), size(counts.0)..=size(counts.1));
    let must_differ = node.constraints.unique_items || scope.distinct.contains(&node.path);
    elements
        .prop_map(move |mut elements| {
            if must_differ {
                let mut seen: Vec<Value> = Vec::new();
                elements.retain(|element| {
                    let is_new = !seen.contains(element);
                    seen.push(element.clone());
                    is_new
                });
            }
            Value::from(elements)
        })
        .boxed()
}

/// Entries with distinct keys, between the two counts as far as the keys allow.
fn map(scope: Scope<'_>, key: &Node, value: &Node, counts: (u64, u64)) -> BoxedStrategy<Value> {
    Maps::new(any(scope, key), any(scope, value), size(counts.0)..=size(counts.1)).boxed()
}

/// Which optional members a structure gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    RequiredOnly,
    Random,
    All,
    AllSmall,
}

fn structure(scope: Scope<'_>, members: &[Node], presence: &Presence) -> BoxedStrategy<Value> {
    let mut given = Vec::new();
    for member in members {
        let is_left_out = scope.left_out.contains(&member.path) && !member.is_required;
        if is_left_out || matches!(member.kind, NodeKind::Recursive) {
            continue;
        }
        let values = match (presence, member.is_required) {
            (Presence::RequiredOnly, false) => continue,
            (Presence::RequiredOnly, true) => minimal(scope, member),
            (Presence::All, _) => full(scope, member),
            (Presence::AllSmall, _) => small(scope, member),
            (Presence::Random, _) => any(scope, member),
        };
        let is_optional = *presence == Presence::Random && !member.is_required;
        given.push(Member { name: member.name.clone(), values, is_optional });
    }
    Structures::new(given).boxed()
}

fn union(scope: Scope<'_>, members: &[Node]) -> BoxedStrategy<Value> {
    let variants: Vec<BoxedStrategy<Value>> = members
        .iter()
        .map(|member| {
            let name = member.name.clone();
            any(scope, member).prop_map(move |value| Value::Object(Map::from_iter([(name.clone(), value)]))).boxed()
        })
        .collect();
    match variants.is_empty() {
        true => Just(json!({})).boxed(),
        false => proptest::strategy::Union::new(variants).boxed(),
    }
}

fn constant(value: Option<&String>) -> BoxedStrategy<Value> {
    Just(value.map_or(Value::Null, |value| Value::from(value.as_str()))).boxed()
}
