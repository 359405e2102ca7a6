//! The inputs of the operations, written by hand from the "Request Body" and
//! "URI Request Parameters" parts of each action and of the data types. What the
//! reference document does not have stands in `later_inputs`.

use super::api::Api;
use super::later_inputs;
use super::operation::Operation;
use super::pattern::Pattern;
use super::shape::{Member, Presence, Shape};

const UNBOUNDED: usize = usize::MAX;

pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, presence: Presence::Required, shape }
}

pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, presence: Presence::Optional, shape }
}

pub(super) const fn text(min: usize, max: usize, pattern: Option<Pattern>) -> Shape {
    Shape::Text { min, max, pattern }
}

const fn arn(kind: &'static str) -> Shape {
    text(1, 128, Some(Pattern::Arn(kind)))
}

const fn arn_or_empty(kind: &'static str) -> Shape {
    text(0, 128, Some(Pattern::ArnOrEmpty(kind)))
}

pub(super) const fn list(min: usize, max: usize, item: &'static Shape) -> Shape {
    Shape::List { min, max, item }
}

/// Kinds of resources as they stand in ARNs.
pub(crate) const CHANNEL: &str = "channel";
pub(crate) const STREAM_KEY: &str = "stream-key";
pub(crate) const PLAYBACK_KEY: &str = "playback-key";
pub(crate) const RECORDING: &str = "recording-configuration";
pub(crate) const POLICY: &str = "playback-restriction-policy";
pub(crate) const AD_CONFIGURATION: &str = "ad-configuration";
pub(crate) const FAILOVER_SLATE: &str = "failover-slate-configuration";

pub(super) static BOOLEAN: Shape = Shape::Boolean;
pub(super) static CHANNEL_ARN: Shape = arn(CHANNEL);
static STREAM_KEY_ARN: Shape = arn(STREAM_KEY);
static PLAYBACK_KEY_ARN: Shape = arn(PLAYBACK_KEY);
static POLICY_ARN: Shape = arn(POLICY);
static RECORDING_ARN: Shape = text(0, 128, Some(Pattern::Arn(RECORDING)));
static POLICY_ARN_OR_EMPTY: Shape = arn_or_empty(POLICY);
static RECORDING_ARN_OR_EMPTY: Shape = arn_or_empty(RECORDING);
static RESOURCE_ARN: Shape = text(1, 128, Some(Pattern::AnyArn));
pub(super) static NAME: Shape = text(0, 128, Some(Pattern::Name));
pub(super) static NEXT_TOKEN: Shape = text(0, 1024, Some(Pattern::Token));
pub(super) static UP_TO_100: Shape = Shape::Integer { min: 1, max: 100 };
static UP_TO_50: Shape = Shape::Integer { min: 1, max: 50 };
static STREAM_ID: Shape = text(26, 26, Some(Pattern::StreamId));
static TAG_KEY: Shape = text(1, 128, None);
static TAG_VALUE: Shape = text(0, 256, None);
pub(super) static TAGS: Shape = Shape::Map { max: 50, key: &TAG_KEY, value: &TAG_VALUE };
static TAG_KEYS: Shape = list(0, 50, &TAG_KEY);
static CONTAINER: Shape = Shape::Choice(&["TS", "FRAGMENTED_MP4"]);
static LATENCY: Shape = Shape::Choice(&["NORMAL", "LOW"]);
static CHANNEL_TYPE: Shape = Shape::Choice(&["BASIC", "STANDARD", "ADVANCED_SD", "ADVANCED_HD"]);
/// The empty string is the documented value for BASIC and STANDARD (rule 77).
static PRESET: Shape = Shape::Choice(&["HIGHER_BANDWIDTH_DELIVERY", "CONSTRAINED_BANDWIDTH_DELIVERY", ""]);
static RESOLUTION: Shape = Shape::Choice(&["SD", "HD", "FULL_HD"]);
static MULTITRACK_POLICY: Shape = Shape::Choice(&["ALLOW", "REQUIRE"]);
static MULTITRACK: Shape = Shape::Structure(&[
    optional("enabled", &BOOLEAN),
    optional("maximumResolution", &RESOLUTION),
    optional("policy", &MULTITRACK_POLICY),
]);
static COUNTRY: Shape = text(2, 2, None);
static COUNTRIES: Shape = list(0, UNBOUNDED, &COUNTRY);
static ORIGIN: Shape = text(0, 128, None);
static ORIGINS: Shape = list(0, UNBOUNDED, &ORIGIN);
static BUCKET: Shape = text(3, 63, Some(Pattern::Bucket));
static S3: Shape = Shape::Structure(&[required("bucketName", &BUCKET)]);
static DESTINATION: Shape = Shape::Structure(&[optional("s3", &S3)]);
static RECONNECT: Shape = Shape::Integer { min: 0, max: 300 };
static RENDITION: Shape = Shape::Choice(&["SD", "HD", "FULL_HD", "LOWEST_RESOLUTION"]);
static RENDITIONS: Shape = list(0, UNBOUNDED, &RENDITION);
static SELECTION: Shape = Shape::Choice(&["ALL", "NONE", "CUSTOM"]);
static RENDITION_CONFIGURATION: Shape =
    Shape::Structure(&[optional("renditions", &RENDITIONS), optional("renditionSelection", &SELECTION)]);
