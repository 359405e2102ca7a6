//! The string patterns of the contract, each matched against the whole value.

/// A pattern that a string must match from its first to its last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// An ARN of one resource type.
    Arn(&'static str),
    /// The same, or the empty string (channel-side ARN members).
    ArnOrEmpty(&'static str),
    /// An ARN of any resource type. Read with a repetition after the type's
    /// class, without which no real ARN would match (rule 54).
    AnyArn,
    /// `[a-zA-Z0-9-_]*` (rule 57).
    Name,
    /// `[a-zA-Z0-9+/=_-]*`
    Token,
    /// `[a-z0-9-.]+`; the printed space is a copy damage (rule 65).
    Bucket,
    /// `st-[a-zA-Z0-9]+`
    StreamId,
    /// `[a-zA-Z0-9]+`
    Alphanumeric,
    /// The ARN of a playback configuration of MediaTailor.
    MediaTailorArn,
}

impl Pattern {
    /// Whether the whole value matches.
    pub(crate) fn matches(self, value: &str) -> bool {
        match self {
            Self::Arn(kind) => arn(IVS, value, |found| found == kind),
            Self::ArnOrEmpty(kind) => value.is_empty() || arn(IVS, value, |found| found == kind),
            Self::MediaTailorArn => arn(MEDIA_TAILOR, value, |found| found == "playbackConfiguration"),
            Self::Alphanumeric => all(value, |b| b.is_ascii_alphanumeric()),
            Self::AnyArn => arn(IVS, value, |found| all(found, |b| b.is_ascii_lowercase() || b == b'-')),
            Self::Name => value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            Self::Token => value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b)),
            Self::Bucket => all(value, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.'),
            Self::StreamId => value.strip_prefix("st-").is_some_and(|rest| all(rest, |b| b.is_ascii_alphanumeric())),
        }
    }
}

/// Whether a text is a region's name as ARNs allow it.
pub(crate) fn is_region(text: &str) -> bool {
    all(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

const IVS: &str = "arn:aws:ivs:";
const MEDIA_TAILOR: &str = "arn:aws:mediatailor:";

fn arn(prefix: &str, value: &str, kind_fits: impl Fn(&str) -> bool) -> bool {
    let Some(rest) = value.strip_prefix(prefix) else {
        return false;
    };
    let mut parts = rest.splitn(3, ':');
    let (Some(region), Some(account), Some(resource)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let Some((kind, id)) = resource.split_once('/') else {
        return false;
    };
    is_region(region)
        && all(account, |b| b.is_ascii_digit())
        && kind_fits(kind)
        && all(id, |b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_match_whole_values_only() {
        let channel = Pattern::Arn("channel");
        assert!(channel.matches("arn:aws:ivs:us-east-1:123456789012:channel/abcdABCD-1"));
        for wrong in [
            "",
            "arn:aws:ivs:us-east-1:123456789012:channel/",
            "arn:aws:ivs:us-east-1:123456789012:channel/a/b",
            "arn:aws:ivs:us-east-1:123456789012:channel/a b",
            "xarn:aws:ivs:us-east-1:123456789012:channel/a",
            "arn:aws-cn:ivs:us-east-1:123456789012:channel/a",
            "arn:aws:ivs:US:123456789012:channel/a",
            "arn:aws:ivs:us-east-1:12x:channel/a",
            "arn:aws:ivs:us-east-1:1:stream-key/a",
            "arn:aws:ivs:us-east-1:1:channel/a\n",
        ] {
            assert!(!channel.matches(wrong), "{wrong:?}");
        }
        assert!(Pattern::ArnOrEmpty("channel").matches(""));
        assert!(Pattern::AnyArn.matches("arn:aws:ivs:r:1:playback-key/a"));
        assert!(!Pattern::AnyArn.matches("arn:aws:ivs:r:1:Channel/a"));
        assert!(Pattern::MediaTailorArn.matches("arn:aws:mediatailor:r:1:playbackConfiguration/a-1"));
        assert!(!Pattern::MediaTailorArn.matches("arn:aws:ivs:r:1:playbackConfiguration/a"));
    }

    #[test]
    fn small_patterns() {
        assert!(Pattern::Name.matches("") && Pattern::Name.matches("a_B-9"));
        assert!(!Pattern::Name.matches("a*") && !Pattern::Name.matches("a b"));
        assert!(!Pattern::Bucket.matches("a b") && Pattern::Bucket.matches("a.b-9"));
        assert!(!Pattern::StreamId.matches("st-") && Pattern::StreamId.matches("st-1Z"));
        assert!(Pattern::Token.matches("aZ9+/=_-") && !Pattern::Token.matches("a."));
    }
}
