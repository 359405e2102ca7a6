//! Reads that come right after one another change nothing that the others show, so several of them are sent at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use super::play::{Both, Pairing, Request};
use super::program::{Action, Step};
use super::side::{Called, Played, Side};
use crate::spec::contract::Operation;

/// What both targets responded to steps that are not compared yet, by the number of the step.
pub type Ahead = BTreeMap<usize, (Called, Called)>;

/// A step needs a value that a target did not show.
pub struct Unbound {
    /// Whether the other target showed it.
    pub is_on_one_side: bool,
}

impl Pairing<'_> {
    /// Sends the reads at the beginning of `steps`, as many as may be in flight; nothing if that is one at a time.
    pub async fn read_ahead(&self, steps: &[Step], played: &Both) -> Ahead {
        if self.jobs < 2 {
            return Ahead::new();
        }
        let plain_read = |step: &Step| {
            let operation = self.contract.operation(step.operation()?)?;
            (operation.is_readonly && step.awaits.is_none()).then_some(operation)
        };
        let reads = steps.iter().map_while(|step| Some((step, plain_read(step)?))).take(self.jobs);
        let requests: Vec<Request<'_>> =
            reads.filter_map(|(step, operation)| self.request(step, operation, played).ok()).collect();
        let fetched = join_all(requests.iter().map(|request| async {
            let (in_a, in_b) = (request.regions.0.as_deref(), request.regions.1.as_deref());
            let from_a = self.a.fetch(request.operation, request.a.clone(), in_a);
            let from_b = self.b.fetch(request.operation, request.b.clone(), in_b);
            (request.step.id, tokio::join!(from_a, from_b))
        }));
        fetched.await.into_iter().collect()
    }

    /// A call with each target's own values.
    pub fn request<'r>(&self, step: &'r Step, operation: &'r Operation, played: &Both) -> Result<Request<'r>, Unbound> {
        let (a, b) = (self.a.bind(step.input(), &played.0), self.b.bind(step.input(), &played.1));
        let is_on_one_side = a.is_some() != b.is_some();
        let (Some(a), Some(b)) = (a, b) else { return Err(Unbound { is_on_one_side }) };
        let regions = (region(step, &self.a, &played.0), region(step, &self.b, &played.1));
        Ok(Request { step, operation, a, b, regions })
    }

    /// Takes note of responses that were read ahead.
    pub fn noted(&mut self, request: &Request<'_>, called: (Called, Called), played: &mut Both) -> (Called, Called) {
        let Request { operation, regions, .. } = request;
        self.a.note(operation, &called.0, regions.0.as_deref(), &mut played.0);
        self.b.note(operation, &called.1, regions.1.as_deref(), &mut played.1);
        called
    }
}

/// The region that a step asks in, if it is not the target's own.
fn region(step: &Step, side: &Side, played: &Played) -> Option<String> {
    let Action::Call { region: Some(region), .. } = &step.action else { return None };
    side.bind(&Value::from(region.as_str()), played)?.as_str().map(str::to_owned)
}
