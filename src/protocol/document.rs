//! Reads the body of a response as JSON, within bounds: a few megabytes of text can become gigabytes of values.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use crate::wire::{Coding, Response};

/// Most values that a body may hold; far more than any documented response, few enough for some 20 megabytes.
pub const MOST_VALUES: usize = 250_000;
/// What an object weighs against a plain value.
const OBJECT: usize = 8;
/// Levels of nesting that are read.
const LEVELS: usize = 127;
/// Longest name that is quoted, in characters.
const SHOWN: usize = 80;

/// A body that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The value; of members with the same name it has the last.
    pub value: Value,
    /// The first name that occurs twice in one object.
    pub repeated: Option<String>,
    /// Whether a byte order mark stands before it.
    pub has_byte_order_mark: bool,
}

/// Why a body could not be read as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// There is none.
    Empty,
    /// It is JSON perhaps, but beyond what is read; one phrase.
    Bound(String),
    /// It is no JSON; one phrase.
    NoJson(String),
}

/// Must not begin JSON that is sent; readers may pass over it (RFC 8259, section 8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the body of a response.
///
/// # Errors
/// It is no JSON, or more than is read.
pub fn read(response: &Response) -> Result<Document, Unread> {
    if response.body.is_empty() {
        return Err(Unread::Empty);
    }
    if let Some(coding) = response.header("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        let coding = cut(coding);
        match response.coding {
            Coding::Decoded => {}
            // The rest of it would tell.
            Coding::Undecodable if response.is_truncated => {}
            Coding::AsSent => {
                let problem = format!("it is compressed (content-encoding `{coding}`), which nothing asked for");
                return Err(Unread::NoJson(problem));
            }
            Coding::Undecodable => {
                return Err(Unread::NoJson(format!("it cannot be decoded as its content-encoding `{coding}` says")));
            }
        }
    }
    if response.is_truncated {
        return Err(Unread::Bound(format!("the body is longer than the {} bytes that are read", response.body.len())));
    }
    parse(&response.body)
}

/// Reads bytes, behind a byte order mark if there is one.
///
/// # Errors
/// They are no JSON, or more than is read.
pub fn parse(bytes: &[u8]) -> Result<Document, Unread> {
    let (has_byte_order_mark, bytes) = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to();
        let byte = bytes.get(place).copied().unwrap_or_default();
        Unread::NoJson(format!("it is no UTF-8, by the byte 0x{byte:02x} at offset {place}"))
    })?;
    let reader = Reader { left: Cell::new(MOST_VALUES), repeated: RefCell::new(None) };
    let mut source = serde_json::Deserializer::from_str(text);
    let read = Seed(&reader).deserialize(&mut source).and_then(|value| source.end().map(|()| value));
    match read {
        Ok(value) => Ok(Document { value, repeated: reader.repeated.into_inner(), has_byte_order_mark }),
        Err(_) if reader.left.get() == 0 => {
            Err(Unread::Bound(format!("the body holds more than the {MOST_VALUES} values that are read")))
        }
        Err(error) => Err(unread(text, &error.to_string())),
    }
}

fn unread(text: &str, problem: &str) -> Unread {
    match problem.split_once("recursion limit exceeded") {
        Some(_) if text.trim_start().starts_with('{') => {
            Unread::Bound(format!("the body nests deeper than the {LEVELS} levels that are read"))
        }
        Some(_) => Unread::NoJson("it is an array that nests too deep to be read".to_owned()),
        None => Unread::NoJson(problem.to_owned()),
    }
}

/// What is counted and noted while a body is read.
struct Reader {
    left: Cell<usize>,
    repeated: RefCell<Option<String>>,
}

