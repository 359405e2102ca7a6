//! What a session remembers of its requests.

use serde_json::Value;

use crate::judge::{Answer, FindingKind, Judgement, Violation, agreement, echo, path};
use crate::plan::resources::Product;
use crate::run::damage::Damage;
use crate::run::session::*;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

impl Session<'_> {
    /// What follows every exchange: new resources are remembered, secrets noted, echoes judged.
    pub fn after(
        &mut self,
        operation: &Operation,
        input: &Value,
        region: Option<&str>,
        exchange: &Exchange,
        judgement: &mut Judgement,
    ) {
        let secrets = &mut self.worker.tally.secrets;
        secrets.note(&operation.input, input);
        if let Some(body) = &judgement.body {
            secrets.note(&operation.output, body);
        }
        if !judgement.is_success() {
            self.suspect(operation, region, |damage, kinds, case| {
                damage.note(kinds, &operation.name, case, exchange);
            });
            return;
        }
        self.remember(operation, region, judgement);
        if let (Some(shown), Some(body)) = (&mut self.shown, &judgement.body) {
            shown.note(&operation.name, body);
        }
        if !operation.is_readonly {
            self.worker.env.causes.note(input, judgement);
        }
        let is_wrongly_accepted = |violation: &Violation| violation.kind == FindingKind::AcceptedInvalid;
        if judgement.violations.iter().any(is_wrongly_accepted) {
            // What an invalid request should come back as, nobody says.
            return;
        }
        let env = std::sync::Arc::clone(&self.worker.env);
        for echo in env.plan.suites.echoes.iter().filter(|echo| echo.applies_to(&operation.name)) {
            if let Some(clause) = env.contract.clauses.find(&echo.rule) {
                echo::check(operation, clause, &echo.except, input, judgement);
            }
        }
        for agreed in env.plan.suites.agreements.iter().filter(|agreed| agreed.applies_to(&operation.name)) {
            if let Some(clause) = env.contract.clauses.find(&agreed.rule) {
                agreement::check(operation, clause, agreed, judgement);
            }
        }
    }

    pub(super) fn remember(&mut self, operation: &Operation, region: Option<&str>, judgement: &Judgement) {
        let products = self.worker.env.plan.resources.products(&operation.name);
        let find = |product: &Product| match (&judgement.body, &judgement.unreadable) {
            // A response that lacks the ARN at its place may name the resource elsewhere.
            (Some(body), _) => match path::find(body, &product.path) {
                Some(Value::String(arn)) => Some(arn.clone()),
                _ => arn_in(&body.to_string(), &product.resource),
            },
            // What it made must be deleted even if it cannot say so in JSON.
            (None, Some(text)) => arn_in(text, &product.resource),
            (None, None) => None,
        };
        let resources: Vec<(String, String)> =
            products.iter().filter_map(|product| Some((product.resource.clone(), find(product)?))).collect();
        if resources.is_empty() {
            self.suspect(operation, region, |damage, kinds, case| {
                damage.suspect(kinds, &operation.name, case);
            });
            return;
        }
        for (_, arn) in &resources {
            self.worker.env.remains.note_made(arn);
            self.worker.env.learn_account(arn);
            self.made.insert(arn.clone());
        }
        self.own.push(Bundle { resources, region: region.map(str::to_owned), ..Bundle::default() });
    }

    /// Has it noted that a creating request may have made something unseen; only the run's own region is looked at.
    pub(super) fn suspect(
        &self,
        operation: &Operation,
        region: Option<&str>,
        note: impl FnOnce(&Damage, &[&str], &str),
    ) {
        let env = &self.worker.env;
        let products = env.plan.resources.products(&operation.name);
        if products.is_empty() || region.is_some_and(|region| region != env.target.region()) {
            return;
        }
        let kinds: Vec<&str> = products.iter().map(|product| product.resource.as_str()).collect();
        let case = env.plan.cases.get(self.case).map_or("", |case| case.id.as_str());
        note(&env.damage, &kinds, case);
    }

    /// Notes a judgement in the worker's tally. The keys of its violations.
    pub fn note(&mut self, judgement: &mut Judgement, exchange: &Exchange) -> Vec<Violation> {
        let tally = &mut self.worker.tally;
        tally.uphold(&judgement.operation, &judgement.upheld);
        tally.unknown_members += judgement.unknown_members as u64;
        tally.nulls += judgement.nulls as u64;
        for violation in &judgement.violations {
            tally.find_after(violation.clone(), self.case, exchange, &self.history);
        }
        judgement.violations.clone()
    }
}

/// An account that others use may have no room left: that says nothing about the service.
pub(super) fn excuse_full_account(judgement: &mut Judgement) {
    if let Answer::Error { code: Some(code), .. } = &judgement.answer
        && FULL.iter().any(|end| code.ends_with(end))
    {
        judgement.undecided = Some(format!("the account has no room left: {}", judgement.answer.describe()));
        judgement.violations.clear();
    }
}

/// Ends of the error codes that say that an account is full. Source: naming of errors across AWS services.
pub(super) const FULL: [&str; 2] = ["QuotaExceededException", "LimitExceededException"];
