//! What a run made and could not delete so far. It is tried once more when nothing is in flight any more; what stays is
//! named in the report.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ledger::Named;
use super::run_context::RunContext;
use super::session::{Bundle, Fixtures, Session};
use super::unnamed;
use super::worker::Worker;
use crate::clock;
use crate::judge::shadow::Graves;
use crate::record::Left;
use crate::record::digest::digest;
use crate::record::digest_set::DigestSet;

/// How often the end of a run tries in vain to delete what is left: an unreliable target fails once or twice.
const ATTEMPTS: usize = 3;
/// The same of deletions that get no response while it takes no time: each connection that was kept may break once.
const MOST_ATTEMPTS: usize = 12;
/// How long such attempts may take.
const NO_TIME: Duration = Duration::from_secs(1);

/// Why a deletion did not delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Something else still refers to it, as the target says.
    InUse,
    /// The target says that it does not exist, and did not delete it.
    NotFound,
    /// The target responded with this status, which is one of success, and gave the documented one to other deletions.
    Unusual(u16),
    /// The target responded with this status.
    Status(u16),
    /// A page came in place of a response: something before the target may have sent it.
    Page,
    /// No response; why.
    Unanswered(String),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::InUse => write!(formatter, "it is in use, as the target says"),
            Obstacle::NotFound => write!(formatter, "its deletion was answered as if it did not exist"),
            Obstacle::Unusual(status) | Obstacle::Status(status) => {
                write!(formatter, "its deletion was answered with status {status}")
            }
            Obstacle::Page => write!(formatter, "its deletion was answered with a page in place of a response"),
            Obstacle::Unanswered(detail) => write!(formatter, "its deletion got no response: {detail}"),
        }
    }
}

/// Resources of one bundle that could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeleted {
    /// What is left of the bundle.
    pub bundle: Bundle,
    /// Why.
    pub obstacle: Obstacle,
}

/// What a run made and could not delete so far; shared by all workers.
#[derive(Debug, Default)]
pub struct Remains {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    undeleted: Vec<Undeleted>,
    /// How many resources stay for want of an operation that deletes them, by that operation.
    undeletable: BTreeMap<String, u64>,
    /// Digests of the ARNs of everything that the run knows to have made.
    made: DigestSet,
    /// What workers that are done saw deleted.
    deleted: Graves,
    /// Deletions that were reported and had no effect, and that were sent again.
    repeated_deletions: u64,
    /// Whether a list showed what came of a request that something carried out twice.
    has_twins: bool,
    /// What was there at the end of the run, though no response had named it.
    unnamed: Vec<Named>,
}

impl Remains {
    /// Notes what a worker that is done saw deleted.
    pub(super) fn note_deleted(&self, graves: &Graves) {
        self.state().deleted.extend(graves);
    }

    /// What workers that are done saw deleted.
    pub(super) fn deleted(&self) -> Graves {
        self.state().deleted.clone()
    }

    /// Keeps what could not be deleted for the end of the run.
    pub fn keep(&self, undeleted: Vec<Undeleted>) {
        self.state().undeleted.extend(undeleted);
    }

    /// Notes a resource that stays because the target lacks the operation that deletes it.
    pub fn note_undeletable(&self, deleter: &str) {
        *self.state().undeletable.entry(deleter.to_owned()).or_default() += 1;
    }

    /// Notes a resource that the run made.
    pub fn note_made(&self, arn: &str) {
        self.state().made.insert(digest(arn));
    }

    /// Whether the run knows that it made a resource. One that cannot be looked up counts as made.
    pub fn has_made(&self, arn: &str) -> bool {
        self.state().made.contains(digest(arn)).unwrap_or(true)
    }

    /// How many resources stay for want of an operation that deletes them, by that operation.
    pub fn undeletable(&self) -> BTreeMap<String, u64> {
        self.state().undeletable.clone()
    }

    /// Notes a deletion that was reported and had no effect, and that was sent again.
    pub(super) fn note_repeated_deletion(&self) {
        self.state().repeated_deletions += 1;
    }

    /// How many deletions were reported and had no effect, and were sent again.
    pub(super) fn repeated_deletions(&self) -> u64 {
        self.state().repeated_deletions
    }

    /// Notes that a list showed what came of a request that something carried out twice.
    pub(super) fn note_twins(&self) {
        self.state().has_twins = true;
    }

    /// What the run had made by its end and no response had named; it is deleted.
    pub(super) fn unnamed(&self) -> Vec<Named> {
        self.state().unnamed.clone()
    }

