//! Which of two different responses the contract supports.

use std::collections::BTreeSet;

use serde_json::Value;

use super::difference::Kind;
use super::history::{Favours, History};
use super::play::{Performed, Told};
use super::program::{Action, Program, Step};
use super::side::Called;
use crate::generate::{Generator, Legality};
use crate::judge::echo::is_nothing;
use crate::judge::{Answer, FindingKind, Judge, Violation};
use crate::plan::Plan;
use crate::plan::expectation::{Expectation, ExpectedError};
use crate::spec::Contract;
use crate::spec::clause::{ClauseIndex, ClauseKind};
use crate::spec::contract::Operation;
use crate::spec::rules::{AbsentOutput, DefaultRule};

/// Which side the contract supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Supports {
    /// The first target.
    A,
    /// The second target.
    B,
    /// Both: the contract leaves it open.
    Both,
    /// Neither: both diverge, or the contract is silent.
    Neither,
}

/// What the contract says of a difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// Which side it supports.
    pub side: Supports,
    /// Why, in one sentence.
    pub reason: String,
    /// Ids of the clauses that say so.
    pub clauses: Vec<String>,
}

/// Whether a step asks in another region, of which the steps before say nothing.
fn is_elsewhere(step: &Step) -> bool {
    matches!(&step.action, Action::Call { region: Some(_), .. })
}

/// What judges a difference.
pub struct Bench<'b> {
    pub contract: &'b Contract,
    pub plan: &'b Plan,
    pub generator: &'b Generator,
    pub judge: &'b Judge,
}

