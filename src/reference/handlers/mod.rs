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

pub(crate) use broadcast::broadcast;
pub(crate) use dispatch::dispatch;

/// Replaces the last character of an ARN, so that it names something else.
fn end_otherwise(arn: &mut String) {
    let end = if arn.pop() == Some('0') { '1' } else { '0' };
    arn.push(end);
}
