//! Checks the steps of scenarios and states.

use std::collections::BTreeSet;

use serde_json::Value;

use super::output::Spot;
use super::{Lint, Place};
use crate::plan::accepted::Accepted;
use crate::plan::suite::Step;
use crate::spec::contract::{Node, NodeKind, Operation};

impl Lint<'_> {
    /// Checks steps that follow each other; what they save is added to the variables.
    pub(super) fn steps(&mut self, steps: &[Step], place: &Place, variables: &mut BTreeSet<String>) {
        for (index, step) in steps.iter().enumerate() {
            let place = place.at(index);
            self.step(step, &place, variables);
            for (index, beside) in step.beside.iter().enumerate() {
                self.step(beside, &place.at("beside").at(index), variables);
            }
            for step in std::iter::once(step).chain(&step.beside) {
                variables.extend(step.save.keys().chain(step.gather.keys()).cloned());
            }
        }
    }

    fn step(&mut self, step: &Step, place: &Place, variables: &BTreeSet<String>) {
        self.form(step, place);
        for variable in &step.when {
            self.placeholders(&Value::from(format!("${{{variable}}}")), &place.at("when"), variables);
        }
        if let Some(broadcast) = &step.broadcast {
            let resource = Value::from(broadcast.resource.as_str());
            self.placeholders(&resource, &place.at("broadcast").at("resource"), variables);
        }
        if let Some(rule) = &step.rule
            && let Err(message) = self.names.clause(rule)
        {
            self.wrong(&place.at("rule"), message, "name a clause; `ivs-conformance list` shows them");
        }
        let (key, name) = match (&step.call, &step.walk) {
            (Some(name), _) => ("call", name),
            (None, Some(name)) => ("walk", name),
            (None, None) => return,
        };
        let operation = match self.names.operation(name) {
            Ok(operation) => operation,
            Err(message) => {
                self.wrong(&place.at(key), message, "name an operation of the contract");
                return;
            }
        };
        self.walk(step, operation, place);
        self.answers(step, operation, place);
        self.input(step, operation, place);
        self.placeholders(&step.input, &place.at("input"), variables);
        if let Some(region) = &step.region {
            self.placeholders(&Value::from(region.as_str()), &place.at("region"), variables);
        }
        let output = if step.walk.is_some() { Spot::Walked(operation) } else { Spot::of(&operation.output) };
        self.saves(step, output, place);
        self.gathers(step, operation, place);
        for (index, assert) in step.asserts.iter().enumerate() {
            self.assert(assert, output, &place.at("assert").at(index), variables);
        }
    }

    /// What a step is made of.
    fn form(&mut self, step: &Step, place: &Place) {
        let acts = [step.call.is_some(), step.walk.is_some(), step.broadcast.is_some()];
        if acts.into_iter().filter(|is_there| *is_there).count() != 1 {
            self.wrong(
                place,
                "the step does nothing, or several things",
                "give exactly one of `call`, `walk` and `broadcast`",
            );
        }
        if step.times == 0 {
            self.wrong(&place.at("times"), "a step cannot be repeated 0 times", "leave the step out");
        }
        let of_several = [
            ("among", step.among.is_empty()),
            ("counts", step.counts.is_empty()),
            ("beside", step.beside.is_empty()),
            ("gather", step.gather.is_empty()),
        ];
        // Steps beside another are in flight with it.
        let is_beside = place.0.iter().any(|key| key == "beside");
        for (key, _) in of_several.into_iter().filter(|(_, is_empty)| !is_empty && !step.concurrent && !is_beside) {
            self.wrong(&place.at(key), format!("`{key}` has no effect here"), "add `concurrent = true` to the step");
        }
        let succeeds = step.expect.allows_success();
        if !succeeds && !step.asserts.is_empty() {
            let message = "assertions are made of successes only, and the step expects none";
            self.wrong(&place.at("assert").at(0), message, "expect `success` as well, or remove the assertion");
        }
    }

    fn walk(&mut self, step: &Step, operation: &Operation, place: &Place) {
        if step.walk.is_none() {
            return;
        }
        if operation.pagination.is_none() {
            let message = format!("{} has no pages", operation.name);
            self.wrong(&place.at("walk"), message, "write `call` instead of `walk`");
        }
        if !step.expect.allows_success() {
            let message = "a walk over all pages expects success";
            self.wrong(&place.at("expect"), message, "write `call` instead of `walk`, or expect `success` as well");
        }
    }

    /// Members of the input; what the shape should not have must not be there by chance.
    fn input(&mut self, step: &Step, operation: &Operation, place: &Place) {
        let mut known = step.input.clone();
        for (index, name) in step.unknown.iter().enumerate() {
            let is_given = known.as_object_mut().is_some_and(|members| members.remove(name).is_some());
            if !is_given || operation.input.member(name).is_some() {
                let message = format!("`{name}` is not a member of `input` that {} does not have", operation.name);
                self.wrong(&place.at("unknown").at(index), message, "name what is unknown on purpose, or nothing");
            }
        }
        self.members(&operation.input, &known, &place.at("input"), "request");
    }

    /// Words of `expect`, and of `among` and `counts`, which pick some of them.
    fn answers(&mut self, step: &Step, operation: &Operation, place: &Place) {
        let help = "write `success`, `4xx`, or the code of an error that the operation can respond with";
        let accepted = step.expect.accepted();
        if accepted.is_empty() {
            self.wrong(&place.at("expect"), "no response is right", help);
        }
        for (index, one) in accepted.iter().enumerate() {
            let place = if accepted.len() == 1 { place.at("expect") } else { place.at("expect").at(index) };
            match (one, one.code().map(|code| (code, self.names.error(operation, code)))) {
                (_, Some((code, Err(message)))) => {
                    let words = [Accepted::Success, Accepted::ClientError].map(|word| word.to_string());
                    let question = self.names.question(code, words.iter().map(String::as_str));
                    self.wrong(&place, format!("{message}{question}"), help);
                }
                (Accepted::Error { code, status }, Some((_, Ok(known)))) if !known.contains(status) => {
                    self.wrong(&place, format!("`{code}` does not have the status {status}"), help);
                }
                (Accepted::Status(status), _) => {
                    self.wrong(&place, format!("`{status}` does not say which error the step expects"), help);
                }
                _ => {}
            }
        }
        let among = step.among.iter().enumerate().map(|(index, word)| (place.at("among").at(index), word));
        let counted = step.counts.keys().map(|word| (place.at("counts").at(word), word));
        for (place, word) in among.chain(counted).filter(|(_, word)| !accepted.contains(word)) {
            let known: Vec<String> = accepted.iter().map(Accepted::to_string).collect();
            let question = self.names.question(&word.to_string(), known.iter().map(String::as_str));
            self.wrong(&place, format!("`{word}` is none of the responses that the step expects{question}"), help);
        }
    }

    fn saves(&mut self, step: &Step, output: Spot<'_>, place: &Place) {
        for (variable, path) in &step.save {
            if let Err(message) = output.find(path) {
                self.wrong(&place.at("save").at(variable), message, "write the path of a member of the output");
            }
        }
    }

    fn gathers(&mut self, step: &Step, operation: &Operation, place: &Place) {
        for (variable, path) in &step.gather {
            let (root, below) = path.split_at(path.find('.').unwrap_or(path.len()));
            let found = match root {
                "input" => Spot::of(&operation.input).find(below),
                "output" => Spot::of(&operation.output).find(below),
                _ => Err(format!("`{path}` begins neither with `input` nor with `output`")),
            };
            if let Err(message) = found {
                self.wrong(&place.at("gather").at(variable), message, "write `input.PATH` or `output.PATH`");
            }
        }
    }

    /// Checks that a value names no member that its shape does not have. Values of a wrong type may be meant so.
    pub(super) fn members(&mut self, node: &Node, value: &Value, place: &Place, message: &str) {
        match (&node.kind, value) {
            (NodeKind::Structure(known) | NodeKind::Union(known), Value::Object(members)) => {
                for (name, value) in members.iter().filter(|(name, _)| !name.contains("${")) {
                    let below = place.at(name);
                    match node.member(name) {
                        Some(member) => self.members(member, value, &below, message),
                        None => {
                            let question = self.names.question(name, known.iter().map(|member| member.name.as_str()));
                            let whole = if node.path.is_empty() { message } else { node.path.as_str() };
                            let help = "name a member of the shape";
                            self.wrong(&below, format!("`{name}` is not a member of the {whole}{question}"), help);
                        }
                    }
                }
            }
            (NodeKind::Map { value: node, .. }, Value::Object(members)) => {
                members.iter().for_each(|(name, value)| self.members(node, value, &place.at(name), message));
            }
            (NodeKind::List { element }, Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    self.members(element, value, &place.at(index), message);
                }
            }
            _ => {}
        }
    }
}
