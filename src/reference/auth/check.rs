//! The decision whether a request is signed as it should be.

use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq as _;

use super::super::checks::Checks;
use super::super::config::{Auth, Condition};
use super::super::error::{ApiError, ErrorCode};
use super::super::service::Service;
use super::canonical;
use super::claim::{self, Claim};

/// How far a date stamp may be from now (Common Errors, RequestExpired).
const SKEW: SignedDuration = SignedDuration::from_mins(15);
const SERVICE: &str = "ivs";
const TERMINATOR: &str = "aws4_request";

/// What a signature must prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The request is signed at all.
    Signature,
    /// The access key is one that the server knows.
    KnownKey,
    /// The session token belongs to the key.
    Token,
    /// The date stamp is near the present.
    PresentDate,
    /// A presigned request has not expired.
    Lifetime,
    /// The credential scope fits the service and the date.
    Scope,
    /// The body is the one that was signed.
    Body,
    /// The signature is that of the request.
    Match,
}

/// The credentials that a server knows.
struct Known<'a> {
    key: &'a str,
    secret: &'a str,
    token: Option<&'a str>,
    condition: Option<Condition>,
}

/// Checks that a request is signed as it should be. The condition that the caller's calls meet.
pub(crate) fn check(
    service: &Service,
    parts: &Parts,
    body: &[u8],
    checks: &dyn Checks,
) -> Result<Option<Condition>, ApiError> {
    let Auth::SigV4 { access_key_id, secret_access_key, session_token } = &service.auth else {
        return Ok(None);
    };
    let main =
        Known { key: access_key_id, secret: secret_access_key, token: session_token.as_deref(), condition: None };
    let others = service.identities.iter().map(|identity| Known {
        key: &identity.access_key_id,
        secret: &identity.secret_access_key,
        token: identity.session_token.as_deref(),
        condition: identity.condition,
    });
    let known: Vec<Known<'_>> = std::iter::once(main).chain(others).collect();
    let check = Check { checks, parts, body };
    check.signed(&known, Timestamp::now())
}

fn refused(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidSignature, message)
}

fn unknown(message: &str) -> ApiError {
    ApiError::new(ErrorCode::UnrecognizedClient, message)
}

struct Check<'a> {
    checks: &'a dyn Checks,
    parts: &'a Parts,
    body: &'a [u8],
}

impl Check<'_> {
    fn require(&self, proof: Proof, is_given: bool, message: &str) -> Result<(), ApiError> {
        if is_given || !self.checks.demands(proof) { Ok(()) } else { Err(refused(message)) }
    }

    fn signed(&self, known: &[Known<'_>], now: Timestamp) -> Result<Option<Condition>, ApiError> {
        let Some(claim) = claim::read(self.parts)? else {
            if !self.checks.demands(Proof::Signature) {
                return Ok(None);
            }
            return Err(ApiError::new(ErrorCode::MissingAuthenticationToken, "Missing Authentication Token"));
        };
        let Some(known) = known.iter().find(|known| known.key == claim.key) else {
            if !self.checks.demands(Proof::KnownKey) {
                return Ok(None);
            }
            return Err(unknown("The access key is not known"));
        };
        if claim.token.as_deref() != known.token && self.checks.demands(Proof::Token) {
            return Err(unknown("The security token is not valid"));
        }
        self.timely(&claim, now)?;
        self.in_scope(&claim)?;
        self.covers_headers(&claim)?;
        self.matches(&claim, known.secret)?;
        Ok(known.condition)
    }

    fn timely(&self, claim: &Claim, now: Timestamp) -> Result<(), ApiError> {
        let age = now.duration_since(claim.time);
        self.require(Proof::PresentDate, age >= -SKEW, "Signature not yet current")?;
        match claim.lifetime {
            Some(lifetime) => self.require(Proof::Lifetime, age <= lifetime, "Signature expired"),
            None => self.require(Proof::PresentDate, age <= SKEW, "Signature expired"),
        }
    }

    fn in_scope(&self, claim: &Claim) -> Result<(), ApiError> {
        let scope = &claim.scope;
        let fits = scope.service == SERVICE && scope.terminator == TERMINATOR && claim.stamp.starts_with(&scope.date);
        self.require(Proof::Scope, fits, "The credential scope does not fit the request")
    }

    fn covers_headers(&self, claim: &Claim) -> Result<(), ApiError> {
        let signed = |name: &str| claim.signed_headers.iter().any(|signed| signed == name);
        let must = |name: &str| name.starts_with("x-amz-") && name != "x-amz-security-token";
        let covered =
            signed("host") && self.parts.headers.keys().all(|name| !must(name.as_str()) || signed(name.as_str()));
        if covered { Ok(()) } else { Err(refused("A header that must be signed is not")) }
    }

    fn matches(&self, claim: &Claim, secret: &str) -> Result<(), ApiError> {
        let hash = canonical::hash(self.body);
        let header = self.parts.headers.get("x-amz-content-sha256");
        let claimed = header.and_then(|value| value.to_str().ok());
        let hash = match claimed {
            Some(claimed) if claimed != hash => {
                self.require(Proof::Body, false, "The body is not the one that was signed")?;
                claimed.to_owned()
            }
            _ => hash,
        };
        let expected = canonical::request(self.parts, claim, &hash)
            .and_then(|request| canonical::signature(secret, claim, &request));
        let equal = expected.is_some_and(|expected| bool::from(expected.as_bytes().ct_eq(claim.signature.as_bytes())));
        self.require(Proof::Match, equal, "The signature does not match the request")
    }
}
