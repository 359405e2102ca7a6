//! What a target demands of every request beyond the contract, as data: `suites/workarounds.toml`. Where the smallest valid
//! requests are refused alike, each variation is tried; the first with which they are served is kept for the whole run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::dependencies;
use super::run_context::RunContext;
use crate::judge::{FindingKind, Judgement};
use crate::plan::expectation::Expectation;
use crate::protocol;
use crate::record::Tally;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::wire::{Exchange, Request};

const DATA: &str = include_str!("../../suites/workarounds.toml");
/// What a query encodes. Source: RFC 3986, section 2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Operations whose smallest requests must be refused alike.
const WITNESSES: usize = 3;
/// Stands for the service's version.
const VERSION: &str = "${version}";

/// The data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(rename = "variation")]
    variations: Vec<Variation>,
}

/// One change of every request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variation {
    /// What it is, in a few words.
    pub name: String,
    /// The clause that a target breaks which serves requests in this form only.
    pub rule: String,
    /// Headers, in lower case, that requests have which do not name them; those that all requests name are replaced.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Parameters that the query has.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
}

static VARIATIONS: LazyLock<Vec<Variation>> =
    LazyLock::new(|| toml::from_str::<Data>(DATA).map(|data| data.variations).unwrap_or_default());

impl Variation {
    /// The request in the form of the variation. A header that only this request names stays: it is what is tested.
    #[must_use]
    pub fn applied(&self, request: &Request) -> Request {
        let mut varied = request.clone();
        for (name, value) in &self.headers {
            match varied.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, known)) if name == "accept" && known == "application/json" => *known = value.into(),
                Some(_) => {}
                None => varied.headers.push((name.into(), value.into())),
            }
        }
        for (name, value) in &self.query {
            let pair = format!("{name}={}", utf8_percent_encode(value, ENCODED));
            let is_there = varied.target.split(['?', '&']).skip(1).any(|known| known.starts_with(&format!("{name}=")));
            if !is_there {
                let separator = if varied.target.contains('?') { '&' } else { '?' };
                varied.target = format!("{}{separator}{pair}", varied.target).into();
            }
        }
        varied
    }
}

/// Looks whether the smallest valid requests are refused alike, and keeps a variation with which they are served.
pub(super) async fn adopt(env: &RunContext, tally: &mut Tally) {
    let witnesses: Vec<&Operation> = dependencies::signature_witnesses(env).take(WITNESSES).collect();
    let mut refused: Vec<(Judgement, Exchange)> = Vec::new();
    for operation in &witnesses {
        let (judgement, exchange) = asked(env, operation, None).await;
        let is_like_first = refused.first().is_none_or(|(first, _)| first.answer == judgement.answer);
        if !is_refused(env, &judgement, &exchange) || !is_like_first || env.target.is_stopped() {
            return;
        }
        refused.push((judgement, exchange));
    }
    let (Some((judgement, exchange)), WITNESSES) = (refused.first(), witnesses.len()) else { return };
    for variation in VARIATIONS.iter() {
        let mut variation = variation.clone();
        let values = variation.query.values_mut().filter(|value| *value == VERSION);
        values.for_each(|value| value.clone_from(&env.contract.service.version));
        let mut is_served = true;
        for operation in &witnesses {
            is_served = is_served && asked(env, operation, Some(&variation)).await.0.is_success();
        }
        if is_served {
            note(env, tally, &variation, judgement, exchange);
            env.target.vary(variation);
            return;
        }
    }
}

async fn asked(env: &RunContext, operation: &Operation, variation: Option<&Variation>) -> (Judgement, Exchange) {
    let request = protocol::request(operation, &env.generator.minimal_input(operation));
    let request = variation.map_or_else(|| request.clone(), |variation| variation.applied(&request));
    let exchange = env.target.send(&request).await;
    let judgement = env.judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
    (judgement, exchange)
}

/// Whether a request was refused as one that is wrong in itself: not for its signature, nor because nothing is there.
fn is_refused(env: &RunContext, judgement: &Judgement, exchange: &Exchange) -> bool {
    let is_client_error = |status: u16| (400..500).contains(&status) && !matches!(status, 401 | 403 | 404 | 405 | 429);
    let response = exchange.response().filter(|response| is_client_error(response.status));
    let is_about_access = |response| env.target.access().refusal(response).is_some();
    judgement.undecided.is_none() && response.is_some_and(|response| !is_about_access(response))
}

/// Notes that the rule of a variation is broken.
fn note(env: &RunContext, tally: &mut Tally, variation: &Variation, judgement: &Judgement, exchange: &Exchange) {
    let planned = |clause: &ClauseIndex| env.plan.clauses.contains(clause);
    let Some(clause) = env.contract.clauses.find(&variation.rule).filter(planned) else { return };
    let Some(case) = env.plan.cases.iter().position(|case| case.clauses.contains(&clause)) else { return };
    for violation in judgement.violations.iter().filter(|violation| violation.kind == FindingKind::RejectedValid) {
        tally.find_settled(violation.clone().blamed_on(clause), case, exchange);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::spec;

    fn request(target: &str, headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Request { method: "POST".into(), target: target.into(), headers, body: Default::default() }
    }

    #[test]
    fn every_variation_names_a_clause_and_changes_something() {
        let contract = spec::builtin().unwrap();
        assert!(!VARIATIONS.is_empty());
        for variation in VARIATIONS.iter() {
            assert!(contract.clauses.find(&variation.rule).is_some(), "{}", variation.rule);
            assert!(!variation.headers.is_empty() || !variation.query.is_empty(), "{}", variation.name);
        }
    }

    #[test]
    fn what_a_request_names_itself_stays() {
        let query = BTreeMap::from([("Version".to_owned(), "2020-07-14".to_owned())]);
        let headers = BTreeMap::from([("accept-encoding".to_owned(), String::new())]);
        let variation = Variation { name: String::new(), rule: String::new(), headers, query };
        let varied = variation.applied(&request("/tags/a?tagKeys=b", &[]));
        assert_eq!(varied, request("/tags/a?tagKeys=b&Version=2020-07-14", &[("accept-encoding", "")]));
        let own = request("/X?Version=1", &[("accept-encoding", "gzip")]);
        assert_eq!(variation.applied(&own), own);
    }
}
