//! The Smithy JSON AST as it stands in the file: shapes, members and traits, before mixins and `apply`.
//! Source: Smithy 2.0 specification, "JSON AST".

use std::collections::BTreeMap;

use super::error::Problems;
use super::json::{Entry, Json, Span};
use super::shape_kind::{PRELUDE, prelude_kind};

pub(super) use super::shape_kind::{ShapeKind, UNIT};

/// A trait where it is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct TraitUse<'a> {
    /// Its shape id.
    pub id: &'a str,
    /// Where its id stands.
    pub span: Span,
    /// Its value.
    pub value: &'a Json,
}

/// A reference to another shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference<'a> {
    /// The shape id.
    pub target: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// A member of a shape; list elements are `member`, map keys and values `key` and `value`.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    pub name: &'a str,
    pub span: Span,
    pub target: Reference<'a>,
    pub traits: Vec<TraitUse<'a>>,
}

/// A shape.
#[derive(Debug, Clone)]
pub(super) struct Shape<'a> {
    pub id: &'a str,
    pub span: Span,
    pub kind: ShapeKind,
    pub members: Vec<Member<'a>>,
    pub traits: Vec<TraitUse<'a>>,
    pub mixins: Vec<Reference<'a>>,
    /// The whole object, for the properties of services, resources and operations; none for the prelude's shapes.
    pub body: Option<&'a Json>,
}

/// Traits applied from outside with `apply`.
#[derive(Debug, Clone)]
pub(super) struct Apply<'a> {
    /// Shape id, with `$member` if it is for a member.
    pub target: &'a str,
    pub span: Span,
    pub traits: Vec<TraitUse<'a>>,
}

/// All shapes of a file.
#[derive(Debug, Default)]
pub(super) struct Ast<'a> {
    pub shapes: BTreeMap<&'a str, Shape<'a>>,
    pub applies: Vec<Apply<'a>>,
}

/// The value of a trait in a list of traits.
pub(super) fn find_trait<'t, 'a>(traits: &'t [TraitUse<'a>], id: &str) -> Option<&'t TraitUse<'a>> {
    traits.iter().find(|used| used.id == id)
}

/// The part of a shape id behind the namespace.
pub(super) fn short_name(id: &str) -> &str {
    id.rsplit_once('#').map_or(id, |(_, name)| name)
}

/// Reads the shapes of a file.
pub(super) fn read<'a>(root: &'a Json, problems: &mut Problems<'_>) -> Ast<'a> {
    let mut ast = Ast::default();
    for id in PRELUDE {
        let kind = prelude_kind(id);
        add_prelude(&mut ast, id, kind);
    }
    if !root.is_object() {
        problems.add(root.span, format!("a contract is a JSON object, not {}", root.kind_name()), NOT_SMITHY);
        return ast;
    }
    check_version(root, problems);
    for entry in root.entries() {
        if !["smithy", "metadata", "shapes"].contains(&entry.key.as_str()) {
            problems.add(entry.key_span, format!("`{}` is no part of a Smithy model", entry.key), NOT_SMITHY);
        }
    }
    match root.get("shapes") {
        Some(shapes) if shapes.is_object() => {
            for entry in shapes.entries() {
                read_entry(entry, &mut ast, problems);
            }
        }
        Some(other) => problems.add(other.span, "`shapes` must be an object", NOT_SMITHY),
        None => problems.add(root.span, "the model has no `shapes`", NOT_SMITHY),
    }
    ast
}

const NOT_SMITHY: &str = "give a Smithy 2.0 JSON AST model (an object with `smithy` and `shapes`) or a botocore \
                          `service-2.json` (`metadata`, `operations` and `shapes`)";

fn add_prelude(ast: &mut Ast<'_>, id: &'static str, kind: ShapeKind) {
    let shape = Shape {
        id,
        span: Span::default(),
        kind,
        members: Vec::new(),
        traits: Vec::new(),
        mixins: Vec::new(),
        body: None,
    };
    ast.shapes.insert(id, shape);
}

fn check_version(root: &Json, problems: &mut Problems<'_>) {
    match root.get("smithy") {
        Some(version) if matches!(version.as_str(), Some("1" | "1.0" | "2" | "2.0")) => {}
        Some(version) => problems.add(version.span, "only Smithy 1.0 and 2.0 models are understood", NOT_SMITHY),
        None => problems.add(root.span, "the model does not say its `smithy` version", NOT_SMITHY),
    }
}

