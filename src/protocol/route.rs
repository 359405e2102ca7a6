//! Which operation a request calls, as a lenient target may read its path.

use crate::spec::contract::{Operation, UriSegment};
use crate::wire::Request;

/// The method and path of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    method: String,
    /// Literal segments in lower case; none stands for a label.
    segments: Vec<Option<String>>,
}

impl Route {
    /// The route of an operation.
    pub fn of(operation: &Operation) -> Route {
        let segments = operation.uri.iter().filter_map(|segment| match segment {
            UriSegment::Literal(text) => {
                let text = text.split('?').next().unwrap_or_default().to_lowercase();
                (!text.is_empty()).then_some(Some(text))
            }
            UriSegment::Label { .. } => Some(None),
        });
        Route { method: operation.method.clone(), segments: segments.collect() }
    }

    /// Whether the request's path is this one, whatever the case of its letters, its escapes and its slashes. A label at
    /// the end takes all that is left.
    pub fn has_path(&self, request: &Request) -> bool {
        let path = request.target.split(['?', '#']).next().unwrap_or_default();
        let given: Vec<String> = path
            .split('/')
            .map(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy().to_lowercase())
            .filter(|part| !part.is_empty() && part != ".")
            .collect();
        let ends_open = self.segments.last().is_some_and(Option::is_none);
        let fits = given.len() == self.segments.len() || (ends_open && given.len() > self.segments.len());
        fits && self.segments.iter().zip(&given).all(|(segment, part)| segment.as_ref().is_none_or(|text| text == part))
    }

    /// Whether the request is one of this operation, its method included.
    pub fn fits(&self, request: &Request) -> bool {
        self.method.eq_ignore_ascii_case(&request.method) && self.has_path(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str) -> Request {
        Request { method: method.into(), target: target.into(), headers: Vec::new(), body: Default::default() }
    }

    #[test]
    fn paths_are_read_leniently_and_methods_tell_operations_apart() {
        let contract = crate::spec::builtin().unwrap();
        let route = |name: &str| Route::of(contract.operation(name).unwrap());
        let create = route("CreateChannel");
        for path in ["/CreateChannel", "/createchannel", "//CreateChannel/", "/Create%43hannel?x=1", "/./CreateChannel"]
        {
            assert!(create.has_path(&request("GET", path)), "{path}");
        }
        for path in ["/", "/CreateChannels", "/x/CreateChannel", "/CreateStreamKey"] {
            assert!(!create.has_path(&request("POST", path)), "{path}");
        }
        let tag = request("POST", "/tags/arn%3Aaws%3Aivs%3Ax%3A1%3Achannel%2Fabc");
        assert!(route("TagResource").fits(&tag) && !route("UntagResource").fits(&tag));
        assert!(route("TagResource").fits(&request("POST", "/tags/arn:aws:ivs:x:1:channel/abc")));
    }
}
