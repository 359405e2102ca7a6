//! Members: what came and went, and what their constraints allow.

use std::fmt;

use super::super::clause::Constraint;
use super::super::contract::{Node, NodeKind};
use super::super::shape_tree::Side;
use super::{BREAKS_BOTH, BREAKS_CALLERS, BREAKS_IMPLEMENTERS, BREAKS_NOBODY, ChangeKind, Changes, Impacts};

/// Where two nodes stand.
pub(super) struct Place<'a> {
    pub operation: &'a str,
    pub side: Side,
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
    fn impacts(&self, change: ChangeKind) -> Impacts {
        match (self.side, change) {
            (Side::Input, ChangeKind::Tightened) => BREAKS_BOTH,
            (Side::Input, ChangeKind::Loosened) | (Side::Output, ChangeKind::Tightened) => BREAKS_IMPLEMENTERS,
            (Side::Output, ChangeKind::Loosened) => BREAKS_CALLERS,
            (_, ChangeKind::Added | ChangeKind::Removed | ChangeKind::Changed) => BREAKS_BOTH,
        }
    }
}

impl Changes<'_> {
    /// A constraint that is new tightens, and one that is gone loosens.
    fn constraint(&mut self, place: &Place<'_>, id: String, change: ChangeKind, what: impl Into<String>) {
        self.add(id, change, place.impacts(change), what);
    }

    pub(super) fn members(&mut self, place: &Place<'_>, old: &Node, new: &Node) {
        self.below(place, old.members(), new.members());
    }

    fn node(&mut self, place: &Place<'_>, old: &Node, new: &Node) {
        let id = place.id(old);
        if old.location != new.location {
            self.add(id.clone(), ChangeKind::Changed, BREAKS_BOTH, "travels in another place of the message");
        }
        if old.is_nullable != new.is_nullable {
            let (change, what) = match new.is_nullable {
                true => (ChangeKind::Loosened, "may be null now"),
                false => (ChangeKind::Tightened, "may not be null any more"),
            };
            self.constraint(place, format!("{id}.type"), change, what);
        }
        self.presence(place, format!("{id}.{}", Constraint::Required), old.is_required, new.is_required);
        self.constraints(place, old, new);
        self.kinds(place, &id, &old.kind, &new.kind);
    }

    fn presence(&mut self, place: &Place<'_>, id: String, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.constraint(place, id, ChangeKind::Tightened, "is new"),
            (true, false) => self.constraint(place, id, ChangeKind::Loosened, "was dropped"),
            _ => {}
        }
    }

    fn kinds(&mut self, place: &Place<'_>, id: &str, old: &NodeKind, new: &NodeKind) {
        let listed = format!("{id}.{}", Constraint::Enum);
        let typed = format!("{id}.{}", Constraint::Type);
        match (old, new) {
            (NodeKind::Enum(old), NodeKind::Enum(new)) => self.enumeration(place, &listed, old, new),
            (NodeKind::IntEnum(old), NodeKind::IntEnum(new)) => self.enumeration(place, &listed, old, new),
            (NodeKind::String, NodeKind::Enum(_)) | (NodeKind::Integer { .. }, NodeKind::IntEnum(_)) => {
                self.constraint(place, listed, ChangeKind::Tightened, "is new");
            }
            (NodeKind::Enum(_), NodeKind::String) | (NodeKind::IntEnum(_), NodeKind::Integer { .. }) => {
                self.constraint(place, listed, ChangeKind::Loosened, "was dropped");
            }
            (NodeKind::Structure(old), NodeKind::Structure(new)) | (NodeKind::Union(old), NodeKind::Union(new)) => {
                self.below(place, old, new);
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
                    self.constraint(place, typed, ChangeKind::Tightened, "allows fewer numbers");
                } else if new_low < old_low || new_high > old_high {
                    self.constraint(place, typed, ChangeKind::Loosened, "allows more numbers");
                }
            }
            (old, new) if is_same_kind(old, new) => {}
            _ => self.add(typed, ChangeKind::Changed, BREAKS_BOTH, "changed"),
        }
    }

    fn below(&mut self, place: &Place<'_>, old: &[Node], new: &[Node]) {
        for member in old {
            match new.iter().find(|other| other.name == member.name) {
                Some(other) => self.node(place, member, other),
                None => self.add(place.id(member), ChangeKind::Removed, BREAKS_CALLERS, "was removed"),
            }
        }
        for member in new.iter().filter(|member| !old.iter().any(|other| other.name == member.name)) {
            let (impacts, what) = match (place.side, member.is_required) {
                (Side::Input, true) => (BREAKS_BOTH, "was added and is required"),
                (Side::Input, false) => (BREAKS_IMPLEMENTERS, "was added"),
                (Side::Output, true) => (BREAKS_IMPLEMENTERS, "was added and is always there"),
                (Side::Output, false) => (BREAKS_NOBODY, "was added"),
            };
            self.add(place.id(member), ChangeKind::Added, impacts, what);
        }
    }

    fn enumeration<T: PartialEq + fmt::Display>(&mut self, place: &Place<'_>, id: &str, old: &[T], new: &[T]) {
        for value in old.iter().filter(|value| !new.contains(value)) {
            self.constraint(place, id.to_owned(), ChangeKind::Tightened, format!("lost the value `{value}`"));
        }
        for value in new.iter().filter(|value| !old.contains(value)) {
            self.constraint(place, id.to_owned(), ChangeKind::Loosened, format!("gained the value `{value}`"));
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
            (None, Some(_)) => self.constraint(place, id, ChangeKind::Tightened, "is new"),
            (Some(_), None) => self.constraint(place, id, ChangeKind::Loosened, "was dropped"),
            (Some(before), Some(after)) if before.unanchored() != after.unanchored() => {
                let what = format!("changed from `{}` to `{}`", before.source, after.source);
                self.add(id, ChangeKind::Changed, BREAKS_BOTH, what);
            }
            _ => {}
        }
        let id = format!("{}.{}", place.id(old), Constraint::UniqueItems);
        self.presence(place, id, old.constraints.unique_items, new.constraints.unique_items);
    }

    fn bound(&mut self, place: &Place<'_>, id: &str, constraint: Constraint, before: Option<f64>, after: Option<f64>) {
        let is_lower = matches!(constraint, Constraint::LengthMin | Constraint::RangeMin);
        // No length is below 0, so that this bound says nothing.
        let said = |bound: Option<f64>| bound.filter(|bound| constraint != Constraint::LengthMin || *bound > 0.0);
        let (is_tighter, what) = match (said(before), said(after)) {
            (None, Some(after)) => (true, format!("is new: {after}")),
            (Some(before), None) => (false, format!("was dropped, it was {before}")),
            (Some(before), Some(after)) if before != after => {
                ((after > before) == is_lower, format!("changed from {before} to {after}"))
            }
            _ => return,
        };
        let change = if is_tighter { ChangeKind::Tightened } else { ChangeKind::Loosened };
        self.constraint(place, format!("{id}.{constraint}"), change, what);
    }
}

/// Whether two kinds without parts are the same.
fn is_same_kind(old: &NodeKind, new: &NodeKind) -> bool {
    match (old, new) {
        (NodeKind::Timestamp(old), NodeKind::Timestamp(new)) => old == new,
        _ => std::mem::discriminant(old) == std::mem::discriminant(new),
    }
}
