//! Goes through a recording exchange by exchange and keeps what it shows, as a run would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::redacted;
use super::routes::{self, PassedOver, Routes};
use super::single::{Asked, Shown, Single};
use super::unshown::{self, Seen};
use crate::generate::{GenerateError, Generator, visit};
use crate::judge::{Judge, Judgement};
use crate::plan::Plan;
use crate::protocol::{self, Call};
use crate::record::Tally;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Outcome};
use crate::recording::Recorded;
use crate::spec::clause::{ClauseIndex, ClauseKind, Constraint};
use crate::spec::contract::{Contract, Location, Operation};
use crate::wire::{Exchange, Reply, Request, Response};

/// Headers of requests that are kept as evidence: others may hold anything.
const KEPT_HEADERS: [&str; 3] = ["accept", "content-type", "content-encoding"];
/// How parameters of a signature in the query begin, in lower case. Source: AWS Signature Version 4, "query parameters".
const SIGNATURE: &str = "x-amz-";
/// Most origins that are named.
const MOST_ORIGINS: usize = 5;

/// What a recording showed.
#[derive(Debug)]
pub struct Audit {
    /// What it showed, as of a run.
    pub outcome: Outcome,
    /// The origin of the first exchange that was judged; `None` if the recording names none.
    pub origin: Option<String>,
    /// The region that the first of them names.
    pub region: Option<String>,
    /// Exchanges that were judged.
    pub judged: u64,
}

/// Judges the exchanges of recordings, one after another.
pub struct Auditor<'c> {
    contract: &'c Contract,
    plan: &'c Plan,
    generator: Generator,
    judge: Judge,
    routes: Routes,
    tally: Tally,
    cases: Vec<OfOperation>,
    seen: Seen,
    accepted: BTreeSet<(String, String)>,
    /// How often the violation of a clause was refused, by operation.
    refused: BTreeMap<(String, ClauseIndex), u64>,
    absent: BTreeSet<String>,
    origins: Vec<String>,
    region: Option<String>,
    passed_over: PassedOverCounts,
}

#[derive(Debug, Clone, Default)]
struct OfOperation {
    requests: u64,
    decided: u64,
    findings: BTreeSet<FindingKey>,
    undecided: Option<String>,
}

#[derive(Debug, Default)]
struct PassedOverCounts {
    elsewhere: u64,
    no_operation: u64,
    no_response: u64,
    /// Exchanges of which the response was judged alone, by the reason.
    alone: BTreeMap<&'static str, u64>,
}