    /// What is left, each resource once: a target may give several the same ARN.
    fn take(&self) -> Vec<Undeleted> {
        let mut undeleted = std::mem::take(&mut self.state().undeleted);
        let mut seen = HashSet::new();
        for Undeleted { bundle, .. } in &mut undeleted {
            bundle.resources.retain(|resource| seen.insert(resource.clone()));
        }
        undeleted.retain(|undeleted| !undeleted.bundle.resources.is_empty());
        undeleted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn resources(undeleted: &[Undeleted]) -> usize {
    undeleted.iter().map(|undeleted| undeleted.bundle.resources.len()).sum()
}

fn is_in_use(undeleted: &[Undeleted]) -> bool {
    undeleted.iter().any(|undeleted| undeleted.obstacle == Obstacle::InUse)
}

fn is_unanswered(undeleted: &[Undeleted]) -> bool {
    undeleted.iter().any(|undeleted| matches!(undeleted.obstacle, Obstacle::Unanswered(_)))
}

fn bundles(undeleted: Vec<Undeleted>) -> Vec<Bundle> {
    undeleted.into_iter().map(|undeleted| undeleted.bundle).collect()
}

/// Takes out the resources that do not exist, as the target said of their deletion, and that it does not show.
async fn take_absent(session: &mut Session<'_>, undeleted: &mut Vec<Undeleted>) -> Vec<Bundle> {
    let mut absent = Vec::new();
    for Undeleted { bundle, .. } in undeleted.iter_mut().filter(|undeleted| undeleted.obstacle == Obstacle::NotFound) {
        for (kind, arn) in std::mem::take(&mut bundle.resources) {
            match session.is_shown(bundle.region.as_deref(), &kind, &arn).await {
                true => bundle.resources.push((kind, arn)),
                false => absent.push(Bundle { resources: vec![(kind, arn)], ..bundle.clone() }),
            }
        }
    }
    undeleted.retain(|undeleted| !undeleted.bundle.resources.is_empty());
    absent
}

/// Tries to delete once more what could not be deleted while the run went on, what refers to others first. What stays.
pub(super) async fn sweep(env: &RunContext) -> Vec<Left> {
    let mut undeleted = env.remains.take();
    let has_twins = env.remains.state().has_twins;
    if undeleted.is_empty() && !has_twins {
        return Vec::new();
    }
    // A deletion that did not respond a few times in a row gets another chance: what stays would leave no verdict.
    env.target.health().forget_silence();
    let mut worker = Worker::new(Arc::new(env.for_thread()));
    let mut session = Session::new(&mut worker, Fixtures::Own, 0, 0);
    let absent = take_absent(&mut session, &mut undeleted).await;
    let (mut vain, started) = (0, clock::instant());
    let most = |undeleted: &[Undeleted]| match started.elapsed() < NO_TIME && is_unanswered(undeleted) {
        true => MOST_ATTEMPTS,
        false => ATTEMPTS,
    };
    while vain < most(&undeleted) && !undeleted.is_empty() {
        let before = resources(&undeleted);
        undeleted = session.delete_in_order(bundles(undeleted)).await;
        vain += usize::from(resources(&undeleted) == before);
    }
    if is_in_use(&undeleted) {
        // Something that seemed absent may use it.
        undeleted = session.delete_in_order(bundles(undeleted).into_iter().chain(absent.clone()).collect()).await;
    }
    absent.iter().flat_map(|bundle| &bundle.resources).for_each(|(_, arn)| env.target.note_gone(arn));
    if (is_in_use(&undeleted) || has_twins) && !env.target.is_stopped() {
        let listed = unnamed::in_lists(env).await;
        let bundle =
            |found: &Named| Bundle { resources: vec![(found.kind.clone(), found.arn.clone())], ..Bundle::default() };
        let found: Vec<Bundle> = listed.iter().map(bundle).collect();
        let by_tag = unnamed::deleted_by_tag(env).await;
        let frees_something = !found.is_empty() || !by_tag.is_empty();
        let unnamed = listed.into_iter().filter(|found| !env.remains.has_made(&found.arn)).chain(by_tag);
        env.remains.state().unnamed = unnamed.collect();
        if frees_something {
            undeleted = session.delete_in_order(bundles(undeleted).into_iter().chain(found).collect()).await;
        }
    }
    let mut left = Vec::new();
    for Undeleted { bundle, obstacle } in undeleted {
        for (kind, arn) in &bundle.resources {
            let region = bundle.region.as_deref();
            let is_gone = match obstacle {
                Obstacle::NotFound => !session.is_shown(region, kind, arn).await,
                _ => session.is_gone(region, kind, arn).await,
            };
            if is_gone {
                env.target.note_gone(arn);
            } else {
                left.push(Left { kind: kind.clone(), what: arn.clone(), reason: obstacle.to_string() });
            }
        }
    }
    left.sort();
    left.dedup();
    left
}
