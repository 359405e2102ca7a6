//! A second look at operations that seem to be missing. Many emulators respond to a resource that they do not know like to a
//! path that they do not know: status 404, and no error code. Who has the operation responds otherwise to other inputs.

use serde_json::{Value, json};

use super::answer::is_routing;
use crate::generate::placeholder::{self, Placeholder};
use crate::protocol;
use crate::run::run_context::RunContext;
use crate::spec::contract::{Location, Operation};
use crate::spec::{Pattern, path};
use crate::wire::{Exchange, Response};

/// Whether an operation that seems to be missing is there all the same: one of three requests that change nothing is answered
/// as no unknown path is. `created` is what is there: operations that made something, with their outputs.
pub(super) async fn is_there(
    env: &RunContext,
    operation: &Operation,
    created: &[(String, Value)],
    nowhere: &Exchange,
) -> bool {
    let Some(nowhere) = nowhere.response().filter(|_| env.target.is_loopback()) else { return false };
    let questions = [
        (malformed(env, operation), Telling::BadRequest),
        (bare(operation), Telling::OtherStatus),
        (about_what_is_there(env, operation, created), Telling::Success),
    ];
    for (input, telling) in questions {
        let Some(input) = input else { continue };
        let exchange = env.target.send(&protocol::request(operation, &input)).await;
        if exchange.response().is_some_and(|response| telling.is_shown(env, response, nowhere)) {
            return true;
        }
    }
    false
}

/// Which response shows that the operation is there.
#[derive(Debug, Clone, Copy)]
enum Telling {
    /// Status 400, which the target does not respond to an unknown path.
    BadRequest,
    /// Any other status than that for an unknown path.
    OtherStatus,
    /// A success.
    Success,
}

impl Telling {
    fn is_shown(self, env: &RunContext, response: &Response, nowhere: &Response) -> bool {
        let is_telling = match self {
            Telling::BadRequest => response.status == 400,
            Telling::OtherStatus => !is_routing(env, response) && env.target.access().refusal(response).is_none(),
            Telling::Success => (200..300).contains(&response.status),
        };
        is_telling && response.status != nowhere.status
    }
}

/// A malformed identifier for each that the operation needs.
fn malformed(env: &RunContext, operation: &Operation) -> Option<Value> {
    let input = env.generator.minimal_input(operation);
    if placeholder::names(&input).is_empty() {
        return None;
    }
    placeholder::replace(&input, &mut |_| Ok::<_, ()>(Value::from("-"))).ok()
}

/// No member at all, if one is required. What stands in the path cannot be left out.
fn bare(operation: &Operation) -> Option<Value> {
    let required = || operation.input.members().iter().filter(|member| member.is_required);
    let is_in_path = required().any(|member| matches!(member.location, Location::Label));
    (!is_in_path && required().next().is_some()).then(|| json!({}))
}

/// The smallest input about resources that are there, if the operation neither makes nor deletes anything.
fn about_what_is_there(env: &RunContext, operation: &Operation, created: &[(String, Value)]) -> Option<Value> {
    let resources = &env.plan.resources;
    if resources.deletes(&operation.name) || !resources.products(&operation.name).is_empty() {
        return None;
    }
    let arn = |resource: &str| {
        created.iter().find_map(|(made_by, output)| {
            let fits = |kind: &str| [kind, Pattern::ANY_RESOURCE].contains(&resource);
            let product = resources.products(made_by).iter().find(|product| fits(&product.resource))?;
            path::find(output, &product.path).cloned()
        })
    };
    let of = |name: &str| match Placeholder::parse(name) {
        Placeholder::Resource { resource, .. } | Placeholder::Variable(resource) => arn(&resource).ok_or(()),
        _ => Err(()),
    };
    placeholder::replace(&env.generator.minimal_input(operation), &mut |name| of(name)).ok()
}
