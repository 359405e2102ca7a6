//! What only faulty servers remember of resources: how they were before they became what they are, how often they were
//! changed, and what showed them.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::super::operation::Operation;
use super::occasion::Facts;
use super::{ListFault, ViewFault};

/// Members that name the one resource that an operation is about.
const SUBJECTS: [&str; 2] = ["arn", "resourceArn"];

/// What is remembered of all resources.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    resources: HashMap<String, Past>,
    /// ARNs in the order of creation, by their kind.
    made: HashMap<String, Vec<String>>,
    deleted_names: HashSet<String>,
    /// What each list showed of the first resource that is gone.
    ghosts: HashMap<Operation, Value>,
    /// What lists showed last of each resource.
    items: HashMap<(Operation, String), Value>,
    /// The last item of the page before.
    last: HashMap<Operation, Value>,
}

#[derive(Debug, Default)]
struct Past {
    ordinal: usize,
    is_reborn: bool,
    updates: usize,
    tag_changes: usize,
    versions: Vec<Map<String, Value>>,
    /// Operations that showed it, and whether they did so since its last change.
    shown_by: HashMap<Operation, bool>,
}

impl Past {
    fn facts(&self, of: Operation) -> Facts {
        let shown = self.shown_by.get(&of).copied();
        Facts {
            updates: self.updates,
            tag_changes: self.tag_changes,
            ordinal: self.ordinal,
            is_reborn: self.is_reborn,
            is_reread: shown == Some(true),
            is_warm: shown.is_some() && self.versions.len() > 1,
            ..Facts::default()
        }
    }

    fn change(&mut self, version: Map<String, Value>) {
        self.versions.push(version);
        self.shown_by.values_mut().for_each(|is_current| *is_current = false);
    }
}

impl History {
    /// What is known of a request before it is performed.
    pub(crate) fn facts(&self, of: Operation, members: &Map<String, Value>) -> Facts {
        let memory = self.0.lock();
        let past = subject(members).and_then(|arn| memory.resources.get(arn));
        let mut facts = past.map(|past| past.facts(of)).unwrap_or_default();
        facts.updates += usize::from(is_update(of));
        facts.tag_changes += usize::from(is_tag_change(of));
        if is_creation(of) {
            let kind = of.name().trim_start_matches("Create").trim_start_matches("Import").to_lowercase();
            let made = memory.made.iter().find(|(known, _)| known.replace('-', "").starts_with(kind.as_str()));
            facts.ordinal = made.map_or(0, |(_, made)| made.len()) + 1;
            let name = members.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
            facts.is_reborn = name.is_some_and(|name| memory.deleted_names.contains(name));
        }
        facts.is_later_page = members.get("nextToken").and_then(Value::as_str).is_some_and(|token| !token.is_empty());
        facts
    }

    /// Whether a document shows each third resource of its kind.
    pub(crate) fn is_third(&self, document: &Value) -> bool {
        let arn = document.get("arn").and_then(Value::as_str).unwrap_or_default();
        self.0.lock().resources.get(arn).is_some_and(|past| past.ordinal.is_multiple_of(3))
    }

    /// Notes what a successful request changed; `document` is the true one.
    pub(crate) fn note(&self, of: Operation, members: &Map<String, Value>, document: &Value) {
        let mut memory = self.0.lock();
        if is_creation(of) {
            objects(document).for_each(|object| memory.made(object));
        } else if is_update(of) {
            for object in objects(document) {
                if let Some(past) = memory.resources.get_mut(arn_of(object)) {
                    past.updates += 1;
                    past.change(object.clone());
                }
            }
        } else if let Some(past) =
            subject(members).and_then(|arn| memory.resources.get_mut(arn)).filter(|_| is_tag_change(of))
        {
            past.tag_changes += 1;
            let version = past.versions.last().cloned().unwrap_or_default();
            past.change(retagged(version, members));
        } else if of.name().starts_with("Delete") {
            subject(members).into_iter().for_each(|arn| memory.gone(arn));
        }
    }

