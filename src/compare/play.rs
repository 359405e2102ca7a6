//! Plays programs on both targets in step, and compares each pair of responses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;

use super::difference::{Comparer, Differing, Kind, Response};
use super::past::Past;
use super::program::{Action, Program, Step, read_reference};
use super::renaming::Renaming;
use super::side::{Called, Played, Side};
use crate::clock;
use crate::generate::placeholder;
use crate::judge::Answer;
use crate::judge::assertion::{self, Observation};
use crate::spec::Contract;
use crate::spec::clause::ClauseKind;
use crate::spec::contract::Operation;

/// Pauses between looks at what may lag, in milliseconds.
const PAUSES: [u64; 6] = [10, 30, 60, 100, 200, 400];
/// How long a state is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

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
    fn of(operation: &str, step: &Step, contract: &Contract, differing: &Differing) -> Key {
        let about = step.expected.as_ref().map(|(_, clause)| &contract.clauses.get(*clause).kind);
        let path = match (differing.kind, about) {
            (Kind::Answer, Some(ClauseKind::Input { path, .. })) => path.clone(),
            _ => differing.path.clone(),
        };
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        let answers = (differing.kind == Kind::Answer).then(|| (text(&differing.a), text(&differing.b)));
        Key { operation: operation.to_owned(), path, kind: differing.kind, answers }
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

/// Both targets.
pub struct Pairing<'p> {
    pub contract: &'p Contract,
    pub comparer: Comparer<'p>,
    pub a: Side,
    pub b: Side,
    /// Differences that do not go away by waiting.
    pub lasting: BTreeSet<Key>,
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
        let (mut on_a, mut on_b) = (Played::default(), Played::default());
        let given = program.given();
        for step in &program.steps {
            let is_going_on = match &step.action {
                Action::Broadcast { resource, state } => {
                    let bound = (self.a.bind(resource, &on_a), self.b.bind(resource, &on_b));
                    let (Some(Value::String(a)), Some(Value::String(b))) = bound else {
                        run.is_cut = true;
                        continue;
                    };
                    self.a.broadcast(&a, *state, &mut on_a).await == self.b.broadcast(&b, *state, &mut on_b).await
                }
                Action::Call { .. } => self.call(step, &given, &mut renaming, &mut on_a, &mut on_b, &mut run).await,
            };
            if !is_going_on || self.is_stopped() {
                run.is_cut = true;
                break;
            }
        }
        let (from_a, from_b) = tokio::join!(self.a.clean(on_a), self.b.clean(on_b));
        self.past.note(&renaming, |name| given.contains(name), from_a, from_b);
        run
    }

    fn compared(
        &self,
        operation: &Operation,
        renaming: &mut Renaming,
        given: &BTreeSet<&str>,
        (a, b): (&Called, &Called),
    ) -> Vec<Differing> {
        self.comparer.differences(operation, renaming, &self.past, given, &a.response, &b.response)
    }

    /// Plays a call; false if the two targets are in different states from here on.
    async fn call(
        &mut self,
        step: &Step,
        given: &BTreeSet<&str>,
        renaming: &mut Renaming,
        on_a: &mut Played,
        on_b: &mut Played,
        run: &mut Run,
    ) -> bool {
        let Action::Call { operation: name, input, region } = &step.action else { return true };
        let Some(operation) = self.contract.operation(name) else { return true };
        let (Some(input_a), Some(input_b)) = (self.a.bind(input, on_a), self.b.bind(input, on_b)) else {
            // What an earlier response does not show on both sides is a difference of that step.
            run.is_cut = true;
            return true;
        };
        correspond(renaming, &input_a, &input_b);
        let bind_region = |side: &Side, played: &Played| {
            let bound = region.as_deref().and_then(|region| side.bind(&Value::from(region), played));
            bound.and_then(|region| region.as_str().map(str::to_owned))
        };
        let regions = (bind_region(&self.a, on_a), bind_region(&self.b, on_b));
        let deadline = clock::instant() + PATIENCE;
        let (mut called_a, mut called_b) = tokio::join!(
            self.a.call(operation, input_a.clone(), regions.0.as_deref(), on_a),
            self.b.call(operation, input_b.clone(), regions.1.as_deref(), on_b),
        );
        while step.waits && clock::instant() < deadline {
            let ready = (is_ready(step, &self.a, &called_a, on_a), is_ready(step, &self.b, &called_b, on_b));
            if ready == (true, true) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            if !ready.0 {
                called_a = self.a.call(operation, input_a.clone(), regions.0.as_deref(), on_a).await;
            }
            if !ready.1 {
                called_b = self.b.call(operation, input_b.clone(), regions.1.as_deref(), on_b).await;
            }
        }
        let before = renaming.clone();
        let mut found = self.compared(operation, renaming, given, (&called_a, &called_b));
        if operation.is_readonly {
            // What may lag is given time to agree.
            for pause in PAUSES {
                if found.iter().all(|differing| self.lasting.contains(&Key::of(name, step, self.contract, differing))) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
                called_a = self.a.call(operation, input_a.clone(), regions.0.as_deref(), on_a).await;
                called_b = self.b.call(operation, input_b.clone(), regions.1.as_deref(), on_b).await;
                *renaming = before.clone();
                found = self.compared(operation, renaming, given, (&called_a, &called_b));
            }
        }
        self.lasting.extend(found.iter().map(|differing| Key::of(name, step, self.contract, differing)));
        note_corresponding(operation, input, &called_a.response, &called_b.response, run);
        let is_same_answer = !found.iter().any(|differing| differing.kind == Kind::Answer);
        run.told.extend(found.into_iter().map(|differing| Told {
            step: step.id,
            key: Key::of(name, step, self.contract, &differing),
            differing,
        }));
        for (called, played) in [(&called_a, on_a), (&called_b, on_b)] {
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

/// Whether a target has responded as a step that waits wants it.
fn is_ready(step: &Step, side: &Side, called: &Called, played: &Played) -> bool {
    let holds = |assert: &crate::plan::suite::Assert| {
        let mut bound = assert.clone();
        for value in [&mut bound.equals, &mut bound.contains, &mut bound.lacks].into_iter().flatten() {
            match side.bind(value, played) {
                Some(known) => *value = known,
                None => return true,
            }
        }
        let Some(at) = side.bind(&Value::from(bound.at.as_str()), played) else { return true };
        bound.at = at.as_str().unwrap_or_default().to_owned();
        let nothing = Value::Null;
        let body = called.response.body.as_ref().unwrap_or(&nothing);
        !matches!(assertion::observe(&bound, body), Observation::Violated(_))
    };
    let expected = step.expected.as_ref().map(|(expectation, _)| expectation);
    let is_expected = match (&called.response.answer, expected) {
        (Answer::Success, Some(expectation)) => expectation.success,
        (Answer::Success, None) => true,
        (Answer::Error { code, .. }, Some(expectation)) => {
            expectation.errors.iter().any(|error| Some(&error.code) == code.as_ref())
        }
        (Answer::Error { .. } | Answer::Nothing, _) => false,
    };
    is_expected && (called.response.answer != Answer::Success || step.asserts.iter().all(holds))
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
