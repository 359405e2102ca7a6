//! Which constraints a request can break, and which it can just keep.

use crate::spec::clause::Constraint;
use crate::spec::contract::{Location, Node, NodeKind, Operation};

/// Whether some request can break the constraint at the node without becoming another request.
pub fn can_be_broken(operation: &Operation, node: &Node, constraint: Constraint) -> bool {
    let least = node.constraints.length.and_then(|length| length.min).unwrap_or(0);
    match constraint {
        Constraint::Type => can_have_wrong_type(operation, node),
        Constraint::LengthMin => least > 0,
        _ => true,
    }
}

/// In a path, query or header everything is text; keys of JSON objects are strings.
fn can_have_wrong_type(operation: &Operation, node: &Node) -> bool {
    let top = node.path.split('.').next().unwrap_or(&node.path);
    let location = operation.input.member(top).map_or(&Location::Body, |member| &member.location);
    match location {
        Location::Body | Location::Payload => !matches!(node.kind, NodeKind::Document),
        _ => matches!(
            node.kind,
            NodeKind::Integer { .. }
                | NodeKind::IntEnum(_)
                | NodeKind::Float
                | NodeKind::Boolean
                | NodeKind::Timestamp(_)
        ),
    }
}

/// Whether there are values at the constraint's edge that ordinary values do not show.
pub fn can_be_just_kept(node: &Node, constraint: Constraint) -> bool {
    match constraint {
        Constraint::Required | Constraint::UniqueItems => false,
        Constraint::LengthMin => {
            let least = node.constraints.length.and_then(|length| length.min).unwrap_or(0);
            let shortest = node.constraints.pattern.as_ref().map_or(0, |pattern| pattern.min_length());
            has_size(node) && shortest <= least && node.location != Location::Label
        }
        Constraint::LengthMax => has_size(node),
        _ => !matches!(node.kind, NodeKind::Recursive),
    }
}

fn has_size(node: &Node) -> bool {
    matches!(node.kind, NodeKind::String | NodeKind::List { .. } | NodeKind::Map { .. })
}
