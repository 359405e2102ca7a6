//! The bijection between values that two targets made up: ids, ARNs, tokens, host names.

use std::collections::HashMap;

use crate::spec::Arn;

/// Which value of the one target corresponds to which of the other.
#[derive(Debug, Clone, Default)]
pub struct Renaming {
    to_b: HashMap<String, String>,
    to_a: HashMap<String, String>,
}

/// Whether two texts at the same place correspond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Related {
    /// They do.
    Yes,
    /// They cannot: what can be compared of them differs.
    No,
    /// One of them corresponded to another value before.
    Otherwise,
}

impl Renaming {
    /// Whether two different texts correspond, as far as is known; two that nothing is known of do from now on.
    pub fn relate(&mut self, a: &str, b: &str) -> Related {
        match (self.to_b.get(a), self.to_a.get(b)) {
            (Some(known), _) => {
                if known == b {
                    Related::Yes
                } else {
                    Related::Otherwise
                }
            }
            (None, Some(_)) => Related::Otherwise,
            (None, None) if !alike(a, b) => Related::No,
            (None, None) => {
                self.to_b.insert(a.to_owned(), b.to_owned());
                self.to_a.insert(b.to_owned(), a.to_owned());
                Related::Yes
            }
        }
    }

    /// The value of the second target that corresponds to one of the first; the same value if no other is known.
    pub fn renamed<'r>(&'r self, a: &'r str) -> &'r str {
        self.to_b.get(a).map_or(a, String::as_str)
    }

    /// Whether a value of the first target has a counterpart.
    pub fn knows_a(&self, a: &str) -> bool {
        self.to_b.contains_key(a)
    }

    /// Whether a value of the second target has a counterpart.
    pub fn knows_b(&self, b: &str) -> bool {
        self.to_a.contains_key(b)
    }
}

/// Whether two values have the same form, as far as forms say what a value stands for: ARNs agree in all but account and
/// id.
fn alike(a: &str, b: &str) -> bool {
    let form = |text| Arn::parse(text).map(|arn| (arn.partition, arn.service, arn.region, arn.resource_type));
    match (Arn::parse(a), Arn::parse(b)) {
        (None, None) => true,
        // Paths of S3 and the like are not written like ARNs of resources.
        _ => form(a) == form(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_corresponded_once_corresponds_for_good() {
        let mut renaming = Renaming::default();
        assert_eq!(renaming.relate("a1", "b1"), Related::Yes);
        assert_eq!(renaming.relate("a1", "b1"), Related::Yes);
        assert_eq!(renaming.relate("a1", "b2"), Related::Otherwise, "the second target changed the name");
        assert_eq!(renaming.relate("a2", "b1"), Related::Otherwise, "the second target used the name again");
        assert_eq!(renaming.renamed("a1"), "b1");
        assert_eq!(renaming.renamed("x"), "x");
    }

    #[test]
    fn arns_agree_in_all_but_account_and_id() {
        let arn = |region: &str, account: &str, rest: &str| format!("arn:aws:ivs:{region}:{account}:{rest}");
        let mut renaming = Renaming::default();
        let mut relate = |a: String, b: String| renaming.relate(&a, &b);
        assert_eq!(relate(arn("r", "1", "channel/a"), arn("r", "2", "channel/b")), Related::Yes);
        assert_eq!(relate(arn("r", "1", "channel/c"), arn("s", "1", "channel/d")), Related::No);
        assert_eq!(relate(arn("r", "1", "channel/e"), arn("r", "1", "stream-key/f")), Related::No);
        assert_eq!(relate(arn("r", "1", "channel/g"), "g".to_owned()), Related::No);
    }
}
