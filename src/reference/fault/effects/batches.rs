//! Batches that go wrong.

use serde_json::{Value, json};

use super::super::super::call::Outcome;
use super::super::super::error::ApiError;
use super::super::super::state::Region;
use super::super::{BatchFault, Behavior};
use super::{Step, edited, items_of, text_of};

pub(super) fn after(step: &Step<'_>, _region: &mut Region, outcome: Outcome) -> Outcome {
    let operation = step.call.operation.name();
    if !operation.starts_with("Batch") {
        return outcome;
    }
    let document = outcome?;
    let gets = operation.starts_with("BatchGet");
    let shown: Value = serde_json::from_slice(&document).unwrap_or_default();
    let arn = if gets { "arn" } else { "channelArn" };
    let first = shown.get("errors").and_then(|errors| errors.get(0));
    if let Some(error) = first.filter(|_| step.has(Behavior::Batch(BatchFault::FailAll))) {
        return Err(ApiError::not_found(text_of(error, arn)));
    }
    let mut outcome = Ok(document);
    if step.has(Behavior::Batch(BatchFault::DropErrors)) {
        outcome = edited(outcome, |document| match document.as_object_mut() {
            Some(members) if gets => drop(members.remove("errors")),
            Some(members) => drop(members.insert("errors".to_owned(), json!([]))),
            None => {}
        });
    }
    if gets && step.has(Behavior::Batch(BatchFault::DropLast)) {
        outcome = edited(outcome, |document| drop(items_of(document).and_then(Vec::pop)));
    }
    if step.has(Behavior::Batch(BatchFault::WrongArn)) {
        outcome = edited(outcome, |document| {
            let errors = document.get_mut("errors").and_then(Value::as_array_mut);
            errors.into_iter().flatten().filter_map(|error| error.get_mut(arn)).for_each(end_otherwise);
        });
    }
    outcome
}

/// Replaces the last character of an ARN, so that it names something else.
fn end_otherwise(arn: &mut Value) {
    let mut text = arn.as_str().unwrap_or_default().to_owned();
    let end = if text.pop() == Some('0') { '1' } else { '0' };
    text.push(end);
    *arn = json!(text);
}