impl<'c> Auditor<'c> {
    /// Prepares for recordings of a contract; `plan` is one of [`super::plan`]. Only exchanges with `endpoint` are
    /// judged, if there is one: an HTTP URL.
    ///
    /// # Errors
    /// The contract's rules are no JSON Schemas, or the endpoint is not an HTTP URL; one sentence.
    pub fn new(contract: &'c Arc<Contract>, plan: &'c Plan, endpoint: Option<&str>) -> Result<Auditor<'c>, String> {
        let routes = Routes::new(endpoint).map_err(|reason| {
            format!("--endpoint `{}` is not the base URL of a target: {reason}", endpoint.unwrap_or_default())
        })?;
        let generator = Generator::new(Arc::clone(contract), &BTreeSet::new());
        Ok(Auditor {
            contract,
            plan,
            generator: generator.map_err(|error: GenerateError| error.to_string())?,
            judge: Judge::new(contract),
            routes,
            tally: Tally::default(),
            cases: vec![OfOperation::default(); contract.operations.len()],
            seen: Seen::default(),
            accepted: BTreeSet::new(),
            refused: BTreeMap::new(),
            absent: BTreeSet::new(),
            origins: Vec::new(),
            region: None,
            passed_over: PassedOverCounts::default(),
        })
    }

    /// Judges one exchange.
    pub fn hear(&mut self, recorded: &Recorded) {
        let contract = self.contract;
        let call = match self.routes.find(contract, recorded) {
            Ok(call) => call,
            Err(PassedOver::Elsewhere) => {
                self.passed_over.elsewhere += 1;
                return;
            }
            Err(PassedOver::NoOperation) => {
                self.passed_over.no_operation += 1;
                return;
            }
        };
        let Some(response) = &recorded.response else {
            self.passed_over.no_response += 1;
            return;
        };
        self.note_origin(recorded);
        let asked = self.asked(&call, recorded);
        let exchange = exchange(call.operation, recorded, response);
        let single = Single { contract, plan: self.plan, judge: &self.judge, generator: &self.generator };
        let shown = single.shown(call.operation, &asked, recorded, response, &exchange);
        self.note_secrets(call.operation, &asked, &shown.judgement);
        self.note(&call, &asked, shown, &exchange);
    }

    /// What is known of the request.
    fn asked(&mut self, call: &Call<'_>, recorded: &Recorded) -> Asked {
        match read_input(call, recorded) {
            Ok(input) => {
                let legality = self.generator.legality(call.operation, &input);
                Asked::Known(input, legality)
            }
            Err(reason) => {
                *self.passed_over.alone.entry(reason).or_default() += 1;
                Asked::Unknown(reason)
            }
        }
    }

    fn note_origin(&mut self, recorded: &Recorded) {
        if let Some(origin) = recorded.origin.as_ref().filter(|origin| !self.origins.contains(origin)) {
            self.origins.push(origin.clone());
        }
        if self.region.is_none() {
            self.region = routes::region(recorded);
        }
    }

    fn note_secrets(&mut self, operation: &Operation, asked: &Asked, judgement: &Judgement) {
        if let Asked::Known(input, _) = asked {
            self.tally.secrets.note(&operation.input, input);
        }
        if let Some(body) = &judgement.body {
            self.tally.secrets.note(&operation.output, body);
        }
    }

    fn note(&mut self, call: &Call<'_>, asked: &Asked, shown: Shown, exchange: &Exchange) {
        let (operation, judgement) = (call.operation, shown.judgement);
        self.seen.operations.insert(operation.name.clone());
        self.tally.uphold(&operation.name, &judgement.upheld);
        self.tally.unknown_members += judgement.unknown_members as u64;
        self.tally.nulls += judgement.nulls as u64;
        if let (true, Asked::Known(input, _)) = (shown.is_accepted, asked) {
            visit(&operation.input, input, &mut |node, _| {
                self.accepted.insert((operation.name.clone(), node.path.clone()));
            });
        }
        if let Some(clause) = shown.refused {
            *self.refused.entry((operation.name.clone(), clause)).or_default() += 1;
        }
        if shown.is_absent {
            self.absent.insert(operation.name.clone());
        }
        for violation in &judgement.violations {
            self.tally.find(violation.clone(), call.index, exchange);
        }
        // A finding is the same whether it is the first or the thousandth.
        self.tally.first_seen.clear();
        let Some(of_operation) = self.cases.get_mut(call.index) else { return };
        of_operation.requests += 1;
        of_operation.findings.extend(judgement.violations.iter().map(FindingKey::from));
        match judgement.undecided {
            Some(reason) => {
                self.seen.undecided.entry(operation.name.clone()).or_insert_with(|| reason.clone());
                of_operation.undecided.get_or_insert(reason);
            }
            None => of_operation.decided += 1,
        }
    }

    /// A refusal shows that a constraint holds only beside a legal value that was accepted: a target that refuses
    /// everything keeps nothing.
    fn settle_refusals(&mut self) {
        for ((operation, clause), times) in std::mem::take(&mut self.refused) {
            let found = self.contract.clauses.get(clause);
            let is_accepted = |path: &str| self.accepted.contains(&(operation.clone(), path.to_owned()));
            let is_shown = match &found.kind {
                ClauseKind::Input { constraint: Constraint::Required, path } => {
                    is_accepted(path.rsplit_once('.').map_or("", |(parent, _)| parent))
                }
                ClauseKind::Input { path, .. } => is_accepted(path),
                _ => {
                    let rule = self.contract.rules.input_rule(&found.id);
                    let paths = rule.map(|rule| rule.paths.as_slice()).unwrap_or_default();
                    let below = |path: &String| path.strip_prefix(&format!("{operation}.input.")).map(str::to_owned);
                    let mut paths = paths.iter().filter_map(below).peekable();
                    if paths.peek().is_some() { paths.any(|path| is_accepted(&path)) } else { is_accepted("") }
                }
            };
            match is_shown {
                true => (0..times).for_each(|_| self.tally.uphold(&operation, &[clause])),
                false => {
                    self.seen.refused.insert(clause);
                }
            }
        }
    }

    /// What all exchanges showed.
    pub fn finish(mut self, stopped_early: Option<String>) -> Audit {
        self.settle_refusals();
        let judged = self.cases.iter().map(|case| case.requests).sum();
        let notes = self.notes(judged);
        let cases = (0..).zip(std::mem::take(&mut self.cases)).map(|(case, of)| of.result(case)).collect();
        let tally = self.tally;
        let outcome = Outcome {
            cases,
            unshown: Some(unshown::reasons(self.contract, self.plan, &self.seen)),
            findings: tally.findings,
            upheld: tally.upheld,
            not_implemented: self.absent.into_iter().collect(),
            requests: judged,
            secrets: tally.secrets,
            stopped_early,
            notes,
            ..Outcome::default()
        };
        Audit { outcome, origin: self.origins.into_iter().next(), region: self.region, judged }
    }

    fn notes(&self, judged: u64) -> Vec<String> {
        let passed = &self.passed_over;
        let entries = |number: u64| if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") };
        let mut notes = vec![format!("Judged {} of the recording; nothing was sent.", entries(judged))];
        for (number, why) in [
            (passed.elsewhere, "of other hosts or services"),
            (passed.no_operation, "with a method and path that the contract does not have"),
            (passed.no_response, "of the contract without a response"),
        ] {
            if number > 0 {
                notes.push(format!("Passed over {} {why}.", entries(number)));
            }
        }
        let alone = passed.alone.iter();
        notes.extend(alone.map(|(why, number)| format!("Judged the response alone in {}: {why}.", entries(*number))));
        if let [first, others @ ..] = &self.origins[..]
            && !others.is_empty()
        {
            let named = others.iter().take(MOST_ORIGINS).cloned().collect::<Vec<_>>().join(", ");
            notes.push(format!("Besides {first} the recording has exchanges with {named}."));
        }
        let counted = [
            (self.tally.unknown_members, "that the contract does not know"),
            (self.tally.nulls, "that were null instead of absent"),
        ];
        let counted = counted.iter().filter(|(number, _)| *number > 0);
        notes.extend(counted.map(|(number, what)| format!("Responses had {number} members {what}.")));
        notes
    }
}