    /// Puts another value in the place of a member in all objects for which `shows` holds.
    pub(crate) fn distort(
        &self,
        of: Operation,
        (fault, member): (ViewFault, &str),
        given: &Map<String, Value>,
        document: &mut Value,
        shows: &dyn Fn(Facts) -> bool,
    ) {
        let memory = self.0.lock();
        let is_later_page = given.contains_key("nextToken");
        if of == Operation::ListTagsForResource {
            if let (Some(arn), Some(whole)) = (subject(given), document.as_object_mut()) {
                memory.distort_one(of, (fault, member), arn, whole, Facts::default(), shows);
            }
            return;
        }
        for (value, is_last_item) in places(document) {
            let Some(object) = value.as_object_mut() else { continue };
            let arn = arn_of(object).to_owned();
            let facts = Facts { is_later_page, is_last_item, ..Facts::default() };
            memory.distort_one(of, (fault, member), &arn, object, facts, shows);
        }
    }

    /// Changes which items a document shows.
    pub(crate) fn misplace(&self, of: Operation, fault: ListFault, given: &Map<String, Value>, document: &mut Value) {
        let mut memory = self.0.lock();
        let is_later_page = given.contains_key("nextToken");
        let is_last_page = document.get("nextToken").is_none();
        let Some(items) = items(document) else { return };
        match fault {
            ListFault::RepeatsOnLaterPages => {
                let last = items.last().cloned();
                if let Some(before) = memory.last.get(&of).filter(|_| is_later_page) {
                    items.insert(0, before.clone());
                }
                last.map(|last| memory.last.insert(of, last));
            }
            ListFault::LosesOnLaterPages if is_later_page => drop(items.pop()),
            ListFault::ShowsDeleted => {
                if is_last_page
                    && has_room(given, items)
                    && let Some(ghost) = memory.ghosts.get(&of)
                {
                    items.push(ghost.clone());
                }
            }
            ListFault::LosesThird => items.retain(|item| {
                let past = item.get("arn").and_then(Value::as_str).and_then(|arn| memory.resources.get(arn));
                past.is_none_or(|past| !past.ordinal.is_multiple_of(3))
            }),
            ListFault::LosesMiddle if items.len() > 2 => drop(items.remove(1)),
            ListFault::LosesFirst if items.len() > 1 => drop(items.remove(0)),
            ListFault::LosesOnLaterPages | ListFault::LosesMiddle | ListFault::LosesFirst => {}
        }
    }

    /// Notes what a read showed.
    pub(crate) fn shown(&self, of: Operation, members: &Map<String, Value>, document: &mut Value) {
        let mut memory = self.0.lock();
        let mut shown: Vec<(String, Value)> = Vec::new();
        if let Some(arn) = subject(members) {
            shown.push((arn.to_owned(), Value::Null));
        }
        for (value, _) in places(document) {
            let arn = value.get("arn").and_then(Value::as_str).unwrap_or_default().to_owned();
            shown.push((arn, value.clone()));
        }
        for (arn, item) in shown {
            if let Some(past) = memory.resources.get_mut(&arn) {
                past.shown_by.insert(of, true);
            }
            if of.name().starts_with("List") && !item.is_null() {
                memory.items.insert((of, arn), item);
            }
        }
    }
}

impl Memory {
    fn made(&mut self, object: &Map<String, Value>) {
        let arn = arn_of(object).to_owned();
        let made = self.made.entry(kind_of(&arn).to_owned()).or_default();
        made.push(arn.clone());
        let name = object.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let is_reborn = name.is_some_and(|name| self.deleted_names.contains(name));
        let past = Past { ordinal: made.len(), is_reborn, versions: vec![object.clone()], ..Past::default() };
        self.resources.insert(arn, past);
    }

