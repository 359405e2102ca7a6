//! What all workers of a run share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use p384::pkcs8::{EncodePublicKey, LineEnding};
use p384::{ProjectivePoint, PublicKey, SecretKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::damage::Damage;
use super::ledger::ownership_tags::{self, About, Marker, NAME_PREFIX};
use super::remains::Remains;
use super::savings::{Savings, Sharing};
use super::settings::{JournalMode, Profile, Settings, Shrinking};
use super::stateful::Unshortened;
use super::target::Target;
use super::waits::Waits;
use super::workaround::Workarounds;
use crate::generate::Generator;
use crate::generate::placeholder::Curve;
use crate::judge::Judge;
use crate::judge::shadow::Views;
use crate::plan::suite::Scenario;
use crate::plan::{Case, Check, Plan};
use crate::record::{KnownDefects, Secrets};
use crate::send::Connections;
use crate::spec::contract::{NodeKind, Operation};
use crate::spec::{Arn, Contract};

/// Account shown in made-up ARNs until the target names its own.
const SOME_ACCOUNT: &str = "123456789012";

/// What tells one run from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId {
    /// Stands in names and tags.
    pub id: String,
    /// What it is made of; keys are drawn from it too.
    pub nonce: u64,
}

impl RunId {
    /// The id of a new run.
    pub fn new(nonce: u64) -> RunId {
        RunId { id: format!("{nonce:016x}"), nonce }
    }
}

/// What all workers of a run share; nothing in it changes but counters.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// The contract.
    pub contract: Arc<Contract>,
    /// Makes requests.
    pub generator: Arc<Generator>,
    /// What to do.
    pub plan: Arc<Plan>,
    /// The target.
    pub target: Arc<Target>,
    /// The oracle.
    pub judge: Arc<Judge>,
    /// Which output shows which state.
    pub views: Arc<Views>,
    /// What the run needs to know.
    pub settings: Settings,
    /// Tells this run's names from every other run's.
    pub run_id: String,
    /// How the run marks what it makes.
    pub marker: Arc<Marker>,
    /// Operations that the target does not have.
    pub not_implemented: BTreeSet<String>,
    /// Operations that the run may not call, and how they refuse access.
    pub refused: BTreeMap<String, String>,
    /// Operations of which no well-formed request that was tried was accepted, where only the model is known.
    pub rejecting: BTreeSet<String>,
    /// Whether the target checks signatures.
    pub verifies_signatures: bool,
    /// Operations whose pages do not end, which takes long to see.
    endless: Arc<Mutex<BTreeSet<String>>>,
    account: Arc<OnceLock<String>>,
    counter: Arc<AtomicU64>,
    keys: Arc<Mutex<ProjectivePoint>>,
    /// What was learned of waiting.
    pub waits: Arc<Waits>,
    /// What is known to be wrong with what the run made.
    pub causes: Arc<KnownDefects>,
    /// What the run made and could not delete so far.
    pub remains: Arc<Remains>,
    /// Secrets that workers met and do not hold themselves any more.
    pub secrets: Arc<parking_lot::Mutex<Secrets>>,
    /// What requests of the run damaged.
    pub damage: Arc<Damage>,
    /// What was learned of valid requests that are refused.
    pub workarounds: Arc<Workarounds>,
    /// What need not be asked again.
    pub savings: Arc<Savings>,
    /// Sequences that are made shorter when all cases are done; `None` if that is done at once.
    pub unshortened: Option<Arc<Unshortened>>,
    /// Positions, before filters and shards, of cases that the profile leaves out.
    pub left_out: Arc<BTreeSet<u64>>,
}

