//! Words that rules use: closed sets of values.

use serde::{Deserialize, Serialize};

/// What a common error is a response to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorCause {
    /// Callers that are not known, or that do not sign.
    Authentication,
    /// Signatures that do not match their requests, or are incomplete.
    Signature,
    /// Missing permissions.
    Authorization,
    /// State of the account.
    Account,
    /// Too many requests.
    Throttling,
    /// Faults of the service.
    Server,
    /// Wrong input.
    Input,
    /// Unknown operations.
    Routing,
    /// Wrong HTTP.
    Protocol,
}

impl ErrorCause {
    /// Whether such an error refuses the caller, and not the request.
    pub fn refuses_access(self) -> bool {
        matches!(self, Self::Authentication | Self::Signature | Self::Authorization | Self::Account)
    }
}

/// What a rate or a limit is counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum Scope {
    /// An account in a region: `account`.
    #[default]
    Account,
    /// One resource: the input member of the operation that names it.
    Member(String),
}

impl From<String> for Scope {
    fn from(text: String) -> Self {
        if text == ACCOUNT { Scope::Account } else { Scope::Member(text) }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Account => ACCOUNT.to_owned(),
            Scope::Member(member) => member,
        }
    }
}

/// The scope that is not a member.
const ACCOUNT: &str = "account";

/// How valid values are made where a schema does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generator {
    /// A fresh ECDSA public key of that curve as PEM.
    EcdsaPublicKey(Curve),
    /// Only the target can give such values: a token or an id that it made.
    Target,
}

/// An elliptic curve of public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Curve {
    /// NIST P-384 (secp384r1).
    #[serde(rename = "P-384")]
    P384,
}

/// Whether an output member may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AbsentOutput {
    /// It must be there.
    Violates,
    /// It may be missing.
    Tolerated,
}

/// What it takes to cause an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// Input that breaks a constraint.
    InvalidInput,
    /// A resource that does not exist.
    AbsentResource,
    /// A resource in a certain state.
    State,
    /// Many requests in a short time.
    Rate,
}

/// Why a clause cannot be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// Every request, or every response, satisfies it.
    CannotBeViolated,
    /// A black-box test cannot bring the state about.
    CannotBeTriggered,
    /// The target or the run does not have what the test needs.
    TargetLacks,
}

/// What became of a numbered statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RulePlace {
    /// A rule clause.
    Rule,
    /// An erratum.
    Erratum,
    /// An ambiguity: every reading is accepted.
    Ambiguity,
    /// Not decidable from outside.
    Untestable,
    /// A protocol clause.
    Protocol,
    /// An auth clause.
    Auth,
    /// Part of the model.
    Model,
}
