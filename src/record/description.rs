//! How a run is described in its report.

use super::options::{Broadcast, Locality, Profile, Shard};

/// The settings of a run as far as its report shows them. It holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDescription {
    /// Base URL of the target, without a trailing slash.
    pub endpoint: String,
    /// AWS region that requests are signed for.
    pub region: String,
    /// Whether requests are signed.
    pub signing: Signing,
    /// Where the target is.
    pub locality: Locality,
    /// How a broadcast is started on the target.
    pub broadcast: Broadcast,
    /// Seed of every random choice.
    pub seed: u64,
    /// How many examples a clause gets.
    pub profile: Profile,
    /// The part of the plan that was run.
    pub shard: Shard,
}

/// Whether the requests of a run are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With AWS Signature Version 4.
    Sigv4,
    /// They are not signed.
    None,
}
