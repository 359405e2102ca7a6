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

/// Tags that are shown otherwise than they are known.
pub fn tag_differences(known: &Map<String, Value>, shown: &Map<String, Value>) -> Vec<Difference> {
    let keys: BTreeSet<&String> = known.keys().chain(shown.keys()).collect();
    let differs = |key: &&String| {
        let (known, shown) = (known.get(*key), shown.get(*key));
        let is_there = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
        is_there(known) != is_there(shown) || !same(known.unwrap_or(&Value::Null), shown.unwrap_or(&Value::Null))
    };
    let text = |value: Option<&Value>| match value {
        Some(value) if !(value.is_null() || is_nothing(value) && !value.is_string()) => value.to_string(),
        _ => "absent".to_owned(),
    };
    let difference =
        |key: &String| Difference { member: key.clone(), known: text(known.get(key)), shown: text(shown.get(key)) };
    keys.into_iter().filter(differs).map(difference).collect()
}

/// What was done to a resource last, as far as laws tell one effect from another.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// It was made.
    Created,
    /// It was updated.
    Updated {
        /// The members that the update was given, and those that follow them.
        given: BTreeSet<String>,
        /// Those of them that have another value since then.
        changed: BTreeSet<String>,
    },
    /// It was tagged: keys that were there before, and keys that were not.
    Tagged {
        /// Keys whose values were given again.
        replaced: BTreeSet<String>,
        /// Those of them that have another value since then.
        changed: BTreeSet<String>,
        /// Keys that came anew.
        added: BTreeSet<String>,
    },
    /// Keys were removed.
    Untagged {
        /// Those of them that were there before.
        removed: BTreeSet<String>,
    },
    /// It was deleted, or a deletion was refused.
    Deleted,
    /// It was only looked at.
    Seen,
}

/// What a view of a resource, in which nothing differs from what is known, shows of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Members that are known and not empty.
    pub members: BTreeSet<String>,
    /// Keys of tags that are known; none if the view has no place for tags.
    pub tags: Option<BTreeSet<String>>,
}

impl View {
    /// What a view whose shape is `node` shows of the members that are known.
    pub fn of(node: &Node, known: &Map<String, Value>) -> View {
        let is_known = |member: &&Node| known.get(&member.name).is_some_and(|value| !is_nothing(value));
        let members = node.members().iter().filter(is_known).map(|member| member.name.clone()).collect();
        View { members, tags: None }
    }
}

/// The law that a difference in a member breaks. `is_subject`: whether the effect was done to this very resource.
pub fn of_member(effect: &Effect, is_subject: bool, member: &str) -> LawKind {
    match (effect, is_subject) {
        (Effect::Updated { given, .. }, true) if !given.contains(member) => LawKind::UpdateKeeps,
        (Effect::Updated { .. }, _) => LawKind::UpdateChanges,
        _ => LawKind::CreatedIsRead,
    }
}

/// The law that a difference in the value of a tag breaks.
pub fn of_tag(effect: &Effect, is_subject: bool, key: &str) -> LawKind {
    match (effect, is_subject) {
        (Effect::Tagged { replaced, .. }, true) if replaced.contains(key) => LawKind::TagOverwrites,
        (Effect::Tagged { added, .. }, true) if added.contains(key) => LawKind::TagAdds,
        (Effect::Tagged { .. }, _) => LawKind::TagKeeps,
        (Effect::Untagged { .. }, _) => LawKind::UntagRemoves,
        (Effect::Updated { .. }, _) => LawKind::UpdateKeepsTags,
        (Effect::Created | Effect::Deleted | Effect::Seen, _) => LawKind::TagsOfCreate,
    }
}

