//! Behaviour that differs from what the reference describes.

use super::Systemic;

/// One thing that the server does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// A delete succeeds and deletes nothing.
    KeepDeleted,
    /// A deleted channel leaves its stream keys behind.
    OrphanKeys,
    Page(PageFault),
    Batch(BatchFault),
    Tags(TagFault),
    Stream(StreamFault),
    Auth(AuthFault),
    Protocol(ProtocolFault),
    Systemic(Systemic),
    /// Summaries show what only the full resource may show.
    LeakSecret,
    /// All regions share one state.
    RegionLeak,
    /// A change also reaches another resource of the kind.
    Cross,
    /// A new stream key has the value of the one before.
    SameStreamKeyValue,
    /// Fingerprints have nothing to do with the key.
    WrongFingerprint,
    /// Names are filtered by their beginning.
    PrefixFilter,
    /// The size of metadata counts characters instead of bytes.
    MetadataCharacters,
    /// ARNs name another region than the request's.
    WrongArnRegion,
    /// An update brings the tags back that were removed before.
    UntaggedReturns,
    /// Tagging a channel takes its updates back.
    TaggingUndoesUpdates,
    /// An update of a policy that was tagged after it was made is answered and not stored.
    TaggedPolicyIsFrozen,
    /// No two channels may have one name.
    UniqueChannelNames,
    /// A new resource gets the id of one that was deleted.
    ReuseIds,
    /// A new resource gets the id of the one before.
    SameId,
    /// A preset is kept on every type of channel.
    PresetOnAnyType,
}

/// What a list does wrong with its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageFault {
    Overlap,
    Skip,
    Endless,
    Unbounded,
    NoToken,
    Reset,
    TokenOnLast,
}

impl PageFault {
    pub(crate) const ALL: [Self; 7] =
        [Self::Overlap, Self::Skip, Self::Endless, Self::Unbounded, Self::NoToken, Self::Reset, Self::TokenOnLast];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Skip => "skip",
            Self::Endless => "endless",
            Self::Unbounded => "unbounded",
            Self::NoToken => "no-token",
            Self::Reset => "reset",
            Self::TokenOnLast => "token-on-last",
        }
    }
}

/// What a batch operation does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchFault {
    DropErrors,
    FailAll,
    DropLast,
    WrongArn,
}

impl BatchFault {
    pub(crate) const ALL: [Self; 4] = [Self::DropErrors, Self::FailAll, Self::DropLast, Self::WrongArn];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DropErrors => "drop-errors",
            Self::FailAll => "fail-all",
            Self::DropLast => "drop-last",
            Self::WrongArn => "wrong-arn",
        }
    }
}

/// What happens wrong to tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagFault {
    Replace,
    Lose,
    KeepExisting,
    UntagAll,
    UntagNone,
    UntagFirst,
    LowerCase,
    ClearedByUpdate,
    RefuseAbsent,
}

impl TagFault {
    pub(crate) const ALL: [Self; 9] = [
        Self::Replace,
        Self::Lose,
        Self::KeepExisting,
        Self::UntagAll,
        Self::UntagNone,
        Self::UntagFirst,
        Self::LowerCase,
        Self::ClearedByUpdate,
        Self::RefuseAbsent,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Lose => "lose",
            Self::KeepExisting => "keep-existing",
            Self::UntagAll => "untag-all",
            Self::UntagNone => "untag-none",
            Self::UntagFirst => "untag-first",
            Self::LowerCase => "lower-case",
            Self::ClearedByUpdate => "cleared-by-update",
            Self::RefuseAbsent => "refuse-absent",
        }
    }
}

/// What happens wrong to streams and their sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamFault {
    LiveSnapshot,
    NotStopped,
    NotListed,
    NoEndTime,
    OldestSession,
    OldestFirst,
    EventsOldestFirst,
    IdleAsMissing,
    ListedAfterEnd,
    EndBeforeStart,
    SameStreamId,
    MissingAsIdle,
    EmptySession,
}

