//! Pages of lists and the tokens between them.
//!
//! A token says after which number of creation a page begins. Numbers are
//! never reused, so pages stay disjoint and complete while resources come and
//! go. A token is bound to the list that gave it out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::call::Call;
use super::error::ApiError;
use super::rules::Rule;
use super::variant::Variant;

/// Characters of a token before any filler; like those of the service it ends in `==`.
const TOKEN_LENGTH: usize = 24;
/// Characters of filler in long tokens.
const FILLER: usize = 960;

/// In which order a list goes through the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// What a request asks of a list.
#[derive(Debug)]
pub(crate) struct Pager {
    limit: usize,
    after: Option<u64>,
    order: Order,
    scope: u64,
    filler: usize,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_token: Option<String>,
}

impl Pager {
    /// Reads `maxResults` and `nextToken`. `scope` names the list.
    pub(crate) fn new(call: &Call<'_>, scope: &str, default: usize, order: Order) -> Result<Self, ApiError> {
        let fields = call.fields();
        let asked = fields.integer("maxResults");
        let limit = asked.map_or(default, |asked| usize::try_from(asked).unwrap_or(1).max(1));
        let mut pager = Self {
            limit,
            after: None,
            order: call.order(order),
            scope: fnv(&[call.operation.name(), call.region, scope]) ^ call.service.seed,
            filler: if call.varies(Variant::LongTokens) { FILLER } else { 0 },
        };
        let token = fields.text_or_empty("nextToken");
        if !token.is_empty() {
            pager.after = pager.decode(&token);
            let is_known = pager.after.is_some();
            call.require(Rule::TokenKnown, is_known, || ApiError::validation("Invalid nextToken"))?;
        }
        Ok(pager)
    }

    /// The numbers that may still come, as a range for a map of numbers.
    pub(crate) fn range(&self) -> (u64, u64) {
        match (self.order, self.after) {
            (Order::OldestFirst, Some(after)) => (after.saturating_add(1), u64::MAX),
            (Order::NewestFirst, Some(after)) => (0, after.saturating_sub(1)),
            (_, None) => (0, u64::MAX),
        }
    }

    /// Takes a page from numbered items, which come oldest first, are limited
    /// to [`Pager::range`] and are taken from the right end.
    pub(crate) fn page<T>(&self, mut items: impl DoubleEndedIterator<Item = (u64, T)>) -> Page<T> {
        let mut next = || match self.order {
            Order::OldestFirst => items.next(),
            Order::NewestFirst => items.next_back(),
        };
        let mut page = Vec::with_capacity(self.limit.min(128));
        let mut last = self.after;
        while page.len() < self.limit {
            let Some((number, item)) = next() else { break };
            page.push(item);
            last = Some(number);
        }
        let has_more = next().is_some();
        Page { items: page, next_token: last.filter(|_| has_more).map(|last| self.token_after(last)) }
    }

    /// The token of the page behind a position.
    pub(crate) fn token_after(&self, position: u64) -> String {
        let mut bytes = [0_u8; 16];
        bytes[..8].copy_from_slice(&position.to_be_bytes());
        bytes[8..].copy_from_slice(&self.seal(position).to_be_bytes());
        let mut token = URL_SAFE.encode(bytes);
        token.extend(std::iter::repeat_n('_', self.filler));
        token
    }

    fn decode(&self, token: &str) -> Option<u64> {
        let (token, filler) = token.split_at_checked(TOKEN_LENGTH)?;
        let bytes = URL_SAFE.decode(token).ok()?;
        let (position, seal) = bytes.split_first_chunk::<8>()?;
        let position = u64::from_be_bytes(*position);
        let known = seal == self.seal(position).to_be_bytes() && filler.len() == self.filler;
        known.then_some(position)
    }

    fn seal(&self, position: u64) -> u64 {
        (self.scope ^ position).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9)
            ^ self.scope
    }
}

/// A hash of texts (FNV-1a).
fn fnv(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
