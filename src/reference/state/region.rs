//! All resources of one region.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    AdConfiguration, Channel, ChannelRow, FailoverSlate, KeyPair, Policy, RecordingConfiguration, Resource, StreamKey,
    Table,
};

/// Which channels have a value in one member.
#[derive(Clone, Debug, Default)]
pub(crate) struct Referrers(HashMap<String, BTreeSet<u64>>);

impl Referrers {
    /// The numbers of the channels with that value.
    pub(crate) fn of(&self, value: &str) -> Option<&BTreeSet<u64>> {
        self.0.get(value)
    }

    fn add(&mut self, value: &str, number: u64) {
        match self.0.get_mut(value) {
            Some(numbers) => {
                numbers.insert(number);
            }
            None => {
                self.0.insert(value.to_owned(), BTreeSet::from([number]));
            }
        }
    }

    fn remove(&mut self, value: &str, number: u64) {
        if let Some(numbers) = self.0.get_mut(value) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.0.remove(value);
            }
        }
    }
}

/// Which channels have a name, or refer to a resource.
#[derive(Clone, Debug, Default)]
struct Index {
    name: Referrers,
    recording: Referrers,
    policy: Referrers,
    ads: Referrers,
    slate: Referrers,
}

impl Index {
    fn add(&mut self, number: u64, channel: &Channel) {
        self.name.add(&channel.name, number);
        self.recording.add(&channel.recording_configuration_arn, number);
        self.policy.add(&channel.playback_restriction_policy_arn, number);
        self.ads.add(channel.ad_configuration_arn.as_deref().unwrap_or_default(), number);
        self.slate.add(channel.failover_slate_configuration_arn.as_deref().unwrap_or_default(), number);
    }

    fn remove(&mut self, number: u64, channel: &Channel) {
        self.name.remove(&channel.name, number);
        self.recording.remove(&channel.recording_configuration_arn, number);
        self.policy.remove(&channel.playback_restriction_policy_arn, number);
        self.ads.remove(channel.ad_configuration_arn.as_deref().unwrap_or_default(), number);
        self.slate.remove(channel.failover_slate_configuration_arn.as_deref().unwrap_or_default(), number);
    }
}

/// The state of one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    last_number: u64,
    channels: Table<ChannelRow>,
    index: Index,
    /// Fingerprints of the imported keys with the ARN of the pair.
    pub(crate) fingerprints: HashMap<String, String>,
    pub(crate) stream_keys: Table<StreamKey>,
    pub(crate) recordings: Table<RecordingConfiguration>,
    pub(crate) key_pairs: Table<KeyPair>,
    pub(crate) policies: Table<Policy>,
    pub(crate) ad_configurations: Table<AdConfiguration>,
    pub(crate) failover_slates: Table<FailoverSlate>,
    /// Numbers of the live sessions with the number of their channel.
    pub(crate) live: BTreeMap<u64, u64>,
}

impl Region {
    /// The next number in the order of creation.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// The channels.
    pub(crate) fn channels(&self) -> &Table<ChannelRow> {
        &self.channels
    }

    /// A channel's row, to change what no index holds.
    pub(crate) fn channel_mut(&mut self, arn: &str) -> Option<&mut ChannelRow> {
        self.channels.get_mut(arn)
    }

    /// The same by its number.
    pub(crate) fn channel_row_mut(&mut self, number: u64) -> Option<&mut ChannelRow> {
        self.channels.row_mut(number)
    }

    /// Which channels have a name.
    pub(crate) fn named(&self) -> &Referrers {
        &self.index.name
    }

    /// Which channels refer to a recording configuration.
    pub(crate) fn recorded_by(&self) -> &Referrers {
        &self.index.recording
    }

    /// Which channels refer to a policy.
    pub(crate) fn restricted_by(&self) -> &Referrers {
        &self.index.policy
    }

    /// Which channels refer to an ad configuration.
    pub(crate) fn advertised_by(&self) -> &Referrers {
        &self.index.ads
    }

    /// Which channels refer to a failover slate configuration.
    pub(crate) fn slated_by(&self) -> &Referrers {
        &self.index.slate
    }

    /// Adds a channel.
    pub(crate) fn insert_channel(&mut self, number: u64, row: ChannelRow) {
        self.index.add(number, &row.channel);
        self.channels.insert(number, row);
    }

    /// Puts a changed channel in the place of the old one.
    pub(crate) fn replace_channel(&mut self, number: u64, channel: Channel) {
        let Some(row) = self.channels.row_mut(number) else {
            return;
        };
        let old = std::mem::replace(&mut row.channel, channel);
        self.index.remove(number, &old);
        self.index.add(number, &row.channel);
    }

    /// Takes a channel and all that belongs to it out (rule 87).
    pub(crate) fn remove_channel(&mut self, arn: &str) {
        let Some((number, row)) = self.channels.remove(arn) else {
            return;
        };
        self.index.remove(number, &row.channel);
        if let Some(session) = row.live() {
            self.live.remove(&session.number);
        }
        for key in row.stream_keys {
            if let Some(arn) = self.stream_keys.row(key).map(|key| key.arn.clone()) {
                self.stream_keys.remove(&arn);
            }
        }
    }

    /// The resource of any kind with that ARN.
    pub(crate) fn resource(&self, arn: &str) -> Option<&dyn Resource> {
        fn as_resource<T: Resource>(row: &T) -> &dyn Resource {
            row
        }
        None.or_else(|| self.channels.get(arn).map(as_resource))
            .or_else(|| self.stream_keys.get(arn).map(as_resource))
            .or_else(|| self.recordings.get(arn).map(as_resource))
            .or_else(|| self.key_pairs.get(arn).map(as_resource))
            .or_else(|| self.policies.get(arn).map(as_resource))
            .or_else(|| self.ad_configurations.get(arn).map(as_resource))
            .or_else(|| self.failover_slates.get(arn).map(as_resource))
    }

    /// The same, to change its tags.
    pub(crate) fn resource_mut(&mut self, arn: &str) -> Option<&mut dyn Resource> {
        fn as_resource<T: Resource>(row: &mut T) -> &mut dyn Resource {
            row
        }
        None.or_else(|| self.channels.get_mut(arn).map(as_resource))
            .or_else(|| self.stream_keys.get_mut(arn).map(as_resource))
            .or_else(|| self.recordings.get_mut(arn).map(as_resource))
            .or_else(|| self.key_pairs.get_mut(arn).map(as_resource))
            .or_else(|| self.policies.get_mut(arn).map(as_resource))
            .or_else(|| self.ad_configurations.get_mut(arn).map(as_resource))
            .or_else(|| self.failover_slates.get_mut(arn).map(as_resource))
    }
}
