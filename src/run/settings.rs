//! What a run needs to know, resolved once from flags, file and environment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::credentials::RefreshingCredentials;
pub use super::fail_fast::FailFast;
use super::recorder::Recorder;
use crate::plan::{Plan, information};
pub use crate::record::credentials::{Credentials, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use crate::record::description::{RunDescription, Signing};
pub use crate::record::options::{
    Broadcast, BroadcastCommand, DEFAULT_REGION, DEFAULT_SEED, JournalMode, Locality, Profile, Shard, Shrinking,
    Throttling,
};
pub use crate::send::Network;
use crate::send::is_loopback;
use crate::spec::Contract;

/// Time limit of one request where none is given.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what may lag is waited for on this machine.
pub const LOOPBACK_PATIENCE: Duration = Duration::from_secs(10);
/// How long what may lag is waited for elsewhere.
pub const REMOTE_PATIENCE: Duration = Duration::from_secs(30);

/// Whether the number of requests in flight follows the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// It stays.
    Fixed,
    /// It grows with the latency, as far as the target bears it. One request at a time stays one.
    WithLatency,
}

/// Whether reads of a target on this machine may show an earlier state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// They may; the run finds out.
    Unknown,
    /// They never do: a read that is wrong stays wrong.
    Strong,
}

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base URL of the target, without a trailing slash.
    pub endpoint: String,
    /// AWS region to sign for.
    pub region: String,
    /// Credentials to sign with; none sends unsigned requests.
    pub credentials: Option<Credentials>,
    /// What replaces the credentials before they expire; none if they last, or nobody knows where to ask.
    pub refreshing: Option<RefreshingCredentials>,
    /// Seed of every random choice.
    pub seed: u64,
    /// How many examples a clause gets.
    pub profile: Profile,
    /// How many examples the generated cases get in all, shared out evenly; none leaves it to the profile.
    pub cases: Option<u64>,
    /// Globs of clause or case ids to keep; empty keeps all.
    pub only: Vec<String>,
    /// Globs of clause or case ids to drop.
    pub skip: Vec<String>,
    /// The part of the plan to run.
    pub shard: Shard,
    /// Requests in flight.
    pub jobs: usize,
    /// Whether more are in flight where the target takes long to respond, and fewer where it is overloaded.
    pub growth: Growth,
    /// Requests per second in all; none is unlimited.
    pub rate: Option<f64>,
    /// Time limit of one request.
    pub request_timeout: Duration,
    /// Proxy and trusted certificates.
    pub network: Network,
    /// How long the target may take to accept connections. One that goes away is waited for as long, at least 3 s and at most
    /// 30 s.
    pub wait: Duration,
    /// Time limit of the whole run.
    pub deadline: Option<Duration>,
    /// How a broadcast is started.
    pub broadcast: Broadcast,
    /// What tells this run from every other; drawn if there is none.
    pub nonce: Option<u64>,
    /// Where the target is.
    pub locality: Locality,
    /// Where what the run makes is written down.
    pub record: JournalMode,
    /// Whether requests keep to the quotas of the contract's rules.
    pub paced: bool,
    /// Whether clauses about throttling are tested.
    pub throttling: Throttling,
    /// How long what may lag is waited for.
    pub patience: Duration,
    /// Whether reads that nothing says may lag are asked again.
    pub consistency: Consistency,
    /// Credentials with which every call meets an error, by the error's code: no permission, an account that is not
    /// verified, and so on. Errors that nobody can provoke otherwise are tested with them.
    pub conditions: BTreeMap<String, Credentials>,
    /// Temporary credentials, to test that their session token is needed.
    pub temporary: Option<Credentials>,
    /// Whether the requests of findings are made smaller.
    pub shrinking: Shrinking,
    /// What writes down everything that is sent; none if nothing does.
    pub recorder: Option<Recorder>,
    /// Whether the run ends at the first new cause, and what is new.
    pub fail_fast: Option<FailFast>,
    /// Id of a case that panics, to test what becomes of the run.
    #[cfg(test)]
    pub panics_in: Option<String>,
}

impl Settings {
    /// Texts that must not be shown anywhere: all credentials.
    pub fn secrets(&self) -> impl Iterator<Item = String> + '_ {
        let all = self.credentials.iter().chain(self.conditions.values()).chain(&self.temporary);
        all.flat_map(Credentials::secrets).chain(self.refreshing.iter().flat_map(RefreshingCredentials::secrets))
    }

    /// Positions, before filters and shards, of the cases of a plan that the profile leaves out.
    pub fn left_out(&self, contract: &Contract, plan: &Plan) -> BTreeSet<u64> {
        // What was selected is wanted.
        if self.profile != Profile::Quick || self.cases.is_some() || !self.only.is_empty() {
            return BTreeSet::new();
        }
        information::left_out_of_quick(contract, plan).into_iter().map(|position| position as u64).collect()
    }

    /// The defaults for a target that is on this machine: signed with well-known credentials, every case, no limits.
    pub fn for_loopback(endpoint: impl Into<String>) -> Settings {
        Settings {
            endpoint: endpoint.into(),
            region: DEFAULT_REGION.to_owned(),
            credentials: Some(Credentials::for_tests()),
            refreshing: None,
            seed: DEFAULT_SEED,
            profile: Profile::default(),
            cases: None,
            only: Vec::new(),
            skip: Vec::new(),
            shard: Shard::default(),
            jobs: std::thread::available_parallelism().map_or(4, usize::from).saturating_mul(8).clamp(8, 32),
            growth: Growth::WithLatency,
            rate: None,
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            wait: Duration::ZERO,
            network: Network::default(),
            deadline: None,
            broadcast: Broadcast::Unavailable,
            nonce: None,
            locality: Locality::Loopback,
            record: JournalMode::Off,
            paced: false,
            throttling: Throttling::Provoked,
            patience: LOOPBACK_PATIENCE,
            consistency: Consistency::Unknown,
            conditions: BTreeMap::new(),
            temporary: None,
            shrinking: Shrinking::default(),
            recorder: None,
            fail_fast: None,
            #[cfg(test)]
            panics_in: None,
        }
    }

    /// The defaults for a target in an account: one request at a time and within the quotas, everything written down
    /// before it is made, no clause about throttling.
    pub fn for_account(endpoint: impl Into<String>, journal: PathBuf) -> Settings {
        Settings {
            jobs: 1,
            growth: Growth::Fixed,
            locality: Locality::Remote,
            record: JournalMode::Journal(journal),
            paced: true,
            throttling: Throttling::Avoided,
            patience: REMOTE_PATIENCE,
            ..Settings::for_loopback(endpoint)
        }
    }
}

impl From<&Settings> for RunDescription {
    fn from(settings: &Settings) -> RunDescription {
        RunDescription {
            endpoint: settings.endpoint.clone(),
            region: settings.region.clone(),
            signing: if settings.credentials.is_some() { Signing::Sigv4 } else { Signing::None },
            locality: settings.locality,
            broadcast: settings.broadcast.clone(),
            seed: settings.seed,
            profile: settings.profile,
            shard: settings.shard,
        }
    }
}

/// Where a host is, by its name alone.
pub fn locality_of_host(host: &str) -> Locality {
    if is_loopback(host) { Locality::Loopback } else { Locality::Remote }
}
