//! Programs: steps that are played on both targets. What a step needs of an earlier one it names by a reference, so that
//! each target is asked about its own resources.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::generate::placeholder;
use crate::plan::expectation::Expectation;
use crate::plan::suite::{Assert, BroadcastState, Expect};
use crate::spec::clause::ClauseIndex;

/// What a reference to an earlier step begins with: `${@3:item.arn}` is what stands at that path of the output of the
/// step with the number 3.
const REFERENCE: char = '@';

/// Steps that are played in order on both targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Id of the case that it comes from.
    pub origin: String,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its number in the program as it was drawn; steps that are left out change no other's number.
    pub id: usize,
    /// What it does.
    pub action: Action,
    /// What the contract expects of it and the clause that this is about, if the program's origin says so.
    pub expected: Option<(Expectation, ClauseIndex)>,
    /// What the contract says of its output, if the program's origin says so; placeholders are references.
    pub asserts: Vec<Assert>,
    /// Responses until which each target is asked again, if the step waits for something.
    pub awaits: Option<Expect>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Calls an operation; a paginated one page by page.
    Call {
        /// The operation.
        operation: String,
        /// Its input with references.
        input: Value,
        /// Region to call in, if not the target's own.
        region: Option<String>,
    },
    /// Starts or ends a broadcast.
    Broadcast {
        /// Reference to the resource that broadcasts.
        resource: Value,
        /// What it becomes.
        state: BroadcastState,
    },
}

impl Step {
    /// A step of which nothing else is known.
    pub fn new(id: usize, action: Action) -> Step {
        Step { id, action, expected: None, asserts: Vec::new(), awaits: None }
    }

    /// The operation that it calls.
    pub fn operation(&self) -> Option<&str> {
        match &self.action {
            Action::Call { operation, .. } => Some(operation),
            Action::Broadcast { .. } => None,
        }
    }

    /// The value with its references.
    pub fn input(&self) -> &Value {
        match &self.action {
            Action::Call { input, .. } => input,
            Action::Broadcast { resource, .. } => resource,
        }
    }

    /// The steps whose outputs it needs.
    pub fn needs(&self) -> BTreeSet<usize> {
        placeholder::names(self.input()).into_iter().filter_map(|name| Some(read_reference(name)?.0)).collect()
    }
}

/// The text that stands for what is at a path of an earlier step's output.
pub fn reference(step: usize, path: &str) -> String {
    format!("${{{REFERENCE}{step}:{path}}}")
}

/// The step and the path that a placeholder's name refers to; `None` if it is another placeholder.
pub fn read_reference(name: &str) -> Option<(usize, &str)> {
    let (step, path) = name.strip_prefix(REFERENCE)?.split_once(':')?;
    Some((step.parse().ok()?, path))
}

impl Program {
    /// The program without some of its steps and without those that need them; `None` if nothing else is left.
    pub fn without(&self, left_out: &BTreeSet<usize>) -> Option<Program> {
        let mut gone = left_out.clone();
        let mut steps = Vec::new();
        for step in &self.steps {
            if gone.contains(&step.id) || !step.needs().is_disjoint(&gone) {
                gone.insert(step.id);
            } else {
                steps.push(step.clone());
            }
        }
        (!steps.is_empty()).then(|| Program { origin: self.origin.clone(), steps })
    }

    /// The program up to a step, without steps whose outputs the rest does not need and which change nothing.
    pub fn up_to(&self, id: usize) -> Program {
        let end = self.steps.iter().position(|step| step.id == id).map_or(self.steps.len(), |position| position + 1);
        Program { origin: self.origin.clone(), steps: self.steps.iter().take(end).cloned().collect() }
    }

    /// Texts that the program gives to both targets alike.
    pub fn given(&self) -> BTreeSet<&str> {
        let mut given = BTreeSet::new();
        self.steps.iter().for_each(|step| texts(step.input(), &mut given));
        given
    }
}

fn texts<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) if !text.contains("${") => {
            found.insert(text);
        }
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, found)),
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(name);
                texts(value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn call(id: usize, operation: &str, input: Value) -> Step {
        Step::new(id, Action::Call { operation: operation.to_owned(), input, region: None })
    }

    fn program() -> Program {
        let of = |step, path| reference(step, path);
        let steps = vec![
            call(0, "CreateChannel", json!({"name": "a"})),
            call(1, "CreateChannel", json!({})),
            call(2, "GetChannel", json!({"arn": of(0, "channel.arn")})),
            call(5, "BatchGetChannel", json!({"arns": [of(0, "channel.arn"), of(1, "channel.arn")]})),
        ];
        Program { origin: "x".to_owned(), steps }
    }

    #[test]
    fn what_needs_a_step_goes_with_it() {
        let ids = |left_out: &[usize]| -> Vec<usize> {
            let left = program().without(&left_out.iter().copied().collect());
            left.map(|program| program.steps.iter().map(|step| step.id).collect()).unwrap_or_default()
        };
        assert_eq!(ids(&[1]), [0, 2]);
        assert_eq!(ids(&[0]), [1]);
        assert_eq!(ids(&[0, 1]), [0usize; 0]);
        assert_eq!(program().up_to(2).steps.len(), 3);
    }

    #[test]
    fn references_are_read_as_they_are_written() {
        let text = reference(12, "streamKeys[0].arn");
        let name = placeholder::whole(&text).unwrap();
        assert_eq!(read_reference(name), Some((12, "streamKeys[0].arn")));
        assert_eq!(read_reference("channel"), None);
        assert_eq!(program().given(), BTreeSet::from(["a", "arn", "arns", "name"]));
    }
}
