//! What each operation does.

mod broadcast;
mod channel_settings;
mod channels;
mod dispatch;
mod key_pairs;
mod media;
mod policies;
mod recordings;
mod sessions;
mod stream_keys;
mod streams;
mod tags;

pub(crate) use broadcast::broadcast;
pub(crate) use dispatch::dispatch;
