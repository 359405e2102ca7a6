//! From the AST as written to shapes as they are in force: `apply` and mixins are worked in, and every reference is
//! checked. Source: Smithy 2.0 specification, "The Smithy IDL: apply" and "Mixins".

use std::collections::BTreeSet;

use super::ast::{self, Apply, Ast, Reference, Shape, ShapeKind, TraitUse, find_trait};
use super::error::Problems;
use super::json::Json;

/// Works `apply` and mixins into the shapes and reports references that lead nowhere.
pub(super) fn resolve<'a>(ast: &mut Ast<'a>, problems: &mut Problems<'_>) {
    let applies = std::mem::take(&mut ast.applies);
    let deferred: Vec<Apply<'a>> = applies.into_iter().filter(|apply| !apply_now(ast, apply, problems)).collect();
    let ids: Vec<&'a str> = ast.shapes.keys().copied().collect();
    let mut done = BTreeSet::new();
    for id in ids {
        flatten(ast, id, &mut done, &mut Vec::new(), problems);
    }
    for apply in deferred {
        if !apply_now(ast, &apply, problems) {
            let message = format!("traits are applied to `{}`, which does not exist", apply.target);
            problems.add(apply.span, message, "correct the id or remove the `apply`");
        }
    }
    check_references(ast, problems);
}

/// Applies traits if the target exists already; members that a mixin brings do so only later.
fn apply_now<'a>(ast: &mut Ast<'a>, apply: &Apply<'a>, problems: &mut Problems<'_>) -> bool {
    let (id, member) = match apply.target.split_once('$') {
        Some((id, member)) => (id, Some(member)),
        None => (apply.target, None),
    };
    let Some(shape) = ast.shapes.get_mut(id) else {
        return false;
    };
    let traits = match member {
        None => &mut shape.traits,
        Some(name) => match shape.members.iter_mut().find(|member| member.name == name) {
            Some(member) => &mut member.traits,
            None => return false,
        },
    };
    for used in &apply.traits {
        match traits.iter_mut().find(|known| known.id == used.id) {
            Some(known) if shape.mixins.is_empty() && !known.value.same_as(used.value) => {
                let message = format!("`{}` is applied twice with different values", used.id);
                problems.add(used.span, message, "keep one of the two");
            }
            Some(known) => *known = *used,
            None => traits.push(*used),
        }
    }
    true
}

/// Copies what the mixins of a shape bring into it, mixins of mixins first.
fn flatten<'a>(
    ast: &mut Ast<'a>,
    id: &'a str,
    done: &mut BTreeSet<&'a str>,
    path: &mut Vec<&'a str>,
    problems: &mut Problems<'_>,
) {
    if done.contains(id) {
        return;
    }
    let Some(mixins) = ast.shapes.get(id).map(|shape| shape.mixins.clone()) else {
        return;
    };
    path.push(id);
    for mixin in &mixins {
        if path.contains(&mixin.target) || path.len() > DEEPEST_MIXIN {
            problems.add(mixin.span, format!("`{}` mixes itself in", mixin.target), "break the circle of mixins");
            continue;
        }
        if let Some((target, _)) = ast.shapes.get_key_value(mixin.target) {
            let target = *target;
            flatten(ast, target, done, path, problems);
        }
    }
    path.pop();
    done.insert(id);
    let sources: Vec<Shape<'a>> = mixins.iter().filter_map(|mixin| ast.shapes.get(mixin.target).cloned()).collect();
    if let Some(shape) = ast.shapes.get_mut(id) {
        merge(shape, &sources, problems);
    }
}

/// How many mixins may mix one another in, in a row.
const DEEPEST_MIXIN: usize = 60;

fn merge<'a>(shape: &mut Shape<'a>, mixins: &[Shape<'a>], problems: &mut Problems<'_>) {
    let mut members: Vec<ast::Member<'a>> = Vec::new();
    let own = std::mem::take(&mut shape.members);
    for mixin in mixins {
        if mixin.kind != shape.kind {
            let message =
                format!("`{}` is a {} and cannot be mixed into a {}", mixin.id, mixin.kind.name(), shape.kind.name());
            problems.add(shape.span, message, "mix in a shape of the same type");
        }
        for used in mixin.traits.iter().filter(|used| !is_local(mixin, used)) {
            if find_trait(&shape.traits, used.id).is_none() {
                shape.traits.push(*used);
            }
        }
        for member in &mixin.members {
            if !members.iter().any(|known| known.name == member.name) {
                members.push(member.clone());
            }
        }
    }
    for member in own {
        match members.iter_mut().find(|known| known.name == member.name) {
            Some(known) => {
                let inherited = std::mem::take(&mut known.traits);
                *known = member;
                for used in inherited {
                    if find_trait(&known.traits, used.id).is_none() {
                        known.traits.push(used);
                    }
                }
            }
            None => members.push(member),
        }
    }
    shape.members = members;
}

/// Whether a trait of a mixin stays with the mixin.
fn is_local(mixin: &Shape<'_>, used: &TraitUse<'_>) -> bool {
    let Some(marker) = find_trait(&mixin.traits, "smithy.api#mixin") else {
        return false;
    };
    used.id == marker.id
        || marker
            .value
            .get("localTraits")
            .is_some_and(|local| local.elements().iter().any(|id| id.as_str() == Some(used.id)))
}

/// A list property of a shape with what its mixins add to it.
pub(super) fn references<'a>(
    ast: &Ast<'a>,
    shape: &Shape<'a>,
    key: &str,
    problems: &mut Problems<'_>,
) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![shape.id];
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(shape) = ast.shapes.get(id) else {
            continue;
        };
        waiting.extend(shape.mixins.iter().map(|mixin| mixin.target));
        if let Some(body) = shape.body {
            found.extend(ast::read_references(body, key, problems));
        }
    }
    found
}

/// A single reference of a shape, its own or the first that a mixin has.
pub(super) fn reference<'a>(
    ast: &Ast<'a>,
    shape: &Shape<'a>,
    key: &str,
    problems: &mut Problems<'_>,
) -> Option<Reference<'a>> {
    let own = |shape: &Shape<'a>| shape.body.and_then(|body: &'a Json| body.get(key));
    let value =
        own(shape).or_else(|| shape.mixins.iter().find_map(|mixin| ast.shapes.get(mixin.target).and_then(own)))?;
    ast::read_reference(value, problems)
}

fn check_references(ast: &Ast<'_>, problems: &mut Problems<'_>) {
    let unknown = |reference: &Reference<'_>, problems: &mut Problems<'_>| {
        if ast.shapes.contains_key(reference.target) {
            return;
        }
        let message = format!("the shape `{}` does not exist", reference.target);
        problems.add(reference.span, message, "define the shape or correct the target");
    };
    for shape in ast.shapes.values() {
        for mixin in &shape.mixins {
            unknown(mixin, problems);
        }
        for member in &shape.members {
            unknown(&member.target, problems);
            let is_wrong = ast.shapes.get(member.target.target).is_some_and(|target| !target.kind.is_data());
            if is_wrong {
                let message = format!("`{}` is no data shape", member.target.target);
                problems.add(member.target.span, message, "target a shape that holds data");
            }
            if matches!(shape.kind, ShapeKind::Enum | ShapeKind::IntEnum) && member.target.target != ast::UNIT {
                problems.add(member.target.span, "members of an enum target `smithy.api#Unit`", "correct the target");
            }
        }
    }
}
