//! Sends the requests of a walk through the pages of a list.

use serde_json::Value;

use crate::judge::Judgement;
use crate::judge::pages::{Next, Walk};
use crate::judge::step::StepJudgement;
use crate::judge::twins;
use crate::plan::expectation::Expectation;
use crate::plan::sequence::{Law, LawKind};
use crate::run::session::Session;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::spec::path;
use crate::wire::Exchange;

impl Session<'_> {
    /// Follows the pages of a list to their end: what they show together, the last exchange, and all items; no items if the
    /// pages cannot be read, or do not end.
    pub(in crate::run) async fn walk_items(
        &mut self,
        operation: &Operation,
        input: &Value,
        focus: ClauseIndex,
    ) -> (Judgement, Exchange, Option<Vec<Value>>) {
        let walked = self.walk(operation, input, &Expectation::success(), focus, None).await;
        let items = path::find(&walked.output, "items").and_then(Value::as_array).cloned();
        (walked.judgement, walked.exchange, items)
    }

    /// The clause that says that pages end, whatever a case walks them for.
    fn clause_of_endless_pages(&self) -> Option<ClauseIndex> {
        let env = &self.worker.env;
        let of_every_type = |law: &&Law| law.holds == LawKind::PagesAreDisjoint && law.resource.is_none();
        let law = env.plan.suites.laws.iter().find(of_every_type)?;
        env.contract.clauses.find(&law.rule)
    }

    /// Follows the pages of a list to their end; a refusal that is expected is the end, too.
    pub(super) async fn walk(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
        region: Option<&str>,
    ) -> StepJudgement {
        let mut input = input.clone();
        let mut walk = Walk::new(operation, self.clause_of_endless_pages().unwrap_or(focus));
        loop {
            let (mut judgement, exchange) = self.exchange(operation, &input, expectation, focus, region).await;
            let bytes = exchange.response().map_or(0, |response| response.body.len());
            let next = walk.take(&mut judgement, bytes);
            if let (Next::Page(token), Value::Object(members), Some(pagination)) =
                (&next, &mut input, &operation.pagination)
            {
                members.insert(pagination.input_token.clone(), Value::from(token.as_str()));
                continue;
            }
            if next == Next::Endless && walk.took_long() {
                self.worker.env.note_endless(&operation.name);
            }
            let (judgement, mut output) = walk.end(judgement);
            self.take_out_twins(operation, &mut output);
            if let Some(shown) = &mut self.shown {
                shown.note(&operation.name, &output);
            }
            return StepJudgement::of(judgement, exchange, output);
        }
    }

    /// Takes out of a walk's items what came of a request that something carried out twice. It is deleted at the end of the run.
    fn take_out_twins(&self, operation: &Operation, output: &mut Value) {
        let env = &self.worker.env;
        let resources = &env.plan.resources;
        let kind = resources.listed_by(&operation.name);
        let Some(finder) = kind.and_then(|kind| resources.finder(&env.contract, kind)) else { return };
        let Some(Value::Array(items)) = output.get_mut("items") else { return };
        let is_known = |arn: &str| env.remains.has_made(arn);
        if twins::take_out(items, &finder.arn, env.marker.name_member(), &self.made, is_known) > 0 {
            env.remains.note_twins();
        }
    }
}
