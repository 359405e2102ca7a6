//! Compares what two targets responded to the same request.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::lists;
use super::renaming::{Related, Renaming};
use super::views::{self, Views};
use crate::judge::Answer;
use crate::judge::echo::is_nothing;
use crate::plan::Suites;
use crate::spec::Contract;
use crate::spec::contract::{Node, NodeKind, Operation};
use crate::spec::rules::{AbsentOutput, DefaultRule};

/// In which way two responses differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One target accepts what the other refuses, or they refuse it with different errors.
    Answer,
    /// One shows a member that the other does not show.
    Presence,
    /// They show different values.
    Value,
    /// One shows the same value as before where the other shows another one, or the other way round.
    Identity,
    /// One shows an item that the other does not show, or shows it more often.
    Items,
    /// A value that follows from the request follows in different ways.
    Derived,
}

/// One difference between two responses.
#[derive(Debug, Clone, PartialEq)]
pub struct Differing {
    /// In which way.
    pub kind: Kind,
    /// Path below the output, without positions: `items.name`; empty for the response as a whole.
    pub path: String,
    /// Path with positions, for the first target.
    pub place: String,
    /// What the first target shows; `None` if nothing.
    pub a: Option<Value>,
    /// What the second target shows; `None` if nothing.
    pub b: Option<Value>,
    /// Whether the values are secrets.
    pub is_secret: bool,
}

/// What a target responded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Response {
    /// Success or error.
    pub answer: Answer,
    /// HTTP status; `None` if there was no response.
    pub status: Option<u16>,
    /// The JSON body; of a list, with the items of all pages.
    pub body: Option<Value>,
    /// Whether a page has more items than were asked for.
    pub exceeds: bool,
}

/// What the comparison knows of the contract.
#[derive(Debug)]
pub struct Comparer<'c> {
    /// Names of members that requests give.
    given_names: BTreeSet<&'c str>,
    /// Members of resources that change by themselves, as `type.member`.
    unsettled: BTreeSet<&'c str>,
    /// Defaults that may be shown or left out.
    silent_defaults: Vec<&'c DefaultRule>,
    /// What only some outputs show of a resource.
    views: Views<'c>,
}

/// Two values at the same place.
#[derive(Clone, Copy)]
pub(super) struct Pair<'v> {
    pub a: &'v Value,
    pub b: &'v Value,
}

/// A comparison of two outputs under way.
pub(super) struct Walk<'w> {
    pub comparer: &'w Comparer<'w>,
    pub renaming: &'w mut Renaming,
    /// Texts that the program gave to both.
    pub given: &'w BTreeSet<&'w str>,
    /// Members that are not compared: page tokens.
    pub left_out: &'w [&'w str],
    /// Whether a list may have items that the program knows nothing of.
    pub has_strangers: bool,
    pub found: Vec<Differing>,
}

