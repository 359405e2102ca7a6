//! Plays programs on both targets in step, and compares each pair of responses.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::ahead::{Ahead, Unbound};
use super::corresponding::{self, Corresponding};
use super::difference::{Comparer, Differing, Kind};
use super::past::Past;
use super::program::{Action, Program, Step};
use super::renaming::Renaming;
use super::side::{Called, Played, Side};
use super::waiting;
use crate::judge::Answer;
use crate::plan::suite::Expect;
use crate::run::Polling;
use crate::spec::Contract;
use crate::spec::clause::ClauseKind;
use crate::spec::contract::Operation;

/// What tells one difference from another: the operation, where, and in which way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub operation: String,
    pub path: String,
    pub kind: Kind,
    /// For differences of responses: what the first and the second target responded.
    pub answers: Option<(String, String)>,
}

impl Key {
    fn of(step: &Step, operation: &Operation, contract: &Contract, differing: &Differing) -> Key {
        let about = step.expected.as_ref().map(|(_, clause)| &contract.clauses.get(*clause).kind);
        let path = match (differing.kind, about) {
            (Kind::Answer, Some(ClauseKind::Input { path, .. })) => path.clone(),
            _ => differing.path.clone(),
        };
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        let answers = (differing.kind == Kind::Answer).then(|| (text(&differing.a), text(&differing.b)));
        Key { operation: operation.name.clone(), path, kind: differing.kind, answers }
    }
}

/// A step as it was played on both targets.
#[derive(Debug, Clone)]
pub struct Performed {
    /// The step's number.
    pub step: usize,
    /// Operation, if it is a call.
    pub operation: Option<String>,
    pub a: Option<Called>,
    pub b: Option<Called>,
}

/// A difference, and the step that shows it.
#[derive(Debug, Clone)]
pub struct Told {
    pub step: usize,
    pub key: Key,
    pub differing: Differing,
}

/// What became of a program.
#[derive(Debug, Default)]
pub struct Run {
    pub performed: Vec<Performed>,
    pub told: Vec<Told>,
    /// Pairs of texts that came to correspond, with operation, path and input: to find what follows from inputs.
    pub corresponding: Vec<Corresponding>,
    /// Whether a step could not be played.
    pub is_cut: bool,
}

/// What a program made and saw on the first and on the second target.
pub(super) type Both = (Played, Played);

/// A call with each target's own values.
pub(super) struct Request<'r> {
    pub step: &'r Step,
    pub operation: &'r Operation,
    pub a: Value,
    pub b: Value,
    pub regions: (Option<String>, Option<String>),
}

/// Both targets.
pub struct Pairing<'p> {
    pub contract: &'p Contract,
    pub comparer: Comparer<'p>,
    pub a: Side,
    pub b: Side,
    /// Differences that do not go away by waiting.
    pub lasting: BTreeSet<Key>,
    /// What steps waited for in vain.
    pub in_vain: BTreeSet<String>,
    /// What the programs so far deleted.
    pub past: Past,
    /// Requests in flight to each target.
    pub jobs: usize,
    /// Why no more programs are played, once that is so.
    pub stop: Arc<OnceLock<String>>,
}

