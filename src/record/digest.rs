//! A text as a number: where very many texts are only looked up, their digests take their place.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// 64 bits of a text or of parts of it, the same in every run of one build.
pub(crate) fn digest<T: Hash + ?Sized>(text: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
