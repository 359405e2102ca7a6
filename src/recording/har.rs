//! HAR 1.2, entry by entry. Source: "HTTP Archive (HAR) format", W3C Web Performance Working Group, 2012.

use std::fmt;
use std::io::BufRead;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::body;
use super::recorded::{self, Recorded, Span};
use crate::wire::{Coding, Text};

/// How the comment of an entry begins whose failure was provoked, in lower case.
const PROVOKED: &str = "provoked";

/// Reads a HAR file and hands over its entries one after another; no more than one is in memory.
pub(super) fn read(source: impl BufRead, each: &mut dyn FnMut(Recorded)) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(source);
    let mut found = false;
    Member {
        name: "log",
        found: &mut found,
        inner: Member { name: "entries", found: &mut false, inner: Entries(each) },
    }
    .deserialize(&mut json)?;
    json.end()?;
    match found {
        true => Ok(()),
        false => Err(serde_json::Error::custom("it has no `log`, so it is not HAR")),
    }
}

/// One member of an object is read as `inner` says, the others are passed over.
struct Member<'f, S> {
    name: &'static str,
    found: &'f mut bool,
    inner: S,
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for Member<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for Member<'_, S> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with `{}`", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut inner = Some(self.inner);
        while let Some(name) = members.next_key::<String>()? {
            match inner.take() {
                Some(seed) if name == self.name => {
                    *self.found = true;
                    members.next_value_seed(seed)?;
                }
                other => {
                    inner = other;
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        match *self.found {
            true => Ok(()),
            false => Err(A::Error::custom(format!("it has no `{}`, so it is not HAR", self.name))),
        }
    }
}

struct Entries<'f>(&'f mut dyn FnMut(Recorded));

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the array `entries`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Entry>()? {
            (self.0)(entry.recorded().map_err(A::Error::custom)?);
        }
        Ok(())
    }
}

/// An entry, as far as it is read. Recorders leave out much of what the format demands.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: Option<String>,
    time: Option<f64>,
    request: Request,
    response: Option<Response>,
    comment: Option<String>,
    /// The region that the request was signed for, where this program wrote the file.
    #[serde(rename = "_region")]
    region: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    post_data: Option<PostData>,
}

#[derive(Debug, Deserialize)]
struct Header {
    name: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PostData {
    text: Option<String>,
    encoding: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Response {
    status: Option<f64>,
    #[serde(default)]
    headers: Vec<Header>,
    content: Option<Content>,
}

#[derive(Debug, Deserialize)]
struct Content {
    size: Option<f64>,
    text: Option<String>,
    encoding: Option<String>,
    /// What became of the content coding, where this program wrote the file.
    #[serde(rename = "_coding")]
    coding: Option<String>,
    /// Whether the rest of the body was not read, where this program wrote the file.
    #[serde(default, rename = "_truncated")]
    is_truncated: bool,
}

impl Entry {
    fn recorded(self) -> Result<Recorded, String> {
        let (origin, target) = recorded::split_url(&self.request.url)?;
        let post_data = self.request.post_data.and_then(|data| Some((data.text?, data.encoding)));
        let body = post_data.map(|(text, encoding)| body::bytes(text, encoding.as_deref())).transpose()?;
        let has_request_body = body.is_some();
        let request = recorded::request(&self.request.method, target, headers(self.request.headers), body);
        // Recorders write status 0, or -1, where no response came.
        let answered = self.response.and_then(|response| Some((status(response.status?)?, response)));
        let (response, has_response_body) = match answered {
            Some((status, response)) => {
                let (response, has_body) = response.recorded(status)?;
                (Some(response), has_body)
            }
            None => (None, false),
        };
        let span = self.started_date_time.and_then(|began| Span::new(&began, self.time?));
        let is_provoked = self.comment.is_some_and(|comment| is_provoked(&comment));
        let region = self.region;
        Ok(Recorded { origin, request, has_request_body, response, has_response_body, span, region, is_provoked })
    }
}

/// Whether the comment of an entry says that its failure was provoked.
fn is_provoked(comment: &str) -> bool {
    comment.trim_start().to_ascii_lowercase().starts_with(PROVOKED)
}

fn status(number: f64) -> Option<u16> {
    (number.fract() == 0.0 && (100.0..=999.0).contains(&number)).then_some(number as u16)
}

fn headers(headers: Vec<Header>) -> Vec<(Text, Text)> {
    recorded::headers(headers.into_iter().filter_map(|header| Some((header.name?, header.value.unwrap_or_default()))))
}

impl Response {
    fn recorded(self, status: u16) -> Result<(crate::wire::Response, bool), String> {
        let headers = headers(self.headers);
        let (content, is_truncated, coding) = match self.content {
            Some(content) => {
                let coding = content.coding.as_deref().and_then(coding);
                let is_empty = content.size == Some(0.0) || status == 204;
                let text = content.text.or_else(|| is_empty.then(String::new));
                let body = text.map(|text| body::bytes(text, content.encoding.as_deref())).transpose()?;
                (body, content.is_truncated, coding)
            }
            None => ((status == 204).then(Bytes::new), false, None),
        };
        let (mut response, has_body) = body::response(status, headers, content, coding);
        response.is_truncated |= is_truncated;
        Ok((response, has_body))
    }
}

/// The name that a recording of this program gives to what became of a content coding.
pub(super) fn coding_name(coding: Coding) -> &'static str {
    match coding {
        Coding::AsSent => "as-sent",
        Coding::Decoded => "decoded",
        Coding::Undecodable => "undecodable",
    }
}

fn coding(name: &str) -> Option<Coding> {
    [Coding::AsSent, Coding::Decoded, Coding::Undecodable].into_iter().find(|coding| coding_name(*coding) == name)
}