impl RunContext {
    /// Prepares a run.
    pub fn new(generator: Generator, plan: Plan, target: Arc<Target>, settings: Settings, run: &RunId) -> RunContext {
        let contract = Arc::clone(generator.contract());
        let is_whole = settings.profile != Profile::Deep && settings.cases.is_none();
        let sharing = if is_whole { Sharing::On } else { Sharing::Off };
        let savings = Savings::new(sharing, settings.profile);
        RunContext {
            judge: Arc::new(Judge::new(&contract)),
            marker: Arc::new(Marker::new(&contract, &run.id)),
            views: Arc::new(Views::of(&contract, &plan.resources, &plan.suites)),
            contract,
            generator: Arc::new(generator),
            plan: Arc::new(plan),
            target,
            settings,
            run_id: run.id.clone(),
            not_implemented: BTreeSet::new(),
            refused: BTreeMap::new(),
            rejecting: BTreeSet::new(),
            verifies_signatures: false,
            endless: Arc::default(),
            account: Arc::default(),
            counter: Arc::default(),
            keys: Arc::new(Mutex::new(first_point(run.nonce))),
            waits: Arc::default(),
            causes: Arc::default(),
            unshortened: None,
            remains: Arc::default(),
            secrets: Arc::default(),
            damage: Arc::default(),
            workarounds: Arc::default(),
            savings: Arc::new(savings),
            left_out: Arc::default(),
        }
    }

    /// The same run as another thread sees it, with connections of its own.
    pub fn for_thread(&self) -> RunContext {
        RunContext { target: self.target.for_thread(), ..self.clone() }
    }

    /// The same run for showing findings again: nothing is made smaller, no list is known not to end, and what was waited for in
    /// vain is not waited for so long again, unless reads lag.
    pub fn for_confirmation(&self) -> RunContext {
        self.waits.forget_probes();
        let patience = self.waits.shorter(self.settings.patience);
        let settings = Settings { shrinking: Shrinking::Off, patience, ..self.settings.clone() };
        // A finding that needs a kept connection says nothing of a clause.
        let target = self.target.for_thread_on(Connections::Fresh);
        let savings = Arc::new(self.savings.with(Sharing::Again));
        RunContext { settings, endless: Arc::default(), target, savings, unshortened: None, ..self.clone() }
    }

    /// The same, with this much effort to make requests smaller.
    pub fn with_shrinking(&self, shrinking: Shrinking) -> RunContext {
        let settings = Settings { shrinking, ..self.settings.clone() };
        RunContext { settings, ..self.for_thread() }
    }

    /// How long to wait for a response of an operation to come right.
    pub fn patience(&self, operation: &str) -> Duration {
        self.waits.patience(operation, self.settings.patience)
    }

    /// Remembers that the pages of an operation do not end, and that it takes long to see it.
    pub fn note_endless(&self, operation: &str) {
        if let Ok(mut endless) = self.endless.lock() {
            endless.insert(operation.to_owned());
        }
    }

    /// Whether the pages of an operation were seen not to end after a long walk.
    pub fn is_endless(&self, operation: &str) -> bool {
        self.endless.lock().is_ok_and(|endless| endless.contains(operation))
    }

    /// A number that this run has not used.
    pub fn next_number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    /// A name that nothing else on the target has.
    pub fn unique_name(&self) -> String {
        format!("{NAME_PREFIX}{}-{}", self.run_id, self.next_number())
    }