impl<'c> Comparer<'c> {
    /// Prepares a contract.
    pub fn new(contract: &'c Contract, suites: &'c Suites) -> Comparer<'c> {
        let inputs = contract.operations.iter().flat_map(|operation| operation.input.walk());
        Comparer {
            given_names: inputs.map(|node| node.name.as_str()).collect(),
            unsettled: suites.sequences.iter().flat_map(|one| one.unsettled.iter().map(String::as_str)).collect(),
            silent_defaults: contract
                .rules
                .defaults
                .iter()
                .filter(|rule| rule.absent == AbsentOutput::Tolerated)
                .collect(),
            views: Views::of(contract),
        }
    }

    /// The differences between two responses. What corresponds is noted in `renaming`.
    pub fn differences(
        &self,
        operation: &Operation,
        renaming: &mut Renaming,
        given: &BTreeSet<&str>,
        a: &Response,
        b: &Response,
    ) -> Vec<Differing> {
        if a.answer != b.answer || (a.answer == Answer::Success && a.status != b.status) {
            return vec![Differing {
                kind: Kind::Answer,
                path: String::new(),
                place: String::new(),
                a: Some(Value::from(described(a))),
                b: Some(Value::from(described(b))),
                is_secret: false,
            }];
        }
        if a.answer != Answer::Success || operation.output_is_empty() {
            return Vec::new();
        }
        let tokens = operation.pagination.iter();
        let left_out: Vec<&str> = tokens.map(|pagination| pagination.output_token.as_str()).collect();
        let names_something =
            operation.input.members().iter().any(|member| member.is_required && member.resource.is_some());
        let nothing = Value::Null;
        let pair = Pair { a: a.body.as_ref().unwrap_or(&nothing), b: b.body.as_ref().unwrap_or(&nothing) };
        let mut walk = Walk {
            comparer: self,
            renaming,
            given,
            left_out: &left_out,
            has_strangers: operation.pagination.is_some() && !names_something,
            found: Vec::new(),
        };
        walk.root(&operation.output, pair);
        let page_size = operation.pagination.as_ref().and_then(|pagination| pagination.page_size.as_deref());
        if let Some(size) = page_size.filter(|_| a.exceeds != b.exceeds) {
            let shown =
                |exceeds: bool| Some(Value::from(if exceeds { "more items on a page" } else { "no more items" }));
            walk.found.push(Differing {
                kind: Kind::Items,
                path: size.to_owned(),
                place: size.to_owned(),
                a: shown(a.exceeds),
                b: shown(b.exceeds),
                is_secret: false,
            });
        }
        walk.found
    }

    /// Whether a structure that one side leaves out says on the other side only what is so by default.
    fn is_silent_default(&self, node: &Node, shown: &Value) -> bool {
        self.silent_defaults.iter().any(|rule| match rule.output.rsplit('.').collect::<Vec<_>>()[..] {
            [member, holder, ..] => node.name == holder && shown.get(member) == Some(&rule.value),
            _ => false,
        })
    }

    fn is_unsettled(&self, structure: &Node, member: &Node) -> bool {
        views::kind_of(structure)
            .is_some_and(|kind| self.unsettled.contains(format!("{kind}.{}", member.name).as_str()))
    }
}

/// The response in a few words.
pub fn described(response: &Response) -> String {
    match (&response.answer, response.status) {
        (Answer::Success, Some(status)) => format!("success ({status})"),
        (answer, _) => answer.describe(),
    }
}

impl Walk<'_> {
    pub(super) fn note(&mut self, kind: Kind, node: &Node, place: &str, pair: Pair<'_>) {
        let shown = |value: &Value| (!value.is_null()).then(|| value.clone());
        self.found.push(Differing {
            kind,
            path: node.path.clone(),
            place: place.to_owned(),
            a: shown(pair.a),
            b: shown(pair.b),
            is_secret: node.holds_secret,
        });
    }

    /// Compares two outputs as a whole. An empty output differs only by the members that it lacks.
    fn root(&mut self, node: &Node, pair: Pair<'_>) {
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
    pub(super) fn values(&mut self, node: &Node, place: &str, pair: Pair<'_>) {
        let Pair { a, b } = pair;
        match (shows_nothing(node, a), shows_nothing(node, b)) {
            (true, true) => return,
            (false, false) => {}
            _ => {
                let shown = if shows_nothing(node, a) { b } else { a };
                if !self.comparer.is_silent_default(node, shown) && !self.holds_only_strangers(node, shown) {
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

    /// Whether a list that the other target does not show has only items that the program does not know.
    fn holds_only_strangers(&self, node: &Node, shown: &Value) -> bool {
        let items = shown.as_array().filter(|_| self.has_strangers && matches!(node.kind, NodeKind::List { .. }));
        items.is_some_and(|items| items.iter().all(|item| !lists::is_known(self.renaming, item)))
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

pub(super) fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

#[cfg(test)]
mod tests;
