//! Which role an operation has in the life of a resource, read from the shapes of its input and output.

use super::resources::{Resources, is_own_name, resource_of};
use crate::spec::Pattern;
use crate::spec::contract::{Contract, Node, NodeKind, Operation};

/// What an operation does to resources of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleKind {
    /// Makes one.
    Create,
    /// Changes one.
    Update,
    /// Adds tags to one.
    Tag,
    /// Takes tags from one.
    Untag,
    /// Deletes one.
    Delete,
    /// Shows one.
    Get,
    /// Shows the tags of one.
    Tags,
    /// Shows several by their ARNs.
    Batch,
    /// Shows all of them, page by page.
    List,
}

/// The role of one operation in the life of one resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRole {
    /// What it does.
    pub kind: RoleKind,
    /// The operation.
    pub operation: String,
    /// The resource type.
    pub resource: String,
    /// Input member for the ARN of the resource it is about (several for [`RoleKind::Batch`]); of their owner for
    /// [`RoleKind::Create`] and [`RoleKind::List`], if they have one.
    pub subject: Option<String>,
    /// Type of that owner.
    pub owner: Option<String>,
    /// Output member with the resource, the resources, or the tags.
    pub place: Option<String>,
    /// Input member that filters a list, and the member of resources that it filters by.
    pub filter: Option<(String, String)>,
    /// Input member with the tags to add or the keys to remove.
    pub tags: Option<String>,
}

impl OperationRole {
    fn new(kind: RoleKind, operation: &Operation, resource: &str) -> OperationRole {
        OperationRole {
            kind,
            operation: operation.name.clone(),
            resource: resource.to_owned(),
            subject: None,
            owner: None,
            place: None,
            filter: None,
            tags: None,
        }
    }

    /// Whether it is about one or several resources of a type that were made before: for a list that has an owner, of the
    /// owner's type.
    pub fn is_about(&self, resource: &str) -> bool {
        self.kind != RoleKind::Create && self.owner.as_deref().unwrap_or(&self.resource) == resource
    }
}

/// The roles of all operations in the life of a resource type, in the order of the contract.
pub fn roles(contract: &Contract, resources: &Resources, resource: &str) -> Vec<OperationRole> {
    contract.operations.iter().filter_map(|operation| role(operation, resources, resource)).collect()
}

fn role(operation: &Operation, resources: &Resources, resource: &str) -> Option<OperationRole> {
    let required: Vec<&Node> = operation.input.members().iter().filter(|member| member.is_required).collect();
    let new = |kind| OperationRole::new(kind, operation, resource);
    let subject = |member: &Node| Some(member.name.clone());
    if resources.deleter(resource).is_some_and(|(deleter, _)| deleter == operation.name) {
        let member = resources.deleter(resource).map(|(_, member)| member.to_owned());
        return Some(OperationRole { subject: member, ..new(RoleKind::Delete) });
    }
    if let Some(role) = tag_role(operation, &required, new(RoleKind::Tags)) {
        return Some(role);
    }
    let object = object_of(operation, resource).map(|node| node.name.clone());
    let items = items_of(operation, resource).map(|node| node.name.clone());
    let names = |member: &&Node| resource_of(member) == Some(resource);
    let owner = required.iter().find(|member| resource_of(member).is_some_and(|kind| kind != resource));
    let owned = |role: OperationRole| OperationRole {
        subject: owner.and_then(|member| subject(member)),
        owner: owner.and_then(|member| resource_of(member)).map(str::to_owned),
        ..role
    };
    match (required.as_slice(), operation.is_readonly) {
        (_, false) if is_product(operation, resources, resource) => {
            Some(owned(OperationRole { place: Some(object?), ..new(RoleKind::Create) }))
        }
        (members, false) => {
            let member = members.iter().find(|member| names(member))?;
            Some(OperationRole { subject: subject(member), place: Some(object?), ..new(RoleKind::Update) })
        }
        ([only], true) if names(only) => {
            Some(OperationRole { subject: subject(only), place: Some(object?), ..new(RoleKind::Get) })
        }
        ([only], true) if element(only).is_some_and(|element| names(&element)) => {
            Some(OperationRole { subject: subject(only), place: Some(items?), ..new(RoleKind::Batch) })
        }
        (members, true) if operation.pagination.is_some() && members.len() <= 1 => {
            let filter = filter_of(operation, resource);
            Some(owned(OperationRole { place: Some(items?), filter, ..new(RoleKind::List) }))
        }
        _ => None,
    }
}

/// Whether the resource is what the operation is for, and not what comes along with it.
fn is_product(operation: &Operation, resources: &Resources, resource: &str) -> bool {
    resources.products(&operation.name).first().is_some_and(|product| product.resource == resource)
}

