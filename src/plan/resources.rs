//! Which operation makes which resource and which deletes it, read from the ARN patterns of the model.

use std::collections::BTreeMap;

use crate::spec::Pattern;
use crate::spec::contract::{Contract, Node, NodeKind, Operation};

/// A resource that an operation's success brings into being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Resource type, e.g. `channel`.
    pub resource: String,
    /// Path of its ARN in the output, e.g. `channel.arn`.
    pub path: String,
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
        resources
    }

    /// What an operation's success brings into being; nothing for operations that make no resource.
    pub fn products(&self, operation: &str) -> &[Product] {
        self.products.get(operation).map_or(&[], Vec::as_slice)
    }

    /// The operation to make a resource type with.
    pub fn producer(&self, resource: &str) -> Option<&str> {
        self.producers.get(resource).map(String::as_str)
    }

    /// The operation that deletes a resource type, and its member for the ARN.
    pub fn deleter(&self, resource: &str) -> Option<(&str, &str)> {
        self.deleters.get(resource).map(|(operation, member)| (operation.as_str(), member.as_str()))
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

/// Resource type of a node that holds an ARN.
pub fn resource_of(node: &Node) -> Option<&str> {
    node.constraints.pattern.as_ref()?.arn_resource.as_deref()
}

fn needed_resources(operation: &Operation) -> usize {
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
                if is_own_arn(node) && !known.path.ends_with(".arn") && depth(&node.path) <= depth(&known.path) =>
            {
                known.path.clone_from(&node.path);
            }
            Some(_) => {}
            None => products.push(Product { resource: resource.to_owned(), path: node.path.clone() }),
        }
    }
    products
}

fn is_own_arn(node: &Node) -> bool {
    node.name == "arn"
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

/// An operation named `Delete…` that requires exactly one ARN deletes that resource.
fn deleted_by(operation: &Operation) -> Option<(String, String)> {
    if !operation.name.starts_with("Delete") {
        return None;
    }
    let required: Vec<&Node> = operation.input.members().iter().filter(|member| member.is_required).collect();
    match required.as_slice() {
        [only] => Some((resource_of(only)?.to_owned(), only.name.clone())),
        _ => None,
    }
}
