//! A byte order mark before bodies is one cause, whatever the bodies say.

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::positions;
use crate::judge::finding::BYTE_ORDER_MARK;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let group = positions(findings, |finding| finding.detail == Some(BYTE_ORDER_MARK));
    links.join_as(findings, &group, Evidence::is_of_success, CommonDeviation::ByteOrderMark);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked};
    use crate::judge::finding::FindingKind;

    #[test]
    fn a_byte_order_mark_before_outputs_and_errors_is_one_cause() {
        let of = |clause, operation, status, detail| Evidence {
            status,
            detail,
            ..finding(clause, operation, FindingKind::MalformedResponse)
        };
        let findings = [
            of("protocol.error-body-is-json-object", "DeleteChannel", 404, Some(BYTE_ORDER_MARK)),
            of("GetChannel.content_type", "GetChannel", 200, Some(BYTE_ORDER_MARK)),
            of("GetChannel.content_type", "GetChannel", 200, None),
        ];
        assert_eq!(linked(link, &findings), [1, 1, 2]);
    }
}