/// Whether an operation adds, removes or lists the tags of resources of whatever type.
pub fn is_about_tags(operation: &Operation) -> bool {
    let required: Vec<&Node> = operation.input.members().iter().filter(|member| member.is_required).collect();
    tag_role(operation, &required, OperationRole::new(RoleKind::Tags, operation, Pattern::ANY_RESOURCE)).is_some()
}

/// Tags are a map; keys to remove are a list; both beside the ARN of whatever resource.
fn tag_role(operation: &Operation, required: &[&Node], role: OperationRole) -> Option<OperationRole> {
    let is_any = |member: &&&Node| resource_of(member) == Some(Pattern::ANY_RESOURCE);
    let subject = Some(required.iter().find(is_any)?.name.clone());
    let others: Vec<&&Node> = required.iter().filter(|member| !is_any(member)).collect();
    match others.as_slice() {
        [] if operation.is_readonly => {
            let is_map = |member: &&Node| matches!(member.kind, NodeKind::Map { .. });
            let place = operation.output.members().iter().find(is_map)?.name.clone();
            Some(OperationRole { subject, place: Some(place), ..role })
        }
        [only] if !operation.is_readonly => {
            let kind = match only.kind {
                NodeKind::Map { .. } => RoleKind::Tag,
                NodeKind::List { .. } => RoleKind::Untag,
                _ => return None,
            };
            Some(OperationRole { kind, subject, tags: Some(only.name.clone()), ..role })
        }
        _ => None,
    }
}

/// The structure in an operation's output that is a resource of the type: it has the ARN.
pub fn object_of<'c>(operation: &'c Operation, resource: &str) -> Option<&'c Node> {
    operation.output.members().iter().find(|member| has_arn(member, resource))
}

/// The list in an operation's output that has resources of the type.
pub fn items_of<'c>(operation: &'c Operation, resource: &str) -> Option<&'c Node> {
    let is_list = |member: &&Node| element(member).is_some_and(|element| has_arn(element, resource));
    operation.output.members().iter().find(is_list)
}

/// Whether a member is the name of the resource that it is a member of.
pub fn names_itself(member: &Node) -> bool {
    is_own_name(member) && resource_of(member).is_some_and(|kind| kind != Pattern::ANY_RESOURCE)
}

/// The elements of a list.
pub fn element(node: &Node) -> Option<&Node> {
    match &node.kind {
        NodeKind::List { element } => Some(element),
        _ => None,
    }
}

fn has_arn(node: &Node, resource: &str) -> bool {
    node.members().iter().any(|member| is_own_name(member) && resource_of(member) == Some(resource))
}

/// A filter takes a text of the same shape as a member of what is listed.
fn filter_of(operation: &Operation, resource: &str) -> Option<(String, String)> {
    let item = element(items_of(operation, resource)?)?;
    let is_text = |node: &&Node| matches!(node.kind, NodeKind::String) && resource_of(node).is_none();
    operation.input.members().iter().filter(is_text).find_map(|filter| {
        let filtered = item.members().iter().find(|member| member.shape == filter.shape)?;
        Some((filter.name.clone(), filtered.name.clone()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parts(resource: &str) -> Vec<String> {
        let contract = crate::spec::builtin().unwrap();
        let mut found = roles(&contract, &Resources::of(&contract), resource);
        found.sort_by_key(|role| role.kind);
        found.iter().map(|role| format!("{:?} {}", role.kind, role.operation)).collect()
    }

    #[test]
    fn the_life_of_a_channel_follows_from_the_model() {
        let expected = [
            "Create CreateChannel",
            "Update UpdateChannel",
            "Tag TagResource",
            "Untag UntagResource",
            "Delete DeleteChannel",
            "Get GetChannel",
            "Tags ListTagsForResource",
            "Batch BatchGetChannel",
            "List ListChannels",
        ];
        assert_eq!(parts("channel"), expected);
    }

    #[test]
    fn a_stream_key_has_an_owner() {
        let contract = crate::spec::builtin().unwrap();
        let found = roles(&contract, &Resources::of(&contract), "stream-key");
        let owned = |kind| found.iter().any(|role| role.kind == kind && role.owner.as_deref() == Some("channel"));
        assert!(owned(RoleKind::Create) && owned(RoleKind::List), "{found:#?}");
    }

    #[test]
    fn a_list_is_filtered_by_what_has_the_same_shape() {
        let contract = crate::spec::builtin().unwrap();
        let found = roles(&contract, &Resources::of(&contract), "channel");
        let list = found.iter().find(|role| role.kind == RoleKind::List).unwrap();
        assert_eq!(list.filter, Some(("filterByName".to_owned(), "name".to_owned())));
    }
}
