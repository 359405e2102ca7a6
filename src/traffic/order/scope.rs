//! Whose resources an exchange can see: those of one caller in one region.

use serde_json::Value;

use crate::recording::Recorded;
use crate::spec::Arn;
use crate::traffic::routes;

/// The caller and the region of an exchange, as far as the recording says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    region: Option<String>,
    /// Access key id; `None` if the recording does not have it.
    caller: Option<String>,
}

impl Scope {
    pub fn of(recorded: &Recorded) -> Scope {
        let authorization = recorded.request.headers.iter().find(|(name, _)| name == "authorization");
        let caller = authorization.and_then(|(_, value)| {
            let (_, credential) = value.split_once("Credential=")?;
            credential.split('/').next().map(str::to_owned)
        });
        Scope { region: recorded.region.clone().or_else(|| routes::region(recorded)), caller }
    }

    /// Whether a request of this scope sees a resource that a request of another one made.
    pub fn sees(&self, arn: &str, maker: &Scope) -> bool {
        let region = Arn::parse(arn).map(|arn| arn.region);
        self == maker && self.region.is_some() && self.region.as_deref() == region
    }
}

/// Whether a body shows a resource of the account and region of an ARN: then it could show this one.
pub(super) fn shows_neighbours(body: &Value, arn: &str) -> bool {
    let Some(own) = Arn::parse(arn) else { return false };
    let is_neighbour = |text: &str| {
        let other = Arn::parse(text);
        other
            .is_some_and(|other| (other.service, other.region, other.account) == (own.service, own.region, own.account))
    };
    match body {
        Value::String(text) => is_neighbour(text),
        Value::Array(elements) => elements.iter().any(|element| shows_neighbours(element, arn)),
        Value::Object(members) => members.values().any(|member| shows_neighbours(member, arn)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
