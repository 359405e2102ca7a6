//! Did you mean …?

/// How many names are suggested.
const MOST: usize = 3;
/// How alike a name must be.
const LIKENESS: f64 = 0.75;

/// A question that names the most alike of the known names; empty if none is alike.
pub fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = alike(word, known).iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}

/// The most alike of the known names, if one is alike.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    alike(word, known).first().copied()
}

/// The known names that are alike, the most alike first.
fn alike<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = word.to_lowercase();
    let mut alike: Vec<(f64, &str)> = known
        .map(|name| (likeness(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    alike.dedup_by_key(|(_, name)| *name);
    alike.into_iter().map(|(_, name)| name).collect()
}

/// Spelling alone, or one being the end of the other as when the operation is left out.
fn likeness(word: &str, name: &str) -> f64 {
    if word.len() >= 4 && word != name && (name.ends_with(word) || name.starts_with(word)) {
        return 0.9;
    }
    strsim::normalized_damerau_levenshtein(word, name)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn the_most_alike_come_first() {
        let known = ["CreateChannel.status", "CreateStreamKey.status", "DeleteChannel.status", "rule.tags-merge"];
        let question = did_you_mean("CreateChanel.status", known.into_iter());
        assert!(question.starts_with("; did you mean `CreateChannel.status`"), "{question}");
        assert_eq!(did_you_mean("tags-merge", known.into_iter()), "; did you mean `rule.tags-merge`?");
        assert_eq!(did_you_mean("zzz", known.into_iter()), "");
    }
}
