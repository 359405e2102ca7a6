//! What a contract says of an operation's inputs as a whole, found out once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::domain::{Domain, Domains};
use super::generator::runner;
use super::pattern::Template;
use super::valid;
use crate::plan::resources;
use crate::spec::Pattern;
use crate::spec::contract::{Contract, Node, NodeKind, Operation};
use crate::spec::rules::Generator as Source;

/// A legal name of every resource type that the contract names in requests: an ARN, or an id.
pub(super) fn stand_ins(contract: &Contract) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut runner = runner(0, "stand-ins");
    for operation in &contract.operations {
        for node in operation.input.walk() {
            let Some(resource) = resources::resource_of(node).filter(|kind| *kind != Pattern::ANY_RESOURCE) else {
                continue;
            };
            if let Some(name) = made_up(node, &mut runner) {
                found.entry(resource.to_owned()).or_insert(name);
            }
        }
    }
    found
}

/// Longest id that is made up where its pattern allows any length.
const ID_LENGTH: u64 = 12;

/// A legal value of a member that names a resource.
pub(super) fn made_up(node: &Node, runner: &mut TestRunner) -> Option<String> {
    let bound = node.constraints.length.unwrap_or_default();
    let (least, most) = (bound.min.unwrap_or(1).max(1), bound.max.unwrap_or(u64::MAX));
    let Some(pattern) = &node.constraints.pattern else {
        let length = usize::try_from(ID_LENGTH.clamp(least, most.max(least))).ok()?;
        let letters = prop::collection::vec(prop::char::range('a', 'z'), length);
        return letters.new_tree(runner).ok().map(|tree| tree.current().into_iter().collect());
    };
    let template = Template::of(pattern)?;
    let (shortest, longest) = template.lengths();
    let wanted = match pattern.arn_resource {
        Some(_) => shortest.max(1) + ID_LENGTH,
        None => ID_LENGTH.max(shortest).max(least).min(longest.unwrap_or(u64::MAX)).min(most),
    };
    // A pattern that allows an empty text beside ARNs has matches that name nothing at all.
    let matching = template.of_length(wanted)?;
    matching.new_tree(runner).ok().map(|tree| tree.current())
}

pub(super) fn domains(contract: &Contract) -> Domains {
    let mut domains = Domains::default();
    for rule in contract.rules.input_rules.iter().filter(|rule| !rule.paths.is_empty()) {
        let pattern = rule.schema.get("pattern").and_then(Value::as_str).and_then(Template::new);
        let domain = match (&rule.generator, rule.schema.get("enum")) {
            (Some(Source::EcdsaPublicKey(curve)), _) => Some(Domain::Placeholder(curve.public_key())),
            (_, Some(Value::Array(values))) => Some(Domain::Values(values.clone())),
            _ => pattern.map(Domain::Pattern),
        };
        for path in &rule.paths {
            if let Some(domain) = &domain {
                domains.insert(path.clone(), domain.clone());
            }
        }
    }
    domains
}

/// Page tokens and identifiers: values only the target can give.
pub(super) fn left_out(contract: &Contract, operation: &Operation) -> Vec<String> {
    let mut paths: Vec<String> = operation.pagination.iter().map(|pagination| pagination.input_token.clone()).collect();
    for member in operation.input.members() {
        if !member.is_required && is_identifier(contract, operation, member) {
            paths.push(member.path.clone());
        }
    }
    paths
}

/// A read-only operation takes an identifier if the same shape comes back from operations but never goes into one that
/// changes anything.
fn is_identifier(contract: &Contract, operation: &Operation, member: &Node) -> bool {
    let is_text = matches!(member.kind, NodeKind::String) && member.constraints.pattern.is_some();
    if !operation.is_readonly || !is_text || valid::is_reference(member) {
        return false;
    }
    let has_shape = |root: &Node| root.walk().iter().any(|node| node.shape == member.shape);
    let comes_back = contract.operations.iter().any(|other| has_shape(&other.output));
    let goes_in = contract.operations.iter().any(|other| !other.is_readonly && has_shape(&other.input));
    comes_back && !goes_in
}

pub(super) fn distinct(contract: &Contract, operation: &Operation) -> Vec<String> {
    let prefix = format!("{}.input.", operation.name);
    contract.rules.distinct.iter().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect()
}

pub(super) fn needed_states(
    contract: &Contract,
    operation: &Operation,
    known: &BTreeSet<(String, String)>,
) -> BTreeMap<String, String> {
    let preconditions = contract.rules.preconditions.iter().filter(|needed| needed.operation == operation.name);
    preconditions
        .filter_map(|needed| {
            let resource = resources::resource_of(operation.input.find(&needed.member)?)?;
            let is_known = known.contains(&(needed.state.clone(), resource.to_owned()));
            is_known.then(|| (needed.member.clone(), needed.state.clone()))
        })
        .collect()
}