impl StreamFault {
    pub(crate) const ALL: [Self; 13] = [
        Self::LiveSnapshot,
        Self::NotStopped,
        Self::NotListed,
        Self::NoEndTime,
        Self::OldestSession,
        Self::OldestFirst,
        Self::EventsOldestFirst,
        Self::IdleAsMissing,
        Self::ListedAfterEnd,
        Self::EndBeforeStart,
        Self::SameStreamId,
        Self::MissingAsIdle,
        Self::EmptySession,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LiveSnapshot => "live-snapshot",
            Self::NotStopped => "not-stopped",
            Self::NotListed => "not-listed",
            Self::NoEndTime => "no-end-time",
            Self::OldestSession => "oldest-session",
            Self::OldestFirst => "oldest-first",
            Self::EventsOldestFirst => "events-oldest-first",
            Self::IdleAsMissing => "idle-as-missing",
            Self::ListedAfterEnd => "listed-after-end",
            Self::EndBeforeStart => "end-before-start",
            Self::SameStreamId => "same-stream-id",
            Self::MissingAsIdle => "missing-as-idle",
            Self::EmptySession => "empty-session",
        }
    }
}

/// What the check of signatures does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthFault {
    AcceptUnsigned,
    AcceptAnyKey,
    AcceptAnySignature,
    IgnoreExpiry,
    IgnoreSkew,
    IgnoreBody,
    IgnoreScope,
    IgnoreToken,
    RefusePresigned,
}

impl AuthFault {
    pub(crate) const ALL: [Self; 9] = [
        Self::AcceptUnsigned,
        Self::AcceptAnyKey,
        Self::AcceptAnySignature,
        Self::IgnoreExpiry,
        Self::IgnoreSkew,
        Self::IgnoreBody,
        Self::IgnoreScope,
        Self::IgnoreToken,
        Self::RefusePresigned,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AcceptUnsigned => "accept-unsigned",
            Self::AcceptAnyKey => "accept-any-key",
            Self::AcceptAnySignature => "accept-any-signature",
            Self::IgnoreExpiry => "ignore-expiry",
            Self::IgnoreSkew => "ignore-skew",
            Self::IgnoreBody => "ignore-body",
            Self::IgnoreScope => "ignore-scope",
            Self::IgnoreToken => "ignore-token",
            Self::RefusePresigned => "refuse-presigned",
        }
    }
}

/// What happens wrong between the HTTP request and the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProtocolFault {
    /// Who names encodings is refused.
    RefuseEncodings,
    /// An unknown path is answered with an empty object.
    AcceptUnknownPath,
    /// Percent escapes with lower-case digits are not decoded.
    UpperHexOnly,
    /// The query must name a version.
    NeedVersion,
}

impl ProtocolFault {
    pub(crate) const ALL: [Self; 4] =
        [Self::RefuseEncodings, Self::AcceptUnknownPath, Self::UpperHexOnly, Self::NeedVersion];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RefuseEncodings => "refuse-encodings",
            Self::AcceptUnknownPath => "accept-unknown-path",
            Self::UpperHexOnly => "upper-hex-only",
            Self::NeedVersion => "need-version",
        }
    }
}

/// Faults of what is kept and shown, by name.
pub(crate) const STATE_FAULTS: [(&str, Behavior); 14] = [
    ("metadata-characters", Behavior::MetadataCharacters),
    ("orphan-keys", Behavior::OrphanKeys),
    ("prefix-filter", Behavior::PrefixFilter),
    ("preset-on-any-type", Behavior::PresetOnAnyType),
    ("region-leak", Behavior::RegionLeak),
    ("reuse-ids", Behavior::ReuseIds),
    ("same-id", Behavior::SameId),
    ("same-stream-key-value", Behavior::SameStreamKeyValue),
    ("tagged-policy-is-frozen", Behavior::TaggedPolicyIsFrozen),
    ("tagging-undoes-updates", Behavior::TaggingUndoesUpdates),
    ("untagged-returns-with-update", Behavior::UntaggedReturns),
    ("unique-channel-names", Behavior::UniqueChannelNames),
    ("wrong-arn-region", Behavior::WrongArnRegion),
    ("wrong-fingerprint", Behavior::WrongFingerprint),
];
