//! Controls: that a request was refused says something of what is wrong with it only if the same request without the
//! violation is accepted in the same state.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::input_form::Form;
use super::savings::Sharing;
use super::session::{Blocked, Session};
use super::worker::{Worker, fixtures_for};
use crate::generate::Family;
use crate::judge::{Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::record::Purpose;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;

/// How often a control is sent that fails as requests fail on a bad network or a busy target.
const ASKS: u32 = 3;

/// Whether the controls of a worker were accepted, by operation and form of the input; if not, the reason why their cases
/// decide nothing. What noise may have caused is not kept.
#[derive(Debug, Default)]
pub(super) struct Controls(BTreeMap<(String, Form), Answered>);

/// What became of a control for good; if it was refused, the reason and the refusal as divergences.
type Answered = Result<(), (String, Vec<Violation>)>;

/// What became of a control.
enum Control {
    /// It was accepted, or refused for a reason that stays.
    Settled(Answered),
    /// Neither, however often it was sent: the reason.
    Unknown(String),
}

impl Worker {
    /// Whether a valid input, with placeholders, is accepted.
    ///
    /// # Errors
    /// Why a request that differs from it by a violation shows nothing.
    pub(super) async fn is_accepted(
        &mut self,
        index: usize,
        operation: &Operation,
        input: &Value,
        salt: usize,
    ) -> Result<(), String> {
        let key = (operation.name.clone(), Form::of(&operation.input, input));
        let outages = self.env.target.health().outages();
        let answer = match self.controls.0.get(&key) {
            Some(known) => known.clone(),
            None if self.env.savings.has_accepted(outages, &key.0, &key.1) => Ok(()),
            None => match self.ask(index, operation, input, salt).await {
                Control::Unknown(reason) => return Err(reason),
                Control::Settled(answer) => {
                    self.controls.0.insert(key, answer.clone());
                    answer
                }
            },
        };
        answer.map_err(|(reason, refusal)| {
            self.hindrances.extend(refusal);
            reason
        })
    }

    async fn ask(&mut self, index: usize, operation: &Operation, input: &Value, salt: usize) -> Control {
        let mut last = String::new();
        let env = Arc::clone(&self.env);
        for _ in 0..ASKS {
            if env.target.is_stopped() {
                return Control::Unknown("the run was stopped".to_owned());
            }
            let expectation = Expectation::success();
            let fixtures = fixtures_for(operation, &expectation, input);
            let mut session = Session::new(self, fixtures, index, salt);
            let outer = session.worker.enter(Purpose::Control);
            let result = session.example(operation, input.clone(), &expectation, operation.status_clause).await;
            session.worker.purpose = outer;
            session.finish().await;
            match result {
                Err(Blocked(reason)) => {
                    last = format!("the same request without the violation cannot be sent: {reason}")
                }
                Ok((judgement, _)) if judgement.is_success() => return Control::Settled(Ok(())),
                Ok((judgement, _)) => {
                    let answer = judgement.undecided.clone().unwrap_or_else(|| judgement.answer.describe());
                    last = format!("the same request without the violation is refused too: {answer}");
                    if judgement.is_settled_refusal() {
                        return Control::Settled(Err((last, judgement.violations)));
                    }
                }
            }
        }
        Control::Unknown(last)
    }
}

impl Session<'_> {
    /// Remembers that a valid input, with placeholders, was accepted: it is a control of requests that lack nothing of it.
    pub(super) fn note_accepted(&self, operation: &Operation, input: &Value) {
        let env = &self.worker.env;
        if env.savings.sharing() == Sharing::On {
            let form = Form::of(&operation.input, input);
            env.savings.note_accepted(env.target.health().outages(), &operation.name, form);
        }
    }

    /// Takes back what the refusal of an input says of a clause, if the input without its violation is refused too.
    pub(super) async fn compare(
        &mut self,
        operation: &Operation,
        family: &Family,
        clause: ClauseIndex,
        input: &Value,
        judgement: &mut Judgement,
    ) {
        let env = Arc::clone(&self.worker.env);
        let Some(control) = env.generator.control(operation, family, input) else { return };
        if let Err(reason) = self.worker.is_accepted(self.case, operation, &control, self.salt).await {
            judgement.take_back(clause, operation, reason);
        }
    }
}