impl OfOperation {
    fn result(self, case: usize) -> CaseResult {
        let verdict = match (self.findings.is_empty(), self.decided, self.undecided) {
            (false, ..) => CaseOutcome::Failed,
            (true, 1.., _) => CaseOutcome::Passed,
            (true, 0, Some(reason)) => CaseOutcome::Inconclusive { reason },
            (true, 0, None) => {
                CaseOutcome::Inconclusive { reason: "the recording has no exchange of the operation".to_owned() }
            }
        };
        CaseResult {
            case,
            verdict,
            requests: self.requests,
            decided: self.decided,
            elapsed: Duration::ZERO,
            findings: self.findings.into_iter().collect(),
            hindered_by: Vec::new(),
        }
    }
}

/// The exchange as it is judged and shown: without what authenticates it.
fn exchange(operation: &Operation, recorded: &Recorded, response: &Response) -> Exchange {
    let is_bound = |name: &str| {
        operation.input.members().iter().any(|member| match &member.location {
            Location::Header(bound) => bound.eq_ignore_ascii_case(name),
            Location::PrefixHeaders(prefix) => name.starts_with(&prefix.to_lowercase()),
            _ => false,
        })
    };
    let request = &recorded.request;
    let headers = request.headers.iter().filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()) || is_bound(name));
    let request = Request {
        method: request.method.clone(),
        target: without_signature(&request.target).into(),
        headers: headers.cloned().collect(),
        body: request.body.clone(),
    };
    let elapsed = recorded.span.map_or(0, |span| span.ended.saturating_sub(span.began));
    let elapsed = Duration::from_micros(u64::try_from(elapsed).unwrap_or_default());
    Exchange { request, reply: Reply::Response(response.clone()), elapsed, repeats: 0 }
}

fn without_signature(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let kept = query.split('&').filter(|pair| !pair.to_ascii_lowercase().starts_with(SIGNATURE));
    match kept.collect::<Vec<_>>().join("&") {
        kept if kept.is_empty() => path.to_owned(),
        kept => format!("{path}?{kept}"),
    }
}

/// The input of a recorded call.
///
/// # Errors
/// It is not known, for this reason: the response is judged alone then.
fn read_input(call: &Call<'_>, recorded: &Recorded) -> Result<Value, &'static str> {
    let input = protocol::read_input(call, &recorded.request, recorded.has_request_body)?;
    match redacted::holds_redacted(&input) {
        true => Err("a value of the request was taken out of the recording"),
        false => Ok(input),
    }
}
