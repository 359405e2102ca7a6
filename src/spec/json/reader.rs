//! Reads JSON.

use std::collections::HashSet;

use super::{Entry, Json, Kind, NotJson, Span};

/// How deep values may nest: as deep as `serde_json` reads.
const DEEPEST: usize = 120;

/// Reads a text that holds exactly one JSON value.
///
/// # Errors
/// The first place where the text is not JSON, nests too deep, or repeats a key.
pub(in super::super) fn parse(text: &str) -> Result<Json, NotJson> {
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
