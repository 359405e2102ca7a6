//! One call of an operation: its checked input and what surrounds it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::checks::Checks;
use super::error::{ApiError, ErrorCode};
use super::input::Fields;
use super::inputs;
use super::operation::Operation;
use super::page::Order;
use super::rules::Rule;
use super::service::Service;
use super::variant::Variant;

/// A JSON document, or nothing for an empty response.
pub(crate) type Outcome = Result<Vec<u8>, ApiError>;

/// A call whose input was found acceptable.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) service: &'a Service,
    pub(crate) operation: Operation,
    pub(crate) region: &'a str,
    pub(crate) members: Map<String, Value>,
    pub(crate) checks: &'a dyn Checks,
}

impl Call<'_> {
    /// The input's members.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::new(&self.members)
    }

    /// Whether the API has a member of that name in the input; members that it does not have are passed over.
    pub(crate) fn knows(&self, name: &str) -> bool {
        inputs::members(self.operation, self.service.api).any(|member| member.name == name)
    }

    /// Whether a rule that the reference states in prose holds.
    pub(crate) fn enforces(&self, rule: Rule) -> bool {
        self.checks.enforces(rule)
    }

    /// Fails unless such a rule is kept, or does not hold.
    pub(crate) fn require(&self, rule: Rule, kept: bool, error: impl FnOnce() -> ApiError) -> Result<(), ApiError> {
        if kept || !self.enforces(rule) { Ok(()) } else { Err(error()) }
    }

    /// Whether the server differs in a conforming way.
    pub(crate) fn varies(&self, variant: Variant) -> bool {
        self.service.varies(variant)
    }

    /// The order of a list, which a variant turns round.
    pub(crate) fn order(&self, order: Order) -> Order {
        match (self.varies(Variant::ReverseOrder), order) {
            (false, order) => order,
            (true, Order::OldestFirst) => Order::NewestFirst,
            // Sessions stay newest first (rule 113 speaks of the most recent).
            (true, Order::NewestFirst) => Order::NewestFirst,
        }
    }

    /// The ARN of a new resource with that id.
    pub(crate) fn arn(&self, kind: &str, id: &str) -> String {
        self.service.ids.arn(self.region, &self.service.account, kind, id)
    }
}

/// Writes a document.
pub(crate) fn json<T: Serialize>(document: &T) -> Outcome {
    serde_json::to_vec(document).map_err(|error| ApiError::new(ErrorCode::InternalServer, error.to_string()))
}

/// The empty response.
pub(crate) fn nothing() -> Outcome {
    Ok(Vec::new())
}
