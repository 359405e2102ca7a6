//! Identifiers: unique for a server's life, and the same for the same seed.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a server names the resources that it makes.
pub(crate) trait Identifiers: Debug + Send + Sync {
    /// The id of a new resource.
    fn resource(&self) -> String;
    /// A random UUID in its usual form.
    fn uuid(&self) -> String;
    /// Text of that many letters and digits; at least 11 of them are unique.
    fn alphanumeric(&self, length: usize) -> String;
    /// Text of that many lower-case hexadecimal digits.
    fn hex(&self, length: usize) -> String;
    /// The ARN of a resource.
    fn arn(&self, region: &str, account: &str, kind: &str, id: &str) -> String {
        format!("arn:aws:ivs:{region}:{account}:{kind}/{id}")
    }
}

/// What ids of resources look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Twelve letters and digits.
    Short,
    /// A UUID.
    Uuid,
}

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A stream of numbers that never repeats one (SplitMix64). Nothing here keeps
/// a secret from an attacker: the server is for tests.
#[derive(Debug)]
pub(crate) struct Ids {
    state: AtomicU64,
    form: Form,
}

impl Ids {
    /// Starts the stream at a seed.
    pub(crate) fn new(seed: u64, form: Form) -> Self {
        Self { state: AtomicU64::new(seed), form }
    }

    fn number(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn digits(&self, length: usize, alphabet: &[u8]) -> String {
        let base = alphabet.len() as u64;
        // As many digits as a number of 64 bits holds for sure.
        let per_number = if alphabet.len() == 62 { 11 } else { 16 };
        let mut text = String::with_capacity(length);
        let mut number = self.number();
        for position in 0..length {
            if position > 0 && position % per_number == 0 {
                number = self.number();
            }
            let digit = usize::try_from(number % base).unwrap_or_default();
            text.push(char::from(alphabet[digit]));
            number /= base;
        }
        text
    }
}

impl Identifiers for Ids {
    fn resource(&self) -> String {
        match self.form {
            Form::Short => self.alphanumeric(12),
            Form::Uuid => self.uuid(),
        }
    }

    fn alphanumeric(&self, length: usize) -> String {
        self.digits(length, ALPHANUMERIC)
    }

    fn hex(&self, length: usize) -> String {
        self.digits(length, HEX)
    }

    fn uuid(&self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 50),
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_repeatable() {
        let ids = Ids::new(7, Form::Short);
        let many: HashSet<String> = (0..10_000).map(|_| ids.alphanumeric(12)).collect();
        assert_eq!(many.len(), 10_000);
        assert_eq!(Ids::new(7, Form::Short).alphanumeric(30), Ids::new(7, Form::Short).alphanumeric(30));
    }

    #[test]
    fn forms() {
        let ids = Ids::new(1, Form::Short);
        assert_eq!(ids.hex(12).len(), 12);
        let uuid = ids.uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
    }
}
