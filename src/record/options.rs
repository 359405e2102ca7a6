//! What a user chooses for a run: profile, shard, broadcast, journal.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Seed where none is given.
pub const DEFAULT_SEED: u64 = 20_200_714;
/// Region where nothing says another.
pub const DEFAULT_REGION: &str = "us-east-1";
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
