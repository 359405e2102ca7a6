//! Classes of legal values that a fault may turn down.

use serde_json::Value;

use super::super::shape::Bounds;

/// Which values of a member a fault picks out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Any given value.
    Present,
    /// The value is missing.
    Absent,
    /// An empty text, list or object, or zero.
    Empty,
    /// A text, list or map of exactly that length, or that number.
    Size(i64),
    /// A text with a character beyond ASCII.
    NonAscii,
    /// A text with a character beyond the Basic Multilingual Plane.
    Astral,
    /// A text with white space at an end.
    Padded,
    /// Exactly that text, number or truth value.
    Exactly(String),
}

impl Class {
    /// Reads a class for a member with those bounds; what is none of the words
    /// is an exact value.
    pub(crate) fn read(text: &str, bounds: Bounds) -> Result<Self, String> {
        let bound = |bound: Option<i64>| bound.map(Self::Size).ok_or("the member has no bound");
        Ok(match text {
            "longest" => bound(bounds.max)?,
            "shortest" => bound(bounds.min)?,
            "present" => Self::Present,
            "absent" => Self::Absent,
            "empty" => Self::Empty,
            "non-ascii" => Self::NonAscii,
            "astral" => Self::Astral,
            "padded" => Self::Padded,
            _ => match text.strip_prefix("size-").and_then(|size| size.parse().ok()) {
                Some(size) => Self::Size(size),
                None => Self::Exactly(text.to_owned()),
            },
        })
    }

    /// Whether a value belongs to the class; `None` stands for a missing one.
    pub(crate) fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Absent, value) => value.is_none(),
            (_, None) => false,
            (Self::Present, Some(_)) => true,
            (Self::Empty, Some(value)) => size(value) == Some(0),
            (Self::Size(wanted), Some(value)) => size(value) == Some(*wanted),
            (Self::NonAscii, Some(Value::String(text))) => !text.is_ascii(),
            (Self::Astral, Some(Value::String(text))) => text.chars().any(|c| c > '\u{ffff}'),
            (Self::Padded, Some(Value::String(text))) => text.trim() != text,
            (Self::Exactly(wanted), Some(Value::String(text))) => wanted == text,
            (Self::Exactly(wanted), Some(value)) => {
                serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *value)
            }
            _ => false,
        }
    }
}

fn size(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => i64::try_from(text.chars().count()).ok(),
        Value::Array(items) => i64::try_from(items.len()).ok(),
        Value::Object(members) => i64::try_from(members.len()).ok(),
        Value::Null | Value::Bool(_) => None,
    }
}

/// The values at a path of a document; `member` goes through lists, `key` and
/// `value` through maps.
pub(crate) fn values_at<'a>(root: &'a Value, path: &str) -> Vec<std::borrow::Cow<'a, Value>> {
    use std::borrow::Cow;
    let mut found: Vec<Cow<'a, Value>> = vec![Cow::Borrowed(root)];
    for segment in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| {
                let Cow::Borrowed(value) = value else {
                    return Vec::new();
                };
                match (segment, value) {
                    ("member", Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
                    (name, Value::Object(members)) => match (members.get(name), name) {
                        (Some(Value::Null), _) => Vec::new(),
                        (Some(value), _) => vec![Cow::Borrowed(value)],
                        (None, "value") => members.values().map(Cow::Borrowed).collect(),
                        (None, "key") => {
                            let keys = members.keys();
                            keys.map(|key| Cow::Owned(Value::String(key.clone()))).collect()
                        }
                        (None, _) => Vec::new(),
                    },
                    _ => Vec::new(),
                }
            })
            .collect();
    }
    found
}
