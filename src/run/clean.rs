//! Deletes what a run made and left, and nothing else: what its journal names, and what carries its tag.

mod deletion;
mod search;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::RunError;
use super::ledger::ownership_tags::Marker;
use super::ledger::{Journal, JournalState, Ledger, Named, journal};
use super::settings::{JournalMode, Locality, Settings};
use super::target::Target;
use crate::clock;
use crate::plan::resources::Resources;
use crate::record::Left;
use crate::spec::{Arn, Contract};

/// A request that was in flight when its run died has arrived after this long.
const LOOPBACK_GRACE: Duration = Duration::from_secs(1);
/// The same on a target that is elsewhere.
const REMOTE_GRACE: Duration = Duration::from_secs(15);

/// What cleaning did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cleaned {
    /// Deleted now.
    pub deleted: Vec<Named>,
    /// Found to be gone already.
    pub gone: Vec<Named>,
    /// Not deleted, and why.
    pub kept: Vec<(String, String)>,
    /// Resources whose names are like those of the run, but which do not carry its tag.
    pub alike: Vec<String>,
    /// What could not be searched for, and why.
    pub unsearched: Vec<(String, String)>,
    /// Requests sent.
    pub requests: u64,
    /// How long it waited for requests that were still in flight.
    pub waited: Duration,
}

impl Cleaned {
    /// Notes what could not be searched for; each reason once.
    fn note_unsearched(&mut self, what: String, reason: String) {
        let entry = (what, reason);
        if !self.unsearched.contains(&entry) {
            self.unsearched.push(entry);
        }
    }

    /// Whether nothing of the run is left, as far as anyone can know.
    pub fn is_complete(&self) -> bool {
        self.kept.is_empty() && self.unsearched.is_empty()
    }
}

/// What of a run with a journal is left, or may be.
pub(super) fn left(cleaned: &Result<Cleaned, RunError>, settings: &Settings) -> Vec<Left> {
    let unknown = |what: String, reason: String| Left { kind: String::new(), what, reason };
    match cleaned {
        Ok(cleaned) => {
            let kept = cleaned.kept.iter().map(|(what, reason)| {
                let kind = Arn::parse(what).map(|arn| arn.resource_type.to_owned()).unwrap_or_default();
                Left { kind, what: what.clone(), reason: reason.clone() }
            });
            let unsearched = cleaned.unsearched.iter().map(|(what, reason)| unknown(what.clone(), reason.clone()));
            kept.chain(unsearched).collect()
        }
        Err(error) => {
            let path = match &settings.record {
                JournalMode::Journal(path) => path.display().to_string(),
                JournalMode::Off | JournalMode::Memory => String::new(),
            };
            vec![unknown(format!("what the journal {path} names"), format!("it could not be deleted: {error}"))]
        }
    }
}

/// How far what a journal names is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The run itself just wrote it.
    Full,
    /// It may be old: what it names is looked at before it is deleted.
    LooksFirst,
}

/// How long cleaning may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// As long as it takes.
    Unhurried,
    /// No longer than at the end of a run that was stopped.
    Hurried,
}

/// Finishes what a journal begins: deletes what it names and is there still, and looks for what was being made when the
/// run died. Notes in the journal what is gone, so that it can be done again.
///
/// # Errors
/// The journal cannot be read or written, or the target's client cannot be set up.
pub async fn by_journal(contract: &Arc<Contract>, settings: &Settings, path: &Path) -> Result<Cleaned, RunError> {
    finish(contract, settings, path, Trust::LooksFirst, Haste::Unhurried).await
}

/// The same right after a run.
pub(super) async fn after_run(
    contract: &Arc<Contract>,
    settings: &Settings,
    path: &Path,
    haste: Haste,
) -> Result<Cleaned, RunError> {
    finish(contract, settings, path, Trust::Full, haste).await
}

async fn finish(
    contract: &Arc<Contract>,
    settings: &Settings,
    path: &Path,
    trust: Trust,
    haste: Haste,
) -> Result<Cleaned, RunError> {
    let (header, entries) = journal::read(path)?;
    let story = JournalState::of(header, entries);
    if story.ended {
        return Ok(Cleaned::default());
    }
    let durable = settings.locality == Locality::Remote;
    let journal = Journal::reopen(path, durable)?;
    let resources = Resources::of(contract);
    let ledger = Ledger::new(contract, &resources, &story.header.run, Some(journal));
    let arns = story.lots.iter().flat_map(|lot| lot.resources.iter().map(|resource| resource.arn.clone()));
    ledger.adopt(arns, story.next);
    let target = Target::new(contract, settings, Some(ledger))?;
    if haste == Haste::Hurried {
        target.hurry();
    }
    let marker = Marker::new(contract, &story.header.run);
    let mut cleaner =
        Cleaner { contract, resources, target, run: &story.header.run, marker, trust, cleaned: Cleaned::default() };
    if !story.open.is_empty() && trust == Trust::LooksFirst {
        cleaner.cleaned.waited = await_flights(path, settings.locality).await;
    }
    // What was being made may use what was made before it, so that both are deleted together.
    let (found, searched) = cleaner.find(&story).await;
    cleaner.delete_lots(story.lots.iter().cloned().chain(found).collect()).await;
    if cleaner.cleaned.kept.is_empty() {
        searched.into_iter().for_each(|intent| cleaner.note_settled(intent));
    }
    let is_complete = cleaner.cleaned.is_complete();
    let (target, mut cleaned) = (Arc::clone(&cleaner.target), cleaner.cleaned);
    cleaned.requests = target.requests();
    if let (true, Some(ledger)) = (is_complete, target.ledger()) {
        ledger.ended().map_err(RunError::Unwritten)?;
    }
    Ok(cleaned)
}

/// Deletes what carries the tag of a run, whether a journal names it or not.
///
/// # Errors
/// The target's client cannot be set up.
pub async fn by_tag(contract: &Arc<Contract>, settings: &Settings, run: &str) -> Result<Cleaned, RunError> {
    let resources = Resources::of(contract);
    let ledger = Ledger::new(contract, &resources, run, None);
    let target = Target::new(contract, settings, Some(ledger))?;
    let (marker, cleaned) = (Marker::new(contract, run), Cleaned::default());
    let mut cleaner = Cleaner { contract, resources, target, run, marker, trust: Trust::Full, cleaned };
    let lots = cleaner.tagged().await;
    cleaner.delete_lots(lots).await;
    cleaner.cleaned.requests = cleaner.target.requests();
    Ok(cleaner.cleaned)
}

/// Waits until what was in flight when the journal was last written must have arrived.
async fn await_flights(path: &Path, locality: Locality) -> Duration {
    let grace = if locality == Locality::Remote { REMOTE_GRACE } else { LOOPBACK_GRACE };
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let age = written.and_then(|written| clock::now().duration_since(written).ok()).unwrap_or_default();
    let wait = grace.saturating_sub(age);
    sleep(wait).await;
    wait
}

struct Cleaner<'c> {
    contract: &'c Contract,
    resources: Resources,
    target: Arc<Target>,
    run: &'c str,
    marker: Marker,
    trust: Trust,
    cleaned: Cleaned,
}
