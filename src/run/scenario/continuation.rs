//! A scenario goes on with what an earlier one of the same worker made, if both begin alike and the earlier one changed
//! nothing of it since. What it made beside is deleted first. Nothing is left if the earlier one found anything: the next
//! one then stands on its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::judge::sight::Shown;
use crate::plan::continuation::Continuations;
use crate::plan::suite::Scenario;
use crate::record::TrailStep;
use crate::run::session::Session;
use crate::run::worker::Worker;

/// What a scenario knew when it had taken the steps that the next one begins with too. The resources are lent by the worker.
#[derive(Debug)]
pub(in crate::run) struct Standing {
    /// Steps that had been taken.
    pub(super) steps: usize,
    /// Position of the case in the plan.
    case: usize,
    /// Number of calls that had made resources.
    bundles: usize,
    made: BTreeSet<String>,
    variables: BTreeMap<String, Value>,
    missing: BTreeMap<String, String>,
    history: Vec<TrailStep>,
    shown: Shown,
}

impl Worker {
    /// What an earlier scenario left, if this one can go on with it. Anything else that is left is deleted.
    pub(super) async fn standing_for(&mut self, case: usize, scenario: &Scenario) -> Option<Standing> {
        let env = std::sync::Arc::clone(&self.env);
        let standing = self.standing.take().filter(|standing| {
            let earlier = env.scenario(standing.case).filter(|_| env.about(standing.case) == env.about(case));
            earlier.is_some_and(|earlier| begins_alike(earlier, scenario, standing.steps))
        });
        if standing.is_none() {
            self.delete_lent().await;
        }
        standing
    }

    /// After how many steps of a scenario the next case of the worker can go on with what it made, if it can. Where requests
    /// are changed to succeed, each scenario makes its own: how they are changed depends on what it looks at.
    pub(super) fn left_to_next(&self, case: usize, scenario: &Scenario) -> Option<usize> {
        let env = &self.env;
        let next = self.rest.iter().take_while(|next| env.about(**next) == env.about(case));
        let next = next.map_while(|next| env.scenario(*next));
        let scenarios: Vec<&Scenario> = std::iter::once(scenario).chain(next).collect();
        let of = Continuations { contract: &env.contract, resources: &env.plan.resources };
        of.left_by_first(&scenarios).filter(|_| !env.workarounds.are_known())
    }
}

/// Whether two scenarios begin with the same steps, and the later one has more.
fn begins_alike(earlier: &Scenario, later: &Scenario, steps: usize) -> bool {
    later.steps.len() > steps && earlier.steps.get(..steps) == later.steps.get(..steps)
}

impl Session<'_> {
    /// Goes on with what an earlier scenario left.
    pub(super) fn take_up(&mut self, standing: Standing) {
        let lent = std::mem::take(&mut self.worker.lent);
        self.take_over(lent);
        self.made = standing.made;
        self.variables = standing.variables;
        self.missing = standing.missing;
        self.history = standing.history;
        self.shown = Some(standing.shown);
    }

    /// What is known now, after the first steps of a scenario.
    pub(super) fn standing(&self, steps: usize) -> Standing {
        Standing {
            steps,
            case: self.case,
            bundles: self.own.len(),
            made: self.made.clone(),
            variables: self.variables.clone(),
            missing: self.missing.clone(),
            history: self.history.clone(),
            shown: self.shown.clone().unwrap_or_default(),
        }
    }

    /// Deletes what was made since.
    pub(super) async fn return_to(&mut self, standing: &Standing) {
        let since = self.own.split_off(standing.bundles.min(self.own.len()));
        self.delete_bundles(since).await;
    }
}
