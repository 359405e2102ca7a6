//! What goes wrong in operations: the plain operation runs, and what it did or showed is changed.

mod batches;
mod channels;
mod keeping;
mod leaks;
mod pages;
mod streams;
mod tags;

use serde_json::{Map, Value};

use super::super::call::{Call, Outcome, json};
use super::super::handlers;
use super::super::operation::Access;
use super::super::state::Region;
use super::layer::Faulty;
use super::{Behavior, PageFault};

pub(super) use streams::broadcast;

/// A call with what was there before it.
struct Step<'a> {
    faulty: &'a Faulty,
    call: &'a Call<'a>,
    /// The region before a call that writes, if some fault may need it.
    before: Region,
    /// What happens to pages.
    page: Option<PageFault>,
}

/// Changes what a call did or shows.
type Effect = fn(&Step<'_>, &mut Region, Outcome) -> Outcome;

/// In the order in which they are applied.
const EFFECTS: [Effect; 7] =
    [keeping::after, channels::after, tags::after, streams::after, batches::after, pages::after, leaks::after];

/// Performs a call with the faults of a server; `let_pass` says at which paths a broken constraint was let pass.
pub(super) fn perform(faulty: &Faulty, mut call: Call<'_>, let_pass: impl Fn(&str) -> bool) -> Outcome {
    let region = faulty.region(call.region);
    let mut region = region.write();
    let page = pages::fault_of(faulty, &call);
    pages::change_input(page, &mut call.members);
    tags::change_input(faulty, &mut call);
    if let_pass("streamId") {
        call.members.remove("streamId");
    }
    streams::change_input(faulty, &region, &mut call);
    let is_needed = call.operation.access() == Access::Write && faulty.faults.changes_state();
    let before = if is_needed { region.clone() } else { Region::default() };
    let step = Step { faulty, call: &call, before, page };
    let mut outcome = match streams::other_state(&step, &region).or_else(|| channels::other_state(&step, &region)) {
        Some(mut other) => run(&call, &mut other).map(|document| channels::with_own_names(&call, &region, document)),
        None => run(&call, &mut region),
    };
    for effect in EFFECTS {
        outcome = effect(&step, &mut region, outcome);
    }
    outcome
}

/// Runs the plain operation.
fn run(call: &Call<'_>, region: &mut Region) -> Outcome {
    match call.operation.access() {
        Access::Read => handlers::read(call, region),
        Access::Write => handlers::write(call, region),
    }
}

impl Step<'_> {
    fn has(&self, quirk: Behavior) -> bool {
        self.faulty.faults.has(self.call.operation, quirk)
    }

    /// A given member that is text.
    fn text(&self, name: &str) -> String {
        self.call.fields().text_or_empty(name).into_owned()
    }

    /// Runs the operation once more with other members.
    fn again(&self, region: &mut Region, members: Map<String, Value>) -> Outcome {
        let Call { service, operation, region: name, checks, .. } = *self.call;
        run(&Call { service, operation, region: name, members, checks }, region)
    }
}

/// Changes the document of a call that succeeded.
fn edited(outcome: Outcome, change: impl FnOnce(&mut Value)) -> Outcome {
    let document = outcome?;
    let Ok(mut shown) = serde_json::from_slice(&document) else { return Ok(document) };
    change(&mut shown);
    json(&shown)
}

/// The resource of a document.
fn resource_of(document: &mut Value) -> Option<&mut Map<String, Value>> {
    let mut members = document.as_object_mut()?.values_mut().filter_map(Value::as_object_mut);
    members.find(|resource| resource.contains_key("arn"))
}

/// The items of a document, but for errors.
fn items_of(document: &mut Value) -> Option<&mut Vec<Value>> {
    let members = document.as_object_mut()?.iter_mut();
    members.filter(|(name, _)| *name != "errors").find_map(|(_, value)| value.as_array_mut())
}

fn text_of<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}
