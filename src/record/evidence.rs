//! Exchanges cut to what is kept as evidence.

use bytes::Bytes;

use crate::wire::{Exchange, Reply, Response};

/// Most bytes of a response's body that are kept as evidence; reports show less.
pub(super) const BODY_KEPT: usize = 32 << 10;
/// Most bytes of all header names and values that are kept.
const HEADERS_KEPT: usize = 16 << 10;

/// The exchange as far as it is shown: thousands of findings must not hold gigabytes.
pub(super) fn evidence(exchange: &Exchange) -> Exchange {
    let mut kept = exchange.clone();
    if let Reply::Response(response) = &mut kept.reply {
        cut(response);
    }
    kept
}

fn cut(response: &mut Response) {
    if let Some(head) = response.body.get(..BODY_KEPT) {
        response.body = Bytes::copy_from_slice(head);
    }
    let mut room = HEADERS_KEPT;
    response.headers.retain_mut(|(name, value)| {
        if room == 0 {
            return false;
        }
        if name.len() + value.len() > room {
            let end = value.floor_char_boundary(room.saturating_sub(name.len()));
            *value = format!("{}…", value.get(..end).unwrap_or_default()).into();
        }
        room = room.saturating_sub(name.len() + value.len());
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_small_whatever_came() {
        let huge = |index: u32| (format!("x-{index}").into(), "ä".repeat(9_000).into());
        let mut response = Response {
            status: 200,
            headers: (0..50).map(huge).collect(),
            body: vec![b'x'; 1 << 20].into(),
            is_truncated: false,
            coding: Default::default(),
        };
        cut(&mut response);
        assert_eq!((response.headers.len(), response.body.len()), (1, BODY_KEPT));
        let size: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!((HEADERS_KEPT / 2..HEADERS_KEPT + 8).contains(&size), "{size}");
    }
}
