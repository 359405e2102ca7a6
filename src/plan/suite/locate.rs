//! Where in a TOML file a value stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::written;

/// The values of a TOML file with their places.
pub(super) struct Places<'t>(Option<Spanned<DeTable<'t>>>);

impl<'t> Places<'t> {
    /// Of a file's text, with its entries as they are when everything in it is expanded; one that cannot be read has no
    /// places.
    pub fn of(text: &'t str) -> Places<'t> {
        Places(written::expand(text).ok())
    }

    /// The bytes of the value that keys and indexes lead to, or of the last value on the way that is there.
    pub fn span(&self, path: &[String]) -> Range<usize> {
        let Some(root) = &self.0 else { return 0..0 };
        let Some((first, rest)) = path.split_first() else { return root.span() };
        let Some(mut here) = root.get_ref().get(first.as_str()) else { return root.span() };
        for segment in rest {
            let below = match here.get_ref() {
                DeValue::Table(table) => table.get(segment.as_str()),
                DeValue::Array(array) => segment.parse::<usize>().ok().and_then(|index| array.get(index)),
                _ => None,
            };
            match below {
                Some(below) => here = below,
                None => break,
            }
        }
        here.span()
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn keys_and_indexes_lead_to_a_value() {
        let text = "[[scenario]]\nname = \"a\"\n[[scenario.steps]]\ncall = \"X\"\nexpect = [\"b\", \"c\"]\n";
        let places = Places::of(text);
        let at = |path: &str| {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            text.get(places.span(&path)).unwrap_or_default()
        };
        assert_eq!(at("scenario/0/name"), "\"a\"");
        assert_eq!(at("scenario/0/steps/0/call"), "\"X\"");
        assert_eq!(at("scenario/0/steps/0/expect/1"), "\"c\"");
        assert_eq!(at("scenario/0/steps/0/missing"), "[[scenario.steps]]");
    }
}
