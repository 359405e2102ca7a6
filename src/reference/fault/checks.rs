//! Checks that let pass what faults name.

use std::cell::{Cell, RefCell};

use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::super::auth::Proof;
use super::super::checks::Checks;
use super::super::operation::Operation;
use super::super::rules::Rule;
use super::super::shape::Violation;
use super::{AuthFault, Behavior, Faults};

/// Most characters of metadata, where characters are counted instead of bytes.
const MOST_CHARACTERS: usize = 1024;

/// Rules that a value breaks as well if it breaks a constraint at one of these paths; where the constraint was let pass,
/// the rule does not refuse the value in its place.
const IMPLIED: [(Rule, &[&str]); 11] = [
    (Rule::PresetType, &["preset", "type"]),
    (Rule::RecordingExists, &["recordingConfigurationArn"]),
    (Rule::PolicyExists, &["playbackRestrictionPolicyArn"]),
    (Rule::AdConfigurationExists, &["adConfigurationArn"]),
    (Rule::FailoverSlateExists, &["failoverSlateConfigurationArn"]),
    (Rule::CountryAssigned, &["allowedCountries", "allowedCountries.member"]),
    (Rule::OriginWellFormed, &["allowedOrigins", "allowedOrigins.member"]),
    (Rule::OneDestination, &["destinationConfiguration", "destinationConfiguration.s3"]),
    (Rule::KeyMaterial, &["publicKeyMaterial"]),
    (Rule::TokenKnown, &["nextToken"]),
    (Rule::TagCharacters, &["tagKeys.member"]),
];

/// The checks of one request.
#[derive(Debug)]
pub(super) struct FaultyChecks<'a> {
    faults: &'a Faults,
    operation: Operation,
    /// Whether the request has a body, and whether it says a hash of it.
    has_body: bool,
    has_hash: bool,
    /// Whether metadata is too long in bytes only.
    is_short_in_characters: Cell<bool>,
    /// Paths at which a broken constraint was let pass.
    waived: RefCell<Vec<String>>,
}

impl<'a> FaultyChecks<'a> {
    pub(super) fn new(faults: &'a Faults, operation: Operation, parts: &Parts, body: &[u8]) -> Self {
        Self {
            faults,
            operation,
            has_body: !body.is_empty(),
            has_hash: parts.headers.contains_key("x-amz-content-sha256"),
            is_short_in_characters: Cell::new(false),
            waived: RefCell::default(),
        }
    }

    /// Learns the input that the operation will see.
    pub(super) fn learn(&self, members: &Map<String, Value>) {
        let metadata = members.get("metadata").and_then(Value::as_str).unwrap_or_default();
        self.is_short_in_characters.set(metadata.chars().count() <= MOST_CHARACTERS);
    }

    /// Whether a broken constraint was let pass at a path.
    pub(super) fn let_pass(&self, path: &str) -> bool {
        self.waived.borrow().iter().any(|waived| waived == path)
    }

    fn has(&self, quirk: Behavior) -> bool {
        self.faults.has(self.operation, quirk)
    }

    fn has_auth(&self, fault: AuthFault) -> bool {
        self.faults.has_anywhere(Behavior::Auth(fault))
    }
}

impl Checks for FaultyChecks<'_> {
    fn enforces(&self, rule: Rule) -> bool {
        let is_implied =
            |(implied, paths): &(Rule, &[&str])| *implied == rule && paths.iter().any(|path| self.let_pass(path));
        let is_waived = match rule {
            Rule::TagLimit => self.let_pass("tags"),
            Rule::MetadataSize => self.is_short_in_characters.get() && self.has(Behavior::MetadataCharacters),
            Rule::PresetType => self.has(Behavior::PresetOnAnyType),
            _ => false,
        };
        !(is_waived || IMPLIED.iter().any(is_implied) || self.faults.waives_rule(rule))
    }

    fn refuses(&self, operation: Operation, violation: &Violation) -> bool {
        let is_waived = self.faults.waives(operation, violation);
        if is_waived {
            self.waived.borrow_mut().push(violation.path.clone());
        }
        !is_waived
    }

    fn demands(&self, proof: Proof) -> bool {
        let ignored = match proof {
            Proof::Signature => AuthFault::AcceptUnsigned,
            Proof::KnownKey => AuthFault::AcceptAnyKey,
            Proof::Token => AuthFault::IgnoreToken,
            Proof::PresentDate => AuthFault::IgnoreSkew,
            Proof::Lifetime => AuthFault::IgnoreExpiry,
            Proof::Scope => AuthFault::IgnoreScope,
            Proof::Body => return !(self.has_body && self.has_auth(AuthFault::IgnoreBody)),
            Proof::Match if self.has_body && !self.has_hash && self.has_auth(AuthFault::IgnoreBody) => return false,
            Proof::Match => AuthFault::AcceptAnySignature,
        };
        !self.has_auth(ignored)
    }
}

/// Insists on nothing that is written in prose.
#[derive(Debug)]
pub(super) struct Lenient;

impl Checks for Lenient {
    fn enforces(&self, _rule: Rule) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::auth::check;
    use super::super::super::auth::tests::{BODY, Signing, URL, service};
    use super::*;

    #[test]
    fn faults_let_pass_what_they_name() {
        let passes = |fault: &str, signing: &Signing, body: &[u8]| {
            let parts = signing.sign("POST", URL, BODY);
            let faults = Faults::new(vec![fault.parse().unwrap()]);
            check(&service(None), &parts, body, &FaultyChecks::new(&faults, Operation::CreateChannel, &parts, body))
                .is_ok()
        };
        let body = BODY.as_bytes();
        let other_key = Signing { key: "OTHER", ..Signing::default() };
        assert!(passes("auth:accept-any-key", &other_key, body));
        assert!(passes("auth:ignore-skew", &Signing::default().ago(9000), body));
        assert!(passes("auth:ignore-expiry", &Signing::presigned(60).ago(9000), body));
        assert!(passes("auth:ignore-body", &Signing::default(), b"{}"));
        assert!(passes("auth:accept-any-signature", &Signing::default(), b"{}"));
        assert!(!passes("auth:ignore-skew", &Signing::default(), b"{}"));
    }
}