static RECORDING_MODE: Shape = Shape::Choice(&["DISABLED", "INTERVAL"]);
static STORAGE_KIND: Shape = Shape::Choice(&["SEQUENTIAL", "LATEST"]);
static STORAGE: Shape = list(0, UNBOUNDED, &STORAGE_KIND);
static INTERVAL: Shape = Shape::Integer { min: 1, max: 60 };
static THUMBNAILS: Shape = Shape::Structure(&[
    optional("recordingMode", &RECORDING_MODE),
    optional("resolution", &RENDITION),
    optional("storage", &STORAGE),
    optional("targetIntervalSeconds", &INTERVAL),
]);
static KEY_MATERIAL: Shape = text(0, UNBOUNDED, None);
static METADATA: Shape = text(1, UNBOUNDED, None);
static VIEWER_ID: Shape = text(1, 40, None);
static VIEWER_VERSION: Shape = Shape::Integer { min: 0, max: i32::MAX as i64 };
static HEALTH: Shape = Shape::Choice(&["HEALTHY", "STARVING", "UNKNOWN"]);
static STREAM_FILTERS: Shape = Shape::Structure(&[optional("health", &HEALTH)]);
static VIEWER_SESSION: Shape = Shape::Structure(REVOCATION);
static VIEWER_SESSIONS: Shape = list(1, 20, &VIEWER_SESSION);
static CHANNEL_ARNS: Shape = list(1, 50, &CHANNEL_ARN);
static STREAM_KEY_ARNS: Shape = list(1, 50, &STREAM_KEY_ARN);

const REVOCATION: &[Member] = &[
    required("channelArn", &CHANNEL_ARN),
    required("viewerId", &VIEWER_ID),
    optional("viewerSessionVersionsLessThanOrEqualTo", &VIEWER_VERSION),
];
const ONE_CHANNEL: &[Member] = &[required("channelArn", &CHANNEL_ARN)];
const CHANNEL_BY_ARN: &[Member] = &[required("arn", &CHANNEL_ARN)];
const KEY_PAIR_BY_ARN: &[Member] = &[required("arn", &PLAYBACK_KEY_ARN)];
const POLICY_BY_ARN: &[Member] = &[required("arn", &POLICY_ARN)];
const RECORDING_BY_ARN: &[Member] = &[required("arn", &RECORDING_ARN)];
const STREAM_KEY_BY_ARN: &[Member] = &[required("arn", &STREAM_KEY_ARN)];
const PAGE_OF_100: &[Member] = &[optional("maxResults", &UP_TO_100), optional("nextToken", &NEXT_TOKEN)];

const CREATE_CHANNEL: &[Member] = &[
    optional("authorized", &BOOLEAN),
    optional("containerFormat", &CONTAINER),
    optional("insecureIngest", &BOOLEAN),
    optional("latencyMode", &LATENCY),
    optional("multitrackInputConfiguration", &MULTITRACK),
    optional("name", &NAME),
    optional("playbackRestrictionPolicyArn", &POLICY_ARN_OR_EMPTY),
    optional("preset", &PRESET),
    optional("recordingConfigurationArn", &RECORDING_ARN_OR_EMPTY),
    optional("tags", &TAGS),
    optional("type", &CHANNEL_TYPE),
];
const UPDATE_CHANNEL: &[Member] = &[
    required("arn", &CHANNEL_ARN),
    optional("authorized", &BOOLEAN),
    optional("containerFormat", &CONTAINER),
    optional("insecureIngest", &BOOLEAN),
    optional("latencyMode", &LATENCY),
    optional("multitrackInputConfiguration", &MULTITRACK),
    optional("name", &NAME),
    optional("playbackRestrictionPolicyArn", &POLICY_ARN_OR_EMPTY),
    optional("preset", &PRESET),
    optional("recordingConfigurationArn", &RECORDING_ARN_OR_EMPTY),
    optional("type", &CHANNEL_TYPE),
];
const CREATE_POLICY: &[Member] = &[
    optional("allowedCountries", &COUNTRIES),
    optional("allowedOrigins", &ORIGINS),
    optional("enableStrictOriginEnforcement", &BOOLEAN),
    optional("name", &NAME),
    optional("tags", &TAGS),
];
const UPDATE_POLICY: &[Member] = &[
    optional("allowedCountries", &COUNTRIES),
    optional("allowedOrigins", &ORIGINS),
    required("arn", &POLICY_ARN),
    optional("enableStrictOriginEnforcement", &BOOLEAN),
    optional("name", &NAME),
];
const CREATE_RECORDING: &[Member] = &[
    required("destinationConfiguration", &DESTINATION),
    optional("name", &NAME),
    optional("recordingReconnectWindowSeconds", &RECONNECT),
    optional("renditionConfiguration", &RENDITION_CONFIGURATION),
    optional("tags", &TAGS),
    optional("thumbnailConfiguration", &THUMBNAILS),
];
const LIST_CHANNELS: &[Member] = &[
    optional("filterByName", &NAME),
    optional("filterByPlaybackRestrictionPolicyArn", &POLICY_ARN_OR_EMPTY),
    optional("filterByRecordingConfigurationArn", &RECORDING_ARN_OR_EMPTY),
    optional("maxResults", &UP_TO_100),
    optional("nextToken", &NEXT_TOKEN),
];
const LIST_STREAM_KEYS: &[Member] =
    &[required("channelArn", &CHANNEL_ARN), optional("maxResults", &UP_TO_50), optional("nextToken", &NEXT_TOKEN)];