impl Bench<'_> {
    /// What the contract says of a difference.
    pub fn support(&self, program: &Program, performed: &[Performed], told: &Told) -> Support {
        let silent = Support {
            side: Supports::Neither,
            reason: "No clause says which is right.".to_owned(),
            clauses: Vec::new(),
        };
        let step = program.steps.iter().find(|step| step.id == told.step);
        let now = performed.iter().find(|performed| performed.step == told.step);
        let (Some(step), Some(now)) = (step, now) else { return silent };
        let Some(operation) = now.operation.as_deref().and_then(|name| self.contract.operation(name)) else {
            return silent;
        };
        let (Some(a), Some(b)) = (&now.a, &now.b) else { return silent };
        let by_exchange = self.by_exchange(step, operation, a, b, told);
        let path = &told.differing.path;
        if told.differing.kind == Kind::Presence && operation.output.find(path).is_none() {
            let reason = "The contract has this member in responses of other operations only.".to_owned();
            return by_exchange.unwrap_or(Support { reason, ..silent });
        }
        by_exchange
            .or_else(|| if is_elsewhere(step) { None } else { self.by_history(performed, told) })
            .or_else(|| self.by_expectation(step, operation, a, b, told))
            .or_else(|| self.by_open_values(operation, told))
            .or_else(|| self.by_tolerated_absence(told))
            .unwrap_or(silent)
    }

    /// What a single exchange shows of each side.
    fn by_exchange(&self, step: &Step, operation: &Operation, a: &Called, b: &Called, told: &Told) -> Option<Support> {
        let (of_a, of_b) = (self.violations(step, operation, a, told), self.violations(step, operation, b, told));
        let clauses = |violations: &[Violation]| -> Vec<String> {
            let ids: BTreeSet<String> =
                violations.iter().map(|violation| self.contract.clauses.get(violation.clause).id.clone()).collect();
            ids.into_iter().collect()
        };
        let told = |violations: &[Violation]| {
            violations
                .first()
                .map(|violation| format!("{} {}", violation.expected, violation.observed))
                .unwrap_or_default()
        };
        match (of_a.is_empty(), of_b.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Support { side: Supports::B, reason: told(&of_a), clauses: clauses(&of_a) }),
            (true, false) => Some(Support { side: Supports::A, reason: told(&of_b), clauses: clauses(&of_b) }),
            (false, false) => {
                let mut all = clauses(&of_a);
                all.extend(clauses(&of_b));
                all.sort();
                all.dedup();
                Some(Support {
                    side: Supports::Neither,
                    reason: format!("Both diverge. {}", told(&of_a)),
                    clauses: all,
                })
            }
        }
    }

    fn expectation(&self, step: &Step, operation: &Operation, input: &Value) -> (Expectation, ClauseIndex, bool) {
        if let Some((expectation, focus)) = &step.expected {
            return (expectation.clone(), *focus, true);
        }
        let errors = operation.errors.iter();
        let errors = errors.map(|error| ExpectedError { code: error.code.clone(), status: error.status }).collect();
        match self.generator.legality(operation, input) {
            Legality::Broken(roots) => match roots.first() {
                Some((clause, expectation)) => (expectation.clone(), *clause, true),
                None => (Expectation::success_or(errors), operation.status_clause, false),
            },
            Legality::Legal { doubt: None } if operation.input.walk().iter().all(|node| node.resource.is_none()) => {
                (Expectation::success(), operation.status_clause, true)
            }
            Legality::Legal { .. } => (Expectation::success_or(errors), operation.status_clause, false),
            Legality::Open(_) => {
                let open = Expectation { any_client_error: true, ..Expectation::success_or(errors) };
                (open, operation.status_clause, true)
            }
        }
    }

    /// What a response breaks, as far as it has to do with the difference.
    fn violations(&self, step: &Step, operation: &Operation, called: &Called, told: &Told) -> Vec<Violation> {
        let (expectation, focus, _) = self.expectation(step, operation, &called.input);
        let mut judgement = self.judge.exchange(operation, &expectation, focus, &called.exchange);
        if called.response.answer == Answer::Success {
            for echo in self.plan.suites.echoes.iter().filter(|echo| echo.applies_to(&operation.name)) {
                if let Some(clause) = self.contract.clauses.find(&echo.rule) {
                    crate::judge::echo::check(operation, clause, &echo.except, &called.input, &mut judgement);
                }
            }
        }
        let path = &told.differing.path;
        let is_about = |violation: &Violation| {
            let clause = self.contract.clauses.get(violation.clause);
            let is_at = |place: &str| {
                place == path || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('.')) || place.is_empty()
            };
            match (&clause.kind, told.differing.kind) {
                (_, Kind::Answer) => true,
                (ClauseKind::Output { path: place, .. }, _) => is_at(place),
                _ if violation.kind == FindingKind::AcceptedInvalid => false,
                _ => violation.detail.as_deref().is_some_and(|detail| path.ends_with(detail)),
            }
        };
        judgement.violations.into_iter().filter(is_about).collect()
    }

    fn by_history(&self, performed: &[Performed], told: &Told) -> Option<Support> {
        let history = History { contract: self.contract, plan: self.plan, performed };
        let said = history.says(told)?;
        let side = match said.favours {
            Favours::A => Supports::A,
            Favours::B => Supports::B,
            Favours::Both => Supports::Both,
        };
        let mut reason = said.reason.clone();
        if let Some(first) = reason.get(..1).map(str::to_uppercase) {
            reason.replace_range(..1, &first);
        }
        Some(Support { side, reason: format!("{reason}."), clauses: history.clause(&said).into_iter().collect() })
    }

    /// Both responses are among those that the contract allows to this very request.
    fn by_expectation(
        &self,
        step: &Step,
        operation: &Operation,
        a: &Called,
        b: &Called,
        told: &Told,
    ) -> Option<Support> {
        let (expectation, focus, is_certain) = self.expectation(step, operation, &a.input);
        let both = |reason: String| Support {
            side: Supports::Both,
            reason,
            clauses: vec![self.contract.clauses.get(focus).id.clone()],
        };
        match told.differing.kind {
            // A list that does not end, or a response that is lost, is right nowhere.
            _ if a.response.answer == Answer::Nothing || b.response.answer == Answer::Nothing => None,
            Kind::Answer if is_certain => {
                Some(both(format!("The contract allows {} to this request.", expectation.describe())))
            }
            _ if matches!(self.generator.legality(operation, &a.input), Legality::Open(_)) => {
                Some(both("The contract leaves open what becomes of this request.".to_owned()))
            }
            _ => None,
        }
    }

    /// Both values are among those that the contract allows at the place.
    fn by_open_values(&self, operation: &Operation, told: &Told) -> Option<Support> {
        let rules = &self.contract.rules;
        let path = &told.differing.path;
        let shown = [&told.differing.a, &told.differing.b];
        let by_default = rules.defaults.iter().find(|rule| {
            let allows = |value: &Option<Value>| match value {
                None => rule.value.is_null() || is_nothing(&rule.value) || rule.also_allowed.iter().any(is_nothing),
                Some(value) => rule.value == *value || rule.also_allowed.contains(value),
            };
            let is_there = rule.operation == operation.name && rule.output == *path;
            is_there && !rule.also_allowed.is_empty() && shown.iter().all(|value| allows(value))
        })?;
        Some(Support {
            side: Supports::Both,
            reason: "The contract allows both values.".to_owned(),
            clauses: vec![by_default.id.clone()],
        })
    }

    /// A default inside an object that targets may leave out as a whole: the contract does not say that its other members
    /// show.
    fn by_tolerated_absence(&self, told: &Told) -> Option<Support> {
        let tolerated = self.contract.rules.defaults.iter().filter(|rule| rule.absent == AbsentOutput::Tolerated);
        let holder = |rule: &DefaultRule| Some(rule.output.rsplit('.').nth(1)?.to_owned());
        let is_within = |rule: &&DefaultRule| {
            holder(rule).is_some_and(|holder| told.differing.path.split('.').any(|name| name == holder))
        };
        let rule = tolerated.filter(|_| told.differing.kind == Kind::Presence).find(is_within)?;
        Some(Support {
            side: Supports::Both,
            reason: "The contract leaves open whether the members of this object show where the request gives none."
                .to_owned(),
            clauses: vec![rule.id.clone()],
        })
    }
}