/// The laws that a resource which is as it should be shows upheld after a effect was done to it: those that this view
/// could have shown broken.
pub fn shown_by(effect: &Effect, view: &View) -> Vec<LawKind> {
    let none = BTreeSet::new();
    let tags = view.tags.as_ref();
    let has_tags = tags.is_some_and(|tags| !tags.is_empty());
    let shows = |members: &BTreeSet<String>| !members.is_disjoint(&view.members);
    // The member by which a resource is named is the same whatever becomes of the others.
    let shows_others = |given: &BTreeSet<String>| view.members.difference(given).count() > 1;
    let shows_tags = |keys: &BTreeSet<String>| tags.is_some_and(|tags| !tags.is_disjoint(keys));
    let laws = match effect {
        Effect::Created => vec![(LawKind::CreatedIsRead, shows_others(&none)), (LawKind::TagsOfCreate, has_tags)],
        Effect::Updated { given, changed } => vec![
            (LawKind::UpdateChanges, shows(changed)),
            (LawKind::UpdateKeeps, shows_others(given)),
            (LawKind::UpdateKeepsTags, has_tags),
        ],
        Effect::Tagged { replaced, changed, added } => {
            let keeps =
                |tags: &BTreeSet<String>| tags.iter().any(|key| !replaced.contains(key) && !added.contains(key));
            vec![
                (LawKind::TagKeeps, tags.is_some_and(keeps)),
                (LawKind::TagOverwrites, shows_tags(changed)),
                (LawKind::TagAdds, shows_tags(added)),
            ]
        }
        Effect::Untagged { removed } => vec![(LawKind::UntagRemoves, tags.is_some() && !removed.is_empty())],
        Effect::Deleted | Effect::Seen => Vec::new(),
    };
    laws.into_iter().filter(|(_, could_be_broken)| *could_be_broken).map(|(law, _)| law).collect()
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
        let updated = Effect::Updated { given: given.clone(), changed: given };
        assert_eq!(of_member(&updated, true, "name"), LawKind::UpdateChanges);
        assert_eq!(of_member(&updated, true, "type"), LawKind::UpdateKeeps);
        assert_eq!(of_member(&Effect::Created, true, "type"), LawKind::CreatedIsRead);
        assert_eq!(of_tag(&updated, true, "k"), LawKind::UpdateKeepsTags);
        assert_eq!(of_tag(&Effect::Untagged { removed: BTreeSet::new() }, true, "k"), LawKind::UntagRemoves);
    }

    #[test]
    fn a_view_upholds_only_the_laws_that_it_could_show_broken() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        let view = |members: &[&str], tags: Option<&[&str]>| View { members: set(members), tags: tags.map(set) };
        let bare = view(&["arn"], Some(&[]));
        let full = view(&["arn", "name", "type"], Some(&["k", "l"]));
        let updated = |changed: &[&str]| Effect::Updated { given: set(&["name"]), changed: set(changed) };
        let tagged = Effect::Tagged { replaced: set(&["k"]), changed: set(&[]), added: set(&["m"]) };
        assert_eq!(shown_by(&Effect::Created, &bare), []);
        assert_eq!(shown_by(&Effect::Created, &full), [LawKind::CreatedIsRead, LawKind::TagsOfCreate]);
        assert_eq!(shown_by(&updated(&["name"]), &bare), []);
        assert_eq!(shown_by(&updated(&[]), &full), [LawKind::UpdateKeeps, LawKind::UpdateKeepsTags], "nothing changed");
        assert_eq!(shown_by(&updated(&["name"]), &full)[0], LawKind::UpdateChanges);
        assert_eq!(shown_by(&tagged, &full), [LawKind::TagKeeps], "the same value again, and the new key not shown");
        assert_eq!(shown_by(&Effect::Untagged { removed: set(&[]) }, &full), []);
        assert_eq!(shown_by(&Effect::Untagged { removed: set(&["x"]) }, &bare), [LawKind::UntagRemoves]);
        assert_eq!(shown_by(&Effect::Untagged { removed: set(&["x"]) }, &view(&["arn"], None)), []);
    }
}
