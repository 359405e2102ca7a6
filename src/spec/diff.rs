//! `spec diff`: what two contracts change for a caller.
//!
//! A change is breaking if a caller that kept to the old contract can now fail: its request is refused, or the answer is
//! not what it was promised. So a request constraint may only loosen, and an answer's may only tighten.

use std::collections::BTreeSet;
use std::fmt;

use super::clause::Constraint;
use super::contract::{Contract, Node, NodeKind, Operation};
use super::unfold::Side;

/// What a change means for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// A caller of the old contract can fail.
    Breaking,
    /// A caller of the old contract goes on as before.
    Compatible,
}

impl fmt::Display for Impact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Impact::Breaking => "breaking",
            Impact::Compatible => "compatible",
        })
    }
}

/// One difference between two contracts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Change {
    /// What it means for a caller.
    pub impact: Impact,
    /// Id of the clause that changed, or of the operation or member that came or went.
    pub id: String,
    /// What changed, as a clause of a sentence.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} {}.", self.impact, self.id, self.what)
    }
}

/// What the new contract changes for a caller of the old one: breaking changes first, then by id.
pub fn diff(old: &Contract, new: &Contract) -> Vec<Change> {
    let mut changes = Changes { found: Vec::new() };
    let names: BTreeSet<&str> =
        old.operations.iter().chain(&new.operations).map(|operation| operation.name.as_str()).collect();
    for name in names {
        match (old.operation(name), new.operation(name)) {
            (Some(old), Some(new)) => changes.operation(old, new),
            (Some(_), None) => changes.add(Impact::Breaking, name.to_owned(), "was removed"),
            (None, _) => changes.add(Impact::Compatible, name.to_owned(), "was added"),
        }
    }
    changes.rules(old, new);
    changes.found.sort();
    changes.found.dedup();
    changes.found
}

struct Changes {
    found: Vec<Change>,
}

/// Where two nodes stand.
struct Place<'a> {
    operation: &'a str,
    side: Side,
}

impl Place<'_> {
    fn id(&self, node: &Node) -> String {
        let side = match self.side {
            Side::Input => "input",
            Side::Output => "output",
        };
        format!("{}.{side}.{}", self.operation, node.path)
    }

    /// What a constraint means that now allows less, or more.
    fn impact(&self, is_tighter: bool) -> Impact {
        match (self.side, is_tighter) {
            (Side::Input, true) | (Side::Output, false) => Impact::Breaking,
            (Side::Input, false) | (Side::Output, true) => Impact::Compatible,
        }
    }
}

impl Changes {
    fn add(&mut self, impact: Impact, id: String, what: impl Into<String>) {
        self.found.push(Change { impact, id, what: what.into() });
    }

    /// Rules of the companion: one on requests asks more of callers, every other one promises more to them.
    fn rules(&mut self, old: &Contract, new: &Contract) {
        let asks = |contract: &Contract, id: &str| contract.rules.input_rule(id).is_some();
        for (before, after, what) in [(old, new, "was dropped"), (new, old, "is new")] {
            let lost = before.clauses.iter().filter(|(_, clause)| clause.operation.is_none());
            for (_, clause) in lost.filter(|(_, clause)| after.clauses.find(&clause.id).is_none()) {
                let is_new = std::ptr::eq(before, new);
                let impact = if asks(before, &clause.id) == is_new { Impact::Breaking } else { Impact::Compatible };
                self.add(impact, clause.id.clone(), what);
            }
        }
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        let name = &old.name;
        let mut breaking = |suffix: &str, what: String| self.add(Impact::Breaking, format!("{name}{suffix}"), what);
        if old.method != new.method {
            breaking("", format!("is sent with {}, no longer with {}", new.method, old.method));
        }
        if old.uri != new.uri || old.query != new.query {
            breaking("", "has another URI".to_owned());
        }
        if old.success_status != new.success_status {
            breaking(".status", format!("changed from {} to {}", old.success_status, new.success_status));
        }
        match (old.output_is_empty(), new.output_is_empty()) {
            (false, true) => breaking(".empty_body", "is new: success has no body any more".to_owned()),
            (true, false) => breaking(".content_type", "is new: success has a body now".to_owned()),
            _ => {}
        }
        self.errors(old, new);
        self.members(&Place { operation: name, side: Side::Input }, &old.input, &new.input);
        self.members(&Place { operation: name, side: Side::Output }, &old.output, &new.output);
    }

    fn errors(&mut self, old: &Operation, new: &Operation) {
        for error in &old.errors {
            let id = format!("{}.error.{}", old.name, error.code);
            match new.error(&error.code) {
                None => self.add(Impact::Compatible, id, "was removed"),
                Some(other) if other.status != error.status => {
                    self.add(
                        Impact::Breaking,
                        id,
                        format!("changed its status from {} to {}", error.status, other.status),
                    );
                }
                Some(_) => {}
            }
        }
        for error in new.errors.iter().filter(|error| old.error(&error.code).is_none()) {
            let id = format!("{}.error.{}", new.name, error.code);
            self.add(Impact::Breaking, id, format!("was added with status {}", error.status));
        }
    }

    fn members(&mut self, place: &Place<'_>, old: &Node, new: &Node) {
        for member in old.members() {
            match new.member(&member.name) {
                Some(other) => self.node(place, member, other),
                None => self.add(Impact::Breaking, place.id(member), "was removed"),
            }
        }
        for member in new.members().iter().filter(|member| old.member(&member.name).is_none()) {
            match (place.side, member.is_required) {
                (Side::Input, true) => self.add(Impact::Breaking, place.id(member), "was added and is required"),
                _ => self.add(Impact::Compatible, place.id(member), "was added"),
            }
        }
    }

