//! Suspicions in words.

use super::state::Tracked;
use super::{Basis, Suspicion, compare};
use crate::judge::law::Difference;
use crate::plan::operation_role::RoleKind;
use crate::spec::contract::{Node, Operation};

/// What one member of a resource shows that it should not.
pub(super) fn suspicion(
    operation: &Operation,
    part: RoleKind,
    (place, arn, tracked): (&Node, &str, &Tracked),
    law: impl Into<Basis>,
    difference: Difference,
    tags: Option<&str>,
) -> Suspicion {
    let Difference { member, known, shown } = difference;
    let noun = &tracked.resource;
    let path = compare::element_path(place);
    // Which keys a test gives is chance; the defect is the same.
    let place = match tags {
        Some("") => path,
        Some(tags) => format!("{path}.{tags}"),
        None => format!("{path}.{member}"),
    };
    Suspicion {
        arn: arn.to_owned(),
        resource: noun.clone(),
        part,
        operation: operation.name.clone(),
        law: law.into(),
        detail: Some(place),
        expected: format!("`{member}` of the {noun} is {known}."),
        observed: format!("`{member}` of the {noun} is {shown}."),
        member: Some(member),
        may_lag: false,
        calls: None,
    }
}

/// What a resource as a whole shows that it should not; it may still come right.
pub(super) fn whole(
    operation: &Operation,
    part: RoleKind,
    (arn, resource): (&str, &str),
    law: impl Into<Basis>,
    (expected, observed): (String, String),
) -> Suspicion {
    Suspicion {
        arn: arn.to_owned(),
        resource: resource.to_owned(),
        part,
        operation: operation.name.clone(),
        law: law.into(),
        member: None,
        detail: None,
        expected,
        observed,
        may_lag: true,
        calls: None,
    }
}