    /// Gives a producing operation's input a name, if it takes one and has none that the run gave.
    pub fn name_resource(&self, operation: &Operation, input: &mut Value) {
        if self.marker.marks_in(input).name.is_some() {
            return;
        }
        let name = self.unique_name();
        let takes_it = operation.input.member(self.marker.name_member()).is_some_and(|member| {
            let fits = member.constraints.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&name));
            matches!(member.kind, NodeKind::String) && fits
        });
        if let (true, Value::Object(members)) = (takes_it, input) {
            members.insert(self.marker.name_member().to_owned(), Value::from(name));
        }
    }

    /// Marks the input of an operation that makes something as the run's, where what is made is written down.
    pub fn mark(&self, operation: &Operation, input: &mut Value, about: About) {
        if self.settings.record != JournalMode::Off && !self.plan.resources.products(&operation.name).is_empty() {
            self.marker.mark(operation, input, about, || self.unique_name());
        }
    }

    /// A marked copy of an input, where one is wanted.
    pub fn marked(&self, operation: &Operation, input: &Value, about: About) -> Option<Value> {
        (self.settings.record != JournalMode::Off && !self.plan.resources.products(&operation.name).is_empty()).then(
            || {
                let mut marked = input.clone();
                self.mark(operation, &mut marked, about);
                marked
            },
        )
    }

    /// The scenario that the case at a position of the plan plays; `None` if it plays none.
    pub fn scenario(&self, case: usize) -> Option<&Scenario> {
        self.plan.cases.get(case).and_then(|case| self.scenario_of(case))
    }

    fn scenario_of(&self, case: &Case) -> Option<&Scenario> {
        match case.check {
            Check::Scenario { scenario } => self.plan.suites.scenarios.get(scenario),
            _ => None,
        }
    }

    /// What the case at a position of the plan is about, among what marks use.
    pub fn about(&self, case: usize) -> About {
        let Some(case) = self.plan.cases.get(case).filter(|_| self.settings.record != JournalMode::Off) else {
            return About::default();
        };
        let scenario = self.scenario_of(case);
        let rule = match case.check {
            Check::RuleAccepts { rule } | Check::RuleRefuses { rule } => self.contract.rules.input_rules.get(rule),
            _ => None,
        };
        self.marker.about(case, scenario, rule)
    }

    /// Whether the case at a position of the plan is about a member of an input.
    pub fn looks_at(&self, case: usize, member: &str) -> bool {
        let Some(case) = self.plan.cases.get(case) else { return false };
        match case.check {
            Check::Scenario { scenario } => {
                let scenario = self.plan.suites.scenarios.get(scenario);
                scenario.is_some_and(|scenario| ownership_tags::scenario_looks_at(scenario, member))
            }
            Check::RuleAccepts { rule } | Check::RuleRefuses { rule } => {
                self.contract.rules.input_rules.get(rule).is_some_and(|rule| ownership_tags::rule_names(rule, member))
            }
            Check::Accepts { ref path, .. } | Check::Refuses { ref path, .. } => {
                path.split(['.', '[']).next() == Some(member)
            }
            _ => false,
        }
    }

    /// Whether the inputs of the case at a position of the plan are generated one by one.
    pub fn is_generated(&self, case: usize) -> bool {
        let check = self.plan.cases.get(case).map(|case| &case.check);
        !matches!(check, None | Some(Check::Scenario { .. } | Check::Sequence { .. }))
    }

    /// Whether the target does not have an operation, or refuses access to it.
    pub fn is_unavailable(&self, operation: &str) -> bool {
        self.not_implemented.contains(operation) || self.refused.contains_key(operation)
    }

    /// Whether the account that the target's ARNs name is known.
    pub fn knows_account(&self) -> bool {
        self.account.get().is_some()
    }

    /// Remembers the account that the target's ARNs name.
    pub fn learn_account(&self, arn: &str) {
        if let Some(arn) = Arn::parse(arn) {
            let _ = self.account.set(arn.account.to_owned());
        }
    }

    /// A well-formed name of nothing; of an ARN, in the target's region and account.
    pub fn absent_arn(&self, resource: &str, number: u32) -> Option<String> {
        let resource =
            if resource == crate::spec::Pattern::ANY_RESOURCE { self.plan.resources.types().next()? } else { resource };
        let pattern = self.generator.stand_in(resource)?;
        let Some(shape) = Arn::parse(pattern) else { return self.generator.absent_id(resource, number) };
        let id = format!("absent{number:06}");
        let arn = Arn {
            region: self.target.region(),
            account: self.account.get().map_or(SOME_ACCOUNT, String::as_str),
            resource_id: &id,
            ..shape
        };
        Some(arn.to_string())
    }

    /// A fresh public key in PEM: each is one step of the curve's group further than the last.
    pub fn public_key(&self, curve: Curve) -> Option<String> {
        match curve {
            Curve::P384 => self.p384_public_key(),
        }
    }

    fn p384_public_key(&self) -> Option<String> {
        let mut point = self.keys.lock().ok()?;
        *point += ProjectivePoint::GENERATOR;
        let key = PublicKey::from_affine(point.to_affine()).ok()?;
        key.to_public_key_pem(LineEnding::LF).ok()
    }
}

/// A point that no other run starts from.
fn first_point(nonce: u64) -> ProjectivePoint {
    let half = |part: u8| Sha256::new().chain_update(nonce.to_be_bytes()).chain_update([part]).finalize();
    let bytes: Vec<u8> = half(0).into_iter().chain(half(1)).take(48).collect();
    let secret = SecretKey::from_slice(&bytes).ok();
    secret.map_or(ProjectivePoint::GENERATOR, |secret| secret.public_key().to_projective())
}
