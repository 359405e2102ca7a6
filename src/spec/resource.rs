//! Which resource each member names, as the model says it: by the identifiers of resource shapes, by `aws.api#arnReference`,
//! by the labels of paths; only then by patterns of ARNs. Source: Smithy 2.0 specification, "Resource identifiers", and
//! "AWS core specification: aws.api#arnReference".

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Ast, Member, Reference, ShapeKind, TraitUse, short_name};
use super::contract::{Location, Node, NodeKind, Operation, ResourceName, Service};
use super::json::Json;
use super::pattern::Pattern;

/// Ends of the names of labels that name a resource, in lower case.
const IDENTIFIER_ENDS: [&str; 3] = ["identifier", "id", "arn"];

/// Members that name resources, by their own name and their target: the identifiers of the model's resource shapes.
pub(super) type Identifiers<'a> = BTreeMap<(&'a str, &'a str), String>;

/// The identifiers of all resource shapes. A resource below another one has the identifiers of both; its own is the one
/// that the other does not have.
pub(super) fn identifiers<'a>(ast: &Ast<'a>) -> Identifiers<'a> {
    let resources = || ast.shapes.values().filter(|shape| shape.kind == ShapeKind::Resource);
    let of = |body: Option<&'a Json>| -> Vec<(&'a str, &'a str)> {
        let entries = body.and_then(|body| body.get("identifiers")).map_or(&[][..], Json::entries);
        let target = |value: &'a Json| value.get("target").and_then(Json::as_str);
        entries.iter().filter_map(|entry| Some((entry.key.as_str(), target(&entry.value)?))).collect()
    };
    let mut found = Identifiers::new();
    for shape in resources() {
        let is_below = |other: Option<&Json>| {
            let below = other.and_then(|body| body.get("resources")).map_or(&[][..], Json::elements);
            below.iter().any(|resource| resource.get("target").and_then(Json::as_str) == Some(shape.id))
        };
        let above: BTreeSet<(&str, &str)> =
            resources().filter(|other| is_below(other.body)).flat_map(|other| of(other.body)).collect();
        let own = of(shape.body).into_iter().filter(|identifier| !above.contains(identifier));
        found.extend(own.map(|identifier| (identifier, kebab(short_name(shape.id)))));
    }
    found
}

/// The resource that a member names, as far as the member itself says it.
pub(super) fn of_member<'t, 'a: 't>(
    identifiers: &Identifiers<'a>,
    member: &Member<'a>,
    effective: &dyn Fn(&str) -> Option<&'t TraitUse<'a>>,
    pattern: Option<&Pattern>,
) -> Option<ResourceName> {
    let Reference { target, .. } = member.target;
    let by_pattern = pattern.and_then(|pattern| pattern.arn_resource.clone());
    let is_arn = by_pattern.is_some();
    let modelled = |kind: String| ResourceName { kind, is_arn, by_pattern: by_pattern.clone() };
    if let Some(kind) = identifiers.get(&(member.name, target)) {
        return Some(modelled(kind.clone()));
    }
    if let Some(reference) = effective("aws.api#arnReference") {
        let shape = reference.value.get("resource").and_then(Json::as_str).map(short_name);
        let kind = reference.value.get("type").and_then(Json::as_str).and_then(|kind| kind.rsplit("::").next());
        if let Some(name) = shape.or(kind) {
            return Some(ResourceName { is_arn: true, ..modelled(kebab(name)) });
        }
    }
    by_pattern.clone().map(|kind| ResourceName { kind, is_arn: true, by_pattern })
}

