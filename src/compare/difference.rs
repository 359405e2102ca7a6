//! Compares what two targets responded to the same request.

mod walk;

use std::collections::BTreeSet;

use serde_json::Value;

use super::past::{Ghost, Past};
use super::renaming::Renaming;
use super::views::{self, Views};
use crate::judge::Answer;
use crate::plan::Suites;
use crate::spec::Contract;
use crate::spec::contract::{Node, Operation};
use crate::spec::rules::{AbsentOutput, DefaultRule};

pub(super) use walk::{Pair, Walk, below};

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
    /// One shows an item that an earlier program deleted there.
    Deleted,
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
    /// What is shown though an earlier program deleted it.
    pub ghost: Option<Ghost>,
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
        past: &Past,
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
                ghost: None,
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
            past,
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
                ghost: None,
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

#[cfg(test)]
mod tests;
