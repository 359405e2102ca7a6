//! What differs between any two runs and says nothing of the target: times, and ids that the target makes up.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// ARNs, ISO 8601 times, and words long enough to be ids, tokens or seconds since 1970. A sentence may be cut anywhere.
static CANDIDATES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"arn:[^"\s,…]*|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z?|[0-9]{10,}(?:\.[0-9]+)?|[A-Za-z0-9_+/=-]{12,}"#)
        .ok()
});

/// The sentence with one mark for every time and id, so that two sentences can be compared.
pub fn without_volatile(sentence: &str) -> String {
    let replaced = |found: &Captures<'_>| {
        let word = &found[0];
        let is_made_up = word.starts_with("arn:") || word.contains(|c: char| c.is_ascii_digit());
        if is_made_up { "…".to_owned() } else { word.to_owned() }
    };
    match &*CANDIDATES {
        Some(candidates) => candidates.replace_all(sentence, replaced).into_owned(),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_volatile;

    #[test]
    fn times_and_ids_do_not_count() {
        for (one, other) in [
            ("`startTime` is \"2026-11-26T14:08:58Z\".", "`startTime` is \"2026-11-26T14:09:43.5Z\"."),
            ("`startTime` is 1764166138.", "`startTime` is 1764166183.25."),
            ("`nextToken` is \"AAAAAAAAAXNSll0FYi7GMw\".", "`nextToken` is \"AAAAAAAAAXNSll0FYi7Gxx\"."),
            ("is [{\"arn\":\"arn:aws:ivs:r:1:channel/2mMH794i\"", "is [{\"arn\":\"arn:aws:ivs:r:1:channel/MU6GGJqu\""),
            ("is \"arn:aws:ivs:r:1:channel/2m….", "is \"arn:aws:ivs:r:1:channel/MU6GG…."),
        ] {
            assert_eq!(without_volatile(one), without_volatile(other));
        }
    }

    #[test]
    fn all_else_counts() {
        for (one, other) in [
            ("Success has status 200.", "Success has status 201."),
            ("`type` is \"BASIC\".", "`type` is \"STANDARD\"."),
            (
                "The target responded with ValidationException (400).",
                "The target responded with ConflictException (409).",
            ),
            ("`channels.member.arn` has 1025 code points.", "`channels.member.arn` has 1026 code points."),
            ("`channel.authorized` is true.", "`channel.recordingConfigurationArn` is true."),
        ] {
            assert_ne!(without_volatile(one), without_volatile(other));
        }
    }
}
