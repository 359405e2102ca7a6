//! What all requests of a server share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::{Timestamp, Unit};
use parking_lot::{Mutex, RwLock};

use super::api::Api;
use super::config::{Auth, Config, Identity};
use super::ids::{Form, Identifiers, Ids};
use super::state::Region;
use super::variant::Variant;

/// The shared part of a server.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) api: Api,
    pub(crate) auth: Auth,
    pub(crate) identities: Vec<Identity>,
    pub(crate) account: String,
    pub(crate) ids: Arc<dyn Identifiers>,
    /// Salt of page tokens.
    pub(crate) seed: u64,
    pub(crate) default_region: String,
    /// Requests answered so far, whatever they asked for.
    pub(crate) requests: AtomicU64,
    variants: Vec<Variant>,
    regions: RwLock<HashMap<String, Arc<RwLock<Region>>>>,
    /// Room for metadata, for the account's limit.
    pub(crate) account_metadata: Mutex<super::rate::Bucket>,
}

impl Service {
    /// A server without any resources.
    pub(crate) fn new(config: Config) -> Self {
        let ids = Ids::new(config.seed, Self::form_of_ids(&config));
        Self::naming(config, Arc::new(ids))
    }

    /// What ids look like on a server.
    pub(crate) fn form_of_ids(config: &Config) -> Form {
        if config.variants.contains(&Variant::UuidIds) { Form::Uuid } else { Form::Short }
    }

    /// The same with another way to name resources.
    pub(crate) fn naming(config: Config, ids: Arc<dyn Identifiers>) -> Self {
        Self {
            api: config.api,
            auth: config.auth,
            identities: config.identities,
            account: config.account,
            ids,
            seed: config.seed,
            default_region: config.region,
            requests: AtomicU64::new(0),
            variants: config.variants,
            regions: RwLock::new(HashMap::new()),
            account_metadata: Mutex::default(),
        }
    }

    /// Whether the server differs in that way.
    pub(crate) fn varies(&self, variant: Variant) -> bool {
        self.variants.contains(&variant)
    }

    /// The state of a region.
    pub(crate) fn region(&self, name: &str) -> Arc<RwLock<Region>> {
        if let Some(region) = self.regions.read().get(name) {
            return Arc::clone(region);
        }
        Arc::clone(self.regions.write().entry(name.to_owned()).or_default())
    }

    /// The present time as responses show it.
    pub(crate) fn now(&self) -> String {
        let now = Timestamp::now();
        if self.varies(Variant::FractionalTimestamps) {
            let millisecond = now.round(Unit::Millisecond).unwrap_or(now);
            return format!("{millisecond:.3}");
        }
        Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
    }
}