impl Reader {
    fn spend<E: de::Error>(&self, values: usize) -> Result<(), E> {
        let left = self.left.get().saturating_sub(values);
        self.left.set(left);
        if left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

#[derive(Clone, Copy)]
struct Seed<'r>(&'r Reader);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        self.0.spend(1).map(|()| Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        self.0.spend(1).map(|()| Value::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        self.0.spend(1).map(|()| Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        self.0.spend(1).map(|()| Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        self.0.spend(1).map(|()| Value::from(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        self.0.spend(1).map(|()| Value::String(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        self.0.spend(1).map(|()| Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        self.0.spend(1)?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.0.spend(OBJECT)?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            match object.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut place) => {
                    self.0.repeated.borrow_mut().get_or_insert_with(|| cut(place.key()));
                    place.insert(value);
                }
            }
        }
        Ok(Value::Object(object))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::sample;

    fn problem(bytes: &[u8]) -> String {
        match parse(bytes) {
            Err(Unread::NoJson(phrase)) => phrase,
            other => panic!("{other:?}"),
        }
    }

    fn bound(bytes: &[u8]) -> String {
        match parse(bytes) {
            Err(Unread::Bound(phrase)) => phrase,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn says_why_a_body_is_no_json() {
        assert!(problem(b"{\"a\": \"\xff\"}").contains("byte 0xff at offset 7"));
        assert!(problem(b"{\"a\": 1e400}").contains("number out of range"));
        assert!(problem(b"<html>").contains("expected value"));
        assert!(problem(b"{\"a\": 1").contains("EOF"));
        assert!(problem(b"{} {}").contains("trailing"));
        assert!(problem("[".repeat(300).as_bytes()).contains("nests too deep"));
    }

    #[test]
    fn what_is_too_much_is_no_defect() {
        let deep = "{\"a\":".repeat(200) + "0" + &"}".repeat(200);
        assert!(bound(deep.as_bytes()).contains("127 levels"));
        let many = format!("{{\"a\": [{}0]}}", "0,".repeat(MOST_VALUES));
        assert!(bound(many.as_bytes()).contains("250000 values"));
        let objects = format!("[{}{{}}]", "{},".repeat(MOST_VALUES / OBJECT));
        assert!(bound(objects.as_bytes()).contains("250000 values"));
    }

    #[test]
    fn a_name_that_occurs_twice_is_told() {
        let read = parse(br#"{"a": {"b": 1, "c": 2, "b": 3}}"#).unwrap();
        assert_eq!((read.value, read.repeated.as_deref()), (json!({"a": {"b": 3, "c": 2}}), Some("b")));
    }

    #[test]
    fn a_byte_order_mark_is_told_and_hides_nothing() {
        let read = |text: &str| parse(text.as_bytes()).map(|read| (read.value, read.has_byte_order_mark));
        assert_eq!(read("\u{feff}{\"a\": 1}"), Ok((json!({"a": 1}), true)));
        assert_eq!(read("{}"), Ok((json!({}), false)));
        assert!(problem("\u{feff}".as_bytes()).contains("EOF"));
        assert!(problem("\u{feff}\u{feff}{}".as_bytes()).contains("expected value"));
    }

    #[test]
    fn compression_is_named() {
        let body = bytes::Bytes::from_static(b"\x1f\x8b\x08");
        let response = Response { body, ..sample::response(200, &[("content-encoding", "gzip")], "") };
        assert!(matches!(read(&response), Err(Unread::NoJson(phrase)) if phrase.contains("which nothing asked for")));
        let damaged = Response { coding: Coding::Undecodable, ..response.clone() };
        assert!(matches!(read(&damaged), Err(Unread::NoJson(phrase)) if phrase.contains("cannot be decoded")));
        let decoded = Response { coding: Coding::Decoded, body: bytes::Bytes::from_static(b"{}"), ..response };
        assert_eq!(read(&decoded).unwrap().value, json!({}));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_or_explained(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn reads_what_the_library_reads(text in r#"[\[\]{}",:0-9a-e .\\u+-]{0,60}"#) {
            let ours = parse(text.as_bytes()).ok().map(|read| read.value);
            let theirs = serde_json::from_str::<Value>(&text).ok();
            prop_assert_eq!(ours, theirs);
        }
    }
}
