//! Plays programs on both targets in step, and compares each pair of responses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::difference::{Comparer, Differing, Kind, Response};
use super::past::Past;
use super::program::{Action, Program, Step, read_reference};
use super::renaming::Renaming;
use super::side::{Called, Played, Side};
use super::waiting::{self, Polling};
use crate::generate::placeholder;
use crate::judge::Answer;
use crate::plan::suite::Expect;
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

/// Two texts that were made up at the same place.
#[derive(Debug, Clone)]
pub struct Corresponding {
    pub operation: String,
    pub path: String,
    pub input: String,
    pub a: String,
    pub b: String,
}

/// What a program made and saw on the first and on the second target.
type Both = (Played, Played);

/// A call with each target's own values.
struct Request<'r> {
    step: &'r Step,
    operation: &'r Operation,
    a: Value,
    b: Value,
    regions: (Option<String>, Option<String>),
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
        for step in &program.steps {
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
                Action::Call { .. } => self.call(step, &given, &mut renaming, &mut played, &mut run).await,
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
        played: &mut Both,
        run: &mut Run,
    ) -> bool {
        let Action::Call { operation: name, input, region } = &step.action else { return true };
        let Some(operation) = self.contract.operation(name) else { return true };
        let bound = (self.a.bind(input, &played.0), self.b.bind(input, &played.1));
        let is_on_one_side = bound.0.is_some() != bound.1.is_some();
        let (Some(input_a), Some(input_b)) = bound else {
            // What an earlier response shows on one side only is a difference of that step.
            run.is_cut |= is_on_one_side;
            return true;
        };
        correspond(renaming, &input_a, &input_b);
        let bind_region = |side: &Side, played: &Played| {
            let bound = region.as_deref().and_then(|region| side.bind(&Value::from(region), played));
            bound.and_then(|region| region.as_str().map(str::to_owned))
        };
        let regions = (bind_region(&self.a, &played.0), bind_region(&self.b, &played.1));
        let request = Request { step, operation, a: input_a, b: input_b, regions };
        let mut called = self.send(&request, played).await;
        if let Some(expect) = &step.awaits {
            self.wait_for(expect, &request, &mut called, played).await;
        }
        let found = self.settled(&request, &mut called, given, renaming, played).await;
        self.lasting.extend(found.iter().map(|differing| Key::of(step, operation, self.contract, differing)));
        let (called_a, called_b) = called;
        note_corresponding(operation, input, &called_a.response, &called_b.response, run);
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
        let mut polling = Polling::new(self.in_vain.contains(&awaited));
        loop {
            let ready = (
                waiting::is_ready(step, expect, &self.a, &called.0, &played.0),
                waiting::is_ready(step, expect, &self.b, &called.1, &played.1),
            );
            if ready == (true, true) || self.is_stopped() {
                return;
            }
            if !polling.pause().await {
                self.in_vain.insert(awaited);
                return;
            }
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

/// Names of nothing, and other values that each target is given its own of, correspond.
fn correspond(renaming: &mut Renaming, a: &Value, b: &Value) {
    match (a, b) {
        (Value::String(a), Value::String(b)) if a != b => {
            renaming.relate(a, b);
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(a, b)| correspond(renaming, a, b)),
        (Value::Object(a), Value::Object(b)) => {
            for (name, a) in a {
                if let Some(b) = b.get(name) {
                    correspond(renaming, a, b);
                }
            }
        }
        _ => {}
    }
}

/// Notes texts of both targets at the same place that differ, for each member that is not in a list.
fn note_corresponding(operation: &Operation, input: &Value, a: &Response, b: &Response, run: &mut Run) {
    let (Some(a), Some(b)) = (&a.body, &b.body) else { return };
    // What refers to other resources is another request in every program.
    let refers = placeholder::names(input).into_iter().any(|name| read_reference(name).is_some());
    if refers {
        return;
    }
    let mut pairs: BTreeMap<String, (String, String)> = BTreeMap::new();
    collect(a, b, "", &mut pairs);
    for (path, (a, b)) in pairs {
        let of_token = operation.pagination.as_ref().is_some_and(|pages| pages.output_token == path);
        let is_time = operation
            .output
            .find(&path)
            .is_none_or(|node| !matches!(node.kind, crate::spec::contract::NodeKind::String));
        if !of_token && !is_time {
            run.corresponding.push(Corresponding {
                operation: operation.name.clone(),
                path,
                input: input.to_string(),
                a,
                b,
            });
        }
    }
}

fn collect(a: &Value, b: &Value, path: &str, pairs: &mut BTreeMap<String, (String, String)>) {
    match (a, b) {
        (Value::String(a), Value::String(b)) => {
            pairs.insert(path.to_owned(), (a.clone(), b.clone()));
        }
        (Value::Object(a), Value::Object(b)) => {
            for (name, a) in a {
                if let Some(b) = b.get(name) {
                    collect(a, b, &super::difference::below(path, name), pairs);
                }
            }
        }
        _ => {}
    }
}
