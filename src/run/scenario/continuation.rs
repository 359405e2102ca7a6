//! A scenario goes on with what an earlier one of the same worker made, if both begin alike and the earlier one only read
//! since. Nothing is left if the earlier one found anything: the next one then stands on its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::judge::sight::Shown;
use crate::plan::continuation;
use crate::plan::suite::Scenario;
use crate::record::TrailStep;
use crate::run::session::Session;
use crate::run::worker::Worker;

/// What a scenario knew when it had taken the last step that may change something. The resources are lent by the worker.
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
            earlier.is_some_and(|earlier| continuation::continues(&env.contract, earlier, scenario))
        });
        if standing.is_none() {
            self.delete_lent().await;
        }
        standing
    }

    /// Whether the next case of the worker can go on with what a scenario makes. Where requests are changed to succeed,
    /// each scenario makes its own: how they are changed depends on what it looks at.
    pub(super) fn is_continued(&self, case: usize, scenario: &Scenario) -> bool {
        let env = &self.env;
        let next = self.next.filter(|next| env.about(*next) == env.about(case)).and_then(|next| env.scenario(next));
        next.is_some_and(|next| continuation::continues(&env.contract, scenario, next)) && !env.workarounds.are_known()
    }
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

    /// Whether nothing was made since.
    pub(super) fn only_read_since(&self, standing: &Standing) -> bool {
        self.own.len() == standing.bundles
    }
}