fn read_entry<'a>(entry: &'a Entry, ast: &mut Ast<'a>, problems: &mut Problems<'_>) {
    let Some(kind) = entry.value.get("type").and_then(Json::as_str) else {
        let help = "write an object with the shape's `type` as a string";
        problems.add(entry.key_span, format!("the shape `{}` has no `type`", entry.key), help);
        return;
    };
    let traits = read_traits(&entry.value, problems);
    if kind == "apply" {
        check_properties(&entry.value, "apply", &["type", "traits"], problems);
        ast.applies.push(Apply { target: &entry.key, span: entry.key_span, traits });
        return;
    }
    let Some(kind) = ShapeKind::parse(kind) else {
        problems.add(
            entry.value.get("type").map_or(entry.key_span, |value| value.span),
            format!("`{kind}` is no Smithy shape type"),
            "use a type of the Smithy 2.0 JSON AST, e.g. `structure` or `string`",
        );
        return;
    };
    check_id(entry, problems);
    let allowed: Vec<&str> = ["type", "traits", "mixins"].iter().chain(kind.properties()).copied().collect();
    check_properties(&entry.value, kind.name(), &allowed, problems);
    let shape = Shape {
        id: &entry.key,
        span: entry.key_span,
        kind,
        members: read_members(entry, kind, problems),
        traits,
        mixins: read_references(&entry.value, "mixins", problems),
        body: Some(&entry.value),
    };
    ast.shapes.insert(&entry.key, shape);
}

fn check_id(entry: &Entry, problems: &mut Problems<'_>) {
    let is_legal = entry
        .key
        .split_once('#')
        .is_some_and(|(namespace, name)| namespace.split('.').all(is_identifier) && is_identifier(name));
    if !is_legal {
        let help = "write `namespace#Name` with letters, digits and underscores";
        problems.add(entry.key_span, format!("`{}` is no shape id", entry.key), help);
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn check_properties(body: &Json, kind: &str, allowed: &[&str], problems: &mut Problems<'_>) {
    for entry in body.entries() {
        if !allowed.contains(&entry.key.as_str()) {
            problems.add(
                entry.key_span,
                format!("`{}` is no property of the type `{kind}`", entry.key),
                format!("remove it; allowed are {}", allowed.join(", ")),
            );
        }
    }
}

/// Reads the traits of a shape or member.
fn read_traits<'a>(body: &'a Json, problems: &mut Problems<'_>) -> Vec<TraitUse<'a>> {
    let Some(traits) = body.get("traits") else {
        return Vec::new();
    };
    if !traits.is_object() {
        problems.add(
            traits.span,
            format!("`traits` must be an object, not {}", traits.kind_name()),
            "write trait ids with their values",
        );
    }
    traits
        .entries()
        .iter()
        .map(|entry| TraitUse { id: &entry.key, span: entry.key_span, value: &entry.value })
        .collect()
}

/// Reads a list of references; nothing if the property is absent.
pub(super) fn read_references<'a>(body: &'a Json, key: &str, problems: &mut Problems<'_>) -> Vec<Reference<'a>> {
    let Some(list) = body.get(key) else {
        return Vec::new();
    };
    if !matches!(list.kind, super::json::Kind::Array(_)) {
        problems.add(list.span, format!("`{key}` must be an array of references"), TARGET_HELP);
    }
    list.elements().iter().filter_map(|element| read_reference(element, problems)).collect()
}

const TARGET_HELP: &str = "write a reference as {\"target\": \"namespace#Name\"}";

/// Reads one reference.
pub(super) fn read_reference<'a>(value: &'a Json, problems: &mut Problems<'_>) -> Option<Reference<'a>> {
    let Some(target) = value.get("target") else {
        problems.add(value.span, "a reference has no `target`", TARGET_HELP);
        return None;
    };
    let Some(id) = target.as_str() else {
        problems.add(target.span, format!("a target must be a string, not {}", target.kind_name()), TARGET_HELP);
        return None;
    };
    Some(Reference { target: id, span: target.span })
}

fn read_members<'a>(entry: &'a Entry, kind: ShapeKind, problems: &mut Problems<'_>) -> Vec<Member<'a>> {
    let body = &entry.value;
    let has_mixins = body.get("mixins").is_some();
    let mut members = Vec::new();
    match kind {
        ShapeKind::List | ShapeKind::Set | ShapeKind::Map => {
            for name in kind.properties() {
                match body.entries().iter().find(|member| member.key == *name) {
                    Some(member) => members.extend(read_member(member, problems)),
                    None if has_mixins => {}
                    None => {
                        let message = format!("the {} `{}` has no `{name}`", kind.name(), entry.key);
                        problems.add(entry.key_span, message, TARGET_HELP);
                    }
                }
            }
        }
        _ => {
            let Some(list) = body.get("members") else {
                return members;
            };
            if !list.is_object() {
                problems.add(list.span, "`members` must be an object", "write member names with their targets");
            }
            members.extend(list.entries().iter().filter_map(|member| read_member(member, problems)));
        }
    }
    members
}

fn read_member<'a>(entry: &'a Entry, problems: &mut Problems<'_>) -> Option<Member<'a>> {
    check_properties(&entry.value, "member", &["target", "traits"], problems);
    Some(Member {
        name: &entry.key,
        span: entry.key_span,
        target: read_reference(&entry.value, problems)?,
        traits: read_traits(&entry.value, problems),
    })
}
