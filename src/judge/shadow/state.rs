//! What is known of the resources that a test made.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Basis;
use super::activity::Courses;
use super::graves::Graves;
use super::overlap::Overlap;
use super::pages::Walks;
use crate::judge::law::Effect;
use crate::plan::operation_role::OperationRole;
use crate::plan::sequence::LawKind;
use crate::spec::contract::Operation;

/// Stands for all tags of a resource among what is doubted.
pub(super) const TAGS: &str = "tags of the resource";

/// Whether a resource exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It was made and not deleted.
    Exists,
    /// It was deleted; a view that shows it breaks this law.
    Gone(LawKind),
    /// Nobody knows.
    Unknown,
}

/// What is known of one resource.
#[derive(Debug, Clone)]
pub(super) struct Tracked {
    /// Its type.
    pub resource: String,
    /// ARN of what it belongs to and goes with.
    pub owner: Option<String>,
    /// Whether it exists.
    pub life: Life,
    /// Members whose values are known.
    pub members: Map<String, Value>,
    /// Its tags; none if they are not known.
    pub tags: Option<Map<String, Value>>,
    /// What was done last since it was last read, and whether to this very resource.
    pub pending: Option<(Effect, bool)>,
    /// Whether the list of tags showed the tags as they are known.
    pub tags_were_listed: bool,
    /// Members that a defect was found in: what reads show of them is not learned.
    pub doubted: BTreeSet<String>,
    /// Members that the response to the creating request showed with another value than was given: the list may be filtered
    /// by the one or by the other.
    pub shown_otherwise: BTreeSet<String>,
    /// What was known before the last changes, the oldest first.
    pub former: Vec<Former>,
    /// Calls that overlapped on it last, while it is not known what came of them.
    pub overlap: Option<Box<Overlap>>,
}

/// What was known of a resource before a change.
#[derive(Debug, Clone)]
pub(super) struct Former {
    /// Members whose values were known.
    pub members: Map<String, Value>,
    /// Its tags; none if they were not known.
    pub tags: Option<Map<String, Value>>,
}

/// Most changes back that are kept in mind.
const MOST_FORMER: usize = 4;

impl Tracked {
    /// Keeps in mind what is known now: it is about to change.
    pub(super) fn keep_former(&mut self) {
        if self.former.len() >= MOST_FORMER {
            self.former.remove(0);
        }
        self.former.push(Former { members: self.members.clone(), tags: self.tags.clone() });
    }
}

/// Whether a resource that is tracked exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence<'s> {
    /// One of this type exists.
    Exists(&'s str),
    /// One of this type was deleted; a view that shows it breaks this law.
    Gone(&'s str, LawKind),
}

impl Existence<'_> {
    /// Whether it exists.
    pub fn is_there(self) -> bool {
        matches!(self, Existence::Exists(_))
    }
}

/// What is known of everything that a test made.
#[derive(Debug, Default)]
pub struct Shadow {
    pub(super) tracked: BTreeMap<String, Tracked>,
    /// What earlier tests deleted.
    pub(super) graves: Graves,
    pub(super) walks: Walks,
    pub(super) courses: Courses,
    /// Whether all beginnings and ends of what resources do for a time are told.
    pub(super) hears_of_activities: bool,
}

/// What is known of some resources.
#[derive(Debug, Clone, Default)]
pub struct KnownResources(BTreeMap<String, Tracked>);

impl Shadow {
    /// Nothing is known yet. The shadow is told of everything that resources begin and end without a request.
    pub fn hearing_of_activities() -> Shadow {
        Shadow { hears_of_activities: true, ..Shadow::default() }
    }

    /// The same, where something is known to be deleted.
    pub fn after_deletions(graves: Graves) -> Shadow {
        Shadow { graves, ..Shadow::hearing_of_activities() }
    }

    /// What tests that are over deleted.
    pub fn graves(&self) -> &Graves {
        &self.graves
    }

    /// Whether anything is known of a resource.
    pub fn knows(&self, arn: &str) -> bool {
        self.tracked.contains_key(arn)
    }

