//! Compares a resource as an output shows it with what is known of it.

use serde_json::{Map, Value};

use super::state::{Former, Tracked};
use super::views::{Object, Views};
use crate::judge::law::{self, Difference};
use crate::spec::contract::Node;

/// Members that an object shows otherwise than they are known, but for tags, for what changes by itself and for what the
/// response itself makes doubtful.
pub(super) fn members(views: &Views, tracked: &Tracked, object: &Object<'_>) -> Vec<Difference> {
    let tags = views.tags_member(object.node);
    let shown = Value::Object(object.members.clone());
    let is_settled = |difference: &Difference| {
        Some(difference.member.as_str()) != tags && !views.is_unsettled(&tracked.resource, &difference.member)
    };
    law::differences(object.node, &tracked.members, &shown).into_iter().filter(is_settled).collect()
}

/// Tags that an object shows otherwise than they are known, where it has a place for them.
pub(super) fn tags(views: &Views, tracked: &Tracked, object: &Object<'_>) -> Vec<Difference> {
    let (Some(member), Some(known)) = (views.tags_member(object.node), &tracked.tags) else { return Vec::new() };
    law::tag_differences(known, &shown_tags(object, member))
}

/// The tags that an object shows in a member.
pub(super) fn shown_tags(object: &Object<'_>, member: &str) -> Map<String, Value> {
    object.members.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Whether a member of a resource, as an object shows it, was so before.
pub(super) fn was_so(tracked: &Tracked, object: &Object<'_>, member: &str) -> bool {
    let shown = Value::Object(object.members.clone());
    let is_like = |former: &Former| {
        let differences = law::differences(object.node, &former.members, &shown);
        former.members.contains_key(member) && !differences.iter().any(|difference| difference.member == member)
    };
    tracked.former.iter().any(is_like)
}

/// Whether a tag, as it is shown, was so before.
pub(super) fn tag_was_so(tracked: &Tracked, shown: &Map<String, Value>, key: &str) -> bool {
    let is_like = |tags: &Map<String, Value>| !law::tag_differences(tags, shown).iter().any(|one| one.member == key);
    tracked.former.iter().filter_map(|former| former.tags.as_ref()).any(is_like)
}

/// The path of what a place holds: the elements of a list, or the place itself.
pub(super) fn element_path(place: &Node) -> String {
    crate::plan::operation_role::element(place).map_or_else(|| place.path.clone(), |element| element.path.clone())
}

/// The members of an object that say what is, tags taken out.
pub(super) fn split(views: &Views, object: &Object<'_>) -> (Map<String, Value>, Option<Map<String, Value>>) {
    let mut members = object.members.clone();
    members.retain(|name, _| object.node.member(name).is_some());
    let tags = views.tags_member(object.node).map(|name| members.remove(name));
    let tags = tags.map(|tags| tags.and_then(|tags| tags.as_object().cloned()).unwrap_or_default());
    (members, tags)
}
