//! Which operation a request calls, as a server of the contract reads it.

use percent_encoding::percent_decode_str;

use crate::spec::contract::{Contract, Operation, UriSegment};

/// A request of the contract: its operation, and the values of the URI's labels.
#[derive(Debug)]
pub struct Call<'c> {
    /// The operation.
    pub operation: &'c Operation,
    /// Position among the contract's operations.
    pub index: usize,
    /// Labels and their values; `None` for one that is not UTF-8.
    pub labels: Vec<(&'c str, Option<String>)>,
}

impl<'c> Call<'c> {
    /// Finds the operation of a method and a target (path and query). Returns `None` if the contract has none.
    pub fn of(contract: &'c Contract, method: &str, target: &str) -> Option<Call<'c>> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        contract.operations.iter().enumerate().find_map(|(index, operation)| {
            let is_method = operation.method.eq_ignore_ascii_case(method);
            let labels = labels(operation, path).filter(|_| is_method && has_query(operation, query))?;
            Some(Call { operation, index, labels })
        })
    }
}

/// The values of an operation's labels in a path; `None` if the path is another's. A label at the end takes all that is
/// left, because clients leave slashes in ARNs as they are.
fn labels<'c>(operation: &'c Operation, path: &str) -> Option<Vec<(&'c str, Option<String>)>> {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned());
    let path = path.strip_prefix('/')?;
    let mut labels = Vec::new();
    let segments =
        operation.uri.iter().filter(|segment| !matches!(segment, UriSegment::Literal(text) if text.is_empty()));
    let segments: Vec<&UriSegment> = segments.collect();
    let mut rest = (!(segments.is_empty() && path.is_empty())).then_some(path);
    for (position, segment) in segments.iter().enumerate() {
        let is_last = position + 1 == segments.len();
        let left = rest?;
        let (part, below) = match (segment, left.split_once('/')) {
            (UriSegment::Label { .. }, _) if is_last => (left, None),
            (_, Some((part, below))) => (part, Some(below)),
            (_, None) => (left, None),
        };
        rest = below;
        match segment {
            UriSegment::Literal(text) => {
                let text = text.split('?').next().unwrap_or_default();
                (decoded(part).as_deref() == Some(text)).then_some(())?;
            }
            UriSegment::Label { .. } if part.is_empty() => return None,
            UriSegment::Label { member, .. } => labels.push((member.as_str(), decoded(part))),
        }
    }
    // A path with a slash at its end is another one.
    rest.is_none().then_some(labels)
}

/// Whether a query has the parameters that stand in the operation's URI.
fn has_query(operation: &Operation, query: &str) -> bool {
    operation.query.iter().all(|(name, value)| {
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.any(|(key, given)| key == name && value.as_deref().is_none_or(|value| value == given))
    })
}
