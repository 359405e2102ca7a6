//! Which prose rules speak of which members of an output.

use jsonschema::Validator;

use crate::judge::watch::Watch;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Node;

/// A prose rule on responses.
#[derive(Debug)]
pub(super) struct OutputRule {
    pub(super) clause: ClauseIndex,
    pub(super) validator: Validator,
    pub(super) watch: Watch,
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
