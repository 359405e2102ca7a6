//! Texts that must not be shown. A run may meet millions, so only digests of them are kept: enough to find them in a text,
//! too little to tell what they are.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::digest::digest;
use super::digest_set::DigestSet;
use crate::spec::contract::{Node, NodeKind};

/// Shortest secret that is looked for in texts, in bytes: a shorter one stands in too many that are none.
const SHORTEST: usize = 8;

/// Secrets in every form in which texts may hold them.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    digests: DigestSet,
    /// How forms begin, and how they begin together with how long they are.
    starts: DigestSet,
    /// How long forms are, in bytes.
    lengths: BTreeSet<usize>,
}

impl Secrets {
    /// Adds a secret; one that is too short to be told from other texts is not kept.
    pub fn insert(&mut self, secret: &str) {
        if secret.len() < SHORTEST || !self.insert_form(secret) {
            return;
        }
        let in_url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        self.insert_form(&in_url);
        // As it stands in JSON that is no more read as JSON.
        let in_json = Value::from(secret).to_string();
        self.insert_form(in_json.trim_matches('"'));
    }

    /// Whether the form is new.
    fn insert_form(&mut self, form: &str) -> bool {
        let Some(start) = form.as_bytes().first_chunk::<SHORTEST>() else { return false };
        let is_new = self.digests.insert(digest(form));
        if is_new {
            self.starts.insert(digest(start));
            self.starts.insert(digest(&(start, form.len())));
            self.lengths.insert(form.len());
        }
        is_new
    }

    /// How many digests are in memory.
    pub fn in_memory(&self) -> usize {
        self.digests.in_memory() + self.starts.in_memory()
    }

    /// Adds the values of sensitive members.
    pub fn note(&mut self, node: &Node, value: &Value) {
        if !node.holds_secret {
            return;
        }
        if node.is_sensitive {
            if let Value::String(text) = value {
                self.insert(text);
            }
            return;
        }
        match (&node.kind, value) {
            (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(object)) => {
                for member in members {
                    if let Some(value) = object.get(&member.name) {
                        self.note(member, value);
                    }
                }
            }
            (NodeKind::List { element }, Value::Array(elements)) => {
                elements.iter().for_each(|value| self.note(element, value));
            }
            _ => {}
        }
    }

    /// Adds what another knows.
    pub fn merge(&mut self, other: Secrets) {
        self.digests.merge(other.digests);
        self.starts.merge(other.starts);
        self.lengths.extend(other.lengths);
    }

    /// The text with `mark` where a secret stood.
    pub fn taken_out_of(&self, text: &str, mark: &str) -> String {
        self.replaced_in(text, &mut |_| mark.to_owned())
    }

    /// The text with what `substitute` makes of each secret in its place.
    pub fn replaced_in(&self, text: &str, substitute: &mut dyn FnMut(&str) -> String) -> String {
        let mut shown = String::with_capacity(text.len());
        let (mut end, mut position) = (0, 0);
        while position < text.len() && !self.digests.is_empty() {
            match self.at(text, position) {
                Some(length) => {
                    shown.push_str(text.get(end..position).unwrap_or_default());
                    shown.push_str(&substitute(text.get(position..position + length).unwrap_or_default()));
                    position += length;
                    end = position;
                }
                None => position += 1,
            }
        }
        shown.push_str(text.get(end..).unwrap_or_default());
        shown
    }

    /// Length of the longest secret at a position, so that no part of a longer one stays. A text that cannot be looked up counts as
    /// a secret.
    fn at(&self, text: &str, position: usize) -> Option<usize> {
        let is_in = |set: &DigestSet, digest| set.contains(digest).unwrap_or(true);
        let start = text.as_bytes().get(position..)?.first_chunk::<SHORTEST>()?;
        if !is_in(&self.starts, digest(start)) {
            return None;
        }
        let is_known = |length: &usize| {
            let form = text.get(position..position + length);
            is_in(&self.starts, digest(&(start, *length)))
                && form.is_some_and(|form| is_in(&self.digests, digest(form)))
        };
        self.lengths.iter().rev().copied().find(is_known)
    }
}

impl<S: AsRef<str>> Extend<S> for Secrets {
    fn extend<I: IntoIterator<Item = S>>(&mut self, secrets: I) {
        secrets.into_iter().for_each(|secret| self.insert(secret.as_ref()));
    }
}

impl<S: AsRef<str>> FromIterator<S> for Secrets {
    fn from_iter<I: IntoIterator<Item = S>>(secrets: I) -> Secrets {
        let mut known = Secrets::default();
        known.extend(secrets);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_in_every_form_and_nothing_else_does() {
        let secrets: Secrets = ["wJalr/XU+tn\"FEMI", "wJalr/XU+tn\"FEMI-and-more", "short"].into_iter().collect();
        let text =
            r#"a wJalr/XU+tn"FEMI b wJalr%2FXU%2Btn%22FEMI c wJalr/XU+tn\"FEMI d wJalr/XU+tn"FEMI-and-more short"#;
        assert_eq!(secrets.taken_out_of(text, "***"), "a *** b *** c *** d *** short");
    }

    #[test]
    fn what_is_kept_does_not_tell_the_secret() {
        let secret = "sk_us-east-1_8fTgH2kLmN0p_QrStUvWxYz0123456789";
        let known: Secrets = [secret].into_iter().collect();
        assert!(!format!("{known:?}").contains("8fTgH2kLmN0p"));
        assert_eq!(known.taken_out_of(&format!("key={secret}."), "***"), "key=***.");
    }

    #[test]
    fn texts_of_other_scripts_are_searched_too() {
        let known: Secrets = ["geheimnis-äöü-🗝"].into_iter().collect();
        assert_eq!(known.taken_out_of("ä geheimnis-äöü-🗝 ü", "***"), "ä *** ü");
    }
}
