//! The decision whether a request is signed as it should be.

use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq as _;

use super::super::config::{Auth, Condition};
use super::super::error::{ApiError, ErrorCode};
use super::super::fault::{AuthFault, Behavior};
use super::super::service::Service;
use super::canonical;
use super::claim::{self, Carrier, Claim};

/// How far a date stamp may be from now (Common Errors, RequestExpired).
const SKEW: SignedDuration = SignedDuration::from_mins(15);
const SERVICE: &str = "ivs";
const TERMINATOR: &str = "aws4_request";

/// The credentials that a server knows.
struct Known<'a> {
    key: &'a str,
    secret: &'a str,
    token: Option<&'a str>,
    condition: Option<Condition>,
}

/// Checks that a request is signed as it should be. The condition that the caller's calls meet.
pub(crate) fn check(service: &Service, parts: &Parts, body: &[u8]) -> Result<Option<Condition>, ApiError> {
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
    let check = Check { service, parts, body };
    check.signed(&known, Timestamp::now())
}

fn refused(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidSignature, message)
}

fn unknown(message: &str) -> ApiError {
    ApiError::new(ErrorCode::UnrecognizedClient, message)
}

struct Check<'a> {
    service: &'a Service,
    parts: &'a Parts,
    body: &'a [u8],
}

impl Check<'_> {
    fn has(&self, fault: AuthFault) -> bool {
        let faults = &self.service.faults;
        !faults.is_empty() && faults.has_anywhere(Behavior::Auth(fault))
    }

    fn require(&self, kept: bool, waived_by: AuthFault, message: &str) -> Result<(), ApiError> {
        if kept || self.has(waived_by) { Ok(()) } else { Err(refused(message)) }
    }

    fn signed(&self, known: &[Known<'_>], now: Timestamp) -> Result<Option<Condition>, ApiError> {
        let Some(claim) = claim::read(self.parts)? else {
            if self.has(AuthFault::AcceptUnsigned) {
                return Ok(None);
            }
            return Err(ApiError::new(ErrorCode::MissingAuthenticationToken, "Missing Authentication Token"));
        };
        if claim.carrier == Carrier::Query && self.has(AuthFault::RefusePresigned) {
            return Err(refused("The query cannot carry a signature"));
        }
        let Some(known) = known.iter().find(|known| known.key == claim.key) else {
            if self.has(AuthFault::AcceptAnyKey) {
                return Ok(None);
            }
            return Err(unknown("The access key is not known"));
        };
        if claim.token.as_deref() != known.token && !self.has(AuthFault::IgnoreToken) {
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
        self.require(age >= -SKEW, AuthFault::IgnoreSkew, "Signature not yet current")?;
        match claim.lifetime {
            Some(lifetime) => self.require(age <= lifetime, AuthFault::IgnoreExpiry, "Signature expired"),
            None => self.require(age <= SKEW, AuthFault::IgnoreSkew, "Signature expired"),
        }
    }

    fn in_scope(&self, claim: &Claim) -> Result<(), ApiError> {
        let scope = &claim.scope;
        let fits = scope.service == SERVICE && scope.terminator == TERMINATOR && claim.stamp.starts_with(&scope.date);
        self.require(fits, AuthFault::IgnoreScope, "The credential scope does not fit the request")
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
        let ignores_body = self.has(AuthFault::IgnoreBody) && !self.body.is_empty();
        let hash = match claimed {
            Some(claimed) if ignores_body => claimed.to_owned(),
            Some(claimed) if claimed != hash => {
                return Err(refused("The body is not the one that was signed"));
            }
            _ => hash,
        };
        let expected = canonical::request(self.parts, claim, &hash)
            .and_then(|request| canonical::signature(secret, claim, &request));
        let equal = expected.is_some_and(|expected| bool::from(expected.as_bytes().ct_eq(claim.signature.as_bytes())));
        if equal || (ignores_body && claimed.is_none()) {
            return Ok(());
        }
        self.require(false, AuthFault::AcceptAnySignature, "The signature does not match the request")
    }
}
