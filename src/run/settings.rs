//! What a run needs to know, resolved once from flags, file and environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::credentials::RefreshingCredentials;
use super::recorder::Recorder;
pub use crate::send::Network;
use crate::send::is_loopback;

/// Access key of the credentials that loopback targets are signed for when the environment has none.
pub const TEST_ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// Secret of the well-known test credentials.
pub const TEST_SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// Seed where none is given.
pub const DEFAULT_SEED: u64 = 20_200_714;
/// Region where nothing says another.
pub const DEFAULT_REGION: &str = "us-east-1";
/// Time limit of one request where none is given.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what may lag is waited for on this machine.
pub const LOOPBACK_PATIENCE: Duration = Duration::from_secs(10);
/// How long what may lag is waited for elsewhere.
pub const REMOTE_PATIENCE: Duration = Duration::from_secs(30);

/// How many examples a clause gets.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The telling ones.
    Quick,
    /// Bounds, near misses and some random ones.
    #[default]
    Standard,
    /// As many as patience allows.
    Deep,
}

impl Profile {
    /// Name on the command line and in reports.
    pub fn id(self) -> &'static str {
        match self {
            Profile::Quick => "quick",
            Profile::Standard => "standard",
            Profile::Deep => "deep",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "quick" => Ok(Profile::Quick),
            "standard" => Ok(Profile::Standard),
            "deep" => Ok(Profile::Deep),
            other => Err(format!("`{other}` is no profile; use quick, standard or deep")),
        }
    }
}

/// The I-th of N disjoint parts of a plan, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub index: u32,
    /// How many parts.
    pub count: u32,
}

impl Default for Shard {
    fn default() -> Self {
        Shard { index: 1, count: 1 }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split_once('/')
            .and_then(|(index, count)| Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? }));
        match parts {
            Some(shard) if shard.index >= 1 && shard.index <= shard.count => Ok(shard),
            _ => Err(format!("`{text}` is no shard; write I/N with 1 <= I <= N, e.g. 2/4")),
        }
    }
}

/// AWS credentials. `Debug` shows the key id only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Session token of temporary credentials.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Well-known credentials for targets that are nobody's account.
    pub fn for_tests() -> Credentials {
        Credentials {
            access_key_id: TEST_ACCESS_KEY_ID.to_owned(),
            secret_access_key: TEST_SECRET_ACCESS_KEY.to_owned(),
            session_token: None,
        }
    }

    /// Its texts that must not be shown.
    pub fn secrets(&self) -> impl Iterator<Item = String> + '_ {
        [Some(&self.access_key_id), Some(&self.secret_access_key), self.session_token.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// How a broadcast is started on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broadcast {
    /// Not at all: clauses that need a broadcast stay untested.
    Unavailable,
    /// By `POST` of the body that the contract states ([`crate::spec::rules::BroadcastControl`]) to this path of the target.
    ControlPath(String),
    /// By a shell command that sends a stream.
    Command(BroadcastCommand),
}

/// A shell command that sends a stream. It finds where to and for how long in its environment, so that no secret stands
/// in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadcastCommand {
    /// The command, as `sh -c` takes it.
    pub line: String,
    /// How long it is asked to send at most.
    pub duration: Duration,
}

/// Where a target is, as far as it matters to what a run may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locality {
    /// On this machine: nobody else's, without quotas, gone with its process.
    #[default]
    Loopback,
    /// Anywhere else: an account with quotas that others use at the same time.
    Remote,
}

impl Locality {
    /// Where a host is, by its name alone.
    pub fn of_host(host: &str) -> Locality {
        if is_loopback(host) { Locality::Loopback } else { Locality::Remote }
    }
}

/// Where a run writes down what it makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum JournalMode {
    /// Nowhere: what it makes goes with the target.
    #[default]
    Off,
    /// In memory, to count it.
    Memory,
    /// In a journal that outlives the run.
    Journal(PathBuf),
}

/// Whether clauses that only a throttled run can show are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Throttling {
    /// They are: the run sends more than the quotas allow.
    #[default]
    Provoked,
    /// They are not.
    Avoided,
}

/// Whether the requests of findings are made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shrinking {
    /// As long as they still show the finding.
    #[default]
    On,
    /// Not at all: whether there is a finding is all that counts.
    Off,
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
    /// Requests per second in all; none is unlimited.
    pub rate: Option<f64>,
    /// Time limit of one request.
    pub request_timeout: Duration,
    /// Proxy and trusted certificates.
    pub network: Network,
    /// How long the target may take to accept connections.
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
    /// Credentials with which every call meets an error, by the error's code: no permission, an account that is not
    /// verified, and so on. Errors that nobody can provoke otherwise are tested with them.
    pub conditions: BTreeMap<String, Credentials>,
    /// Temporary credentials, to test that their session token is needed.
    pub temporary: Option<Credentials>,
    /// Whether the requests of findings are made smaller.
    pub shrinking: Shrinking,
    /// What writes down everything that is sent; none if nothing does.
    pub recorder: Option<Recorder>,
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
            conditions: BTreeMap::new(),
            temporary: None,
            shrinking: Shrinking::default(),
            recorder: None,
            #[cfg(test)]
            panics_in: None,
        }
    }

    /// The defaults for a target in an account: one request at a time and within the quotas, everything written down
    /// before it is made, no clause about throttling.
    pub fn for_account(endpoint: impl Into<String>, journal: PathBuf) -> Settings {
        Settings {
            jobs: 1,
            locality: Locality::Remote,
            record: JournalMode::Journal(journal),
            paced: true,
            throttling: Throttling::Avoided,
            patience: REMOTE_PATIENCE,
            ..Settings::for_loopback(endpoint)
        }
    }
}
