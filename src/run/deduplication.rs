//! Lists show what other requests made at that moment. What a target wrongly accepted, or made wrongly, is found where it
//! was made; that a list shows it too is a consequence, and which list happens to show it is chance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::judge::finding::FindingKind;
use crate::judge::{Judgement, Violation, listed};
use crate::record::FindingKey;
use crate::spec::clause::ClauseIndex;
use crate::spec::{Arn, Contract};
use crate::wire::Exchange;

/// How long a response may be under way to the worker that asked, while a list already shows what it made.
pub const UNDER_WAY: Duration = Duration::from_millis(100);

/// What is known to be wrong with resources that the run made.
#[derive(Debug, Default)]
pub struct KnownDefects {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Made or changed by a request that should have been refused: nothing can be said of them.
    invalid: BTreeSet<String>,
    /// Rules that the response to the request which made or changed them broke.
    broken: BTreeMap<String, BTreeSet<ClauseIndex>>,
    /// Divergences of lists that have no such cause.
    uncaused: BTreeSet<FindingKey>,
}

impl KnownDefects {
    /// Notes what the response to a request that makes or changes something says of it.
    pub fn note(&self, input: &Value, judgement: &Judgement) {
        let of_kind = |kind| judgement.violations.iter().filter(move |violation| violation.kind == kind);
        let is_invalid = of_kind(FindingKind::AcceptedInvalid).next().is_some();
        let broken: BTreeSet<ClauseIndex> =
            of_kind(FindingKind::MalformedResponse).map(|violation| violation.clause).collect();
        if !is_invalid && broken.is_empty() {
            return;
        }
        let mut arns = BTreeSet::new();
        collect(input, &mut arns);
        judgement.body.iter().for_each(|body| collect(body, &mut arns));
        let mut known = self.known();
        for arn in arns {
            match is_invalid {
                true => drop(known.invalid.insert(arn)),
                false => known.broken.entry(arn).or_default().extend(&broken),
            }
        }
    }

    /// Whether any of these divergences could come from what a list shows of other requests, and is not known not to.
    pub fn may_explain(&self, contract: &Contract, violations: &[Violation]) -> bool {
        let known = self.known();
        violations.iter().any(|violation| {
            listed::is_about_elements(contract, violation) && !known.uncaused.contains(&FindingKey::from(violation))
        })
    }

    /// Takes out the divergences that only elements of a known cause show. `judge` judges the same exchange with other
    /// content.
    pub fn explain(
        &self,
        contract: &Contract,
        exchange: &Exchange,
        judgement: &mut Judgement,
        judge: impl Fn(&Exchange) -> Judgement,
    ) {
        let rest = |body: &Value, clause| self.without_caused(body, clause);
        listed::leave_out(contract, exchange, judgement, rest, judge);
    }

    /// Notes divergences that are the list's own.
    pub fn note_uncaused(&self, violations: &[Violation]) {
        self.known().uncaused.extend(violations.iter().map(FindingKey::from));
    }

    /// The document without elements of its lists for which a divergence from the clause is known.
    fn without_caused(&self, body: &Value, clause: ClauseIndex) -> Value {
        let known = self.known();
        let is_caused = |element: &Value| {
            let arn = element.get("arn").and_then(Value::as_str).unwrap_or_default();
            known.invalid.contains(arn) || known.broken.get(arn).is_some_and(|broken| broken.contains(&clause))
        };
        let mut rest = body.clone();
        let lists = rest.as_object_mut().into_iter().flat_map(|members| members.values_mut());
        for list in lists.filter_map(Value::as_array_mut) {
            list.retain(|element| !is_caused(element));
        }
        rest
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every ARN of a resource in a document.
fn collect(value: &Value, arns: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if Arn::parse(text).is_some() => drop(arns.insert(text.clone())),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, arns)),
        Value::Object(members) => members.values().for_each(|member| collect(member, arns)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::judge::Judge;
    use crate::plan::expectation::Expectation;
    use crate::spec;
    use crate::wire::{Reply, Request, Response};

    const ONE: &str = "arn:aws:ivs:us-east-1:123456789012:channel/one";
    const OTHER: &str = "arn:aws:ivs:us-east-1:123456789012:channel/other";

    fn exchange(body: &Value) -> Exchange {
        let request = Request { method: "POST".into(), target: "/".into(), headers: vec![], body: Default::default() };
        let response = Response {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into(),
            is_truncated: false,
            coding: Default::default(),
        };
        Exchange { request, reply: Reply::Response(response), elapsed: Duration::ZERO, repeats: 0 }
    }

    /// What is left of the divergences of a list with a wrong latency mode of `listed`, after `made` was wrongly
    /// accepted.
    fn left(made: &str, listed: &str) -> usize {
        let contract = spec::builtin().unwrap();
        let judge = Judge::new(&contract);
        let judged = |name: &str, expectation: &Expectation, exchange: &Exchange| {
            let operation = contract.operation(name).unwrap();
            judge.exchange(operation, expectation, operation.status_clause, exchange)
        };
        let causes = KnownDefects::default();
        let refused = Expectation { success: false, ..Expectation::success() };
        let wrong = json!({"channel": {"arn": made}});
        causes.note(&json!({}), &judged("CreateChannel", &refused, &exchange(&wrong)));
        let list = json!({"channels": [{"arn": OTHER}, {"arn": listed, "latencyMode": "SOON"}]});
        let list = exchange(&list);
        let judge_list = |exchange: &Exchange| judged("ListChannels", &Expectation::success(), exchange);
        let mut judgement = judge_list(&list);
        assert_eq!(judgement.violations.len(), 1);
        causes.explain(&contract, &list, &mut judgement, judge_list);
        judgement.violations.len()
    }

    #[test]
    fn what_was_wrongly_accepted_is_no_fault_of_a_list() {
        assert_eq!(left(ONE, ONE), 0);
    }

    #[test]
    fn what_a_list_shows_wrongly_of_a_sound_resource_stays() {
        assert_eq!(left(ONE, "arn:aws:ivs:us-east-1:123456789012:channel/sound"), 1);
    }
}
