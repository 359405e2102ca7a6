//! Which operation makes which resource and which deletes it, read from the members that name resources.

use std::collections::BTreeMap;

use crate::spec::Pattern;
use crate::spec::contract::{Contract, Node, NodeKind, Operation};

/// A resource that an operation's success brings into being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Resource type, e.g. `bucket`.
    pub resource: String,
    /// Path of its ARN or id in the output, e.g. `bucket.arn`.
    pub path: String,
}

/// An operation that lists every resource of a type with its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finder {
    /// The operation.
    pub operation: String,
    /// Path of the items in its output.
    pub items: String,
    /// Path of the ARN in an item.
    pub arn: String,
    /// Input and output member of the page token, if it pages.
    pub tokens: Option<(String, String)>,
    /// Input member for the page size, and the largest page that the contract allows.
    pub largest_page: Option<(String, u64)>,
}

/// How resources come and go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// What each producing operation makes.
    products: BTreeMap<String, Vec<Product>>,
    /// The operation to make each resource type with.
    producers: BTreeMap<String, String>,
    /// The operation that deletes each resource type, and the member for the ARN.
    deleters: BTreeMap<String, (String, String)>,
    /// The resource type that each operation lists, whoever made them.
    listed: BTreeMap<String, String>,
    /// How late each resource type is deleted: after all types that can refer to it.
    ranks: BTreeMap<String, usize>,
}

impl Resources {
    /// Derives the map from a contract.
    pub fn of(contract: &Contract) -> Resources {
        let mut resources = Resources::default();
        for operation in &contract.operations {
            let products = products_of(operation);
            if !products.is_empty() {
                resources.products.insert(operation.name.clone(), products);
            }
            if let Some((resource, member)) = deleted_by(operation) {
                resources.deleters.insert(resource, (operation.name.clone(), member));
            }
        }
        resources.choose_producers(contract);
        let listed = resources.types().filter_map(|kind| {
            let finder = resources.finder(contract, kind)?;
            Some((finder.operation, kind.to_owned()))
        });
        resources.listed = listed.collect();
        resources.rank(contract);
        resources
    }

    /// How late a resource type is deleted, from 0: a type that can refer to another one is deleted before it.
    pub fn deletion_rank(&self, resource: &str) -> usize {
        self.ranks.get(resource).copied().unwrap_or_default()
    }

    /// Puts each type behind those that can refer to it; types that refer to each other share a rank as far as possible.
    fn rank(&mut self, contract: &Contract) {
        let kinds: Vec<String> = self.producers.keys().cloned().collect();
        self.ranks = kinds.iter().map(|kind| (kind.clone(), 0)).collect();
        let references: Vec<(String, String)> =
            contract.operations.iter().flat_map(|operation| self.references(operation)).collect();
        // A longer chain than there are types is a circle.
        for _ in 1..kinds.len() {
            for (referrer, referred) in &references {
                let least = self.deletion_rank(referrer) + 1;
                if let Some(rank) = self.ranks.get_mut(referred) {
                    *rank = (*rank).max(least);
                }
            }
        }
    }

    /// Pairs of types of which an operation makes the first refer to the second.
    fn references(&self, operation: &Operation) -> Vec<(String, String)> {
        if operation.is_readonly || self.deletes(&operation.name) {
            return Vec::new();
        }
        let made: Vec<&str> = self.products(&operation.name).iter().map(|made| made.resource.as_str()).collect();
        let is_changed = |node: &&Node| made.is_empty() && node.is_required;
        let members = operation.input.members().iter();
        let changed: Vec<&str> = members.filter(is_changed).filter_map(resource_of).collect();
        let subjects: Vec<&str> = made.into_iter().chain(changed).collect();
        let referred = operation.input.walk().into_iter().filter_map(resource_of);
        let referred = referred.filter(|kind| *kind != Pattern::ANY_RESOURCE && !subjects.contains(kind));
        referred.flat_map(|kind| subjects.iter().map(move |subject| ((*subject).to_owned(), kind.to_owned()))).collect()
    }

    /// What an operation's success brings into being; nothing for operations that make no resource.
    pub fn products(&self, operation: &str) -> &[Product] {
        self.products.get(operation).map_or(&[], Vec::as_slice)
    }

    /// The operation to make a resource type with.
    pub fn producer(&self, resource: &str) -> Option<&str> {
        self.producers.get(resource).map(String::as_str)
    }

    /// All operations that make a resource type, the one to make it with first.
    pub fn makers(&self, resource: &str) -> Vec<&str> {
        let first = self.producer(resource);
        let makes_it = |(_, products): &(&String, &Vec<Product>)| products.iter().any(|made| made.resource == resource);
        let all = self.products.iter().filter(makes_it).map(|(operation, _)| operation.as_str());
        first.into_iter().chain(all.filter(|operation| Some(*operation) != first)).collect()
    }

    /// The operation that deletes a resource type, and its member for the ARN.
    pub fn deleter(&self, resource: &str) -> Option<(&str, &str)> {
        self.deleters.get(resource).map(|(operation, member)| (operation.as_str(), member.as_str()))
    }

    /// Whether an operation deletes resources of some type.
    pub fn deletes(&self, operation: &str) -> bool {
        self.deleters.values().any(|(deleter, _)| deleter == operation)
    }

    /// Whether an operation makes another type before this one.
    pub fn makes_more(&self, operation: &str, resource: &str) -> bool {
        self.products(operation).first().is_some_and(|first| first.resource != resource)
    }

