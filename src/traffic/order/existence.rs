//! Whether a response treats a resource as there or as gone, as it is known to be.

use serde_json::Value;

use super::Heard;
use crate::judge::shadow::{Existence, Shadow, Views};
use crate::judge::{Answer, FindingKind, Violation};
use crate::plan::expectation::not_found_errors;
use crate::plan::operation_role::RoleKind;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{Contract, Node, NodeKind};

/// What a response says of whether the resource that its request is about exists.
pub(super) enum Said {
    /// Otherwise than it is known.
    Otherwise(Violation),
    /// That it is gone, as it should be: upholds this clause.
    IsGone(ClauseIndex),
}

/// The resource that a request is about, for operations on one that is there.
pub(super) fn subject<'h>(views: &Views, heard: &Heard<'h>) -> Option<&'h str> {
    let role = views.role(&heard.call.operation.name)?;
    let is_about_one = matches!(
        role.kind,
        RoleKind::Get | RoleKind::Tags | RoleKind::Update | RoleKind::Tag | RoleKind::Untag | RoleKind::Delete
    );
    heard.input.get(role.subject.as_deref().filter(|_| is_about_one)?)?.as_str()
}

/// What a response says of whether `subject` exists; none if it says nothing or if that is not known. To be asked before the
/// exchange is taken in.
pub(super) fn said(
    contract: &Contract,
    views: &Views,
    shadow: &Shadow,
    heard: &Heard<'_>,
    subject: &str,
) -> Option<Said> {
    let operation = heard.call.operation;
    let errors = not_found_errors(contract, operation);
    let answer = &heard.judgement.answer;
    let is_not_found = match answer {
        Answer::Error { code: Some(code), .. } => errors.iter().any(|error| error.code == *code),
        _ => false,
    };
    let about = |clause, kind, expected, observed| Violation {
        clause,
        operation: operation.name.clone(),
        detail: None,
        kind,
        expected,
        observed,
        tier: None,
    };
    match shadow.existence(subject)? {
        // What is not found may be another resource that the request names.
        Existence::Exists(_) if is_not_found && !all_exist(shadow, heard) => None,
        Existence::Exists(noun) if is_not_found => {
            let expected = format!("The response is success: the {noun} was created and not deleted.");
            let observed = format!("The target responded with {}.", answer.describe());
            Some(Said::Otherwise(about(operation.status_clause, FindingKind::RejectedValid, expected, observed)))
        }
        Existence::Gone(noun, law) if is_not_found => Some(Said::IsGone(views.rule(contract, law, noun)?)),
        Existence::Gone(noun, law) if *answer == Answer::Success => {
            let role = views.role(&operation.name)?;
            let error = errors.first().filter(|_| role.kind != RoleKind::Delete)?;
            let expected = format!("The response is {} ({}): the {noun} was deleted.", error.code, error.status);
            let observed = "The target accepted it.".to_owned();
            Some(Said::Otherwise(about(
                views.rule(contract, law, noun)?,
                FindingKind::AcceptedInvalid,
                expected,
                observed,
            )))
        }
        Existence::Exists(_) | Existence::Gone(..) => None,
    }
}

/// Whether every resource that a request names is known to exist.
fn all_exist(shadow: &Shadow, heard: &Heard<'_>) -> bool {
    let exists = |name: &str| matches!(shadow.existence(name), Some(Existence::Exists(_)));
    named(&heard.call.operation.input, heard.input).into_iter().all(exists)
}

/// The resources that a value names, at any depth.
fn named<'v>(node: &Node, value: &'v Value) -> Vec<&'v str> {
    let own = value.as_str().filter(|_| node.resource.is_some());
    let below: Vec<&str> = match (&node.kind, value) {
        (NodeKind::List { element }, Value::Array(items)) => {
            items.iter().flat_map(|item| named(element, item)).collect()
        }
        (NodeKind::Map { value: node, .. }, Value::Object(items)) => {
            items.values().flat_map(|item| named(node, item)).collect()
        }
        _ => {
            let given = node.members().iter().filter_map(|member| Some((member, value.get(&member.name)?)));
            given.flat_map(|(member, value)| named(member, value)).collect()
        }
    };
    own.into_iter().chain(below).collect()
}
