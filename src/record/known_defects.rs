//! Defects of resources, by the request that made or changed them. A defect is reported there. A later response that shows it
//! adds no finding: which response shows it first depends on timing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::FindingKey;
use super::digest::digest;
use crate::judge::finding::FindingKind;
use crate::judge::{Judgement, Violation, listed};
use crate::spec::clause::ClauseIndex;
use crate::spec::{Arn, Contract};
use crate::wire::Exchange;

/// What is known to be wrong with resources that were made.
#[derive(Debug, Default)]
pub struct KnownDefects {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Digests of the ARNs of resources that a wrongly accepted request made or changed. Their form is not judged.
    invalid: BTreeSet<u64>,
    /// Clauses that the creating or changing response broke, by the digest of the ARN.
    broken: BTreeMap<u64, BTreeSet<ClauseIndex>>,
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

    /// Removes divergences that only elements with a known defect show, or elements that another run may have made
    /// (`is_of_others`). `judge` judges the same exchange with another body.
    pub fn explain(
        &self,
        contract: &Contract,
        exchange: &Exchange,
        judgement: &mut Judgement,
        is_of_others: impl Fn(&Value) -> bool,
        judge: impl Fn(&Exchange) -> Judgement,
    ) {
        let is_meant = |violation: &Violation| listed::is_about_elements(contract, violation);
        let rest = |body: &Value, clause| self.known().without_elements(body, clause, &is_of_others);
        listed::leave_out(exchange, judgement, is_meant, rest, judge);
    }

    /// Does the same for every malformed output, whether the response shows the resource alone or in a list.
    pub fn explain_all(&self, exchange: &Exchange, judgement: &mut Judgement, judge: impl Fn(&Exchange) -> Judgement) {
        let rest = |body: &Value, clause| {
            let known = self.known();
            let mut rest = known.without_elements(body, clause, &|_| false);
            let members = rest.as_object_mut().into_iter();
            members.for_each(|members| members.retain(|_, member| !known.is_invalid(member)));
            rest
        };
        let is_meant = |violation: &Violation| violation.kind == FindingKind::MalformedResponse;
        listed::leave_out(exchange, judgement, is_meant, rest, judge);
    }

    /// Notes divergences that are the list's own.
    pub fn note_uncaused(&self, violations: &[Violation]) {
        self.known().uncaused.extend(violations.iter().map(FindingKey::from));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_invalid(&self, resource: &Value) -> bool {
        self.invalid.contains(&own(resource))
    }

    /// The document without elements of its lists for which a divergence from the clause is known.
    fn without_elements(&self, body: &Value, clause: ClauseIndex, is_of_others: &dyn Fn(&Value) -> bool) -> Value {
        let is_caused = |element: &Value| {
            let broken = self.broken.get(&own(element));
            is_of_others(element) || self.is_invalid(element) || broken.is_some_and(|broken| broken.contains(&clause))
        };
        let mut rest = body.clone();
        let lists = rest.as_object_mut().into_iter().flat_map(|members| members.values_mut());
        for list in lists.filter_map(Value::as_array_mut) {
            list.retain(|element| !is_caused(element));
        }
        rest
    }
}

/// The digest of the ARN by which a resource names itself.
fn own(resource: &Value) -> u64 {
    digest(resource.get("arn").and_then(Value::as_str).unwrap_or_default())
}

/// Every ARN of a resource in a document.
fn collect(value: &Value, arns: &mut BTreeSet<u64>) {
    match value {
        Value::String(text) if Arn::parse(text).is_some() => drop(arns.insert(digest(text))),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, arns)),
        Value::Object(members) => members.values().for_each(|member| collect(member, arns)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::judge::Judge;
    use crate::plan::expectation::Expectation;
    use crate::spec;
    use crate::wire::sample;

    const ONE: &str = "arn:aws:ivs:us-east-1:123456789012:channel/one";
    const OTHER: &str = "arn:aws:ivs:us-east-1:123456789012:channel/other";

    fn exchange(body: &Value) -> Exchange {
        let response = sample::response(200, &[("content-type", "application/json")], &body.to_string());
        sample::exchange(sample::request("/", ""), response)
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
        let is_of_others = |element: &Value| element.get("arn") == Some(&json!(OTHER));
        causes.explain(&contract, &list, &mut judgement, is_of_others, judge_list);
        judgement.violations.len()
    }

    #[test]
    fn what_was_wrongly_accepted_is_no_fault_of_a_list() {
        assert_eq!(left(ONE, ONE), 0);
        assert_eq!(left(ONE, OTHER), 0, "what another run made is not known");
    }

    #[test]
    fn what_a_list_shows_wrongly_of_a_sound_resource_stays() {
        assert_eq!(left(ONE, "arn:aws:ivs:us-east-1:123456789012:channel/sound"), 1);
    }
}
