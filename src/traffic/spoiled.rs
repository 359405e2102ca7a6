//! Resources that hold what the target should have refused. That later responses show it is no second fault: the target took
//! it in, and that is found.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::generate::visit;
use crate::protocol;
use crate::record::digest::digest;
use crate::spec::contract::Operation;
use crate::wire::{Exchange, Reply, Response};

/// The resources that accepted illegal requests made or changed, by digests of their ARNs.
#[derive(Debug, Default)]
pub(super) struct Spoiled(BTreeSet<u64>);

impl Spoiled {
    /// Notes what an accepted illegal request made, or changed.
    pub fn note(&mut self, operation: &Operation, input: &Value, output: Option<&Value>) {
        if operation.is_readonly {
            return;
        }
        if output.is_some_and(|output| self.note_own_names(output)) {
            return;
        }
        visit(&operation.input, input, &mut |node, value| {
            if let (true, true, Value::String(arn)) = (node.is_required, node.resource.is_some(), value) {
                self.0.insert(digest(arn));
            }
        });
    }

    /// Whether there is any.
    fn note_own_names(&mut self, value: &Value) -> bool {
        let mut any = false;
        for (name, value) in value.as_object().into_iter().flatten() {
            match value {
                Value::String(arn) if name.eq_ignore_ascii_case("arn") => {
                    self.0.insert(digest(arn));
                    any = true;
                }
                value => any |= self.note_own_names(value),
            }
        }
        any
    }

    /// The exchange without what its response shows of such resources; `None` if it shows nothing of them.
    pub fn left_out(&self, exchange: &Exchange) -> Option<Exchange> {
        let response = exchange.response().filter(|_| !self.0.is_empty())?;
        let mut body = protocol::read(response).ok()?.value;
        if !self.leave_out(&mut body) {
            return None;
        }
        let response = Response { body: body.to_string().into(), ..response.clone() };
        Some(Exchange { reply: Reply::Response(response), ..exchange.clone() })
    }

    /// Whether anything was left out.
    fn leave_out(&self, value: &mut Value) -> bool {
        let mut any = false;
        match value {
            Value::Object(members) => members.retain(|_, member| {
                let keep = !self.is_about(member);
                any |= !keep || self.leave_out(member);
                keep
            }),
            Value::Array(elements) => elements.retain_mut(|element| {
                let keep = !self.is_about(element);
                any |= !keep || self.leave_out(element);
                keep
            }),
            _ => {}
        }
        any
    }

    /// Whether an object names such a resource.
    fn is_about(&self, value: &Value) -> bool {
        let members = value.as_object().into_iter().flatten();
        members.filter_map(|(_, value)| value.as_str()).any(|text| self.0.contains(&digest(text)))
    }
}
