//! What all requests of a server share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::{Timestamp, Unit};
use parking_lot::{Mutex, RwLock};

use super::api::Api;
use super::config::{Auth, Config, Identity};
use super::fault::{Behavior, Faults, Systemic};
use super::ids::Ids;
use super::rules::Rule;
use super::state::Region;
use super::variant::Variant;

/// The shared part of a server.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) api: Api,
    pub(crate) auth: Auth,
    pub(crate) identities: Vec<Identity>,
    pub(crate) account: String,
    pub(crate) faults: Faults,
    pub(crate) ids: Ids,
    /// Salt of page tokens.
    pub(crate) seed: u64,
    pub(crate) default_region: String,
    /// Requests answered so far, whatever they asked for.
    pub(crate) requests: AtomicU64,
    variants: Vec<Variant>,
    regions: RwLock<HashMap<String, Arc<RwLock<Region>>>>,
    /// When metadata was accepted in the last second, for the account's limit.
    pub(crate) account_metadata: Mutex<super::rate::Window>,
    past_ids: Mutex<PastIds>,
}

/// Ids that faults may give out a second time.
#[derive(Debug, Default)]
struct PastIds {
    deleted: Vec<String>,
    last: String,
}

impl Service {
    /// A server without any resources.
    pub(crate) fn new(config: Config) -> Self {
        Self {
            api: config.api,
            auth: config.auth,
            identities: config.identities,
            account: config.account,
            faults: Faults::new(config.faults),
            ids: Ids::new(config.seed),
            seed: config.seed,
            default_region: config.region,
            requests: AtomicU64::new(0),
            variants: config.variants,
            regions: RwLock::new(HashMap::new()),
            account_metadata: Mutex::default(),
            past_ids: Mutex::default(),
        }
    }

    /// Whether the server differs in that way.
    pub(crate) fn varies(&self, variant: Variant) -> bool {
        self.variants.contains(&variant)
    }

    /// Whether a prose rule holds; a seeded fault may waive it.
    pub(crate) fn enforces(&self, rule: Rule) -> bool {
        self.faults.is_empty() || !self.faults.waives_rule(rule)
    }

    /// Whether responses are changed on their way out.
    pub(crate) fn is_plain(&self) -> bool {
        self.variants.is_empty() && self.faults.is_empty()
    }

    /// The state of a region.
    pub(crate) fn region(&self, name: &str) -> Arc<RwLock<Region>> {
        let name = if self.faults.has_anywhere(Behavior::RegionLeak) { &self.default_region } else { name };
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

    /// The id of a new resource.
    pub(crate) fn new_id(&self) -> String {
        if self.faults.is_empty() {
            return self.fresh_id();
        }
        let reused =
            if self.faults.has_anywhere(Behavior::ReuseIds) { self.past_ids.lock().deleted.pop() } else { None };
        let mut id = reused.unwrap_or_else(|| self.fresh_id());
        let mut past = self.past_ids.lock();
        if !past.last.is_empty() && self.faults.has_anywhere(Behavior::SameId) {
            id.clone_from(&past.last);
        }
        if self.faults.has_anywhere(Behavior::Systemic(Systemic::LowerCaseIds)) {
            id = id.to_lowercase();
        }
        past.last.clone_from(&id);
        id
    }

    /// Notes that a resource is gone, for faults that give its id away again.
    pub(crate) fn note_deleted(&self, arn: &str) {
        if !self.faults.is_empty()
            && let Some((_, id)) = arn.rsplit_once('/')
        {
            self.past_ids.lock().deleted.push(id.to_owned());
        }
    }

    fn fresh_id(&self) -> String {
        if self.varies(Variant::UuidIds) { self.ids.uuid() } else { self.ids.alphanumeric(12) }
    }
}
