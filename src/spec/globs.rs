//! Globs over ids of clauses, cases, errata and ambiguities, and over names of members.

use globset::Glob;

/// What a glob gives a meaning to.
const SPECIAL: [char; 7] = ['*', '?', '[', ']', '{', '}', '\\'];

/// Whether a text stands for others than itself.
pub fn is_glob(text: &str) -> bool {
    text.contains(SPECIAL)
}

/// Whether an id is this text, or is matched by it as a glob. A glob that cannot be read matches nothing.
pub fn is_match(glob: &str, id: &str) -> bool {
    glob == id || (is_glob(glob) && has_ends_of(glob, id) && is_matched(glob, id))
}

/// Compiling a glob is dear, and nearly all globs differ from an id in their first or last letters.
fn has_ends_of(glob: &str, id: &str) -> bool {
    let beginning = glob.split(SPECIAL).next().unwrap_or_default();
    let end = glob.rsplit(SPECIAL).next().unwrap_or_default();
    id.starts_with(beginning) && id.ends_with(end)
}

fn is_matched(glob: &str, id: &str) -> bool {
    Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_itself_and_a_glob_what_globset_says() {
        let globs = ["*", "a.*", "*.b", "a.b", "a.?", "{a,c}.b", "a.[bc]", "a.b{,.c}", r"a.\*", "[", "a*b*", ""];
        for glob in globs {
            for id in ["a.b", "a.c", "c.b", "a.b.c", "a.*", "[", "", "ab"] {
                let is_expected = glob == id || is_matched(glob, id);
                assert_eq!(is_match(glob, id), is_expected, "`{glob}` on `{id}`");
            }
        }
        assert!(is_match("items[arn=x]", "items[arn=x]"), "an id with brackets is itself");
        assert!(!is_glob("GetChannel.input.arn.type"));
    }
}
