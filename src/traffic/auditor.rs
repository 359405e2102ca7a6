//! Goes through a recording exchange by exchange and keeps what it shows, as a run would.

mod held;
mod notes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use self::held::Held;
use self::notes::PassedOverCounts;
use super::called::{exchange, named, read_input};
use super::order::{Heard, Order};
use super::routes::{self, PassedOver, Routes};
use super::single::{Asked, Shown, Single};
use super::unshown::{self, Seen};
use crate::generate::{GenerateError, Generator, Legality, visit};
use crate::judge::{Answer, Judge, Judgement};
use crate::plan::Plan;
use crate::protocol::Call;
use crate::record::{CaseOutcome, CaseResult, FindingKey, KnownDefects, Outcome, Tally};
use crate::recording::Recorded;
use crate::spec::clause::{ClauseIndex, ClauseKind, Constraint};
use crate::spec::contract::{Contract, Operation};
use crate::wire::Exchange;

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
    order: Order<'c>,
    defects: KnownDefects,
    held: Held,
}

#[derive(Debug, Clone, Default)]
struct OfOperation {
    requests: u64,
    decided: u64,
    findings: BTreeSet<FindingKey>,
    undecided: Option<String>,
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
            order: Order::new(contract, plan),
            defects: KnownDefects::default(),
            held: Held::default(),
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
            self.order.lose(&call, named(&call, recorded).as_ref(), recorded);
            return;
        };
        self.note_origin(recorded);
        let asked = self.asked(&call, recorded);
        let exchange = exchange(call.operation, recorded, response);
        let single = Single { contract, plan: self.plan, judge: &self.judge, generator: &self.generator };
        let mut shown = single.shown(call.operation, &asked, recorded, response, &exchange);
        self.note_secrets(call.operation, &asked, &shown.judgement);
        self.hear_in_order(&call, &asked, &mut shown, &exchange, recorded);
        match call.operation.is_readonly {
            true => self.hold_back(call.index, &mut shown.judgement, &exchange),
            false => self.note_defects(call.operation, &asked, &mut shown.judgement, &exchange),
        }
        self.find_long_held();
        self.note(&call, &asked, shown, &exchange);
    }

    /// What the exchange shows together with those before it.
    fn hear_in_order(
        &mut self,
        call: &Call<'_>,
        asked: &Asked,
        shown: &mut Shown,
        exchange: &Exchange,
        recorded: &Recorded,
    ) {
        let is_refused = matches!(shown.judgement.answer, Answer::Error { status: 400..500, .. });
        match asked {
            Asked::Known(input, legality) => {
                let is_open = !matches!(legality, Legality::Legal { .. });
                let judgement = &shown.judgement;
                let upheld = self.order.hear(Heard { call, input, is_open, judgement, exchange, recorded });
                shown.judgement.upheld.extend(upheld);
            }
            Asked::Unknown(_) if is_refused => {}
            Asked::Unknown(_) => self.order.lose(call, named(call, recorded).as_ref(), recorded),
        }
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

    /// What exchanges show together.
    fn settle_order(&mut self) -> u64 {
        let order = std::mem::replace(&mut self.order, Order::new(self.contract, self.plan));
        let mut found = BTreeSet::new();
        for doubt in order.finish() {
            let key = FindingKey::from(&doubt.violation);
            if let Some(of_operation) = self.cases.get_mut(doubt.case) {
                of_operation.findings.insert(key.clone());
            }
            found.insert(key);
            self.tally.find_after(doubt.violation, doubt.case, &doubt.exchange, &doubt.history);
        }
        self.tally.first_seen.clear();
        found.len() as u64
    }

    /// What all exchanges showed.
    pub fn finish(mut self, stopped_early: Option<String>) -> Audit {
        self.find_held();
        self.settle_refusals();
        let of_order = self.settle_order();
        let judged = self.cases.iter().map(|case| case.requests).sum();
        let mut notes = self.notes(judged);
        if of_order > 0 {
            let them = if of_order == 1 { "1 finding rests" } else { &format!("{of_order} findings rest") };
            notes.push(format!(
                "{them} on several exchanges: nothing else may have changed what the recording made in the meantime."
            ));
        }
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