    fn node(&mut self, place: &Place<'_>, old: &Node, new: &Node) {
        let id = place.id(old);
        if old.location != new.location {
            self.add(Impact::Breaking, id.clone(), "travels in another place of the message");
        }
        match (old.is_required, new.is_required) {
            (false, true) => self.add(place.impact(true), format!("{id}.required"), "is new"),
            (true, false) => self.add(place.impact(false), format!("{id}.required"), "was dropped"),
            _ => {}
        }
        self.constraints(place, old, new);
        match (&old.kind, &new.kind) {
            (NodeKind::Enum(old), NodeKind::Enum(new)) => self.enumeration(place, &id, old, new),
            (NodeKind::IntEnum(old), NodeKind::IntEnum(new)) => self.enumeration(place, &id, old, new),
            (NodeKind::String, NodeKind::Enum(_)) => self.add(place.impact(true), format!("{id}.enum"), "is new"),
            (NodeKind::Enum(_), NodeKind::String) => self.add(place.impact(false), format!("{id}.enum"), "was dropped"),
            (NodeKind::Structure(_), NodeKind::Structure(_)) | (NodeKind::Union(_), NodeKind::Union(_)) => {
                self.members(place, old, new);
            }
            (NodeKind::List { element: old }, NodeKind::List { element: new }) => self.node(place, old, new),
            (NodeKind::Map { key: old_key, value: old }, NodeKind::Map { key: new_key, value: new }) => {
                self.node(place, old_key, new_key);
                self.node(place, old, new);
            }
            (
                NodeKind::Integer { lowest: old_low, highest: old_high },
                NodeKind::Integer { lowest: new_low, highest: new_high },
            ) => {
                if new_low > old_low || new_high < old_high {
                    self.add(place.impact(true), format!("{id}.type"), "allows fewer numbers");
                } else if new_low < old_low || new_high > old_high {
                    self.add(place.impact(false), format!("{id}.type"), "allows more numbers");
                }
            }
            (old, new) if is_same_kind(old, new) => {}
            _ => self.add(Impact::Breaking, format!("{id}.type"), "changed"),
        }
    }

    fn enumeration<T: PartialEq + fmt::Display>(&mut self, place: &Place<'_>, id: &str, old: &[T], new: &[T]) {
        let id = format!("{id}.enum");
        for value in old.iter().filter(|value| !new.contains(value)) {
            self.add(place.impact(true), id.clone(), format!("lost the value `{value}`"));
        }
        for value in new.iter().filter(|value| !old.contains(value)) {
            self.add(place.impact(false), id.clone(), format!("gained the value `{value}`"));
        }
    }

    fn constraints(&mut self, place: &Place<'_>, old: &Node, new: &Node) {
        let length = |node: &Node| node.constraints.length.unwrap_or_default();
        let range = |node: &Node| node.constraints.range.unwrap_or_default();
        let number = |bound: Option<u64>| bound.map(|bound| bound as f64);
        let bounds = [
            (Constraint::LengthMin, number(length(old).min), number(length(new).min)),
            (Constraint::LengthMax, number(length(old).max), number(length(new).max)),
            (Constraint::RangeMin, range(old).min, range(new).min),
            (Constraint::RangeMax, range(old).max, range(new).max),
        ];
        for (constraint, before, after) in bounds {
            self.bound(place, &place.id(old), constraint, before, after);
        }
        let id = format!("{}.{}", place.id(old), Constraint::Pattern);
        match (&old.constraints.pattern, &new.constraints.pattern) {
            (None, Some(_)) => self.add(place.impact(true), id, "is new"),
            (Some(_), None) => self.add(place.impact(false), id, "was dropped"),
            (Some(before), Some(after)) if before != after => {
                let what = format!("changed from `{}` to `{}`", before.source, after.source);
                self.add(Impact::Breaking, id, what);
            }
            _ => {}
        }
        let id = format!("{}.{}", place.id(old), Constraint::UniqueItems);
        match (old.constraints.unique_items, new.constraints.unique_items) {
            (false, true) => self.add(place.impact(true), id, "is new"),
            (true, false) => self.add(place.impact(false), id, "was dropped"),
            _ => {}
        }
    }

    fn bound(&mut self, place: &Place<'_>, id: &str, constraint: Constraint, before: Option<f64>, after: Option<f64>) {
        let is_lower = matches!(constraint, Constraint::LengthMin | Constraint::RangeMin);
        let (is_tighter, what) = match (before, after) {
            (None, Some(after)) => (true, format!("is new: {after}")),
            (Some(before), None) => (false, format!("was dropped, it was {before}")),
            (Some(before), Some(after)) if before != after => {
                ((after > before) == is_lower, format!("changed from {before} to {after}"))
            }
            _ => return,
        };
        self.add(place.impact(is_tighter), format!("{id}.{constraint}"), what);
    }
}

/// Whether two kinds without parts are the same.
fn is_same_kind(old: &NodeKind, new: &NodeKind) -> bool {
    match (old, new) {
        (NodeKind::Timestamp(old), NodeKind::Timestamp(new)) => old == new,
        _ => std::mem::discriminant(old) == std::mem::discriminant(new),
    }
}
