//! Finds an operation's handler and takes the lock that it needs.

use super::super::call::{Call, Outcome};
use super::super::operation::{Access, Operation as Op};
use super::super::state::Region;
use super::{
    ad_breaks, ad_configurations, channels, failover_slates, key_pairs, policies, recordings, sessions, stream_keys,
    streams, tags,
};

/// Performs a call.
pub(crate) fn dispatch(call: &Call<'_>) -> Outcome {
    let region = call.service.region(call.region);
    if call.operation == Op::ImportPlaybackKeyPair {
        // Reading a public key takes long, so it is done before locking.
        let key = key_pairs::read(call)?;
        return key_pairs::import(call, &mut region.write(), key);
    }
    match call.operation.access() {
        Access::Read => read(call, &region.read()),
        Access::Write => write(call, &mut region.write()),
    }
}

/// Performs a call that reads.
pub(crate) fn read(call: &Call<'_>, region: &Region) -> Outcome {
    match call.operation {
        Op::BatchGetChannel => channels::batch_get(call, region),
        Op::BatchGetStreamKey => stream_keys::batch_get(call, region),
        Op::GetAdConfiguration => ad_configurations::get(call, region),
        Op::GetFailoverSlateConfiguration => failover_slates::get(call, region),
        Op::InsertAdBreak => ad_breaks::insert(call, region),
        Op::ListAdConfigurations => ad_configurations::list(call, region),
        Op::ListFailoverSlateConfigurations => failover_slates::list(call, region),
        Op::GetChannel => channels::get(call, region),
        Op::GetPlaybackKeyPair => key_pairs::get(call, region),
        Op::GetPlaybackRestrictionPolicy => policies::get(call, region),
        Op::GetRecordingConfiguration => recordings::get(call, region),
        Op::GetStream => streams::get(call, region),
        Op::GetStreamKey => stream_keys::get(call, region),
        Op::GetStreamSession => sessions::get(call, region),
        Op::ListChannels => channels::list(call, region),
        Op::ListPlaybackKeyPairs => key_pairs::list(call, region),
        Op::ListPlaybackRestrictionPolicies => policies::list(call, region),
        Op::ListRecordingConfigurations => recordings::list(call, region),
        Op::ListStreamKeys => stream_keys::list(call, region),
        Op::ListStreams => streams::list(call, region),
        Op::ListStreamSessions => sessions::list(call, region),
        _ => tags::list(call, region),
    }
}

/// Performs a call that writes.
pub(crate) fn write(call: &Call<'_>, region: &mut Region) -> Outcome {
    match call.operation {
        Op::BatchStartViewerSessionRevocation => streams::revoke_many(call, region),
        Op::CreateAdConfiguration => ad_configurations::create(call, region),
        Op::CreateFailoverSlateConfiguration => failover_slates::create(call, region),
        Op::DeleteAdConfiguration => ad_configurations::delete(call, region),
        Op::DeleteFailoverSlateConfiguration => failover_slates::delete(call, region),
        Op::UpdateAdConfiguration => ad_configurations::update(call, region),
        Op::UpdateFailoverSlateConfiguration => failover_slates::update(call, region),
        Op::CreateChannel => channels::create(call, region),
        Op::CreatePlaybackRestrictionPolicy => policies::create(call, region),
        Op::CreateRecordingConfiguration => recordings::create(call, region),
        Op::CreateStreamKey => stream_keys::create(call, region),
        Op::ImportPlaybackKeyPair => key_pairs::import(call, region, key_pairs::read(call)?),
        Op::DeleteChannel => channels::delete(call, region),
        Op::DeletePlaybackKeyPair => key_pairs::delete(call, region),
        Op::DeletePlaybackRestrictionPolicy => policies::delete(call, region),
        Op::DeleteRecordingConfiguration => recordings::delete(call, region),
        Op::DeleteStreamKey => stream_keys::delete(call, region),
        Op::PutMetadata => streams::put_metadata(call, region),
        Op::StartViewerSessionRevocation => streams::revoke(call, region),
        Op::StopStream => streams::stop(call, region),
        Op::UntagResource => tags::untag(call, region),
        Op::UpdateChannel => channels::update(call, region),
        Op::UpdatePlaybackRestrictionPolicy => policies::update(call, region),
        _ => tags::tag(call, region),
    }
}
