//! Words that companion files use: closed sets of values.

use serde::{Deserialize, Serialize};

/// What a common error is an answer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorCause {
    /// Missing or wrong signatures.
    Authentication,
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

/// What a rate is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuotaScope {
    /// All calls of an account in a region.
    Account,
    /// Calls for one channel.
    Channel,
}

/// What a limit is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitScope {
    /// An account in a region.
    Account,
    /// One channel.
    Channel,
    /// One resource.
    Resource,
}

/// What a target, or a run against it, may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Channels can be made live.
    Broadcast,
    /// Signatures are checked.
    SignatureVerification,
    /// There are credentials without some permission.
    LimitedPermissions,
    /// There are credentials with a session token.
    TemporaryCredentials,
}

/// How valid values are made where a schema does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generator {
    /// A fresh ECDSA P-384 public key as PEM.
    #[serde(rename = "p384-public-key-pem")]
    P384PublicKeyPem,
    /// A token that a list returned.
    PageToken,
    /// The id of a stream session.
    StreamId,
    /// A value of an `Origin` header.
    Origin,
    /// An officially assigned country code.
    #[serde(rename = "iso-3166-alpha-2")]
    Iso3166Alpha2,
    /// Characters that tags may have.
    TagCharacters,
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
    /// Every request, or every answer, satisfies it.
    CannotBeViolated,
    /// A black-box test cannot bring the state about.
    CannotBeTriggered,
    /// The target does not have what the test needs.
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
