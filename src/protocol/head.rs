//! Members of a success response that travel in headers or as the status. Source: Smithy 2.0, "HTTP binding traits".

use serde_json::{Map, Value};

use crate::spec::contract::{Location, Node, NodeKind, TimestampFormat};
use crate::wire::Response;

/// The value of a member that does not travel in the body; `None` if the response does not have it.
pub fn head_value(node: &Node, response: &Response) -> Option<Value> {
    match &node.location {
        Location::Header(name) => {
            let name = name.to_lowercase();
            let mut all = response.headers.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            let first = all.next()?;
            Some(match &node.kind {
                NodeKind::List { element } => {
                    let texts = std::iter::once(first).chain(all).flat_map(|text| text.split(','));
                    Value::Array(texts.map(|text| scalar(element, text.trim())).collect())
                }
                _ => scalar(node, first.trim()),
            })
        }
        Location::PrefixHeaders(prefix) => {
            let prefix = prefix.to_lowercase();
            let entries = response.headers.iter().filter_map(|(name, value)| {
                Some((name.strip_prefix(prefix.as_str())?.to_owned(), Value::from(value.as_str())))
            });
            let entries: Map<String, Value> = entries.collect();
            (!entries.is_empty()).then_some(Value::Object(entries))
        }
        Location::StatusCode => Some(Value::from(response.status)),
        Location::Body | Location::Payload | Location::Label | Location::Query(_) | Location::QueryParams => None,
    }
}

/// What a header's text stands for. A text that is not of the member's type stays a text, so that the type is violated.
fn scalar(node: &Node, text: &str) -> Value {
    let parsed = match &node.kind {
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) => text.parse::<i64>().ok().map(Value::from),
        NodeKind::Float | NodeKind::Timestamp(TimestampFormat::EpochSeconds) => {
            text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from)
        }
        NodeKind::Boolean => match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}
