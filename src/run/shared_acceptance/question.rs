//! What cases ask of valid values, and which of it goes into one request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::generate::Family;
use crate::plan::expectation::Expectation;
use crate::plan::{Case, Check};
use crate::run::run_context::RunContext;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{Node, NodeKind};

/// Stands between the names of members inside each other.
const BELOW: char = '.';

/// Values by the members that hold them, those of structures by themselves: `thumbnails.interval`.
type Members = BTreeMap<String, Value>;

/// One value, or one input, that must be accepted.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub case: usize,
    /// Position of its family in the case.
    pub family: usize,
    /// How often the case drew from the family before.
    pub round: u32,
    pub focus: ClauseIndex,
    pub expectation: Expectation,
    /// The members that make it up, beside those of the smallest input.
    pub members: Members,
    pub subject: Subject,
}

/// What of its members a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The whole input: nothing else stands in it.
    Input,
    /// All of a member.
    Whole,
    /// Single elements or keys of a collection: others may stand beside them.
    Elements,
    /// Single values of a map, under whatever keys.
    Values,
}

impl Question {
    /// Whether its response may be an error as well: then it says nothing of other values.
    pub fn is_open(&self) -> bool {
        self.expectation.allows_errors()
    }

    /// Whether nothing may be added to its input.
    fn is_closed(&self) -> bool {
        self.subject == Subject::Input || self.is_open()
    }
}

/// An input with one more question's members, if the questions that are in it stay what they are.
pub(super) fn with(root: &Node, input: &Value, present: &[Question], one_more: &Question) -> Option<Value> {
    if present.iter().any(|question| question.expectation != one_more.expectation) {
        return None;
    }
    let before = flattened(root, input);
    let mut all = before.clone();
    for (name, value) in &one_more.members {
        if all.get(name) == Some(value) {
            continue;
        }
        let meets = |other: &&Question| other.members.keys().any(|known| overlap(known, name));
        let mut others = present.iter().filter(meets).peekable();
        if others.peek().is_none() {
            all.retain(|known, _| !overlap(known, name));
            all.insert(name.clone(), value.clone());
            continue;
        }
        if !others.chain([one_more]).all(|other| matches!(other.subject, Subject::Elements | Subject::Values)) {
            return None;
        }
        let joined = joined(all.get(name)?, value, one_more.subject)?;
        all.insert(name.clone(), joined);
    }
    let has_more = all != before;
    if has_more && present.iter().any(Question::is_closed) {
        return None;
    }
    // What asks for its whole input finds no member of others in it.
    if one_more.is_closed() && present.iter().any(|other| is_beyond(&other.members, &one_more.members)) {
        return None;
    }
    Some(nested(all))
}

/// Whether some of these members are not among the others.
fn is_beyond(members: &Members, others: &Members) -> bool {
    members.iter().any(|(name, value)| others.get(name) != Some(value))
}

/// Whether one of two members is, or is inside, the other.
fn overlap(one: &str, other: &str) -> bool {
    let is_inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(BELOW));
    one == other || is_inside(one, other) || is_inside(other, one)
}

/// What a case is about.
pub(super) fn subject(env: &RunContext, case: &Case) -> Subject {
    let of_path = |path: &str| match path.split('.').skip(1).find(|name| matches!(*name, "member" | "key" | "value")) {
        Some("value") => Subject::Values,
        Some(_) => Subject::Elements,
        None => Subject::Whole,
    };
    match &case.check {
        Check::Valid { .. } => Subject::Input,
        Check::Accepts { path, .. } => of_path(path),
        Check::RuleAccepts { rule } => {
            let rule = env.contract.rules.input_rules.get(*rule);
            let paths = rule.iter().flat_map(|rule| &rule.paths).filter_map(|path| path.split_once(".input."));
            let mut subjects = paths.map(|(_, path)| of_path(path));
            let first = subjects.next().unwrap_or(Subject::Whole);
            if subjects.all(|other| other == first) { first } else { Subject::Whole }
        }
        _ => Subject::Whole,
    }
}

/// Two collections in one; `None` if they have a key in common with different values which must stay as it is.
fn joined(one: &Value, other: &Value, subject: Subject) -> Option<Value> {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let more = other.iter().filter(|element| !one.contains(element));
            Some(one.iter().chain(more).cloned().collect())
        }
        (Value::Object(one), Value::Object(other)) => {
            let mut all = one.clone();
            for (key, value) in other {
                match all.get(key) {
                    Some(known) if known != value && subject != Subject::Values => return None,
                    Some(known) if known != value => {
                        let another = format!("{key}{}", all.len());
                        if all.insert(another, value.clone()).is_some() {
                            return None;
                        }
                    }
                    Some(_) => {}
                    None => drop(all.insert(key.clone(), value.clone())),
                }
            }
            Some(Value::Object(all))
        }
        _ => None,
    }
}

/// Whether success is right, among others.
pub(super) fn may_succeed(family: &Family) -> bool {
    family.expectation.success
}

/// The members of an input that the smallest one has not, or has otherwise; `None` if it lacks one of its members.
pub(super) fn added(root: &Node, smallest: &Value, input: &Value) -> Option<Members> {
    let smallest = flattened(root, smallest);
    let mut members = flattened(root, input);
    if smallest.keys().any(|name| !members.keys().any(|known| overlap(known, name))) {
        return None;
    }
    members.retain(|name, value| smallest.get(name) != Some(value));
    Some(members)
}

/// The members of an input, those of structures by themselves.
fn flattened(root: &Node, input: &Value) -> Members {
    let mut members = Members::new();
    flatten(root, "", input, &mut members);
    members
}

/// The number of an input's members, those of structures by themselves.
pub(super) fn size(root: &Node, input: &Value) -> usize {
    flattened(root, input).len()
}

fn flatten(node: &Node, path: &str, value: &Value, members: &mut Members) {
    let of_structure = value.as_object().filter(|of| !of.is_empty() && matches!(node.kind, NodeKind::Structure(_)));
    let Some(of_structure) = of_structure else {
        if !path.is_empty() {
            members.insert(path.to_owned(), value.clone());
        }
        return;
    };
    for (name, value) in of_structure {
        let below = if path.is_empty() { name.clone() } else { format!("{path}{BELOW}{name}") };
        match node.members().iter().find(|member| member.name == *name) {
            Some(member) => flatten(member, &below, value, members),
            None => drop(members.insert(below, value.clone())),
        }
    }
}

/// The input with these members.
fn nested(members: Members) -> Value {
    let mut input = Map::new();
    for (path, value) in members {
        let mut names = path.split(BELOW).collect::<Vec<_>>();
        let last = names.pop().unwrap_or_default();
        let mut at = Some(&mut input);
        for name in names {
            let below = at.and_then(|at| at.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut());
            at = below;
        }
        if let Some(at) = at {
            at.insert(last.to_owned(), value);
        }
    }
    Value::Object(input)
}
