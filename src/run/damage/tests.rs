//! What a failed request may have done.

use super::*;
use crate::wire::TransportFailure;

#[test]
fn a_request_that_reached_the_target_may_have_succeeded() {
    let failed = |kind| Reply::Failure(TransportFailure { kind, detail: String::new() });
    for kind in [FailureKind::Timeout, FailureKind::Closed, FailureKind::Dropped, FailureKind::Protocol] {
        assert!(may_have_succeeded(&failed(kind)), "{kind:?}");
    }
    for kind in [FailureKind::Connect, FailureKind::Tls, FailureKind::Withheld] {
        assert!(!may_have_succeeded(&failed(kind)), "{kind:?}");
    }
}