    /// Whether a resource exists; none if that is not known.
    pub fn existence(&self, arn: &str) -> Option<Existence<'_>> {
        let tracked = self.tracked.get(arn)?;
        match tracked.life {
            Life::Exists => Some(Existence::Exists(&tracked.resource)),
            Life::Gone(law) => Some(Existence::Gone(&tracked.resource, law)),
            Life::Unknown => None,
        }
    }

    /// Type of a resource that is tracked.
    pub fn type_of(&self, arn: &str) -> Option<&str> {
        self.tracked.get(arn).map(|tracked| tracked.resource.as_str())
    }

    /// ARNs of the resources that a value names and that are tracked, and of those that belong to them.
    pub fn involved(&self, value: &Value) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        collect(value, &mut |text| {
            if self.knows(text) {
                named.insert(text.to_owned());
            }
        });
        let is_owned = |tracked: &Tracked| tracked.owner.as_ref().is_some_and(|owner| named.contains(owner));
        let owned: Vec<String> =
            self.tracked.iter().filter(|(_, tracked)| is_owned(tracked)).map(|(arn, _)| arn.clone()).collect();
        named.extend(owned);
        named
    }

    /// ARN and type of the resources that a value names and that are known to exist.
    pub fn named_in(&self, value: &Value) -> BTreeMap<String, String> {
        let mut named = BTreeMap::new();
        collect(value, &mut |text| {
            if let Some(tracked) = self.tracked.get(text).filter(|tracked| tracked.life == Life::Exists) {
                named.insert(text.to_owned(), tracked.resource.clone());
            }
        });
        named
    }

    /// Input for a list that shows a resource: pages as large as possible, and filtered where what the list can be filtered
    /// by is known. None if the list shows what belongs to another resource, and that is not known.
    pub fn list_input(&self, role: &OperationRole, operation: &Operation, arn: &str) -> Option<Map<String, Value>> {
        let tracked = self.tracked.get(arn)?;
        let mut input = Map::new();
        if let Some((name, largest)) = operation.largest_page() {
            input.insert(name.to_owned(), Value::from(largest));
        }
        if role.owner.is_some() {
            input.insert(role.subject.clone()?, Value::from(tracked.owner.as_deref()?));
        }
        if let Some((filter, member)) = &role.filter
            && let Some(Value::String(text)) = tracked.members.get(member)
            && !text.is_empty()
            && !tracked.shown_otherwise.contains(member)
        {
            input.insert(filter.clone(), Value::from(text.as_str()));
        }
        Some(input)
    }

    /// Keeps only what is known of these resources: the others belong to tests that are over. Of those that were deleted
    /// it stays known that they are.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        let graves = &mut self.graves;
        self.tracked.retain(|arn, tracked| {
            let is_kept = is_kept(arn);
            if !is_kept {
                graves.bury(arn, tracked);
            }
            is_kept
        });
        self.courses.retain(&is_kept);
        self.walks.clear();
    }

    /// Takes what is known of some resources out.
    pub fn part(&mut self, is_taken: impl Fn(&str) -> bool) -> KnownResources {
        KnownResources(self.tracked.extract_if(.., |arn, _| is_taken(arn)).collect())
    }

    /// Adds what was taken out of another shadow.
    pub fn join(&mut self, part: KnownResources) {
        self.tracked.extend(part.0);
    }

    /// Forgets a member that a defect was found in, or everything about the resource: one defect shows once.
    pub fn forget(&mut self, arn: &str, member: Option<&str>, law: &Basis) {
        if matches!(law, Basis::Activity { .. }) {
            self.courses.lose_all(arn);
            return;
        }
        self.graves.note_found(arn);
        let Some(tracked) = self.tracked.get_mut(arn) else { return };
        tracked.overlap = None;
        match member {
            _ if law.is_about_tags() => {
                tracked.tags = None;
                tracked.doubted.insert(TAGS.to_owned());
            }
            Some(member) => {
                tracked.members.remove(member);
                tracked.doubted.insert(member.to_owned());
            }
            None => tracked.life = Life::Unknown,
        }
    }

    /// Whether a resource is known to be gone.
    pub fn is_gone(&self, arn: &str) -> bool {
        let life = self.tracked.get(arn).map(|tracked| &tracked.life);
        matches!(life, Some(Life::Gone(_))) || self.graves.get(arn).is_some()
    }

    /// Forgets a resource that is not known to be gone.
    pub fn lose(&mut self, arn: &str) {
        if self.tracked.get(arn).is_some_and(|tracked| tracked.life == Life::Exists) {
            self.forget_named(&Value::from(arn));
        }
    }

    /// Forgets everything about the resources that an input or output names, and about those that go along with them: what became
    /// of them is not known.
    pub fn forget_named(&mut self, value: &Value) {
        collect(value, &mut |text| {
            self.graves.forget(text);
            if !self.tracked.contains_key(text) {
                return;
            }
            for (arn, tracked) in &mut self.tracked {
                if arn == text || tracked.owner.as_deref() == Some(text) {
                    tracked.members.clear();
                    tracked.overlap = None;
                    tracked.tags = None;
                    tracked.life = Life::Unknown;
                    self.courses.lose_all(arn);
                }
            }
        });
    }

    /// Notes that something was done to a resource: the next view of any shows whether it did what it should, and nothing
    /// else.
    pub(super) fn note(&mut self, effect: &Effect, subjects: &BTreeSet<String>) {
        for (arn, tracked) in &mut self.tracked {
            match (subjects.contains(arn), &tracked.pending) {
                (true, _) => tracked.pending = Some((effect.clone(), true)),
                (false, None) => tracked.pending = Some((effect.clone(), false)),
                (false, Some(_)) => {}
            }
        }
    }
}

/// Every text in a value.
fn collect(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, visit)),
        Value::Object(members) => members.values().for_each(|member| collect(member, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
