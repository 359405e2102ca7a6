//! Names that a request gives to what it makes, in a label of its path: each request gets its own, or the second one would be
//! refused for the first. Only on this machine, where what cannot be deleted may stay.

use serde_json::Value;

use super::run_context::RunContext;
use crate::spec::contract::{Location, Node, NodeKind, Operation};

/// The method of requests that make something new wherever they are sent to.
const MAKING: &str = "POST";

/// A copy of the input of an operation that makes something, with a name of its own, but for a name that the case is about.
/// `None` if the operation takes no such name.
pub(super) fn with_own_name(env: &RunContext, operation: &Operation, input: &Value, case: usize) -> Option<Value> {
    let is_making = operation.method == MAKING && !operation.is_readonly && env.target.is_loopback();
    if !is_making || env.plan.resources.products(&operation.name).is_empty() {
        return None;
    }
    let label = operation.input.members().iter().find(|member| names_what_is_made(member))?;
    let is_given = input.get(&label.name).is_some_and(Value::is_string);
    if !is_given || env.looks_at(case, &label.name) {
        return None;
    }
    let name = env.unique_name();
    let pattern = label.constraints.pattern.as_ref();
    let is_short =
        label.constraints.length.as_ref().and_then(|length| length.max).is_none_or(|max| name.len() as u64 <= max);
    if !is_short || pattern.is_some_and(|pattern| !pattern.is_match(&name)) {
        return None;
    }
    let mut named = input.clone();
    named.as_object_mut()?.insert(label.name.clone(), Value::from(name));
    Some(named)
}

/// Whether a member is a label that names no resource which is there already.
fn names_what_is_made(member: &Node) -> bool {
    member.location == Location::Label && matches!(member.kind, NodeKind::String) && member.resource.is_none()
}
