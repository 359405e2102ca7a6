//! What a journal tells once it is read to its end.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::{Entry, Failure, Header, Named};

/// Resources that one request made, as far as they are there still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedResources {
    /// The request's intent.
    pub number: u64,
    /// Region, if not the run's own.
    pub region: Option<String>,
    /// Whether the first of them carries the run's tag.
    pub tagged: bool,
    /// Its name, if that is one of the run's own.
    pub name: Option<String>,
    /// What is left.
    pub resources: Vec<Named>,
}

/// A request of which nobody knows whether it made something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedRequest {
    /// Its number.
    pub number: u64,
    /// The operation.
    pub operation: String,
    /// Region, if not the run's own.
    pub region: Option<String>,
    /// Whether what it made carries the run's tag.
    pub tagged: bool,
    /// The name of what it made, if that is one of the run's own.
    pub name: Option<String>,
    /// ARNs that it named.
    pub parents: Vec<String>,
    /// How it failed; `None` if the journal ends before its response.
    pub failure: Option<Failure>,
}

impl UnresolvedRequest {
    /// What became of the request, for a sentence.
    pub fn fate(&self) -> String {
        match self.failure {
            Some(Failure::Status(status @ 200..=299)) => {
                format!("it was answered with status {status}, and the response does not say what it made")
            }
            Some(Failure::Status(status)) => format!("it was answered with status {status}"),
            Some(Failure::Timeout) => "its response did not come in time".to_owned(),
            Some(Failure::Broken) => "the connection broke before its response was there".to_owned(),
            Some(Failure::Stopped) => "the run was stopped before its response came".to_owned(),
            None => "the run was killed before its response came".to_owned(),
        }
    }
}

/// What a journal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalState {
    /// The run.
    pub header: Header,
    /// What is left to delete, oldest first.
    pub lots: Vec<CreatedResources>,
    /// What is to be looked for.
    pub open: Vec<UnresolvedRequest>,
    /// The first number that no intent has.
    pub next: u64,
    /// Everything was deleted already.
    pub ended: bool,
}

impl JournalState {
    /// Reads the lines of a journal.
    pub fn of(header: Header, entries: Vec<Entry>) -> JournalState {
        let mut open: BTreeMap<u64, UnresolvedRequest> = BTreeMap::new();
        let mut lots: Vec<CreatedResources> = Vec::new();
        let mut deleted: BTreeSet<String> = BTreeSet::new();
        let mut next = 0;
        let mut ended = false;
        for entry in entries {
            ended = matches!(entry, Entry::Ended);
            match entry {
                Entry::Intent { number, operation, region, name, tagged, parents } => {
                    next = next.max(number.saturating_add(1));
                    let failure = None;
                    open.insert(
                        number,
                        UnresolvedRequest { number, operation, region, tagged, name, parents, failure },
                    );
                }
                Entry::Created { number, resources } => {
                    let intent = open.remove(&number);
                    let (region, tagged, name) =
                        intent.map_or((None, false, None), |intent| (intent.region, intent.tagged, intent.name));
                    lots.push(CreatedResources { number, region, tagged, name, resources });
                }
                Entry::Refused { number } | Entry::Settled { number } => {
                    open.remove(&number);
                }
                Entry::Failed { number, failure } => {
                    if let Some(intent) = open.get_mut(&number) {
                        intent.failure = Some(failure);
                    }
                }
                Entry::Deleted { arn } => {
                    deleted.insert(arn);
                }
                Entry::Run(_) | Entry::Repeated { .. } | Entry::Ended => {}
            }
        }
        for lot in &mut lots {
            lot.resources.retain(|resource| !deleted.contains(&resource.arn));
        }
        lots.retain(|lot| !lot.resources.is_empty());
        JournalState { header, lots, open: open.into_values().collect(), next, ended }
    }
}
