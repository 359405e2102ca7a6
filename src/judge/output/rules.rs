//! Which prose rules speak of which members of an output.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use crate::judge::watch::Watch;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Node;

/// A prose rule on responses.
#[derive(Debug)]
pub(super) struct OutputRule {
    pub(super) clause: ClauseIndex,
    schema: Value,
    compiled: OnceLock<Option<Compiled>>,
}

/// A rule's schema, compiled.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) validator: Validator,
    pub(super) watch: Watch,
}

impl OutputRule {
    pub(super) fn new(clause: ClauseIndex, schema: &Value) -> OutputRule {
        OutputRule { clause, schema: schema.clone(), compiled: OnceLock::new() }
    }

    /// Its schema, compiled when a response is judged by it first: a run of few cases sees few of them. None if it does not
    /// compile, which `spec check` reports.
    pub(super) fn compiled(&self) -> Option<&Compiled> {
        let compile = || {
            let validator = jsonschema::draft202012::new(&self.schema).ok()?;
            Some(Compiled { validator, watch: Watch::of(&self.schema) })
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

pub(super) fn with_parents(root: &Node) -> Vec<(&Node, Option<&Node>)> {
    let mut found = vec![(root, None)];
    let mut next = 0;
    while let Some((node, _)) = found.get(next).copied() {
        found.extend(node.children().into_iter().map(|child| (child, Some(node))));
        next += 1;
    }
    found
}
