//! Reads botocore models (`service-2.json`) by writing them as Smithy 2.0 JSON AST. Every value of the result keeps the
//! place of the value that it comes from, so that what is wrong with the model is reported at its place in the botocore
//! file. Source: botocore `botocore/model.py` and `botocore/serialize.py` (`rest-json`).

mod build;
mod members;
mod operations;
mod pagination;
mod service;
mod shapes;

use std::collections::HashMap;

use self::build::Object;
use super::error::Problems;
use super::json::{Entry, Json, Span};

const NOT_BOTOCORE: &str = "give a botocore model: an object with `metadata`, `operations` and `shapes`";

/// Whether a file's content is a botocore model.
pub(super) fn is_model(root: &Json) -> bool {
    root.get("smithy").is_none() && ["metadata", "operations", "shapes"].iter().all(|key| root.get(key).is_some())
}

/// The model as Smithy JSON AST. `paginators` is the content of the `paginators-1.json` beside it.
pub(super) fn translate(root: &Json, paginators: Option<&Json>, problems: &mut Problems<'_>) -> Json {
    const KNOWN: [&str; 8] =
        ["version", "metadata", "operations", "shapes", "documentation", "examples", "deprecated", "deprecatedMessage"];
    refuse_unknown(root, &KNOWN, "a botocore model", problems);
    for key in ["metadata", "operations", "shapes"] {
        let Some(found) = root.get(key).filter(|value| !value.is_object()) else { continue };
        problems.add(found.span, format!("`{key}` must be an object, not {}", found.kind_name()), NOT_BOTOCORE);
    }
    let model = Model::of(root);
    let mut shapes = Object::at(root.span);
    service::write(&model, &mut shapes, problems);
    for entry in entries(root, "operations") {
        operations::write(&model, entry, paginators, &mut shapes, problems);
    }
    for entry in entries(root, "shapes") {
        shapes::write(&model, entry, &mut shapes, problems);
    }
    let mut translated = Object::at(root.span);
    translated.text("smithy", root.span, "2.0");
    translated.add("shapes", root.span, shapes.json());
    translated.json()
}

fn entries<'a>(root: &'a Json, key: &str) -> &'a [Entry] {
    root.get(key).map_or(&[], Json::entries)
}

/// A botocore model, with what its parts need to know of each other.
struct Model<'a> {
    root: &'a Json,
    namespace: String,
    /// All shapes by name.
    shapes: HashMap<&'a str, &'a Json>,
}

impl<'a> Model<'a> {
    fn of(root: &'a Json) -> Self {
        let id = root.at(&["metadata", "serviceId"]).or_else(|| root.at(&["metadata", "endpointPrefix"]));
        let name = identifier(id.and_then(Json::as_str).unwrap_or_default());
        let shapes = entries(root, "shapes").iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
        Self { root, namespace: format!("com.amazonaws.{}", name.to_lowercase()), shapes }
    }

    /// The shape id of an operation.
    fn operation_id(&self, name: &str) -> String {
        format!("{}#{name}", self.namespace)
    }

    /// The shape id of a data shape. Operations and shapes have separate names in botocore and share theirs in Smithy, so
    /// a shape that is called like an operation gets a namespace of its own.
    fn shape_id(&self, name: &str) -> String {
        let is_taken = self.root.get("operations").is_some_and(|operations| operations.get(name).is_some());
        format!("{}{}#{name}", self.namespace, if is_taken { ".shapes" } else { "" })
    }

    /// The type of a shape.
    fn kind(&self, name: &str) -> Option<&'a str> {
        self.shapes.get(name).and_then(|shape| shape.get("type")).and_then(Json::as_str)
    }
}

/// The letters, digits and underscores of a text.
fn identifier(text: &str) -> String {
    let kept: String = text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    if kept.starts_with(|first: char| first.is_ascii_digit()) || kept.is_empty() { format!("_{kept}") } else { kept }
}

/// Reports keys that the reader does not know: they could change a verdict.
fn refuse_unknown(value: &Json, known: &[&str], owner: &str, problems: &mut Problems<'_>) {
    for entry in value.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let message = format!("the key `{}` of {owner} is not understood", entry.key);
        problems.add(entry.key_span, message, "it could change a verdict: remove it if it does not");
    }
}

/// Whether a flag of a shape, member or operation is set; the place of the flag if it is.
fn flag(value: &Json, key: &str) -> Option<Span> {
    value.get(key).filter(|flag| matches!(flag.kind, super::json::Kind::Bool(true))).map(|flag| flag.span)
}
