//! Placeholders for secrets: the same for the same secret, another for another one, and of the same form, so that what is
//! judged by the form is judged alike.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::entropy;

/// How a placeholder begins where its form allows it.
const MARK: &str = "redacted";
/// Shortest text, in bytes, that can begin with it and still tell secrets apart.
const SHORTEST_MARKED: usize = 20;
/// How many placeholders are tried for one secret.
const ATTEMPTS: u32 = 64;
/// From this attempt on, punctuation is replaced too.
const WITHOUT_PUNCTUATION: u32 = 8;
/// Punctuation that stands for other punctuation.
const PUNCTUATION: &[u8] = b"!#$%&*+-./:;=?@^_~";

/// Identifies a secret without telling it.
type Fingerprint = [u8; 32];

/// The placeholders of one recording. They follow from a key that is not written anywhere.
#[derive(Debug)]
pub struct Pseudonyms {
    key: [u64; 2],
    known: HashMap<Fingerprint, String>,
    used: HashSet<String>,
}

impl Pseudonyms {
    /// With a key of their own.
    pub fn new() -> Pseudonyms {
        Pseudonyms { key: [entropy::nonce(), entropy::nonce()], known: HashMap::new(), used: HashSet::new() }
    }

    /// The placeholder of a secret. `is_alike` tells whether a text is judged as the secret is.
    pub fn of(&mut self, secret: &str, is_alike: &dyn Fn(&str) -> bool) -> String {
        if secret.is_empty() {
            return String::new();
        }
        let fingerprint = self.digest(secret, u32::MAX, 0);
        if let Some(known) = self.known.get(&fingerprint) {
            return known.clone();
        }
        let mut candidates = (0..ATTEMPTS).map(|attempt| self.candidate(secret, attempt));
        let is_good = |text: &String| text != secret && is_alike(text) && !self.used.contains(text);
        let placeholder = candidates.find(is_good).unwrap_or_else(|| {
            // There is no other text of this form: what it is must not be told all the same.
            let digits = fingerprint.iter().take(8).map(|byte| format!("{byte:02x}"));
            format!("{MARK}{}", digits.collect::<String>())
        });
        self.used.insert(placeholder.clone());
        self.known.insert(fingerprint, placeholder.clone());
        placeholder
    }

    fn candidate(&self, secret: &str, attempt: u32) -> String {
        let bytes = (0u32..).flat_map(|block| self.digest(secret, attempt, block));
        if attempt == 0 && secret.len() >= SHORTEST_MARKED && secret.is_ascii() {
            let letters = bytes.take(secret.len() - MARK.len()).map(alphanumeric);
            return MARK.chars().chain(letters).collect();
        }
        secret.chars().zip(bytes).map(|(character, byte)| like(character, byte, attempt)).collect()
    }

    fn digest(&self, secret: &str, attempt: u32, block: u32) -> Fingerprint {
        let mut hash = Sha256::new();
        for part in self.key {
            hash.update(part.to_be_bytes());
        }
        hash.update(attempt.to_be_bytes());
        hash.update(block.to_be_bytes());
        hash.update(secret.as_bytes());
        hash.finalize().into()
    }
}

fn alphanumeric(byte: u8) -> char {
    match byte % 36 {
        digit @ 0..10 => char::from(b'0' + digit),
        letter => char::from(b'a' + letter - 10),
    }
}

/// A character of the same kind and the same length in UTF-8.
fn like(character: char, byte: u8, attempt: u32) -> char {
    let chosen = u32::from(byte);
    let other = match character {
        'a'..='f' | '0'..='9' if attempt == 1 => return hexadecimal(character, byte),
        'a'..='z' => u32::from('a') + chosen % 26,
        'A'..='Z' => u32::from('A') + chosen % 26,
        '0'..='9' => u32::from('0') + chosen % 10,
        _ if character.is_ascii_punctuation() && attempt >= WITHOUT_PUNCTUATION => {
            u32::from(PUNCTUATION.get(usize::from(byte) % PUNCTUATION.len()).copied().unwrap_or(b'-'))
        }
        _ if character.is_ascii() => return character,
        _ => match character.len_utf8() {
            2 => 0xe0 + chosen % 22,
            3 => 0x4e00 + chosen,
            _ => 0x1f300 + chosen,
        },
    };
    char::from_u32(other).unwrap_or(character)
}

/// Hexadecimal digits stay that, so that a signature looks like one.
fn hexadecimal(character: char, byte: u8) -> char {
    match character {
        '0'..='9' => char::from(b'0' + byte % 10),
        _ => char::from(b'a' + byte % 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_secret_has_the_same_placeholder_and_another_one_another() {
        let mut pseudonyms = Pseudonyms::new();
        let any = |_: &str| true;
        let secrets = ["a", "b", "secret-passphrase", "sk_us-east-1_abcdEFGH12345678", "ä€🗝xyz12", "!!!!!!!!!!"];
        let first: Vec<String> = secrets.iter().map(|secret| pseudonyms.of(secret, &any)).collect();
        let again: Vec<String> = secrets.iter().map(|secret| pseudonyms.of(secret, &any)).collect();
        assert_eq!(first, again);
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), secrets.len());
        for (secret, placeholder) in secrets.iter().zip(&first) {
            assert_ne!(secret, placeholder);
            assert_eq!((secret.len(), secret.chars().count()), (placeholder.len(), placeholder.chars().count()));
        }
        assert!(first[3].starts_with(MARK));
        assert_eq!(pseudonyms.of("", &any), "");
        assert_ne!(Pseudonyms::new().of(secrets[3], &any), first[3], "nothing but the key tells which it was");
    }

    #[test]
    fn a_placeholder_is_judged_as_its_secret() {
        let mut pseudonyms = Pseudonyms::new();
        let keeps = |text: &str| text.starts_with("sk_") && text.len() == 24;
        // No text that is made up begins so: then its form is lost, not the secret told.
        assert!(!pseudonyms.of("sk_abcdefghijklmnopqrstu", &keeps).contains("abcdefgh"));
        let has_space = |text: &str| text.contains(' ');
        assert!(pseudonyms.of("with a space in it, and more", &has_space).contains(' '));
    }
}
