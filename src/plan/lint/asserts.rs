//! Checks what steps assert of their outputs.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::output::Spot;
use super::{Lint, Place};
use crate::plan::suite::Assert;
use crate::spec::contract::Node;

const NAME_A_MEMBER: &str = "name a member that the output can have";

impl Lint<'_> {
    pub(super) fn assert(&mut self, assert: &Assert, output: Spot<'_>, place: &Place, variables: &BTreeSet<String>) {
        if let Err(message) = self.names.clause(&assert.rule) {
            self.wrong(&place.at("rule"), message, "name a clause; `ivs-conformance list` shows them");
        }
        if *assert == without_matchers(assert) {
            self.wrong(place, "the assertion asserts nothing", "add a matcher such as `equals` or `present`");
        }
        self.placeholders(&Value::from(assert.at.as_str()), &place.at("at"), variables);
        for (key, value) in values(assert) {
            self.placeholders(&value, &place.at(key), variables);
        }
        self.pattern(assert, place, variables);
        if let Some(Err(message)) = assert.requires.as_ref().map(|path| output.find(path)) {
            self.wrong(&place.at("requires"), message, NAME_A_MEMBER);
        }
        match output.find(&assert.at) {
            Ok(spot) => self.matchers(assert, spot, place),
            Err(message) => self.wrong(&place.at("at"), message, NAME_A_MEMBER),
        }
    }

    fn pattern(&mut self, assert: &Assert, place: &Place, variables: &BTreeSet<String>) {
        let Some(pattern) = &assert.matches else { return };
        self.placeholders(&Value::from(pattern.as_str()), &place.at("matches"), variables);
        let mut bare = String::new();
        for (index, part) in pattern.split("${").enumerate() {
            bare.push_str(if index == 0 { part } else { part.split_once('}').map_or(part, |(_, rest)| rest) });
        }
        if Regex::new(&bare).is_err() {
            let help = "write a regular expression in the syntax of Rust's `regex`";
            self.wrong(&place.at("matches"), format!("`{pattern}` is not a regular expression"), help);
        }
    }

    /// Members that matchers name.
    fn matchers(&mut self, assert: &Assert, spot: Spot<'_>, place: &Place) {
        let whole = [
            ("equals", &assert.equals),
            ("differs", &assert.differs),
            ("agrees", &assert.agrees),
            ("element_of", &assert.element_of),
        ];
        let of_item = [("contains", &assert.contains), ("lacks", &assert.lacks)];
        let item = spot.element();
        let compared = whole.into_iter().map(|(key, value)| (key, value, Some(spot)));
        for (key, value, spot) in compared.chain(of_item.into_iter().map(|(key, value)| (key, value, item))) {
            let Some(value) = value else { continue };
            match spot {
                Some(spot) => self.compared(spot, value, &place.at(key)),
                None => self.wrong(&place.at(key), format!("`{key}` is for lists"), "name a list in `at`"),
            }
        }
        for (index, value) in assert.one_of.iter().flatten().enumerate() {
            self.compared(spot, value, &place.at("one_of").at(index));
        }
        for (key, member) in [("descends_by", &assert.descends_by), ("distinct_by", &assert.distinct_by)] {
            let Some(member) = member else { continue };
            let found = item.ok_or_else(|| format!("`{key}` is for lists")).and_then(|item| item.find(member));
            if let Err(message) = found {
                self.wrong(&place.at(key), message, NAME_A_MEMBER);
            }
        }
        self.ignored(assert, place);
    }

    fn compared(&mut self, spot: Spot<'_>, value: &Value, place: &Place) {
        match (spot, value) {
            (Spot::Items(element), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.members(element, value, &place.at(index), "response");
                }
            }
            (spot, value) => {
                if let Some(node) = spot.node() {
                    self.members(node, value, place, "response");
                }
            }
        }
    }

    /// Members that comparisons leave out: the contract must have them somewhere. (`hides` may name what no shape has.)
    fn ignored(&mut self, assert: &Assert, place: &Place) {
        for (index, name) in assert.ignoring.iter().enumerate() {
            let operations = self.names.contract.operations.iter();
            let mut nodes = operations.flat_map(|operation| [&operation.input, &operation.output]).flat_map(Node::walk);
            if !nodes.any(|node| node.name == *name) {
                let message = format!("no shape of the contract has a member `{name}`");
                self.wrong(&place.at("ignoring").at(index), message, NAME_A_MEMBER);
            }
        }
    }
}

/// The same assertion with all matchers taken away.
fn without_matchers(assert: &Assert) -> Assert {
    Assert {
        rule: assert.rule.clone(),
        inferred: assert.inferred,
        if_present: assert.if_present,
        ignoring: assert.ignoring.clone(),
        at: assert.at.clone(),
        ..Assert::default()
    }
}

/// The values of an assertion that may hold placeholders, by key.
fn values(assert: &Assert) -> Vec<(&'static str, Value)> {
    let single = [
        ("equals", &assert.equals),
        ("differs", &assert.differs),
        ("agrees", &assert.agrees),
        ("contains", &assert.contains),
        ("lacks", &assert.lacks),
        ("element_of", &assert.element_of),
        ("result_of", &assert.result_of),
        ("never_shows", &assert.never_shows),
        ("not_before", &assert.not_before),
    ];
    let single = single.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
    single.chain(assert.one_of.clone().map(|values| ("one_of", Value::Array(values)))).collect()
}
