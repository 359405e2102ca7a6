//! The input of a request after its check. Reading is lenient and never fails: a server may be told not to insist on
//! every constraint.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Members of a JSON object, read leniently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// Reads the members of that object.
    pub(crate) fn new(members: &'a Map<String, Value>) -> Self {
        Self(members)
    }

    /// A member's value; `null` is the same as absence.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A member that is text.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        self.value(name).map(text_of)
    }

    /// A member that is text; the empty string if it is absent.
    pub(crate) fn text_or_empty(self, name: &str) -> Cow<'a, str> {
        self.text(name).unwrap_or_default()
    }

    /// A member that is `true` or `false`.
    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    /// A member that is an integer.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => number.as_i64().or_else(|| Some(whole(number.as_f64()?))),
            Value::String(text) => text.parse().ok(),
            Value::Bool(flag) => Some(i64::from(*flag)),
            _ => None,
        }
    }

    /// A member that is an object.
    pub(crate) fn object(self, name: &str) -> Option<Fields<'a>> {
        self.value(name)?.as_object().map(Fields)
    }

    /// A member that is a list of texts.
    pub(crate) fn texts(self, name: &str) -> Option<Vec<String>> {
        let value = self.value(name)?;
        Some(match value {
            Value::Array(items) => items.iter().map(|item| text_of(item).into_owned()).collect(),
            other => vec![text_of(other).into_owned()],
        })
    }

    /// A member that is a list of objects.
    pub(crate) fn objects(self, name: &str) -> Vec<Fields<'a>> {
        match self.value(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).map(Fields).collect(),
            _ => Vec::new(),
        }
    }

    /// A member that maps text to text.
    pub(crate) fn map(self, name: &str) -> super::state::Tags {
        let entries = self.value(name).and_then(Value::as_object);
        entries.into_iter().flatten().map(|(key, value)| (key.clone(), text_of(value).into_owned())).collect()
    }
}

/// The nearest integer, for a fraction that was let pass.
#[allow(clippy::cast_possible_truncation, reason = "a saturating cast is meant")]
fn whole(number: f64) -> i64 {
    number as i64
}

fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
