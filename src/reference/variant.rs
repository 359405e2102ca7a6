//! Conforming ways to differ: what the reference leaves open is answered
//! differently, so that a harness can be shown not to insist on one reading.

use std::str::FromStr;

macro_rules! variants {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// A conforming but different behaviour.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Variant { $($(#[doc = $doc])* $variant,)* }

        impl Variant {
            /// Every variant.
            pub const ALL: &'static [Variant] = &[$(Variant::$variant,)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does, in one sentence.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    };
}

variants! {
    /// Optional members without a value are answered as `null`.
    NullForAbsent = "null-for-absent",
    /// Every answered object has a member that no document describes.
    ExtraMembers = "extra-members",
    /// Lists go from the newest to the oldest resource.
    ReverseOrder = "reverse-order",
    /// Ids in ARNs are UUIDs.
    UuidIds = "uuid-ids",
    /// Page tokens are almost as long as allowed.
    LongTokens = "long-tokens",
    /// Error bodies have only the member `exceptionMessage`.
    ExceptionMessageOnly = "exception-message-only",
    /// Error bodies have only the member `message`.
    MessageOnly = "message-only",
    /// Error codes stand in the body's `__type` with a namespace, not in a header.
    CodeInBodyOnly = "code-in-body-only",
    /// An empty response with status 200 has the body `{}`.
    EmptyObjectOnEmpty200 = "empty-object-on-empty-200",
    /// A recording configuration is ACTIVE as soon as it is created, and a failover slate is CREATED at once.
    ActiveAtOnce = "active-at-once",
    /// A channel without multitrack input shows no object for it.
    NoMultitrackObject = "no-multitrack-object",
    /// Timestamps have fractions of a second.
    FractionalTimestamps = "fractional-timestamps",
    /// The tags of CreateChannel are tags of its stream key too.
    KeyTagged = "key-tagged",
    /// A batch without errors shows an empty list of them.
    EmptyBatchErrors = "empty-batch-errors",
    /// A preset given with type BASIC or STANDARD is stored as the empty string.
    AcceptPresetOnStandard = "accept-preset-on-standard",
    /// Malformed JSON and wrong JSON types are a SerializationException.
    SerializationException = "serialization-exception",
    /// Error codes have a namespace before and an address behind them.
    LongErrorType = "long-error-type",
    /// An unknown path or method is answered as a gateway does, with 403.
    GatewayErrors = "gateway-errors",
    /// The content type names a charset.
    ContentTypeCharset = "content-type-charset",
    /// Viewer counts are always -1, which stands for a time-out.
    ViewerCountUnknown = "viewer-count-unknown",
    /// The last page of a list has an empty token instead of none.
    EmptyTokenOnLast = "empty-token-on-last",
    /// Empty names and tags are left out of responses.
    OmitEmpty = "omit-empty",
}

/// A variant that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no variant {0:?}; the variants are {list}", list = names())]
pub struct UnknownVariant(String);

fn names() -> String {
    let names: Vec<&str> = Variant::ALL.iter().map(|variant| variant.name()).collect();
    names.join(", ")
}

impl FromStr for Variant {
    type Err = UnknownVariant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|variant| variant.name() == text);
        found.copied().ok_or_else(|| UnknownVariant(text.to_owned()))
    }
}
