//! Walks two outputs side by side.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Comparer, Differing, Kind};
use crate::compare::lists;
use crate::compare::past::{Ghost, Past};
use crate::compare::renaming::{Related, Renaming};
use crate::judge::echo::is_nothing;
use crate::spec::contract::{Node, NodeKind};

/// Two values at the same place.
#[derive(Clone, Copy)]
pub(in crate::compare) struct Pair<'v> {
    pub a: &'v Value,
    pub b: &'v Value,
}

/// A comparison of two outputs under way.
pub(in crate::compare) struct Walk<'w> {
    pub comparer: &'w Comparer<'w>,
    pub renaming: &'w mut Renaming,
    /// What earlier programs deleted.
    pub past: &'w Past,
    /// Texts that the program gave to both.
    pub given: &'w BTreeSet<&'w str>,
    /// Members that are not compared: page tokens.
    pub left_out: &'w [&'w str],
    /// Whether a list may have items that the program knows nothing of.
    pub has_strangers: bool,
    pub found: Vec<Differing>,
}

impl Walk<'_> {
    pub(in crate::compare) fn note(&mut self, kind: Kind, node: &Node, place: &str, pair: Pair<'_>) {
        let shown = |value: &Value| (!value.is_null()).then(|| value.clone());
        self.found.push(Differing {
            kind,
            path: node.path.clone(),
            place: place.to_owned(),
            a: shown(pair.a),
            b: shown(pair.b),
            is_secret: node.holds_secret,
            ghost: None,
        });
    }

    /// Notes what only one of two lists shows although an earlier program deleted it there.
    pub(in crate::compare) fn note_ghosts(
        &mut self,
        node: &Node,
        element: &Node,
        place: &str,
        a: &[&Value],
        b: &[&Value],
    ) {
        let (on_a, on_b) = self.past.ghosts(element, a, b);
        let Some((_, ghost)) = on_a.first().or_else(|| on_b.first()) else { return };
        let shown = |ghosts: &[(&Value, Ghost)]| Value::Array(ghosts.iter().map(|(item, _)| (*item).clone()).collect());
        let (a, b) = (shown(&on_a), shown(&on_b));
        self.note(Kind::Deleted, node, place, Pair { a: &a, b: &b });
        if let Some(noted) = self.found.last_mut() {
            noted.ghost = Some(ghost.clone());
        }
    }

    /// Compares two outputs as a whole. An empty output differs only by the members that it lacks.
    pub(super) fn root(&mut self, node: &Node, pair: Pair<'_>) {
        let empty = Map::new();
        match &node.kind {
            NodeKind::Structure(members) => {
                let of = |value: &Value| value.as_object().unwrap_or(&empty).clone();
                self.members(node, members, "", &of(pair.a), &of(pair.b));
            }
            _ => self.values(node, "", pair),
        }
    }

    /// Compares two values of a node.
    pub(in crate::compare) fn values(&mut self, node: &Node, place: &str, pair: Pair<'_>) {
        let Pair { a, b } = pair;
        match (shows_nothing(node, a), shows_nothing(node, b)) {
            (true, true) => return,
            (false, false) => {}
            _ => {
                if let Some(element) = self.element_of_strangers(node) {
                    let items = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
                    lists::compare(self, node, element, place, &items(a), &items(b));
                    return;
                }
                let shown = if shows_nothing(node, a) { b } else { a };
                if !self.comparer.is_silent_default(node, shown) {
                    self.note(Kind::Presence, node, place, pair);
                }
                return;
            }
        }
        match (&node.kind, a, b) {
            (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(a), Value::Object(b)) => {
                self.members(node, members, place, a, b);
            }
            (NodeKind::Map { value, .. }, Value::Object(a), Value::Object(b)) => self.entries(value, place, a, b),
            (NodeKind::List { element }, Value::Array(a), Value::Array(b)) => {
                lists::compare(self, node, element, place, a, b);
            }
            (NodeKind::Timestamp(_), ..) => {}
            (NodeKind::Integer { .. } | NodeKind::Float, Value::Number(a), Value::Number(b)) => {
                // What no request can set is measured by the target.
                let is_measured = !self.comparer.given_names.contains(node.name.as_str());
                if !is_measured && a.as_f64() != b.as_f64() {
                    self.note(Kind::Value, node, place, pair);
                }
            }
            (NodeKind::String | NodeKind::Blob, Value::String(a), Value::String(b)) => {
                self.texts(node, place, a, b, pair);
            }
            _ if a != b => self.note(Kind::Value, node, place, pair),
            _ => {}
        }
    }

    /// The items of a list that may show what others made: such a list may be empty on one side.
    fn element_of_strangers<'n>(&self, node: &'n Node) -> Option<&'n Node> {
        match &node.kind {
            NodeKind::List { element } if self.has_strangers && matches!(element.kind, NodeKind::Structure(_)) => {
                Some(element)
            }
            _ => None,
        }
    }

    fn members(&mut self, node: &Node, members: &[Node], place: &str, a: &Map<String, Value>, b: &Map<String, Value>) {
        for member in members {
            let is_left_out = place.is_empty() && self.left_out.contains(&member.name.as_str());
            if is_left_out || self.comparer.is_unsettled(node, member) {
                continue;
            }
            let of = |object: &Map<String, Value>| object.get(&member.name).cloned().unwrap_or(Value::Null);
            let (a, b) = (of(a), of(b));
            self.values(member, &below(place, &member.name), Pair { a: &a, b: &b });
        }
        self.hidden_members(node, place, a, b);
    }

    /// Compares whether the targets show members that the contract shows of the resource in other outputs only.
    fn hidden_members(&mut self, node: &Node, place: &str, a: &Map<String, Value>, b: &Map<String, Value>) {
        let comparer = self.comparer;
        for hidden in comparer.views.hidden(node) {
            let of = |object: &Map<String, Value>| {
                object.get(&hidden.name).filter(|value| !shows_nothing(hidden, value)).cloned()
            };
            let (a, b) = (of(a), of(b));
            if a.is_some() != b.is_some() {
                self.found.push(Differing {
                    kind: Kind::Presence,
                    path: below(&node.path, &hidden.name),
                    place: below(place, &hidden.name),
                    a,
                    b,
                    is_secret: hidden.holds_secret,
                    ghost: None,
                });
            }
        }
    }

    fn entries(&mut self, value: &Node, place: &str, a: &Map<String, Value>, b: &Map<String, Value>) {
        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for key in keys {
            let of = |object: &Map<String, Value>| object.get(key).cloned();
            let place = below(place, key);
            match (of(a), of(b)) {
                // An empty value is an entry all the same.
                (Some(a), Some(b)) => self.values(value, &place, Pair { a: &a, b: &b }),
                (a, b) => {
                    let (a, b) = (a.unwrap_or(Value::Null), b.unwrap_or(Value::Null));
                    self.note(Kind::Presence, value, &place, Pair { a: &a, b: &b });
                }
            }
        }
    }

    fn texts(&mut self, node: &Node, place: &str, a: &str, b: &str, pair: Pair<'_>) {
        // Equal texts correspond, unless one of them was made up for something else before.
        let is_given = self.given.contains(a) || self.given.contains(b);
        if is_given {
            if a != b {
                self.note(Kind::Value, node, place, pair);
            }
            return;
        }
        // Equal names are noted as well: by the names that are known, a list tells which items the program made.
        if a == b && !lists::is_name(node) && !self.renaming.knows_a(a) && !self.renaming.knows_b(b) {
            return;
        }
        match self.renaming.relate(a, b) {
            Related::Yes => {}
            Related::No => self.note(Kind::Value, node, place, pair),
            Related::Otherwise => self.note(Kind::Identity, node, place, pair),
        }
    }
}

/// Whether a value is absent, null or empty, as far as the contract knows its members.
fn shows_nothing(node: &Node, value: &Value) -> bool {
    match (&node.kind, value) {
        (NodeKind::Structure(members), Value::Object(object)) => members.iter().all(|member| {
            let of = object.get(&member.name);
            of.is_none_or(|value| shows_nothing(member, value))
        }),
        // An empty value is an entry all the same.
        (NodeKind::Map { .. }, Value::Object(entries)) => entries.is_empty(),
        _ => is_nothing(value),
    }
}

pub(in crate::compare) fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}
