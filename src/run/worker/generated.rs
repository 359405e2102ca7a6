//! Cases that make up their requests: each family is drawn from, sent, compared with its control and judged.

use std::sync::Arc;

use serde_json::Value;

use super::effort::{asked, effort};
use crate::generate::{Drawn, Family, finished, runner};
use crate::plan::case::Case;
use crate::record::{FindingKey, Purpose, Witness};
use crate::run::look_round::LookRound;
use crate::run::session::{Blocked, Session};
use crate::run::settings::{Profile, Shrinking};
use crate::run::worker::*;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;

/// What a request that is made up asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'q> {
    /// Position of the case in the plan.
    pub index: usize,
    /// The operation that is called.
    pub operation: &'q Operation,
    /// The family that the request is drawn from.
    pub family: &'q Family,
    /// Position of the family among those of the case.
    pub position: usize,
    /// The clause that is asked about.
    pub focus: ClauseIndex,
    /// Tells the requests of a case apart.
    pub salt: usize,
}

impl Question<'_> {
    /// What shows a finding again.
    pub fn witness(&self, input: Value) -> Witness {
        Witness { family: self.position, input, salt: self.salt }
    }
}

impl Worker {
    /// Runs a case that makes up its requests.
    pub(super) async fn generated(
        &mut self,
        index: usize,
        case: &Case,
        operation: &Operation,
        progress: &mut Progress,
    ) {
        let Some(focus) = case.clauses.first().copied() else { return };
        let env = Arc::clone(&self.env);
        let mut runner = runner(env.settings.seed, &case.id);
        let families = env.generator.families(case);
        let (rounds, most) = effort(&env, &case.check);
        let is_asked = asked(&env, case, &families);
        let asks_once = env.settings.cases.is_none();
        let mut salt = 0;
        for round in 0..rounds {
            for (position, family) in families.iter().enumerate() {
                if salt as u64 >= most {
                    return;
                }
                if env.target.is_stopped() {
                    progress.blocked("the run was stopped".to_owned());
                    return;
                }
                let Some(drawn) = env.generator.draw(operation, family, &mut runner) else { continue };
                if !is_asked.get(position).copied().unwrap_or(true) {
                    continue;
                }
                if round > 0 && asks_once && family.is_exhausted() {
                    // The same request once more is no new question.
                    continue;
                }
                salt += 1;
                if self.is_answered(index, position, round) {
                    progress.decided += 1;
                    continue;
                }
                self.try_drawn(Question { index, operation, family, position, focus, salt }, drawn, progress).await;
            }
            if families.len() as u32 >= 3 && env.settings.profile == Profile::Quick && round > 0 {
                break;
            }
        }
        if progress.decided == 0 && progress.undecided.is_none() && progress.violations.is_empty() {
            progress.blocked("no request shows this clause alone".to_owned());
        }
    }

    async fn try_drawn(&mut self, question: Question<'_>, (mut tree, input): Drawn, progress: &mut Progress) {
        self.tally.first_seen.clear();
        let found = match self.try_input(question, input.clone()).await {
            Ok((violations, undecided)) => {
                progress.decided += u64::from(undecided.is_none());
                undecided.into_iter().for_each(|reason| progress.blocked(reason));
                violations
            }
            Err(Blocked(reason)) => {
                progress.blocked(reason);
                return;
            }
        };
        for key in std::mem::take(&mut self.tally.first_seen) {
            let is_new = found.iter().any(|one| FindingKey::from(one) == key);
            let mut smallest = input.clone();
            if is_new && self.env.settings.shrinking == Shrinking::On && self.can_shrink(&key) {
                let outer = self.enter(Purpose::Shrinking);
                self.shrink(question, &mut tree, &key, &mut smallest).await;
                self.purpose = outer;
            }
            if let Some(found) = self.tally.findings.get_mut(&key).filter(|_| is_new) {
                found.witness = Some(question.witness(smallest));
            }
        }
        progress.violations.extend(found);
    }

    /// Sends one input; its divergences are noted. What it showed, and why it could not be decided if it could not.
    pub(super) async fn try_input(
        &mut self,
        question: Question<'_>,
        input: Value,
    ) -> Result<(Vec<Violation>, Option<String>), Blocked> {
        let Question { index, operation, family, focus, salt, .. } = question;
        let input = finished(input);
        let fixtures = fixtures_for(operation, &family.expectation, &input);
        let is_looked_at = salt == 1 && family.expectation.success;
        let looks_round = if is_looked_at { LookRound::of(self, index, operation) } else { LookRound::Never };
        let mut session = Session::new(self, fixtures, index, salt);
        session.looks_round = looks_round;
        let mut is_in_state = true;
        session.hold_listed(operation).await;
        let result = match session.example(operation, input.clone(), &family.expectation, focus).await {
            Err(Blocked(reason)) if !family.expectation.success => {
                is_in_state = false;
                session.in_any_state(operation, &input, &family.expectation, focus, reason).await
            }
            result => result,
        };
        let result = match result {
            Ok((mut judgement, exchange)) => {
                if is_in_state && judgement.needs_control(family.expectation.success) {
                    session.compare(operation, family, focus, &input, &mut judgement).await;
                }
                let violations = session.note(&mut judgement, &exchange);
                let was_wrongly_accepted = judgement.is_success() && !family.expectation.success;
                if was_wrongly_accepted && !operation.is_readonly {
                    session.delete_shared().await;
                }
                Ok((violations, judgement.undecided))
            }
            Err(blocked) => Err(blocked),
        };
        session.finish().await;
        result
    }
}