    fn gone(&mut self, arn: &str) {
        let Some(past) = self.resources.remove(arn) else { return };
        let name = past.versions.last().and_then(|last| last.get("name")).and_then(Value::as_str);
        self.deleted_names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
        let shown: Vec<Operation> = self.items.keys().filter(|(_, known)| known == arn).map(|(of, _)| *of).collect();
        for of in shown {
            if let Some(item) = self.items.remove(&(of, arn.to_owned())) {
                self.ghosts.entry(of).or_insert(item);
            }
        }
    }

    fn distort_one(
        &self,
        of: Operation,
        (fault, member): (ViewFault, &str),
        arn: &str,
        object: &mut Map<String, Value>,
        around: Facts,
        shows: &dyn Fn(Facts) -> bool,
    ) {
        let Some(past) = self.resources.get(arn) else { return };
        let Facts { is_later_page, is_last_item, .. } = around;
        let facts = Facts { is_later_page, is_last_item, ..past.facts(of) };
        let other = match fault {
            ViewFault::Stale => past.versions.iter().rev().nth(1),
            ViewFault::Neighbour => self.before(arn, past.ordinal),
        };
        if let Some(value) = other.and_then(|other| other.get(member)).filter(|_| shows(facts)) {
            object.insert(member.to_owned(), value.clone());
        }
    }

    /// The resource of the kind that was made before one, if it is there still.
    fn before(&self, arn: &str, ordinal: usize) -> Option<&Map<String, Value>> {
        let before = self.made.get(kind_of(arn))?.get(ordinal.checked_sub(2)?)?;
        self.resources.get(before)?.versions.last()
    }
}

fn is_creation(of: Operation) -> bool {
    ["Create", "Import"].iter().any(|verb| of.name().starts_with(verb))
}

fn is_update(of: Operation) -> bool {
    of.name().starts_with("Update")
}

fn is_tag_change(of: Operation) -> bool {
    matches!(of, Operation::TagResource | Operation::UntagResource)
}

fn subject(members: &Map<String, Value>) -> Option<&str> {
    SUBJECTS.iter().find_map(|name| members.get(*name)?.as_str())
}

fn arn_of(object: &Map<String, Value>) -> &str {
    object.get("arn").and_then(Value::as_str).unwrap_or_default()
}

fn kind_of(arn: &str) -> &str {
    arn.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

/// The resources at the top of a document.
fn objects(document: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let members = document.as_object().into_iter().flat_map(Map::values);
    members.filter_map(Value::as_object).filter(|object| object.contains_key("arn"))
}

/// The resources at the top of a document and in its lists, and whether each is the last of several.
fn places(document: &mut Value) -> Vec<(&mut Value, bool)> {
    let mut found = Vec::new();
    for (name, value) in document.as_object_mut().into_iter().flatten() {
        if value.is_object() {
            found.push((value, false));
        } else if let Value::Array(items) = value
            && name != "errors"
        {
            let last = items.len().saturating_sub(1);
            found.extend(items.iter_mut().enumerate().map(|(index, item)| (item, index == last && last > 0)));
        }
    }
    found
}

fn items(document: &mut Value) -> Option<&mut Vec<Value>> {
    let members = document.as_object_mut()?.iter_mut();
    members.filter(|(name, _)| *name != "errors").find_map(|(_, value)| value.as_array_mut())
}

/// Whether one more item leaves the page within what was asked; the smallest default is one item.
fn has_room(given: &Map<String, Value>, items: &[Value]) -> bool {
    let asked = given.get("maxResults").and_then(Value::as_u64).unwrap_or(1);
    u64::try_from(items.len()).is_ok_and(|shown| shown < asked)
}

/// A resource after tags were given to it or taken from it.
fn retagged(mut version: Map<String, Value>, members: &Map<String, Value>) -> Map<String, Value> {
    let mut tags = version.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    tags.extend(members.get("tags").and_then(Value::as_object).cloned().unwrap_or_default());
    for key in members.get("tagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        tags.remove(key);
    }
    version.insert("tags".to_owned(), Value::Object(tags));
    version
}

#[cfg(test)]
mod tests;
