//! What earlier programs deleted: if a target shows it again in a list, it shows no stranger, but what it says is gone.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::lists::is_name;
use super::renaming::Renaming;
use super::side::Cleaned;
use super::views;
use crate::spec::contract::{Node, NodeKind};

/// Something that a target shows after an earlier program deleted it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ghost {
    /// Type of the resource.
    pub kind: String,
}

/// Items of a list that are ghosts.
pub type Ghosts<'v> = Vec<(&'v Value, Ghost)>;

/// What the programs so far deleted on both targets. Each target has its own names, which may be equal to those of the
/// other one, and may make up the name of something that is gone again.
#[derive(Debug, Default)]
pub struct Past {
    /// Names of what is gone from the first target, with their types.
    gone_from_a: HashMap<String, String>,
    gone_from_b: HashMap<String, String>,
    /// Names of one resource on both targets. A deleted resource that both lists still show is not a difference.
    twins: HashSet<(String, String)>,
}

impl Past {
    /// Takes over what a program made and deleted. Names that the program itself gave may be given by others too, so they
    /// say nothing.
    pub fn note(&mut self, renaming: &Renaming, given: impl Fn(&str) -> bool, a: Cleaned, b: Cleaned) {
        let made: HashSet<&String> = a.left.iter().chain(&a.deleted).map(|(_, name)| name).collect();
        let made_on_b: HashSet<&String> = b.left.iter().chain(&b.deleted).map(|(_, name)| name).collect();
        self.gone_from_a.retain(|name, _| !made.contains(name));
        self.gone_from_b.retain(|name, _| !made_on_b.contains(name));
        self.twins.retain(|(a, b)| !made.contains(a) && !made_on_b.contains(b));
        let twins = made.iter().filter(|name| renaming.knows_a(name));
        self.twins.extend(twins.map(|name| ((*name).clone(), renaming.renamed(name).to_owned())));
        let is_made_up = |(_, name): &(String, String)| !given(name);
        let by_name = |(kind, name): (String, String)| (name, kind);
        self.gone_from_a.extend(a.deleted.into_iter().filter(is_made_up).map(by_name));
        self.gone_from_b.extend(b.deleted.into_iter().filter(is_made_up).map(by_name));
    }

    /// Of the items that only the one list or the other shows, those that an earlier program deleted there. What both show
    /// still is left out.
    pub fn ghosts<'v>(&self, element: &Node, a: &[&'v Value], b: &[&'v Value]) -> (Ghosts<'v>, Ghosts<'v>) {
        let names = |items: &[&'v Value]| -> Vec<(&'v Value, &'v str)> {
            items.iter().flat_map(|item| names_of(element, item).into_iter().map(|name| (*item, name))).collect()
        };
        let (on_a, on_b) = (names(a), names(b));
        let are_twins = |a: &str, b: &str| self.twins.contains(&(a.to_owned(), b.to_owned()));
        let only_a = on_a.iter().filter(|(_, name)| !on_b.iter().any(|(_, other)| are_twins(name, other)));
        let only_b = on_b.iter().filter(|(_, name)| !on_a.iter().any(|(_, other)| are_twins(other, name)));
        let ghost = |kind: &String| Ghost { kind: kind.clone() };
        (
            only_a.filter_map(|(item, name)| Some((*item, ghost(self.gone_from_a.get(*name)?)))).collect(),
            only_b.filter_map(|(item, name)| Some((*item, ghost(self.gone_from_b.get(*name)?)))).collect(),
        )
    }
}

/// What an item says that it is: its own name, or else the names and ids that it shows.
fn names_of<'v>(element: &Node, item: &'v Value) -> Vec<&'v str> {
    match (&element.kind, item) {
        (NodeKind::Structure(members), Value::Object(object)) => {
            let has_own = views::kind_of(element).is_some();
            let is_own = |member: &&Node| !has_own || member.name.eq_ignore_ascii_case("arn");
            let names = members.iter().filter(|member| is_name(member)).filter(is_own);
            names.filter_map(|member| object.get(&member.name)?.as_str()).collect()
        }
        (_, Value::String(text)) => vec![text.as_str()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn arn(id: &str) -> String {
        format!("arn:aws:ivs:us-east-1:123456789012:channel/{id}")
    }

    fn cleaned(deleted: &[&str], left: &[&str]) -> Cleaned {
        let named = |ids: &[&str]| ids.iter().map(|id| ("channel".to_owned(), arn(id))).collect();
        Cleaned { deleted: named(deleted), left: named(left) }
    }

    /// Which items of two lists are ghosts, by their ids.
    fn ghosts(past: &Past, a: &[&str], b: &[&str]) -> (usize, usize) {
        let contract = crate::spec::builtin().unwrap();
        let element = contract.operation("ListChannels").unwrap().output.find("channels.member").unwrap();
        let items = |ids: &[&str]| -> Vec<Value> { ids.iter().map(|id| json!({"arn": arn(id)})).collect() };
        let (a, b) = (items(a), items(b));
        let (on_a, on_b) = past.ghosts(element, &a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>());
        (on_a.len(), on_b.len())
    }

    fn after(pairs: &[(&str, &str)], a: Cleaned, b: Cleaned) -> Past {
        let mut past = Past::default();
        note(&mut past, pairs, a, b);
        past
    }

    fn note(past: &mut Past, pairs: &[(&str, &str)], a: Cleaned, b: Cleaned) {
        let mut renaming = Renaming::default();
        for (a, b) in pairs {
            renaming.relate(&arn(a), &arn(b));
        }
        past.note(&renaming, |_| false, a, b);
    }

    #[test]
    fn what_one_target_deleted_and_shows_again_is_a_ghost() {
        let past = after(&[("a", "b")], cleaned(&["a"], &[]), cleaned(&["b"], &[]));
        assert_eq!(ghosts(&past, &["a"], &[]), (1, 0));
        assert_eq!(ghosts(&past, &[], &["b", "stranger"]), (0, 1));
        assert_eq!(ghosts(&past, &["a"], &["b"]), (0, 0), "both show it still");
        assert_eq!(ghosts(&past, &["b"], &["a"]), (0, 0), "names of the other target are strangers");
        let past = after(&[("a", "b")], cleaned(&["a"], &[]), cleaned(&[], &["b"]));
        assert_eq!(ghosts(&past, &[], &["b"]), (0, 0), "it could not be deleted");
        assert_eq!(ghosts(&past, &["a"], &["b"]), (0, 0), "both show it still");
    }

    #[test]
    fn equal_names_on_both_targets_and_names_that_come_again_are_kept_apart() {
        let mut past = after(&[("x", "y"), ("y", "x")], cleaned(&["x", "y"], &[]), cleaned(&["x", "y"], &[]));
        assert_eq!(ghosts(&past, &["x"], &["y"]), (0, 0));
        assert_eq!(ghosts(&past, &["x"], &["x"]), (1, 1), "each shows something else");
        note(&mut past, &[("x", "z")], cleaned(&[], &["x"]), cleaned(&["z"], &[]));
        assert_eq!(ghosts(&past, &["x"], &[]), (0, 0), "the name was made up again for something that is there");
        assert_eq!(ghosts(&past, &[], &["y"]), (0, 1));
    }

    #[test]
    fn names_that_a_program_gave_say_nothing() {
        let mut past = Past::default();
        past.note(&Renaming::default(), |_| true, cleaned(&["a"], &[]), cleaned(&["b"], &[]));
        assert_eq!(ghosts(&past, &["a"], &["b"]), (0, 0));
    }
}
