//! What a script deletes at its end: what its own requests made.

use serde_json::{Value, json};

use super::requests::Sending;
use super::values::{Product, Values};
use super::{Subject, Unfaithful, words};
use crate::plan::suite::BroadcastState;
use crate::record::{Manner, TrailStep};
use crate::spec::Arn;
use crate::spec::contract::{Location, UriSegment};
use crate::spec::path;

/// What the steps of a script make. Of the telling request, which is the last one, it counts what it could make.
pub fn products(subject: &Subject<'_>, steps: &[&TrailStep]) -> Vec<Product> {
    let mut products: Vec<Product> = Vec::new();
    for (position, step) in steps.iter().enumerate().filter(|(_, step)| step.manner != Manner::Control) {
        let body: Option<Value> = serde_json::from_slice(&step.response).ok();
        for product in subject.resources.products(&step.operation) {
            let shown = body.as_ref().and_then(|body| path::find(body, &product.path)).and_then(Value::as_str);
            let arn = shown.filter(|arn| Arn::parse(arn).is_some()).map(str::to_owned);
            let is_known = arn.is_some() && products.iter().any(|known| known.arn == arn);
            if !is_known && (arn.is_some() || position + 1 == steps.len()) {
                products.push(Product { step: position, kind: product.resource.clone(), arn });
            }
        }
    }
    products
}

/// The function that deletes it all, the variables that it reads, and the trap that calls it; empty if there is nothing to
/// delete.
///
/// # Errors
/// A broadcast cannot be ended by a command.
pub fn function(
    subject: &Subject<'_>,
    sending: &Sending<'_>,
    steps: &[&TrailStep],
    values: &Values,
) -> Result<String, Unfaithful> {
    let mut made: Vec<(&str, &str)> = Vec::new();
    for variable in values.iter().rev() {
        made.extend(variable.made.as_deref().map(|kind| (kind, variable.name.as_str())));
    }
    made.sort_by_key(|(kind, _)| subject.resources.deletion_rank(kind));
    let removals: Vec<String> = made.iter().filter_map(|(kind, name)| removal(subject, kind, name)).collect();
    if removals.is_empty() {
        return Ok(String::new());
    }
    let mut function = "# Deletes what the script made.\nclean() {\n  status=$?\n  trap - EXIT\n".to_owned();
    function.push_str("  [ -z \"${KEEP:-}\" ] || exit \"$status\"\n");
    for step in steps.iter().filter(|step| step.manner == Manner::Control) {
        let ended = ended(sending, subject, step, values)?;
        if !function.contains(&ended) {
            function.push_str(&ended);
        }
    }
    removals.iter().for_each(|removal| function.push_str(removal));
    function.push_str("  exit \"$status\"\n}\n");
    let variables: Vec<String> = made.iter().map(|(_, name)| format!("{name}=''")).collect();
    function.push_str(&format!("{}\ntrap clean EXIT\ntrap 'exit 1' HUP INT TERM\n\n", variables.join(" ")));
    Ok(function)
}

/// The request that ends a broadcast: what is live cannot be deleted.
fn ended(
    sending: &Sending<'_>,
    subject: &Subject<'_>,
    step: &TrailStep,
    values: &Values,
) -> Result<String, Unfaithful> {
    let earlier: Value = serde_json::from_slice(&step.request.body).unwrap_or_default();
    let control = subject.contract.rules.broadcast.as_ref();
    let body = control.map_or(earlier.clone(), |control| control.with_state(&earlier, BroadcastState::Offline.id()));
    let mut step = (*step).clone();
    step.request.body = body.to_string().into();
    let call = sending.request(subject, &step, values, super::Form::Before)?;
    Ok(format!("  ({call}) >/dev/null 2>&1\n"))
}

/// The command that deletes a resource; `None` if no operation does so by its ARN in the body alone.
fn removal(subject: &Subject<'_>, kind: &str, variable: &str) -> Option<String> {
    let (deleter, member) = subject.resources.deleter(kind)?;
    let operation = subject.contract.operation(deleter)?;
    let in_body = operation.input.member(member).is_some_and(|node| node.location == Location::Body);
    let segments: Option<Vec<&str>> = operation
        .uri
        .iter()
        .map(|segment| match segment {
            UriSegment::Literal(text) => Some(text.as_str()),
            UriSegment::Label { .. } => None,
        })
        .collect();
    let path = format!("/{}", segments.filter(|_| in_body)?.join("/"));
    let body = json!({member: words::mark(variable)}).to_string();
    Some(format!(
        "  remove \"${variable}\" {} \"{}\" {}\n",
        operation.method,
        words::in_double_quotes(&path),
        words::quoted(&body)
    ))
}
