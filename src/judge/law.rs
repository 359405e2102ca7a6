//! Compares what is shown of a resource with what is known of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::echo::{is_nothing, same};
use crate::plan::sequence::LawKind;
use crate::spec::contract::Node;

/// A member that is shown otherwise than it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The member.
    pub member: String,
    /// What is known of it, for a sentence.
    pub known: String,
    /// What is shown, for a sentence.
    pub shown: String,
}

/// The members of a resource that `shown` shows otherwise than `known` knows them. Only members that `node`, the shape
/// of what is shown, has and that are known are compared; nothing, null and empty are alike.
pub fn differences(node: &Node, known: &Map<String, Value>, shown: &Value) -> Vec<Difference> {
    let compare = |member: &Node| {
        let known = known.get(&member.name)?;
        let shown = shown.get(&member.name).unwrap_or(&Value::Null);
        (!alike(member, known, shown)).then(|| Difference {
            member: member.name.clone(),
            known: sentence(member, known),
            shown: sentence(member, shown),
        })
    };
    node.members().iter().filter_map(compare).collect()
}

/// Equal as far as both shapes speak of it: a structure is compared by the members that the shape has.
fn alike(node: &Node, known: &Value, shown: &Value) -> bool {
    if is_nothing(known) && is_nothing(shown) {
        return true;
    }
    match (node.members(), known, shown) {
        ([_, ..], Value::Object(known), Value::Object(shown)) => node.members().iter().all(|member| {
            let of = |object: &Map<String, Value>| object.get(&member.name).cloned().unwrap_or(Value::Null);
            alike(member, &of(known), &of(shown))
        }),
        _ => same(known, shown),
    }
}

fn sentence(node: &Node, value: &Value) -> String {
    match value {
        Value::Null => "absent".to_owned(),
        _ if node.holds_secret => "another value".to_owned(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(80) {
                Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
                None => text,
            }
        }
    }
}

/// What was done to a resource last, as far as laws tell one deed from another.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// It was made.
    Created,
    /// It was updated with these members.
    Updated(BTreeSet<String>),
    /// It was tagged: keys that were there before, and keys that were not.
    Tagged {
        /// Keys whose values were replaced.
        replaced: BTreeSet<String>,
        /// Keys that came anew.
        added: BTreeSet<String>,
    },
    /// Keys were removed.
    Untagged,
    /// It was deleted, or a deletion was refused.
    Deleted,
    /// It was only looked at.
    Seen,
}

/// The law that a difference in a member breaks. `is_subject`: whether the deed was done to this very resource.
pub fn of_member(deed: &Deed, is_subject: bool, member: &str) -> LawKind {
    match (deed, is_subject) {
        (Deed::Updated(given), true) if !given.contains(member) => LawKind::UpdateKeeps,
        (Deed::Updated(_), _) => LawKind::UpdateChanges,
        _ => LawKind::CreatedIsRead,
    }
}

/// The law that a difference in the value of a tag breaks.
pub fn of_tag(deed: &Deed, is_subject: bool, key: &str) -> LawKind {
    match (deed, is_subject) {
        (Deed::Tagged { replaced, .. }, true) if replaced.contains(key) => LawKind::TagOverwrites,
        (Deed::Tagged { added, .. }, true) if added.contains(key) => LawKind::TagAdds,
        (Deed::Tagged { .. }, _) => LawKind::TagKeeps,
        (Deed::Untagged, _) => LawKind::UntagRemoves,
        (Deed::Updated(_), _) => LawKind::UpdateKeepsTags,
        (Deed::Created | Deed::Deleted | Deed::Seen, _) => LawKind::TagsOfCreate,
    }
}

/// The laws that a resource which is as it should be shows upheld after a deed was done to it.
pub fn shown_by(deed: &Deed) -> Vec<LawKind> {
    match deed {
        Deed::Created => vec![LawKind::CreatedIsRead, LawKind::TagsOfCreate],
        Deed::Updated(_) => vec![LawKind::UpdateChanges, LawKind::UpdateKeeps, LawKind::UpdateKeepsTags],
        Deed::Tagged { replaced, added } => {
            let mut laws = vec![LawKind::TagKeeps];
            laws.extend((!replaced.is_empty()).then_some(LawKind::TagOverwrites));
            laws.extend((!added.is_empty()).then_some(LawKind::TagAdds));
            laws
        }
        Deed::Untagged => vec![LawKind::UntagRemoves],
        Deed::Deleted | Deed::Seen => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn members(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn only_what_both_speak_of_is_compared() {
        let contract = crate::spec::builtin().unwrap();
        let node = contract.operation("GetChannel").unwrap().output.find("channel").unwrap();
        let known = members(json!({"name": "a", "type": "BASIC", "tags": {}, "unheard": 1}));
        let shown = json!({"name": "a", "type": "BASIC", "latencyMode": "LOW", "unheard": 2});
        assert_eq!(differences(node, &known, &shown), []);
        let found = differences(node, &known, &json!({"name": "b", "tags": {"k": "v"}}));
        let names: Vec<&str> = found.iter().map(|difference| difference.member.as_str()).collect();
        assert_eq!(names, ["name", "tags", "type"]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let contract = crate::spec::builtin().unwrap();
        let node = contract.operation("GetStreamKey").unwrap().output.find("streamKey").unwrap();
        let known = members(json!({"value": "sk_us-east-1_secret"}));
        let found = differences(node, &known, &json!({"value": "sk_us-east-1_other"}));
        assert_eq!((found[0].known.as_str(), found[0].shown.as_str()), ("another value", "another value"));
    }

    #[test]
    fn the_last_deed_says_which_law_is_broken() {
        let given: BTreeSet<String> = ["name".to_owned()].into();
        assert_eq!(of_member(&Deed::Updated(given.clone()), true, "name"), LawKind::UpdateChanges);
        assert_eq!(of_member(&Deed::Updated(given.clone()), true, "type"), LawKind::UpdateKeeps);
        assert_eq!(of_member(&Deed::Created, true, "type"), LawKind::CreatedIsRead);
        assert_eq!(of_tag(&Deed::Updated(given), true, "k"), LawKind::UpdateKeepsTags);
        assert_eq!(of_tag(&Deed::Untagged, true, "k"), LawKind::UntagRemoves);
    }
}
