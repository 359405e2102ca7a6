//! Checks that rules fit their model: everything they name exists, and their ids are unique.

use std::collections::HashMap;

use super::clause_numbering::rule_kind;
use super::contract::{Contract, Node};
use super::rules::{Located, Scope};

/// Reports what the rules name and the contract does not have.
pub(super) fn references(contract: &Contract) -> Vec<Located> {
    let mut lint = Lint { contract, found: Vec::new() };
    lint.ids();
    lint.input_rules();
    lint.defaults();
    lint.operations();
    lint.members();
    lint.retired();
    lint.found
}

struct Lint<'c> {
    contract: &'c Contract,
    found: Vec<Located>,
}

impl Lint<'_> {
    fn wrong(&mut self, path: &[&str], message: String, help: &str) {
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        self.found.push((path, message, help.to_owned()));
    }

    /// A clause is defined once, under an id of the grammar.
    fn ids(&mut self) {
        let rules = &self.contract.rules;
        let inputs = rules.input_rules.iter().map(|rule| rule.id.as_str()).enumerate();
        let outputs = rules.output_rules.iter().map(|rule| rule.id.as_str()).enumerate();
        let scenarios = rules.scenario_rules.iter().map(|rule| rule.id.as_str()).enumerate();
        let defaults = rules.defaults.iter().map(|rule| rule.id.as_str()).enumerate();
        let all = inputs
            .map(|entry| ("input_rules", entry))
            .chain(outputs.map(|entry| ("output_rules", entry)))
            .chain(scenarios.map(|entry| ("scenario_rules", entry)))
            .chain(defaults.map(|entry| ("defaults", entry)));
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for (list, (index, id)) in all {
            let at = index.to_string();
            if let Some(other) = seen.insert(id, list) {
                let message = format!("the clause `{id}` is defined a second time, first in `{other}`");
                self.wrong(&[list, &at, "id"], message, "rename one of them");
            }
            if rule_kind(id).is_none() {
                let help = "write `rule.name`, `protocol.name` or `auth.name`";
                self.wrong(&[list, &at, "id"], format!("`{id}` is not the id of a rule clause"), help);
            }
        }
    }

    /// A retired id means nothing else, and what takes its place is there.
    fn retired(&mut self) {
        let contract = self.contract;
        for (index, retired) in contract.rules.retired.iter().enumerate() {
            let at = index.to_string();
            if contract.clauses.find(&retired.clause).is_some() {
                let message = format!("the contract has the clause `{}`", retired.clause);
                self.wrong(&["retired", &at, "clause"], message, "remove the entry, or rename the clause");
            }
            if let Some(other) = &retired.replaced_by
                && contract.clauses.find(other).is_none()
            {
                let message = format!("the contract has no clause `{other}`");
                self.wrong(&["retired", &at, "replaced_by"], message, "name a clause of the contract");
            }
        }
    }

    fn input_rules(&mut self) {
        for (index, rule) in self.contract.rules.input_rules.iter().enumerate() {
            let at = index.to_string();
            if rule.operations.is_empty() == rule.paths.is_empty() {
                let message = format!("`{}` must have `operations` or `paths`", rule.id);
                self.wrong(&["input_rules", &at], message, "give exactly one of the two");
            }
            for (number, operation) in rule.operations.iter().enumerate() {
                self.operation(operation, &["input_rules", &at, "operations", &number.to_string()]);
            }
            for (number, path) in rule.paths.iter().enumerate() {
                if !path.contains(".input.") || input_node(self.contract, path).is_none() {
                    let message = format!("`{path}` is not a member of a request");
                    self.wrong(
                        &["input_rules", &at, "paths", &number.to_string()],
                        message,
                        "write `Operation.input.path`",
                    );
                }
            }
        }
    }

    fn defaults(&mut self) {
        for (index, rule) in self.contract.rules.defaults.iter().enumerate() {
            let at = index.to_string();
            let Some(operation) = self.contract.operation(&rule.operation) else {
                self.operation(&rule.operation, &["defaults", &at, "operation"]);
                continue;
            };
            let (is_input, is_output) =
                (operation.input.find(&rule.member).is_some(), operation.output.find(&rule.output).is_some());
            if !is_input {
                let message = format!("a {} request has no `{}`", rule.operation, rule.member);
                self.wrong(&["defaults", &at, "member"], message, "write the path below the input");
            }
            if !is_output {
                let message = format!("a {} response has no `{}`", rule.operation, rule.output);
                self.wrong(&["defaults", &at, "output"], message, "write the path below the output");
            }
        }
    }

    fn operations(&mut self) {
        let contract = self.contract;
        for (index, trigger) in contract.rules.error_triggers.iter().enumerate() {
            let at = index.to_string();
            match contract.operation(&trigger.operation) {
                None => self.operation(&trigger.operation, &["error_triggers", &at, "operation"]),
                Some(operation) => match operation.error(&trigger.code) {
                    None => {
                        let message = format!("{} does not document `{}`", trigger.operation, trigger.code);
                        let help = "name an error of the operation";
                        self.wrong(&["error_triggers", &at, "code"], message, help);
                    }
                    Some(_) if trigger.cause.is_some() == trigger.untestable.is_some() => {
                        let message = format!("`{}` must have `cause` or `untestable`", trigger.code);
                        self.wrong(&["error_triggers", &at], message, "give exactly one of the two");
                    }
                    Some(_) => {}
                },
            }
        }
        for (index, quota) in contract.rules.quotas.iter().enumerate() {
            let at = index.to_string();
            for (number, operation) in quota.operations.iter().enumerate() {
                self.operation(operation, &["quotas", &at, "operations", &number.to_string()]);
                self.scope(operation, &quota.per, &["quotas", &at, "per"]);
            }
        }
    }

    fn operation(&mut self, name: &str, path: &[&str]) {
        if self.contract.operation(name).is_none() {
            self.wrong(path, format!("the operation `{name}` does not exist"), "name an operation of the model");
        }
    }

    /// What a rate or limit is counted for is an account, or something that a request names.
    fn scope(&mut self, operation: &str, scope: &Scope, path: &[&str]) {
        let Scope::Member(member) = scope else { return };
        if self.contract.operation(operation).is_some_and(|operation| operation.input.find(member).is_none()) {
            let message = format!("a {operation} request has no `{member}`");
            self.wrong(path, message, "write `account`, or the input member that names what it is counted for");
        }
    }

    /// Leniencies, output rules, preconditions and distinct lists name members that exist.
    fn members(&mut self) {
        let contract = self.contract;
        let rules = &contract.rules;
        for (list, entries) in [("lenient_input", &rules.lenient_input), ("lenient_output", &rules.lenient_output)] {
            for (index, entry) in entries.iter().enumerate() {
                self.member(&entry.path, &[list, &index.to_string(), "path"]);
            }
        }
        for (index, rule) in rules.output_rules.iter().enumerate() {
            for (number, path) in rule.paths.iter().enumerate() {
                self.member(path, &["output_rules", &index.to_string(), "paths", &number.to_string()]);
            }
        }
        for (index, path) in rules.distinct.iter().enumerate() {
            self.member(path, &["distinct", &index.to_string()]);
        }
        for (index, entry) in rules.preconditions.iter().enumerate() {
            let at = index.to_string();
            self.operation(&entry.operation, &["preconditions", &at, "operation"]);
            self.member(&format!("{}.input.{}", entry.operation, entry.member), &["preconditions", &at, "member"]);
        }
        for (index, entry) in rules.other_errors.iter().enumerate() {
            let at = index.to_string();
            self.operation(&entry.operation, &["other_errors", &at, "operation"]);
            if contract.operation(&entry.operation).is_some_and(|operation| operation.error(&entry.code).is_some()) {
                let message = format!("{} documents `{}`", entry.operation, entry.code);
                self.wrong(&["other_errors", &at, "code"], message, "remove the entry");
            }
        }
        for (index, entry) in rules.limits.iter().enumerate() {
            let at = index.to_string();
            self.operation(&entry.operation, &["limits", &at, "operation"]);
            self.scope(&entry.operation, &entry.per, &["limits", &at, "per"]);
        }
        for (index, rule) in rules.scenario_rules.iter().enumerate() {
            for (number, operation) in rule.operations.iter().enumerate() {
                self.operation(operation, &["scenario_rules", &index.to_string(), "operations", &number.to_string()]);
            }
        }
    }

    fn member(&mut self, named: &str, path: &[&str]) {
        if nodes(self.contract, named).is_empty() {
            let help = "write `Operation.input.path`, `Operation.output.path`, `Shape` or `Shape$member`";
            self.wrong(path, format!("`{named}` is not a member of the model"), help);
        }
    }
}

/// The nodes that `Operation.input.path`, `Operation.output.path`, `Shape` or `Shape$member` stands for.
pub(super) fn nodes<'c>(contract: &'c Contract, named: &str) -> Vec<&'c Node> {
    if let Some((operation, path)) = named.split_once(".output.") {
        return contract.operation(operation).and_then(|operation| operation.output.find(path)).into_iter().collect();
    }
    if named.contains(".input.") {
        return input_node(contract, named).into_iter().collect();
    }
    let (shape, member) = named.split_once('$').map_or((named, None), |(shape, member)| (shape, Some(member)));
    let all = contract.operations.iter().flat_map(|operation| [&operation.input, &operation.output]);
    all.flat_map(Node::walk)
        .filter(|node| node.shape == shape)
        .filter_map(|node| match member {
            None => Some(node),
            Some(member) => node.member(member),
        })
        .collect()
}

/// The node of `Operation.input.path`.
pub(super) fn input_node<'c>(contract: &'c Contract, path: &str) -> Option<&'c Node> {
    let (operation, path) = path.split_once(".input.")?;
    contract.operation(operation)?.input.find(path)
}
