//! The rules that the reference states in prose, by name.

use std::sync::LazyLock;

use regex::Regex;

use super::api::Api;
use super::countries;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A rule that no type, length, pattern, range or enum line states.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Rule { $($(#[$doc])* $variant,)* }

        impl Rule {
            /// Every rule.
            pub(crate) const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// Its name.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The rule of that name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|rule| rule.name() == name)
            }
        }
    };
}

rules! {
    /// Multitrack input needs channel type STANDARD (MultitrackInputConfiguration).
    MultitrackType = "multitrack-requires-standard-type",
    /// Enabled multitrack input needs a policy.
    MultitrackPolicy = "multitrack-requires-policy",
    /// Enabled multitrack input needs a maximum resolution.
    MultitrackResolution = "multitrack-requires-maximum-resolution",
    /// Enabled multitrack input needs containerFormat FRAGMENTED_MP4.
    MultitrackContainer = "multitrack-requires-container-format",
    /// A preset can be selected for ADVANCED types only (CreateChannel).
    PresetType = "preset-only-for-advanced",
    /// Rendition selection CUSTOM needs renditions (RenditionConfiguration).
    CustomRenditions = "custom-requires-renditions",
    /// Exactly one destination is defined (DestinationConfiguration).
    OneDestination = "exactly-one-destination",
    /// Countries are officially assigned codes (PlaybackRestrictionPolicy).
    CountryAssigned = "country-officially-assigned",
    /// Origins are valid values of the Origin header (PlaybackRestrictionPolicy).
    OriginWellFormed = "origin-well-formed",
    /// Tag keys with the prefix aws: are reserved (Tagging).
    TagPrefix = "tag-key-reserved-prefix",
    /// Tags have a limited set of characters (Tagging).
    TagCharacters = "tag-characters",
    /// A resource has at most 50 tags (Tagging).
    TagLimit = "tags-at-most-50",
    /// Metadata is at most 1 KB (PutMetadata).
    MetadataSize = "metadata-at-most-1-kb",
    /// At most five metadata requests a second and channel (PutMetadata).
    MetadataRate = "metadata-rate",
    /// Filters of ListChannels exclude each other.
    ExclusiveFilters = "list-filters-mutually-exclusive",
    /// A channel has at most one stream key (CreateStreamKey).
    OneStreamKey = "one-stream-key-per-channel",
    /// A live channel cannot be deleted (DeleteChannel).
    LiveDelete = "live-channel-not-deletable",
    /// A live channel cannot be updated (UpdateChannel).
    LiveUpdate = "live-channel-not-updatable",
    /// A recording configuration in use cannot be deleted.
    RecordingInUse = "recording-configuration-in-use",
    /// A policy in use cannot be deleted.
    PolicyInUse = "playback-restriction-policy-in-use",
    /// A recording configuration named by a channel exists.
    RecordingExists = "recording-configuration-exists",
    /// A policy named by a channel exists.
    PolicyExists = "playback-restriction-policy-exists",
    /// An ad configuration named by a channel exists.
    AdConfigurationExists = "ad-configuration-exists",
    /// A failover slate configuration named by a channel exists.
    FailoverSlateExists = "failover-slate-configuration-exists",
    /// An ad configuration in use cannot be deleted.
    AdConfigurationInUse = "ad-configuration-in-use",
    /// A failover slate configuration in use cannot be deleted.
    FailoverSlateInUse = "failover-slate-configuration-in-use",
    /// An ad break needs a channel with an ad configuration.
    AdBreakNeedsAdConfiguration = "ad-break-needs-ad-configuration",
    /// Key material is a P-384 public key (ImportPlaybackKeyPair).
    KeyMaterial = "public-key-valid",
    /// The same public key is imported once only.
    KeyUnique = "public-key-unique",
    /// A page token is one that this list gave out.
    TokenKnown = "next-token-known",
    /// The media type of a body is application/json (Allowed Header Values).
    ContentType = "content-type",
    /// The client accepts application/json (Allowed Header Values).
    Accept = "accept",
    /// A body is a JSON document.
    JsonSyntax = "json-syntax",
    /// A body is a JSON object.
    JsonObject = "json-object",
    /// Paths are case sensitive (Welcome).
    PathCase = "path-case",
    /// Names of members are case sensitive (Welcome).
    MemberCase = "member-case",
    /// An operation has one method.
    Method = "method",
}

impl Rule {
    /// The API that has it first.
    pub(crate) fn since(self) -> Api {
        match self {
            Self::AdConfigurationExists
            | Self::FailoverSlateExists
            | Self::AdConfigurationInUse
            | Self::FailoverSlateInUse
            | Self::AdBreakNeedsAdConfiguration => Api::November2026,
            _ => Api::Document,
        }
    }
}

/// Whether a text is an officially assigned ISO 3166-1 alpha-2 code.
pub(crate) fn is_country(code: &str) -> bool {
    countries::is_assigned(code)
}

/// Whether a text may stand in an Origin header, tolerating the empty string
/// (its length line allows it) and `*` in place of a label or port (rule 152).
pub(crate) fn is_origin(text: &str) -> bool {
    if matches!(text, "" | "null" | "*") {
        return true;
    }
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    is_scheme(scheme) && is_authority(authority)
}

fn is_scheme(scheme: &str) -> bool {
    let mut bytes = scheme.bytes();
    scheme == "*"
        || (bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)))
}

fn is_authority(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        return address.parse::<std::net::Ipv6Addr>().is_ok()
            && port.strip_prefix(':').map_or(port.is_empty(), is_port);
    }
    match authority.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(authority),
    }
}

fn is_host(host: &str) -> bool {
    host.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_*".contains(&b)))
}

fn is_port(port: &str) -> bool {
    port == "*" || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

/// Whether every character of a tag's key or value is allowed: letters, separators and digits of any script and
/// `_.:/=+-@`. Source: the service's public model of November 2026.
pub(crate) fn has_tag_characters(text: &str) -> bool {
    static ALLOWED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$").ok());
    ALLOWED.as_ref().is_none_or(|allowed| allowed.is_match(text))
}

/// Whether a tag key begins with the reserved prefix in any case.
pub(crate) fn has_reserved_prefix(key: &str) -> bool {
    key.as_bytes().get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"aws:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for good in [
            "",
            "null",
            "*",
            "https://example.com",
            "http://example.com:8080",
            "https://*.example.com",
            "http://localhost:3000",
            "http://[::1]:80",
            "custom-app://host",
        ] {
            assert!(is_origin(good), "{good:?}");
        }
        for bad in [
            "example.com",
            "https://",
            "https://example.com/",
            "https://example.com/path",
            "https://example.com:port",
            "https://exa mple.com",
            "https://example.com:99999",
            "://example.com",
            "https://example.com?x",
            "https://example.com:",
        ] {
            assert!(!is_origin(bad), "{bad:?}");
        }
    }

    #[test]
    fn tags() {
        assert!(has_tag_characters("Projekt 1_.:/=+-@ äß 中文"));
        assert!(!has_tag_characters("a\tb") && !has_tag_characters("a\nb"));
        assert!(!has_tag_characters("a\u{0301}") && has_tag_characters("a\u{a0}\u{2028}٣"));
        assert!(!has_tag_characters("a*b") && !has_tag_characters("a#b"));
        assert!(has_reserved_prefix("AwS:x") && has_reserved_prefix("aws:"));
        assert!(!has_reserved_prefix("aws") && !has_reserved_prefix("xaws:"));
    }

    #[test]
    fn rule_names_are_unique() {
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.name()), Some(*rule));
        }
    }
}
