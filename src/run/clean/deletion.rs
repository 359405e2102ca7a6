//! Deletes resources, after a look at whose they are.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::sleep;

use super::{Cleaner, Trust};
use crate::plan::suite::BroadcastState;
use crate::protocol;
use crate::run::ledger::{CreatedResources, Named};
use crate::run::lists::said;
use crate::wire::{Exchange, FailureKind, Reply, Request, Text, TransportFailure};

/// How often deleting is tried again for what is in use.
const PASSES: u32 = 5;

/// What became of an attempt.
enum Attempt {
    Deleted,
    Gone,
    InUse,
    Refused(String),
}

/// Whose a resource is.
enum Owner {
    Ours,
    Nobody,
    Unclear(String),
}

impl Cleaner<'_> {
    /// Deletes what refers to other resources before these, and the newest first; again what was still in use.
    pub(super) async fn delete_lots(&mut self, lots: Vec<CreatedResources>) {
        let mut left = lots;
        left.reverse();
        left.sort_by_key(|lot| lot.resources.first().map(|first| self.resources.deletion_rank(&first.kind)));
        for pass in 0..PASSES {
            let mut in_use = Vec::new();
            for mut lot in left {
                lot.resources = self.delete_lot(&lot).await;
                if !lot.resources.is_empty() {
                    in_use.push(lot);
                }
            }
            left = in_use;
            if left.is_empty() {
                return;
            }
            if !self.target.is_loopback() {
                sleep(Duration::from_secs(1 << pass)).await;
            }
        }
        let named = left.into_iter().flat_map(|lot| lot.resources);
        self.cleaned.kept.extend(named.map(|resource| (resource.arn, "it is in use".to_owned())));
    }

    /// Deletes what one request made; what is in use comes back.
    async fn delete_lot(&mut self, lot: &CreatedResources) -> Vec<Named> {
        let Some(first) = lot.resources.first() else { return Vec::new() };
        match self.owner(lot, first).await {
            Owner::Ours => self.delete_all(lot, &lot.resources).await,
            Owner::Nobody => {
                self.gone(first);
                let mut in_use = Vec::new();
                for resource in lot.resources.iter().skip(1) {
                    in_use.extend(self.delete_sibling(lot, first, resource).await);
                }
                in_use
            }
            Owner::Unclear(reason) => {
                let kept = lot.resources.iter().map(|resource| (resource.arn.clone(), reason.clone()));
                self.cleaned.kept.extend(kept);
                Vec::new()
            }
        }
    }

    async fn delete_all(&mut self, lot: &CreatedResources, resources: &[Named]) -> Vec<Named> {
        let mut in_use = Vec::new();
        for resource in resources.iter().rev() {
            match self.delete(lot.region.as_deref(), resource).await {
                Attempt::Deleted => self.cleaned.deleted.push(resource.clone()),
                Attempt::Gone => self.gone(resource),
                Attempt::InUse => in_use.push(resource.clone()),
                Attempt::Refused(reason) => self.cleaned.kept.push((resource.arn.clone(), reason)),
            }
        }
        in_use.reverse();
        in_use
    }

    /// What was made together with something that is gone: it goes too, if it belongs to that.
    async fn delete_sibling(&mut self, lot: &CreatedResources, first: &Named, resource: &Named) -> Vec<Named> {
        match self.look(lot.region.as_deref(), resource).await {
            Ok(None) => {
                self.gone(resource);
                Vec::new()
            }
            Ok(Some(shown)) if names(&shown, &first.arn) => self.delete_all(lot, std::slice::from_ref(resource)).await,
            Ok(Some(_)) => {
                let reason = "nothing shows that it is this run's: look at it and delete it by hand".to_owned();
                self.cleaned.kept.push((resource.arn.clone(), reason));
                Vec::new()
            }
            Err(reason) => {
                self.cleaned.kept.push((resource.arn.clone(), reason));
                Vec::new()
            }
        }
    }

    fn gone(&mut self, resource: &Named) {
        self.cleaned.gone.push(resource.clone());
        if let Some(Err(reason)) = self.target.ledger().map(|ledger| ledger.gone(&resource.arn)) {
            self.cleaned.kept.push((resource.arn.clone(), reason));
        }
    }

    /// A journal's word is checked against what the resource says of itself, where it was marked.
    async fn owner(&self, lot: &CreatedResources, first: &Named) -> Owner {
        let is_marked = lot.tagged || lot.name.is_some();
        if self.trust == Trust::Full || self.resources.reader(self.contract, &first.kind).is_none() {
            return Owner::Ours;
        }
        match self.look(lot.region.as_deref(), first).await {
            Ok(None) => Owner::Nobody,
            Ok(Some(shown)) if is_marked => {
                let marks = self.marker.marks_in(&shown);
                match marks.tagged || marks.name.is_some() {
                    true => Owner::Ours,
                    false => Owner::Unclear(format!(
                        "it does not carry the tag or the name that run {} gave it: another may have made it anew",
                        self.run
                    )),
                }
            }
            Ok(Some(_)) => Owner::Ours,
            Err(reason) => Owner::Unclear(reason),
        }
    }

    /// What a resource shows of itself; nothing if it is gone.
    async fn look(&self, region: Option<&str>, resource: &Named) -> Result<Option<Value>, String> {
        let Some((operation, member)) = self.resources.reader(self.contract, &resource.kind) else {
            return Err("no operation shows it".to_owned());
        };
        let exchange =
            self.call(region, operation, Map::from_iter([(member, Value::from(resource.arn.as_str()))])).await;
        match &exchange.reply {
            Reply::Response(_) if self.status(operation, &exchange) == Some(404) => Ok(None),
            Reply::Response(response) if (200..300).contains(&response.status) => {
                let body = protocol::read(response).map(|document| document.value).unwrap_or_default();
                Ok(Some(object_with(&body, &resource.arn).cloned().unwrap_or(body)))
            }
            _ => Err(format!("{operation} could not show it: {}", said(&exchange))),
        }
    }

    async fn delete(&self, region: Option<&str>, resource: &Named) -> Attempt {
        let Some((operation, member)) = self.resources.deleter(&resource.kind) else {
            return Attempt::Refused("no operation deletes it".to_owned());
        };
        let input = Map::from_iter([(member.to_owned(), Value::from(resource.arn.as_str()))]);
        let mut exchange = self.call(region, operation, input.clone()).await;
        if self.status(operation, &exchange) == Some(409) && self.target.controls_broadcasts_of(&resource.kind) {
            // It may still broadcast.
            let _ = self.target.broadcast(&resource.arn, BroadcastState::Offline, None).await;
            exchange = self.call(region, operation, input).await;
        }
        match self.status(operation, &exchange) {
            Some(200..=299) if !exchange.is_page() => Attempt::Deleted,
            // A page does not say that anything was deleted.
            Some(200..=299) if self.look(region, resource).await == Ok(None) => Attempt::Deleted,
            Some(404) => Attempt::Gone,
            Some(409) => Attempt::InUse,
            _ => Attempt::Refused(format!("{operation} did not delete it: {}", said(&exchange))),
        }
    }

    fn status(&self, operation: &str, exchange: &Exchange) -> Option<u16> {
        protocol::documented_status_of(self.contract, operation, exchange)
    }

    async fn call(&self, region: Option<&str>, operation: &str, input: Map<String, Value>) -> Exchange {
        let operation = self.contract.operation(operation);
        let request = operation.map(|operation| protocol::request(operation, &Value::Object(input)));
        match request {
            Some(request) => self.target.send_in(region, &request).await,
            None => unknown_operation(),
        }
    }
}

fn unknown_operation() -> Exchange {
    let request =
        Request { method: Text::default(), target: Text::default(), headers: Vec::new(), body: Default::default() };
    let detail = "the contract does not have the operation".to_owned();
    let reply = Reply::Failure(TransportFailure { kind: FailureKind::Withheld, detail });
    Exchange { request, reply, elapsed: Duration::ZERO, repeats: 0 }
}

/// The object below a value that has this ARN as its own.
fn object_with<'v>(value: &'v Value, arn: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => match members.get("arn").and_then(Value::as_str) == Some(arn) {
            true => Some(value),
            false => members.values().find_map(|value| object_with(value, arn)),
        },
        Value::Array(elements) => elements.iter().find_map(|value| object_with(value, arn)),
        _ => None,
    }
}

/// Whether a member of an object is this ARN.
fn names(value: &Value, arn: &str) -> bool {
    value.as_object().is_some_and(|members| members.values().any(|value| value.as_str() == Some(arn)))
}