const LIST_STREAMS: &[Member] =
    &[optional("filterBy", &STREAM_FILTERS), optional("maxResults", &UP_TO_100), optional("nextToken", &NEXT_TOKEN)];
const LIST_SESSIONS: &[Member] =
    &[required("channelArn", &CHANNEL_ARN), optional("maxResults", &UP_TO_100), optional("nextToken", &NEXT_TOKEN)];
const IMPORT_KEY_PAIR: &[Member] =
    &[optional("name", &NAME), required("publicKeyMaterial", &KEY_MATERIAL), optional("tags", &TAGS)];
const CREATE_STREAM_KEY: &[Member] = &[required("channelArn", &CHANNEL_ARN), optional("tags", &TAGS)];
const GET_SESSION: &[Member] = &[required("channelArn", &CHANNEL_ARN), optional("streamId", &STREAM_ID)];
const PUT_METADATA: &[Member] = &[required("channelArn", &CHANNEL_ARN), required("metadata", &METADATA)];

/// The members of an operation's input in an API, wherever in the request they travel.
pub(crate) fn members(operation: Operation, api: Api) -> impl Iterator<Item = &'static Member> + Clone {
    let later = if api >= Api::November2026 { later_inputs::members(operation) } else { &[] };
    of_document(operation).iter().chain(later)
}

/// The members that the reference document has.
fn of_document(operation: Operation) -> &'static [Member] {
    use Operation as Op;
    match operation {
        Op::BatchGetChannel => const { &[required("arns", &CHANNEL_ARNS)] },
        Op::BatchGetStreamKey => const { &[required("arns", &STREAM_KEY_ARNS)] },
        Op::BatchStartViewerSessionRevocation => const { &[required("viewerSessions", &VIEWER_SESSIONS)] },
        Op::CreateChannel => CREATE_CHANNEL,
        Op::CreatePlaybackRestrictionPolicy => CREATE_POLICY,
        Op::CreateRecordingConfiguration => CREATE_RECORDING,
        Op::CreateStreamKey => CREATE_STREAM_KEY,
        Op::DeleteChannel | Op::GetChannel => CHANNEL_BY_ARN,
        Op::DeletePlaybackKeyPair | Op::GetPlaybackKeyPair => KEY_PAIR_BY_ARN,
        Op::DeletePlaybackRestrictionPolicy | Op::GetPlaybackRestrictionPolicy => POLICY_BY_ARN,
        Op::DeleteRecordingConfiguration | Op::GetRecordingConfiguration => RECORDING_BY_ARN,
        Op::DeleteStreamKey | Op::GetStreamKey => STREAM_KEY_BY_ARN,
        Op::GetStream | Op::StopStream => ONE_CHANNEL,
        Op::GetStreamSession => GET_SESSION,
        Op::ImportPlaybackKeyPair => IMPORT_KEY_PAIR,
        Op::ListChannels => LIST_CHANNELS,
        Op::ListPlaybackKeyPairs | Op::ListPlaybackRestrictionPolicies | Op::ListRecordingConfigurations => PAGE_OF_100,
        Op::ListStreamKeys => LIST_STREAM_KEYS,
        Op::ListStreams => LIST_STREAMS,
        Op::ListStreamSessions => LIST_SESSIONS,
        Op::ListTagsForResource => const { &[required("resourceArn", &RESOURCE_ARN)] },
        Op::PutMetadata => PUT_METADATA,
        Op::StartViewerSessionRevocation => REVOCATION,
        Op::TagResource => const { &[required("resourceArn", &RESOURCE_ARN), required("tags", &TAGS)] },
        Op::UntagResource => const { &[required("resourceArn", &RESOURCE_ARN), required("tagKeys", &TAG_KEYS)] },
        Op::UpdateChannel => UPDATE_CHANNEL,
        Op::UpdatePlaybackRestrictionPolicy => UPDATE_POLICY,
        _ => &[],
    }
}
