//! Reads the URI of an HTTP binding. Source: Smithy 2.0 specification, "http trait: uri".

use super::ast::TraitUse;
use super::contract::{Location, Node, NodeKind, UriSegment};
use super::error::Problems;
use super::json::{Json, Span};
use super::shape_tree::field;

/// Query parameters that stand in a URI: name, and value if it has one.
pub(super) type Query = Vec<(String, Option<String>)>;

const HELP: &str = "write e.g. `/things/{thingId}/parts?kind=small`; a label is a whole segment";

/// The segments and the literal query of the binding; labels must be members of the input bound with `httpLabel`.
pub(super) fn read(http: &TraitUse<'_>, input: &Node, problems: &mut Problems<'_>) -> (Vec<UriSegment>, Query) {
    let Some(value) = field(http, "uri") else {
        problems.add(http.span, "the HTTP binding has no `uri`", HELP);
        return (Vec::new(), Vec::new());
    };
    let span = value.span;
    let text = Json::as_str(value).unwrap_or_default();
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let Some(path) = path.strip_prefix('/') else {
        problems.add(span, "the `uri` does not begin with a slash", HELP);
        return (Vec::new(), Vec::new());
    };
    check_keys(http, problems);
    let segments: Vec<UriSegment> = if path.is_empty() {
        Vec::new()
    } else {
        path.split('/').map(|segment| read_segment(segment, span, problems)).collect()
    };
    check_labels(&segments, input, span, problems);
    (segments, read_query(query))
}

fn check_keys(http: &TraitUse<'_>, problems: &mut Problems<'_>) {
    for entry in http.value.entries() {
        if !["method", "uri", "code"].contains(&entry.key.as_str()) {
            let message = format!("`{}` is no part of an HTTP binding", entry.key);
            problems.add(entry.key_span, message, "write `method`, `uri` and `code`");
        }
    }
}

fn read_segment(segment: &str, span: Span, problems: &mut Problems<'_>) -> UriSegment {
    let Some(label) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        if segment.contains(['{', '}', '#']) {
            problems.add(span, format!("`{segment}` is no legal segment of a URI"), HELP);
        }
        return UriSegment::Literal(segment.to_owned());
    };
    let (member, is_greedy) = label.strip_suffix('+').map_or((label, false), |member| (member, true));
    if member.is_empty() || member.contains(['{', '}']) {
        problems.add(span, format!("`{segment}` is no legal label"), HELP);
    }
    UriSegment::Label { member: member.to_owned(), is_greedy }
}

fn check_labels(segments: &[UriSegment], input: &Node, span: Span, problems: &mut Problems<'_>) {
    let mut greedy = 0;
    for segment in segments {
        let UriSegment::Label { member, is_greedy } = segment else {
            continue;
        };
        greedy += usize::from(*is_greedy);
        match input.member(member) {
            Some(node) if node.location == Location::Label => {}
            _ => {
                let message = format!("the label `{member}` is no member of `{}` bound with `httpLabel`", input.shape);
                problems.add(span, message, "bind the member or correct the label");
            }
        }
    }
    if greedy > 1 {
        problems.add(span, "a URI can have one greedy label only", HELP);
    }
    for node in input.members().iter().filter(|node| node.location == Location::Label) {
        let is_used =
            segments.iter().any(|segment| matches!(segment, UriSegment::Label { member, .. } if *member == node.name));
        if !is_used {
            let message = format!("`{}` is bound to the URI, which has no label of that name", node.name);
            problems.add(span, message, "add the label or remove the binding");
        }
        if !node.is_required || !is_scalar(&node.kind) {
            let message = format!("the label `{}` must be required and a simple value", node.name);
            problems.add(span, message, "give the member `smithy.api#required`");
        }
    }
}

fn is_scalar(kind: &NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::String
            | NodeKind::Enum(_)
            | NodeKind::IntEnum(_)
            | NodeKind::Integer { .. }
            | NodeKind::Float
            | NodeKind::Boolean
            | NodeKind::Timestamp(_)
    )
}

fn read_query(query: &str) -> Query {
    query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (parameter.to_owned(), None),
        })
        .collect()
}