    /// The operation that shows one resource of a type by its ARN alone, and its member for the ARN.
    pub fn reader<'c>(&self, contract: &'c Contract, resource: &str) -> Option<(&'c str, String)> {
        let shows_it = |operation: &&Operation| {
            let shown = single_nodes(&operation.output);
            operation.is_readonly
                && shown.into_iter().any(|node| is_own_name(node) && resource_of(node) == Some(resource))
        };
        contract.operations.iter().filter(shows_it).find_map(|operation| {
            let mut required = operation.input.members().iter().filter(|member| member.is_required);
            let only = required.next().filter(|member| resource_of(member) == Some(resource))?;
            required.next().is_none().then(|| (operation.name.as_str(), only.name.clone()))
        })
    }

    /// The operation that lists all resources of a type with their tags, whoever made them.
    pub fn finder(&self, contract: &Contract, resource: &str) -> Option<Finder> {
        let without_input = |operation: &&Operation| {
            operation.is_readonly && operation.input.members().iter().all(|member| !member.is_required)
        };
        contract.operations.iter().filter(without_input).find_map(|operation| {
            let list = operation.output.members().iter().find_map(|member| match &member.kind {
                NodeKind::List { element } => Some((member, element)),
                _ => None,
            });
            let (items, element) = list?;
            element.members().iter().find(|member| {
                matches!(member.kind, NodeKind::Map { .. }) && member.name == contract.rules.marks.tags
            })?;
            let arn = element.members().iter().find(|node| is_own_name(node) && resource_of(node) == Some(resource))?;
            let paging = operation.pagination.as_ref();
            Some(Finder {
                operation: operation.name.clone(),
                items: items.name.clone(),
                arn: arn.name.clone(),
                tokens: paging.map(|paging| (paging.input_token.clone(), paging.output_token.clone())),
                largest_page: operation.largest_page().map(|(name, most)| (name.to_owned(), most)),
            })
        })
    }

    /// The resource type of which an operation lists every one.
    pub fn listed_by(&self, operation: &str) -> Option<&str> {
        self.listed.get(operation).map(String::as_str)
    }

    /// All resource types that can be made, by name.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.producers.keys().map(String::as_str)
    }

    /// Of several operations that make a type, the one that itself needs the fewest resources.
    fn choose_producers(&mut self, contract: &Contract) {
        for (operation, products) in &self.products {
            let needs = contract.operation(operation).map_or(usize::MAX, needed_resources);
            for product in products {
                let known = self.producers.get(&product.resource);
                let known_needs =
                    known.and_then(|known| contract.operation(known)).map_or(usize::MAX, needed_resources);
                if known.is_none() || needs < known_needs {
                    self.producers.insert(product.resource.clone(), operation.clone());
                }
            }
        }
    }
}

/// Type of the resource that a node names.
pub fn resource_of(node: &Node) -> Option<&str> {
    node.resource.as_ref().map(|named| named.kind.as_str())
}

/// How many resources an operation cannot do without.
pub fn needed_resources(operation: &Operation) -> usize {
    let members = operation.input.members().iter();
    members.filter(|member| member.is_required && resource_of(member).is_some()).count()
}

/// An operation makes a resource if its output names one of a type that its input cannot name.
fn products_of(operation: &Operation) -> Vec<Product> {
    if operation.is_readonly {
        return Vec::new();
    }
    let taken: Vec<&str> = operation.input.walk().into_iter().filter_map(resource_of).collect();
    let mut products: Vec<Product> = Vec::new();
    for node in single_nodes(&operation.output) {
        let Some(resource) = resource_of(node) else { continue };
        let is_new = resource != Pattern::ANY_RESOURCE && !taken.contains(&resource);
        let depth = |path: &str| path.matches('.').count();
        match products.iter_mut().find(|product| product.resource == resource) {
            _ if !is_new => {}
            Some(known)
                if is_own_name(node) && !known.path.ends_with(".arn") && depth(&node.path) <= depth(&known.path) =>
            {
                known.path.clone_from(&node.path);
            }
            Some(_) => {}
            None => products.push(Product { resource: resource.to_owned(), path: node.path.clone() }),
        }
    }
    products
}

/// Whether a member names the resource that it is a member of: ids are called after their resource, ARNs are not.
pub(super) fn is_own_name(node: &Node) -> bool {
    node.resource.as_ref().is_some_and(|named| !named.is_arn || node.name.eq_ignore_ascii_case("arn"))
}

/// Nodes that occur at most once: nothing below lists and maps.
fn single_nodes(node: &Node) -> Vec<&Node> {
    let mut found = vec![node];
    if matches!(node.kind, NodeKind::Structure(_)) {
        for member in node.members() {
            found.extend(single_nodes(member));
        }
    }
    found
}

/// An operation of the method `DELETE`, or named `Delete…`, that requires nothing but the name of a resource deletes it.
fn deleted_by(operation: &Operation) -> Option<(String, String)> {
    if operation.method != "DELETE" && !operation.name.starts_with("Delete") {
        return None;
    }
    let required: Vec<&Node> = operation.input.members().iter().filter(|member| member.is_required).collect();
    match required.as_slice() {
        [only] => Some((resource_of(only)?.to_owned(), only.name.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_refers_to_another_resource_is_deleted_before_it() {
        let contract = crate::spec::builtin().unwrap();
        let resources = Resources::of(&contract);
        let rank = |kind| resources.deletion_rank(kind);
        assert!(rank("stream-key") < rank("channel"));
        assert!(rank("channel") < rank("recording-configuration"));
        assert!(rank("channel") < rank("playback-restriction-policy"));
        assert_eq!(rank("playback-key"), 0, "nothing refers to it");
    }
}
