//! What each operation does.

mod ad_breaks;
mod ad_configurations;
mod broadcast;
mod channel_settings;
mod channels;
mod dispatch;
mod failover_slates;
mod key_pairs;
mod media;
mod policies;
mod recordings;
mod sessions;
mod stream_keys;
mod streams;
mod tags;

pub(crate) use broadcast::{broadcast, broadcast_in, members, region_of_channel, respond};
pub(crate) use dispatch::{dispatch, read, write};
