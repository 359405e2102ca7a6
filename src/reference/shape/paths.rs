//! Walking the description of an input: what stands at a path, and which
//! constraints there are.

use super::super::pattern::Pattern;
use super::{Constraint, Member, Presence, Shape};

/// The shape of a member, list element, map key or map value by its path.
pub(crate) fn at(members: impl IntoIterator<Item = &'static Member>, path: &str) -> Option<&'static Shape> {
    let mut segments = path.split('.');
    let first = segments.next().unwrap_or_default();
    let member = members.into_iter().find(|member| member.name == first);
    let start = member.map(|member| member.shape);
    segments.fold(start, |shape, segment| step(shape?, segment))
}

fn step(shape: &'static Shape, segment: &str) -> Option<&'static Shape> {
    match (shape, segment) {
        (Shape::List { item, .. }, "member") => Some(item),
        (Shape::Map { key, .. }, "key") => Some(key),
        (Shape::Map { value, .. }, "value") => Some(value),
        (Shape::Structure(members), name) => {
            let member = members.iter().find(|member| member.name == name);
            member.map(|member| member.shape)
        }
        _ => None,
    }
}

/// Every constraint that an input can break, with its path.
pub(crate) fn constraints(members: impl IntoIterator<Item = &'static Member>) -> Vec<(String, Constraint)> {
    let mut found = Vec::new();
    for member in members {
        // Without its ARN a tag path is another path.
        if member.presence == Presence::Required && member.name != "resourceArn" {
            found.push((member.name.to_owned(), Constraint::Required));
        }
        collect(member.shape, member.name, &mut found);
    }
    found
}

fn collect(shape: &'static Shape, path: &str, found: &mut Vec<(String, Constraint)>) {
    let is_key = path.ends_with(".key");
    let from_uri = path.starts_with("resourceArn") || path.starts_with("tagKeys");
    let mut add = |breakable: bool, constraint| {
        if breakable {
            found.push((path.to_owned(), constraint));
        }
    };
    add(!is_key && !from_uri, Constraint::Type);
    match shape {
        Shape::Boolean | Shape::Timestamp => {}
        Shape::Integer { min, max } => {
            add(*min > i64::MIN, Constraint::RangeMin);
            add(*max < i64::from(i32::MAX), Constraint::RangeMax);
        }
        Shape::Text { min, max, pattern } => {
            // The pattern of an ARN is broken by the empty string as well.
            let implied = matches!(pattern, Some(Pattern::Arn(_) | Pattern::AnyArn));
            add(*min > 0 && !implied, Constraint::LengthMin);
            add(*max < usize::MAX, Constraint::LengthMax);
            add(pattern.is_some(), Constraint::Pattern);
        }
        Shape::Choice(_) => add(true, Constraint::Enum),
        Shape::List { min, max, item } => {
            add(*min > 0, Constraint::LengthMin);
            add(*max < usize::MAX, Constraint::LengthMax);
            collect(item, &format!("{path}.member"), found);
        }
        Shape::Map { max, key, value } => {
            add(*max < usize::MAX, Constraint::LengthMax);
            collect(key, &format!("{path}.key"), found);
            collect(value, &format!("{path}.value"), found);
        }
        Shape::Structure(members) => {
            for (member, constraint) in constraints(*members) {
                found.push((format!("{path}.{member}"), constraint));
            }
        }
    }
}