/// Settles what the members of all operations name: labels of paths are read, resources that no operation makes count only
/// as far as patterns name them, and one resource has one name.
pub(super) fn settle(operations: &mut [Operation]) {
    read_labels(operations);
    let made = made(operations);
    for_each(operations, &mut |node| {
        let Some(named) = &node.resource else { return };
        if named.by_pattern.as_ref() != Some(&named.kind) && !made.contains(&named.kind) {
            node.resource = named.by_pattern.clone().map(ResourceName::by_pattern);
        }
    });
    let mut aliases: BTreeMap<String, String> = BTreeMap::new();
    for_each(operations, &mut |node| {
        if let Some(ResourceName { kind, by_pattern: Some(pattern), .. }) = &node.resource
            && pattern != Pattern::ANY_RESOURCE
            && pattern != kind
        {
            aliases.entry(pattern.clone()).or_insert_with(|| kind.clone());
        }
    });
    let mut by_arn = BTreeSet::new();
    for_each(operations, &mut |node| {
        let Some(named) = &mut node.resource else { return };
        if let Some(kind) = aliases.get(&named.kind) {
            named.kind.clone_from(kind);
        }
        if named.is_arn {
            by_arn.insert(named.kind.clone());
        }
    });
    // An id and an ARN of one resource do not stand for one another.
    for_each(operations, &mut |node| {
        if let Some(named) = node.resource.as_mut().filter(|named| !named.is_arn && by_arn.contains(&named.kind)) {
            named.kind.push_str("-id");
        }
    });
}

/// Members that name resources of these kinds take any text of their pattern: the resources are another service's.
pub(super) fn take_as_given(operations: &mut [Operation], kinds: &[String]) {
    for_each(operations, &mut |node| {
        node.resource = node.resource.take().filter(|named| !kinds.contains(&named.kind));
    });
}

/// Members whose pattern is that of another service's ARNs take any text of it, if no operation makes what they name.
pub(super) fn leave_to_others(operations: &mut [Operation], service: &Service) {
    let own: Vec<&str> =
        [&service.signing_name, &service.endpoint_prefix].into_iter().flatten().map(String::as_str).collect();
    let made = made(operations);
    for_each(operations, &mut |node| {
        let service = node.constraints.pattern.as_ref().and_then(|pattern| pattern.arn_service.as_deref());
        let is_foreign = !own.is_empty() && service.is_some_and(|service| !own.contains(&service));
        node.resource = node.resource.take().filter(|named| !is_foreign || made.contains(&named.kind));
    });
}

/// A label of a path names a resource if it is called like an identifier; its member is then known by name and shape.
fn read_labels(operations: &mut [Operation]) {
    let mut found: BTreeMap<(String, String), String> = BTreeMap::new();
    for operation in operations.iter() {
        let labels = operation.input.members().iter().filter(|member| member.location == Location::Label);
        for label in labels.filter(|label| matches!(label.kind, NodeKind::String) && label.resource.is_none()) {
            if let Some(kind) = without_end(&label.member) {
                found.insert((label.member.clone(), label.shape.clone()), kind);
            }
        }
    }
    for_each(operations, &mut |node| {
        let kind = found.get(&(node.member.clone(), node.shape.clone()));
        if let (None, Some(kind)) = (&node.resource, kind) {
            node.resource = Some(ResourceName { kind: kind.clone(), is_arn: false, by_pattern: None });
        }
    });
}

/// `thing` for `thingId`; none for a name that is not an identifier's.
fn without_end(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let end = IDENTIFIER_ENDS.iter().find(|end| lower.ends_with(**end) && lower.len() > end.len())?;
    Some(kebab(name.get(..name.len() - end.len())?))
}

/// The resources that some operation makes: it shows one of a kind that its request does not name.
fn made(operations: &[Operation]) -> BTreeSet<String> {
    let kinds = |node: &Node| -> BTreeSet<String> {
        node.walk().into_iter().filter_map(|node| Some(node.resource.as_ref()?.kind.clone())).collect()
    };
    let changing = operations.iter().filter(|operation| !operation.is_readonly);
    changing.flat_map(|operation| &kinds(&operation.output) - &kinds(&operation.input)).collect()
}

fn for_each(operations: &mut [Operation], visit: &mut dyn FnMut(&mut Node)) {
    fn below(node: &mut Node, visit: &mut dyn FnMut(&mut Node)) {
        visit(node);
        for child in node.children_mut() {
            below(child, visit);
        }
    }
    for operation in operations {
        below(&mut operation.input, visit);
        below(&mut operation.output, visit);
    }
}

/// `access-key` for `AccessKey` and `accessKey`.
fn kebab(name: &str) -> String {
    let mut result = String::new();
    let mut follows_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && follows_small {
            result.push('-');
        }
        follows_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        match letter {
            '_' | '-' => result.push('-'),
            other => result.push(other.to_ascii_lowercase()),
        }
    }
    result
}
