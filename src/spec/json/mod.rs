//! Values that remember where they stand in a JSON or TOML text, so that every problem of a contract can point at its line
//! and column. Numbers keep their text, and a key that occurs twice in an object is an error.

mod reader;
mod toml_reader;

pub(super) use reader::parse;
pub(super) use toml_reader::parse as parse_toml;

/// A stretch of the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Span {
    /// First byte.
    pub start: usize,
    /// First byte behind it.
    pub end: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Json {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in the order written.
    Object(Vec<Entry>),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Json,
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotJson {
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong there.
    pub message: String,
}

impl Json {
    /// Members of an object, nothing for other values.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Object(entries) => entries,
            _ => &[],
        }
    }

    /// Elements of an array, nothing for other values.
    pub fn elements(&self) -> &[Json] {
        match &self.kind {
            Kind::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The member of that key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number; none for other values and for what is not finite.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(text) => text.parse::<f64>().ok().filter(|number| number.is_finite()),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.kind {
            Kind::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A whole number.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.kind {
            Kind::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.kind, Kind::Object(_))
    }

    /// What the value is, for a message.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "an array",
            Kind::Object(_) => "an object",
        }
    }

    /// Whether two values say the same, wherever they stand.
    pub fn same_as(&self, other: &Json) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Bool(left), Kind::Bool(right)) => left == right,
            (Kind::Number(left), Kind::Number(right)) | (Kind::String(left), Kind::String(right)) => left == right,
            (Kind::Array(left), Kind::Array(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.same_as(right))
            }
            (Kind::Object(left), Kind::Object(right)) => {
                left.len() == right.len()
                    && left.iter().all(|entry| other.get(&entry.key).is_some_and(|value| entry.value.same_as(value)))
            }
            _ => false,
        }
    }

    /// The JSON pointer (RFC 6901) of the innermost value or key that covers the place.
    pub fn pointer(&self, place: Span) -> String {
        let covers = |span: Span| span.start <= place.start && place.end <= span.end;
        let mut pointer = String::new();
        let mut current = self;
        loop {
            // Values stand in the order of their places, so that the first that ends late enough is the only candidate.
            let step = match &current.kind {
                Kind::Array(elements) => {
                    let index = elements.partition_point(|element| element.span.end < place.end);
                    let found = elements.get(index).filter(|element| covers(element.span));
                    found.map(|element| (index.to_string(), element))
                }
                Kind::Object(entries) => {
                    let index = entries.partition_point(|entry| entry.value.span.end < place.end);
                    let found = entries.get(index).filter(|entry| covers(entry.key_span) || covers(entry.value.span));
                    found.map(|entry| (entry.key.replace('~', "~0").replace('/', "~1"), &entry.value))
                }
                _ => None,
            };
            let Some((segment, next)) = step else {
                return pointer;
            };
            pointer.push('/');
            pointer.push_str(&segment);
            current = next;
        }
    }

    /// The value at the end of a path of keys and indexes.
    pub fn at(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(self, |value, segment| value.below(segment))
    }

    /// The last value on a path of keys and indexes that is there.
    pub fn nearest(&self, path: &[String]) -> &Json {
        let mut here = self;
        for segment in path {
            let Some(below) = here.below(segment) else { break };
            here = below;
        }
        here
    }

    fn below(&self, segment: &str) -> Option<&Json> {
        match &self.kind {
            Kind::Array(elements) => segment.parse::<usize>().ok().and_then(|index| elements.get(index)),
            _ => self.get(segment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_value_and_names_its_pointer() {
        let text = r#"{"a": [1, {"b/c": "x\u00e9"}], "d": -1.5e3}"#;
        let root = parse(text).unwrap();
        let found = root.at(&["a", "1", "b/c"]).unwrap();
        assert_eq!(found.as_str(), Some("xé"));
        assert_eq!(root.pointer(found.span), "/a/1/b~1c");
        assert_eq!(root.get("d").unwrap().as_f64(), Some(-1500.0));
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "tru",
            "01",
            "\"\u{1}\"",
            "\"\\",
            "1 2",
            "\"\\x\"",
            "{\"a\":1,\"a\":2}",
            "é",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn an_empty_quote_stays_empty() {
        assert_eq!(parse(r#""""#).unwrap().as_str(), Some(""));
        assert_eq!(parse(r#""\"""#).unwrap().as_str(), Some("\""));
    }
}
