//! What a change leaves behind, and where in a response a resource names itself.

use serde_json::{Map, Value};

use crate::plan::sequence::LawKind;
use crate::spec::path;

/// What is known of a member after an update that does not give it: what both targets show then, where another member that
/// was given changes it, or else what was known before.
pub(super) fn updated(
    known: Option<(LawKind, Option<Value>)>,
    agreed: Option<Value>,
) -> Option<(LawKind, Option<Value>)> {
    match (known, agreed) {
        (Some((_, Some(value))), Some(agreed)) if value != agreed => Some((LawKind::UpdateKeeps, Some(agreed))),
        (None, Some(agreed)) => Some((LawKind::UpdateKeeps, Some(agreed))),
        (known, _) => known.map(kept),
    }
}

fn kept((law, value): (LawKind, Option<Value>)) -> (LawKind, Option<Value>) {
    match law {
        LawKind::CreatedIsRead | LawKind::UpdateChanges => (LawKind::UpdateKeeps, value),
        law => (law, value),
    }
}

pub(super) fn tagged(
    known: Option<(LawKind, Option<Value>)>,
    given: Option<&Value>,
    key: &str,
) -> Option<(LawKind, Option<Value>)> {
    let given = given?.as_object()?;
    if key.is_empty() {
        let mut whole = known.and_then(|(_, value)| value?.as_object().cloned()).unwrap_or_default();
        whole.extend(given.clone());
        return Some((LawKind::TagAdds, Some(Value::Object(whole))));
    }
    match given.get(key) {
        Some(value) => {
            Some((if known.is_some() { LawKind::TagOverwrites } else { LawKind::TagAdds }, Some(value.clone())))
        }
        None => known.map(|(_, value)| (LawKind::TagKeeps, value)),
    }
}

pub(super) fn untagged(
    known: Option<(LawKind, Option<Value>)>,
    keys: Option<&Value>,
    key: &str,
) -> Option<(LawKind, Option<Value>)> {
    let removed: Vec<&str> = keys?.as_array()?.iter().filter_map(Value::as_str).collect();
    if key.is_empty() {
        let mut whole: Map<String, Value> = known.and_then(|(_, value)| value?.as_object().cloned())?;
        whole.retain(|name, _| !removed.contains(&name.as_str()));
        return Some((LawKind::UntagRemoves, Some(Value::Object(whole))));
    }
    match removed.contains(&key) {
        true => Some((LawKind::UntagRemoves, Some(Value::Null))),
        false => known,
    }
}

/// The name that a resource has in its own object.
pub(super) fn own_name(item: &Value) -> Option<&str> {
    let members = item.as_object()?;
    let own = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("arn"));
    own.and_then(|(_, value)| value.as_str())
}

/// The innermost object on the way to a place that names itself, and the path below it.
pub(super) fn holder(body: &Value, place: &str) -> (Option<Value>, String) {
    let mut ends: Vec<usize> = place.match_indices('.').map(|(position, _)| position).collect();
    ends.reverse();
    for end in ends {
        let (above, below) = (place.get(..end).unwrap_or_default(), place.get(end + 1..).unwrap_or_default());
        if let Some(object) = path::find(body, above).filter(|object| own_name(object).is_some()) {
            return (Some(object.clone()), below.to_owned());
        }
    }
    (None, place.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_update_changes_by_the_way_is_known_from_both_targets() {
        let given = |value: &str| Some((LawKind::CreatedIsRead, Some(json!(value))));
        let kept = |value: &str| Some((LawKind::UpdateKeeps, Some(json!(value))));
        assert_eq!(updated(given("a"), Some(json!("b"))), kept("b"));
        assert_eq!(updated(given("a"), Some(json!("a"))), kept("a"));
        assert_eq!(updated(given("a"), None), kept("a"));
        assert_eq!(updated(None, Some(json!("b"))), kept("b"));
        let open = Some((LawKind::TagsOfCreate, None));
        assert_eq!(updated(open.clone(), Some(json!("b"))), open);
    }
}