impl Pairing<'_> {
    /// Whether no more programs are played.
    pub fn is_stopped(&self) -> bool {
        self.stop.get().is_some() || self.a.link.stop_reason().is_some() || self.b.link.stop_reason().is_some()
    }

    /// Plays a program on both targets and deletes what it made there.
    pub async fn play(&mut self, program: &Program) -> Run {
        let mut run = Run::default();
        let mut renaming = Renaming::default();
        let mut played = Both::default();
        let given = program.given();
        let mut ahead = Ahead::new();
        for (position, step) in program.steps.iter().enumerate() {
            let is_going_on = match &step.action {
                Action::Broadcast { resource, state } => {
                    let bound = (self.a.bind(resource, &played.0), self.b.bind(resource, &played.1));
                    let (Some(Value::String(a)), Some(Value::String(b))) = bound else {
                        run.is_cut = true;
                        continue;
                    };
                    let on_a = self.a.broadcast(&a, *state, &mut played.0).await;
                    on_a == self.b.broadcast(&b, *state, &mut played.1).await
                }
                Action::Call { .. } => {
                    if ahead.is_empty() {
                        ahead = self.read_ahead(program.steps.get(position..).unwrap_or_default(), &played).await;
                    }
                    self.call(step, &given, &mut renaming, (&mut played, &mut ahead), &mut run).await
                }
            };
            if !is_going_on || self.is_stopped() {
                run.is_cut = true;
                break;
            }
        }
        let (from_a, from_b) = tokio::join!(self.a.clean(played.0), self.b.clean(played.1));
        self.past.note(&renaming, |name| given.contains(name), from_a, from_b);
        run
    }

    /// Plays a call; false if the two targets are in different states from here on.
    async fn call(
        &mut self,
        step: &Step,
        given: &BTreeSet<&str>,
        renaming: &mut Renaming,
        (played, ahead): (&mut Both, &mut Ahead),
        run: &mut Run,
    ) -> bool {
        let Action::Call { operation: name, input, .. } = &step.action else { return true };
        let Some(operation) = self.contract.operation(name) else { return true };
        let request = match self.request(step, operation, played) {
            Ok(request) => request,
            // What an earlier response shows on one side only is a difference of that step.
            Err(Unbound { is_on_one_side }) => {
                run.is_cut |= is_on_one_side;
                return true;
            }
        };
        corresponding::inputs(renaming, &request.a, &request.b);
        let mut called = match ahead.remove(&step.id) {
            Some(called) => self.noted(&request, called, played),
            None => self.send(&request, played).await,
        };
        if let Some(expect) = &step.awaits {
            self.wait_for(expect, &request, &mut called, played).await;
        }
        let found = self.settled(&request, &mut called, given, renaming, played).await;
        self.lasting.extend(found.iter().map(|differing| Key::of(step, operation, self.contract, differing)));
        let (called_a, called_b) = called;
        run.corresponding.extend(corresponding::texts(operation, input, &called_a.response, &called_b.response));
        let is_same_answer = !found.iter().any(|differing| differing.kind == Kind::Answer);
        run.told.extend(found.into_iter().map(|differing| Told {
            step: step.id,
            key: Key::of(step, operation, self.contract, &differing),
            differing,
        }));
        for (called, played) in [(&called_a, &mut played.0), (&called_b, &mut played.1)] {
            if let (Answer::Success, Some(body)) = (&called.response.answer, &called.response.body) {
                played.outputs.insert(step.id, body.clone());
            }
        }
        run.performed.push(Performed {
            step: step.id,
            operation: Some(name.clone()),
            a: Some(called_a),
            b: Some(called_b),
        });
        is_same_answer || operation.is_readonly
    }

    async fn send(&mut self, request: &Request<'_>, played: &mut Both) -> (Called, Called) {
        let Request { operation, a, b, regions, .. } = request;
        tokio::join!(
            self.a.call(operation, a.clone(), regions.0.as_deref(), &mut played.0),
            self.b.call(operation, b.clone(), regions.1.as_deref(), &mut played.1),
        )
    }

    /// Asks each target again until its response is as the step expects it.
    async fn wait_for(
        &mut self,
        expect: &Expect,
        request: &Request<'_>,
        called: &mut (Called, Called),
        played: &mut Both,
    ) {
        let Request { step, operation, a, b, regions } = request;
        let awaited = waiting::awaited(step, expect);
        let mut polling = Polling::new(waiting::patience(self.in_vain.contains(&awaited)));
        loop {
            let ready = (
                waiting::is_ready(step, expect, &self.a, &called.0, &played.0),
                waiting::is_ready(step, expect, &self.b, &called.1, &played.1),
            );
            if ready == (true, true) || self.is_stopped() {
                return;
            }
            if polling.is_over() {
                self.in_vain.insert(awaited);
                return;
            }
            polling.pause(tokio::time::sleep).await;
            if !ready.0 {
                called.0 = self.a.call(operation, a.clone(), regions.0.as_deref(), &mut played.0).await;
            }
            if !ready.1 {
                called.1 = self.b.call(operation, b.clone(), regions.1.as_deref(), &mut played.1).await;
            }
        }
    }

    /// The differences between two responses. Those that lag can explain are given time to go away.
    async fn settled(
        &mut self,
        request: &Request<'_>,
        called: &mut (Called, Called),
        given: &BTreeSet<&str>,
        renaming: &mut Renaming,
        played: &mut Both,
    ) -> Vec<Differing> {
        let Request { step, operation, .. } = request;
        let before = renaming.clone();
        let mut found = self.compared(operation, renaming, given, called);
        if !operation.is_readonly {
            return found;
        }
        let is_known =
            |lasting: &BTreeSet<Key>, one: &Differing| lasting.contains(&Key::of(step, operation, self.contract, one));
        let is_certain = |one: &Differing| !waiting::may_lag(operation, one, (&called.0.response, &called.1.response));
        if found.iter().any(|one| is_certain(one) && !is_known(&self.lasting, one)) {
            // The next response may not show it. What else differs shows at the next occasion.
            found.retain(is_certain);
            return found;
        }
        for pause in waiting::PAUSES {
            if found.iter().all(|one| is_known(&self.lasting, one)) {
                break;
            }
            tokio::time::sleep(pause).await;
            *called = self.send(request, played).await;
            *renaming = before.clone();
            found = self.compared(operation, renaming, given, called);
        }
        found
    }

    fn compared(
        &self,
        operation: &Operation,
        renaming: &mut Renaming,
        given: &BTreeSet<&str>,
        (a, b): &(Called, Called),
    ) -> Vec<Differing> {
        self.comparer.differences(operation, renaming, &self.past, given, &a.response, &b.response)
    }
}
