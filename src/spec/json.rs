//! A small JSON reader that remembers where each value stands, so that every complaint about a contract can point at
//! its line and column. Numbers keep their text, and a key that occurs twice in an object is an error.

use std::collections::HashSet;

/// How deep values may nest: as deep as `serde_json` reads.
const DEEPEST: usize = 120;

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
        path.iter().try_fold(self, |value, segment| match &value.kind {
            Kind::Array(elements) => segment.parse::<usize>().ok().and_then(|index| elements.get(index)),
            _ => value.get(segment),
        })
    }
}

/// Reads a text that holds exactly one JSON value.
///
/// # Errors
/// The first place where the text is not JSON, nests too deep, or repeats a key.
pub(super) fn parse(text: &str) -> Result<Json, NotJson> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.peek().is_some() {
        return Err(reader.wrong("there is more text behind the JSON value"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn wrong(&self, message: impl Into<String>) -> NotJson {
        let mut end = (self.at + 1).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        NotJson { span: Span { start: self.at.min(end), end }, message: message.into() }
    }

    fn take(&mut self, byte: u8, where_: &str) -> Result<(), NotJson> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.wrong(format!("`{}` is missing {where_}", char::from(byte))))
    }

    fn value(&mut self, depth: usize) -> Result<Json, NotJson> {
        if depth > DEEPEST {
            return Err(self.wrong(format!("the text nests deeper than {DEEPEST} levels")));
        }
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => Kind::Object(self.object(depth)?),
            Some(b'[') => Kind::Array(self.array(depth)?),
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            Some(b't') => self.word("true", Kind::Bool(true))?,
            Some(b'f') => self.word("false", Kind::Bool(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(_) => return Err(self.wrong("this is not a JSON value")),
            None => return Err(self.wrong("the text ends where a JSON value should stand")),
        };
        Ok(Json { span: Span { start, end: self.at }, kind })
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, NotJson> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(kind);
        }
        Err(self.wrong("this is not a JSON value"))
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Entry>, NotJson> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = HashSet::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(entries);
        }
        loop {
            self.skip_space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in double quotes is missing"));
            }
            let key = self.string()?;
            let key_span = Span { start, end: self.at };
            if !keys.insert(key.clone()) {
                return Err(NotJson { span: key_span, message: format!("the key `{key}` stands twice in one object") });
            }
            self.skip_space();
            self.take(b':', "behind a key")?;
            self.skip_space();
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, key_span, value });
            self.skip_space();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(entries);
            }
            self.take(b',', "between the members of an object")?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Json>, NotJson> {
        let mut elements = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(elements);
        }
        loop {
            self.skip_space();
            elements.push(self.value(depth + 1)?);
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(elements);
            }
            self.take(b',', "between the elements of an array")?;
        }
    }

    fn number(&mut self) -> Result<String, NotJson> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if serde_json::from_str::<serde_json::Number>(text).is_err() {
            let message = format!("`{text}` is not a JSON number");
            return Err(NotJson { span: Span { start, end: self.at }, message });
        }
        Ok(text.to_owned())
    }

    fn string(&mut self) -> Result<String, NotJson> {
        let start = self.at;
        self.at += 1;
        let mut is_plain = true;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    is_plain = false;
                    self.at += 2;
                }
                Some(0..=0x1f) => {
                    return Err(self.wrong("a control character must be escaped in a string"));
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = self.text.len();
                    return Err(self.wrong("the text ends inside a string"));
                }
            }
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        if is_plain {
            return Ok(quoted.trim_matches('"').to_owned());
        }
        serde_json::from_str(quoted).map_err(|error| NotJson {
            span: Span { start, end: self.at },
            message: format!("the string is not legal JSON: {}", plain_reason(&error)),
        })
    }
}

/// The reason of a `serde_json` error without its position, which counts from the string's begin.
fn plain_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
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
