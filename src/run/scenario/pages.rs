//! Walks through the pages of a list.

use serde_json::{Value, json};

use crate::judge::finding::FindingKind;
use crate::judge::{Judgement, Violation, path};
use crate::plan::expectation::Expectation;
use crate::run::performed::Performed;
use crate::run::session::Session;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

impl Session<'_> {
    /// Follows the pages of a list to their end: what the last exchange showed, and all items.
    pub(in crate::run) async fn walk_items(
        &mut self,
        operation: &Operation,
        input: &Value,
        focus: ClauseIndex,
    ) -> (Judgement, Option<Exchange>, Vec<Value>) {
        let walked = self.walk(operation, input, &Expectation::success(), focus, None).await;
        let items = path::find(&walked.output, "items").and_then(Value::as_array).cloned().unwrap_or_default();
        (walked.judgement, walked.exchange, items)
    }

    /// Follows the pages of a list to their end; a refusal that is expected is the end, too.
    pub(super) async fn walk(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
        region: Option<&str>,
    ) -> Performed {
        let mut items = Vec::new();
        let mut pages = Vec::new();
        let mut tokens: Vec<String> = Vec::new();
        let mut input = input.clone();
        let mut upheld = Vec::new();
        let mut violations = Vec::new();
        let mut empty_pages = 0;
        let mut bytes = 0;
        loop {
            let (mut judgement, exchange) = self.exchange(operation, &input, expectation, focus, region).await;
            upheld.append(&mut judgement.upheld);
            // A defect of a page's form, say of its content type, is no reason to stop reading.
            violations.append(&mut judgement.violations);
            let page = judgement.body.clone().unwrap_or(Value::Null);
            let (page_items, token) = page_parts(operation, &page);
            pages.push(Value::from(page_items.len()));
            empty_pages = if page_items.is_empty() { empty_pages + 1 } else { 0 };
            bytes += exchange.response().map_or(0, |response| response.body.len());
            items.extend(page_items);
            let is_over = token.is_none() || !judgement.is_success();
            let token = token.unwrap_or_default();
            let is_unreadable = judgement.is_success() && judgement.body.is_none();
            let is_too_much = tokens.len() >= MOST_PAGES || empty_pages >= MOST_EMPTY_PAGES || bytes >= MOST_BYTES;
            let is_endless = !is_over && (is_too_much || tokens.contains(&token));
            if is_endless {
                self.worker.env.note_endless(&operation.name);
                violations.push(endless(operation, focus, tokens.len()));
            }
            if is_over || is_endless {
                judgement.upheld = upheld;
                judgement.violations = violations;
                let output = match is_unreadable {
                    true => Value::Null,
                    false => json!({"items": items, "pages": pages}),
                };
                if let Some(shown) = &mut self.shown {
                    shown.note(&operation.name, &output);
                }
                return Performed::of(judgement, exchange, output);
            }
            if let (Value::Object(members), Some(pagination)) = (&mut input, &operation.pagination) {
                members.insert(pagination.input_token.clone(), Value::from(token.as_str()));
            }
            tokens.push(token);
        }
    }
}

pub(super) fn endless(operation: &Operation, clause: ClauseIndex, pages: usize) -> Violation {
    Violation {
        clause,
        operation: operation.name.clone(),
        detail: Some("end".to_owned()),
        kind: FindingKind::WrongBehaviour,
        expected: "Following the tokens ends.".to_owned(),
        observed: format!("After {} pages a token came again, or the pages go on for ever.", pages + 1),
        tier: None,
    }
}

pub(super) fn page_parts(operation: &Operation, page: &Value) -> (Vec<Value>, Option<String>) {
    let Some(pagination) = &operation.pagination else { return (Vec::new(), None) };
    let by_name = pagination.items.as_deref().and_then(|place| path::find(page, place));
    let first_array = || page.as_object().and_then(|members| members.values().find(|value| value.is_array()));
    let items = by_name.or_else(first_array).and_then(Value::as_array).cloned().unwrap_or_default();
    let token = path::find(page, &pagination.output_token).and_then(Value::as_str).filter(|token| !token.is_empty());
    (items, token.map(str::to_owned))
}

/// The path of an assertion as it stands in the suite, with placeholders shortened: the same in every run.
pub(super) fn plain_path(at: &str) -> String {
    at.replace("${", "").replace('}', "")
}

/// Most pages that a walk follows.
pub(super) const MOST_PAGES: usize = 2_000;

/// Most pages in a row that a walk follows though nothing is on them.
pub(super) const MOST_EMPTY_PAGES: usize = 100;

/// Most bytes of pages that a walk reads.
pub(super) const MOST_BYTES: usize = 64 << 20;
