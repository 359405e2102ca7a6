//! The page that a failing server sends breaks what is said of errors: that follows from the failure.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::judge::finding::FindingKind;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let of_kind = |kind: FindingKind| findings.iter().enumerate().filter(move |(_, finding)| finding.kind == kind);
    for (page, malformed) in of_kind(FindingKind::MalformedResponse) {
        let is_same = |failure: &Evidence<'_>| {
            failure.status == malformed.status
                && failure.step == malformed.step
                && failure.response == malformed.response
        };
        if let Some((failure, _)) = of_kind(FindingKind::ServerError).find(|(_, failure)| is_same(failure)) {
            links.follows(page, failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    #[test]
    fn the_page_of_a_failure_follows_from_it_and_another_page_does_not() {
        let of = |clause, kind, status, page: &'static str| Evidence {
            status,
            step: "PUT GetChannel".to_owned(),
            response: body(json!(page)),
            ..finding(clause, "GetChannel", kind)
        };
        let page =
            |status, text| of("protocol.error-body-is-json-object", FindingKind::MalformedResponse, status, text);
        let failure = of("protocol.wrong-method-is-refused", FindingKind::ServerError, 501, "<p>");
        assert_eq!(linked(link, &[page(501, "<p>"), failure.clone()]), [1, 1]);
        assert_eq!(linked(link, &[page(501, "<b>"), failure.clone()]), [0, 1]);
        assert_eq!(linked(link, &[page(404, "<p>"), failure.clone()]), [0, 1]);
        let elsewhere = Evidence { step: "POST GetChannel".to_owned(), ..page(501, "<p>") };
        assert_eq!(linked(link, &[elsewhere, failure]), [0, 1]);
    }
}
