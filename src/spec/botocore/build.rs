//! Builds JSON values that keep the places of the values that they come from.

use super::super::json::{Entry, Json, Kind, Span};

/// An object under construction.
pub(super) struct Object {
    span: Span,
    entries: Vec<Entry>,
}

impl Object {
    /// An empty object that stands at a place.
    pub fn at(span: Span) -> Self {
        Self { span, entries: Vec::new() }
    }

    /// Adds a member; the first of a key stays.
    pub fn add(&mut self, key: impl Into<String>, key_span: Span, value: Json) {
        self.entries.push(Entry { key: key.into(), key_span, value });
    }

    /// Adds a member with a string.
    pub fn text(&mut self, key: &str, span: Span, value: impl Into<String>) {
        self.add(key, span, text(span, value));
    }

    /// Adds a member with an empty object, as traits without a value have it.
    pub fn empty(&mut self, key: &str, span: Span) {
        self.add(key, span, Object::at(span).json());
    }

    /// Adds a member with a reference to a shape.
    pub fn target(&mut self, key: &str, span: Span, id: impl Into<String>) {
        self.add(key, span, target(span, id));
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The object as a value.
    pub fn json(self) -> Json {
        Json { span: self.span, kind: Kind::Object(self.entries) }
    }
}

/// A string at a place.
pub(super) fn text(span: Span, value: impl Into<String>) -> Json {
    Json { span, kind: Kind::String(value.into()) }
}

/// A whole number at a place.
pub(super) fn number(span: Span, value: u64) -> Json {
    Json { span, kind: Kind::Number(value.to_string()) }
}

/// An array at a place.
pub(super) fn array(span: Span, elements: Vec<Json>) -> Json {
    Json { span, kind: Kind::Array(elements) }
}

/// A reference to a shape.
pub(super) fn target(span: Span, id: impl Into<String>) -> Json {
    let mut reference = Object::at(span);
    reference.text("target", span, id);
    reference.json()
}
