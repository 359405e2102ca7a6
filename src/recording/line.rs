//! One exchange per line as JSON. `docs/recordings.md` describes the form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Map, Value};

use super::body;
use super::recorded::{self, Recorded, Span};

/// A line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    method: String,
    url: Option<String>,
    path: Option<String>,
    #[serde(default, deserialize_with = "headers")]
    request_headers: Vec<(String, String)>,
    request_body: Option<Value>,
    request_body_base64: Option<String>,
    status: Option<u16>,
    #[serde(default, deserialize_with = "headers")]
    response_headers: Vec<(String, String)>,
    response_body: Option<Value>,
    response_body_base64: Option<String>,
    started_at: Option<String>,
    duration_ms: Option<f64>,
    region: Option<String>,
    #[serde(default)]
    provoked: bool,
}

/// Headers: an object from names to a text or a list of texts.
fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    let object = Option::<Map<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
    let mut pairs = Vec::new();
    for (name, value) in object {
        match value {
            Value::Array(values) => {
                for value in values {
                    pairs.push((name.clone(), text(&value).map_err(D::Error::custom)?));
                }
            }
            value => pairs.push((name, text(&value).map_err(D::Error::custom)?)),
        }
    }
    Ok(pairs)
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err("a header's value is neither a text nor a list of texts".to_owned()),
    }
}

impl Line {
    /// The exchange of a line.
    ///
    /// # Errors
    /// What it says makes no sense; one phrase.
    pub fn recorded(self) -> Result<Recorded, String> {
        let (origin, target) = match (self.url, self.path) {
            (Some(url), None) => recorded::split_url(&url)?,
            (None, Some(path)) if path.starts_with('/') => recorded::split_url(&path)?,
            (None, Some(path)) => return Err(format!("`path` is `{path}`, and a path begins with `/`")),
            (None, None) => return Err("there is neither `url` nor `path`".to_owned()),
            (Some(_), Some(_)) => return Err("there are both `url` and `path`: write one of them".to_owned()),
        };
        let request_body = bytes("request_body", self.request_body, self.request_body_base64)?;
        let response_body = bytes("response_body", self.response_body, self.response_body_base64)?;
        let has_request_body = request_body.is_some();
        let headers = recorded::headers(self.request_headers);
        let (response, has_response_body) = match self.status.filter(|status| *status > 0) {
            Some(status) => {
                let headers = recorded::headers(self.response_headers);
                let (response, has_body) = body::response(status, headers, response_body, None);
                (Some(response), has_body)
            }
            None => (None, false),
        };
        Ok(Recorded {
            origin,
            request: recorded::request(&self.method, target, headers, request_body),
            has_request_body,
            response,
            has_response_body,
            span: self.started_at.and_then(|began| Span::new(&began, self.duration_ms?)),
            region: self.region,
            is_provoked: self.provoked,
        })
    }
}

fn bytes(name: &str, value: Option<Value>, base64: Option<String>) -> Result<Option<Bytes>, String> {
    match (value, base64) {
        (Some(_), Some(_)) => Err(format!("there are both `{name}` and `{name}_base64`: write one of them")),
        (None, Some(text)) => {
            let decoded = STANDARD.decode(text).map_err(|error| format!("`{name}_base64` is not base64: {error}"))?;
            Ok(Some(decoded.into()))
        }
        (Some(Value::String(text)), None) => Ok(Some(text.into())),
        (Some(value), None) => Ok(Some(value.to_string().into())),
        (None, None) => Ok(None),
    }
}
