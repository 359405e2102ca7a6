//! What a session remembers of its requests.

use serde_json::Value;

use crate::judge::{Judgement, Violation, consistency, defaults};
use crate::plan::resources::Product;
use crate::record::{Manner, TrailStep};
use crate::run::damage::Damage;
use crate::run::session::*;
use crate::spec::contract::Operation;
use crate::spec::path;
use crate::wire::Exchange;

/// Most digests of secrets that a worker holds itself.
const MOST_DIGESTS_OF_A_WORKER: usize = 4096;

impl Session<'_> {
    /// What follows every exchange: what it shows is kept, and its output is compared with its input and with itself.
    pub fn after(
        &mut self,
        operation: &Operation,
        input: &Value,
        region: Option<&str>,
        exchange: &Exchange,
        judgement: &mut Judgement,
    ) {
        self.keep(operation, input, region, exchange, judgement);
        let env = &self.worker.env;
        consistency::check(&env.contract, &env.plan.suites, operation, input, judgement);
        self.note_defaults(operation, input, exchange, judgement);
    }

    /// Notes what a creation shows of members that it left out. A wrong one is a finding of its rule, and keeps nothing else
    /// from being decided; where each case is a test of its own, the test of the rule fails alone.
    fn note_defaults(&mut self, operation: &Operation, input: &Value, exchange: &Exchange, judgement: &mut Judgement) {
        let env = &self.worker.env;
        if env.workarounds.are_off() {
            return;
        }
        for violation in defaults::check(&env.contract, operation, input, judgement) {
            let mut history = self.history.clone();
            history.push(TrailStep::new(&operation.name, exchange, Manner::AsRun));
            self.worker.tally.find_after(violation.clone(), self.case, exchange, &history);
            self.worker.shown_otherwise.push(violation);
        }
    }

    /// Keeps what an exchange shows: new resources, secrets, outputs of a scenario, and what was made wrongly.
    pub fn keep(
        &mut self,
        operation: &Operation,
        input: &Value,
        region: Option<&str>,
        exchange: &Exchange,
        judgement: &Judgement,
    ) {
        let secrets = &mut self.worker.tally.secrets;
        secrets.note(&operation.input, input);
        if let Some(body) = &judgement.body {
            secrets.note(&operation.output, body);
        }
        if secrets.in_memory() > MOST_DIGESTS_OF_A_WORKER {
            self.worker.env.secrets.lock().merge(std::mem::take(secrets));
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
