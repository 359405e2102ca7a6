//! What the contract shows of a resource in some outputs only. A target that shows it in another output as well differs
//! from one that does not, though the contract has no such member there.

use std::collections::BTreeMap;

use crate::spec::Contract;
use crate::spec::contract::{Node, NodeKind};

/// Members of each type of resource, over all outputs that show one.
#[derive(Debug)]
pub struct Views<'c>(BTreeMap<&'c str, BTreeMap<&'c str, &'c Node>>);

impl<'c> Views<'c> {
    /// Collects the members from the outputs of a contract.
    pub fn of(contract: &'c Contract) -> Views<'c> {
        let mut kinds: BTreeMap<&str, BTreeMap<&str, &Node>> = BTreeMap::new();
        for node in contract.operations.iter().flat_map(|operation| operation.output.walk()) {
            let Some(kind) = kind_of(node) else { continue };
            let known = kinds.entry(kind).or_default();
            node.members().iter().for_each(|member| {
                known.entry(&member.name).or_insert(member);
            });
        }
        Views(kinds)
    }

    /// The members that other outputs show of the resource, and this structure does not have.
    pub fn hidden(&self, structure: &Node) -> Vec<&'c Node> {
        let known = kind_of(structure).and_then(|kind| self.0.get(kind));
        let lacks = |member: &&Node| structure.member(&member.name).is_none();
        known.into_iter().flat_map(BTreeMap::values).copied().filter(lacks).collect()
    }
}

/// The type of the resource whose own ARN a structure shows.
pub fn kind_of(structure: &Node) -> Option<&str> {
    if !matches!(structure.kind, NodeKind::Structure(_)) {
        return None;
    }
    let own = structure.members().iter().find(|node| node.name.eq_ignore_ascii_case("arn"));
    own.and_then(|node| node.resource.as_ref()).map(|named| named.kind.as_str())
}
