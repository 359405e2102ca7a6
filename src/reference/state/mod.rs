//! What the server remembers: one [`Region`] for each region that was named.

/// A resource that is stored with its ARN and its tags.
macro_rules! resource {
    ($name:ty) => {
        impl $crate::reference::state::Resource for $name {
            fn arn(&self) -> &str {
                &self.arn
            }
            fn tags(&self) -> &$crate::reference::state::Tags {
                &self.tags
            }
            fn tags_mut(&mut self) -> &mut $crate::reference::state::Tags {
                &mut self.tags
            }
        }
    };
}

mod ad_configuration;
mod channel;
mod failover_slate;
mod key_pair;
mod policy;
mod recording;
mod region;
mod stream;
mod stream_key;
mod table;

use std::collections::BTreeMap;

pub(crate) use ad_configuration::{AdConfiguration, MediaTailor, PostRoll};
pub(crate) use channel::{Channel, ChannelRow, ChannelSummary, Multitrack, Srt};
pub(crate) use failover_slate::FailoverSlate;
pub(crate) use key_pair::{KeyPair, KeyPairSummary};
pub(crate) use policy::Policy;
pub(crate) use recording::{
    Destination, RecordingConfiguration, RecordingSummary, RenditionConfiguration, S3, Thumbnails,
};
pub(crate) use region::Region;
pub(crate) use stream::{Audio, Event, Ingest, Ingests, Session, SessionRow, SessionSummary, StreamView, Video};
pub(crate) use stream_key::{StreamKey, StreamKeySummary};
pub(crate) use table::{Resource, Table};

/// Tags of a resource, in the order of their keys.
pub(crate) type Tags = BTreeMap<String, String>;
