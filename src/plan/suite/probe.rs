//! HTTP requests that no input alone describes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::assert::Upholds;
use crate::plan::accepted::Accepted;

/// An HTTP request that no input alone describes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The clause it decides, e.g. `protocol.malformed-json`.
    pub clause: String,
    /// Name of this probe within the clause.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Operations to try it on; all whose requests it fits if empty.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Replaces the method.
    #[serde(default)]
    pub method: Option<String>,
    /// Replaces the path; `${path}` is the right one, `${path-lower-hex}` has lower-case digits in its percent escapes,
    /// `${path-capital}` begins with a capital letter.
    #[serde(default)]
    pub path: Option<String>,
    /// Replaces the body; `${body}` is the right one, `${input.MEMBER}` a member of the right input as JSON,
    /// `${times:N:TEXT}` a text N times over.
    #[serde(default)]
    pub body: Option<String>,
    /// Headers to set; an empty value removes one.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Changes how the request is signed.
    #[serde(default)]
    pub signature: Option<SignatureChange>,
    /// Responses that are right.
    pub accepts: Vec<Accepted>,
    /// Whether a right response upholds the clause. One that allows success and any refusal alike only looks for server
    /// errors: it upholds nothing.
    #[serde(default)]
    pub upholds: Upholds,
    /// Another wrong body: if the target accepts that too where it must not, it lacks another check than this probe is
    /// about, and that it accepts the probe shows nothing.
    #[serde(default)]
    pub unless_accepted: Option<String>,
    /// Whether what it shows of a documented clause is only inferred.
    #[serde(default)]
    pub inferred: bool,
}

/// A change of how a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureChange {
    /// Signed in the query instead of a header.
    InQuery,
    /// Signed in the query hours ago, for some minutes.
    ExpiredInQuery,
    /// Signed in the query ten minutes ago, for one minute: the date itself is within the allowance for clocks.
    OutlivedInQuery,
    /// Not signed at all.
    Unsigned,
    /// Signed with another secret.
    WrongSecret,
    /// Signed with a key that nobody has.
    UnknownKey,
    /// Signed an hour ago.
    Expired,
    /// Signed an hour ahead.
    Future,
    /// Signed for another service.
    WrongService,
    /// Signed with temporary credentials, but without their session token.
    MissingToken,
    /// The body is changed after signing.
    TamperedBody,
    /// One digit of the signature is changed.
    TamperedSignature,
    /// Signed as always, but named after another algorithm.
    OtherAlgorithm,
    /// Dated by a `Date` header in ISO 8601 basic form instead of `X-Amz-Date`.
    IsoDate,
}
