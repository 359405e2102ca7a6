//! What calls do to one resource, one after another, as far as the contract says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Overlapping;
use crate::judge::Answer;
use crate::judge::echo::{is_nothing, same};
use crate::judge::finding::FindingKind;
use crate::judge::law;
use crate::judge::linearizability::Model;
use crate::judge::shadow::compare;
use crate::judge::shadow::state::{Life, Tracked};
use crate::judge::shadow::views::{Object, Views};
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::spec::contract::Node;

/// A member or a tag of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::judge::shadow) enum Part {
    Member(String),
    Tag(String),
}

/// A state of the resource: which call wrote a part last. What no call wrote is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::judge::shadow) struct State {
    pub exists: bool,
    pub last: BTreeMap<Part, usize>,
}

/// What a response says of when its call took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Success,
    /// It found nothing.
    Missed,
    /// It was refused, and changed nothing.
    Refused,
    /// It may have changed something.
    Unknown,
}

/// What a call does if it succeeds.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Gives parts values; none takes a tag away.
    Write(BTreeMap<Part, Option<Value>>),
    Delete,
    /// Shows parts; tags as a whole.
    Read {
        members: Map<String, Value>,
        tags: Option<Map<String, Value>>,
    },
}

/// One call of an overlap.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Position among all calls in flight at that time.
    pub position: usize,
    pub operation: String,
    pub deed: Deed,
    ending: Ending,
}

/// Calls that overlapped on one resource, and the states that it may be in after them.
#[derive(Debug, Clone)]
pub(in crate::judge::shadow) struct Overlap {
    /// Members as they were before, without those whose value after the calls is unknown.
    pub(super) members: Map<String, Value>,
    /// Tags as they were before, if they are known.
    pub(super) tags: Option<Map<String, Value>>,
    pub(super) calls: Vec<Call>,
    /// The states that orders of the calls end in, as far as no read ruled them out.
    pub(super) states: BTreeSet<State>,
}

impl Overlap {
    /// Reads what the calls do to a resource.
    pub(super) fn of(views: &Views, tracked: &Tracked, calls: &[(usize, &Overlapping<'_>)]) -> Overlap {
        let mut members = tracked.members.clone();
        members.retain(|name, _| !views.is_unsettled(&tracked.resource, name) && !tracked.doubted.contains(name));
        let mut found = Vec::new();
        for (position, call) in calls {
            let given = given(views, call);
            for name in views.with_followers(&tracked.resource, given.keys().cloned().collect()) {
                // What follows from what is given, and what need not come back as it is given, is not known.
                if !given.contains_key(&name) || views.is_loose(&call.operation.name, &name) {
                    members.remove(&name);
                }
            }
            let deed = deed(views, call, given);
            found.push(Call {
                position: *position,
                operation: call.operation.name.clone(),
                deed,
                ending: ending(call),
            });
        }
        Overlap { members, tags: tracked.tags.clone(), calls: found, states: BTreeSet::new() }
    }

    pub(super) fn initial(&self) -> State {
        State { exists: true, last: BTreeMap::new() }
    }

    /// The value of a part in a state; none if the part is absent or its value is unknown.
    pub(super) fn value(&self, state: &State, part: &Part) -> Option<&Value> {
        match state.last.get(part).and_then(|call| self.calls.get(*call)) {
            Some(Call { deed: Deed::Write(written), .. }) => written.get(part)?.as_ref(),
            _ => match part {
                Part::Member(name) => self.members.get(name),
                Part::Tag(key) => self.tags.as_ref()?.get(key),
            },
        }
    }

    /// Members that are known, as they are in a state.
    pub(super) fn members_in(&self, state: &State) -> Map<String, Value> {
        let value = |name: &String| self.value(state, &Part::Member(name.clone())).cloned().unwrap_or(Value::Null);
        self.members.keys().map(|name| (name.clone(), value(name))).collect()
    }

    /// All tags, as they are in a state; none if they are not known.
    pub(super) fn tags_in(&self, state: &State) -> Option<Map<String, Value>> {
        let known = self.tags.as_ref()?;
        let written = state.last.keys().filter_map(|part| match part {
            Part::Tag(key) => Some(key),
            Part::Member(_) => None,
        });
        let keys: BTreeSet<&String> = known.keys().chain(written).collect();
        let tag = |key: &String| Some((key.clone(), self.value(state, &Part::Tag(key.clone()))?.clone()));
        Some(keys.into_iter().filter_map(tag).collect())
    }

    /// Whether tags are those of a state, as far as these are known.
    pub(super) fn has_tags(&self, state: &State, shown: &Map<String, Value>) -> bool {
        self.tags_in(state).is_none_or(|known| law::tag_differences(&known, shown).is_empty())
    }

    /// Keeps of a resource what all states agree in.
    pub(super) fn settle(&self, tracked: &mut Tracked, states: &BTreeSet<State>) {
        let Some(first) = states.first() else { return };
        let agree = |part: &Part| {
            let value = self.value(first, part);
            states
                .iter()
                .all(|state| same(self.value(state, part).unwrap_or(&Value::Null), value.unwrap_or(&Value::Null)))
        };
        let known = self.members_in(first).into_iter().filter(|(name, _)| agree(&Part::Member(name.clone())));
        tracked.members = known.collect();
        let tags = self.tags_in(first);
        tracked.tags = tags.filter(|tags| states.iter().all(|state| self.tags_in(state).as_ref() == Some(tags)));
        tracked.tags_were_listed = false;
        tracked.life = match (states.iter().all(|state| state.exists), states.iter().any(|state| state.exists)) {
            (true, _) => Life::Exists,
            (false, true) => Life::Unknown,
            (false, false) => Life::Gone(LawKind::DeletedIsGone),
        };
    }
}

impl Model for Overlap {
    type State = State;

    fn after(&self, state: &State, call: usize) -> Vec<State> {
        let Some(Call { deed, ending, .. }) = self.calls.get(call) else { return Vec::new() };
        let unchanged = || vec![state.clone()];
        match (ending, deed) {
            (Ending::Refused, _) => unchanged(),
            (Ending::Missed, _) if state.exists => Vec::new(),
            (Ending::Missed, _) => unchanged(),
            (Ending::Success, Deed::Read { members, tags }) => {
                // The shape of what is shown was taken into account when it was read.
                let compared = members.iter().filter(|(name, _)| self.members.contains_key(*name));
                let is_member_shown = compared.into_iter().all(|(name, shown)| {
                    let known = self.value(state, &Part::Member(name.clone())).unwrap_or(&Value::Null);
                    same(known, shown) || (is_nothing(known) && is_nothing(shown))
                });
                let is_shown = is_member_shown && tags.as_ref().is_none_or(|tags| self.has_tags(state, tags));
                if state.exists && is_shown { unchanged() } else { Vec::new() }
            }
            (Ending::Unknown, Deed::Read { .. }) => unchanged(),
            // Whether the second deletion finds something is left open.
            (Ending::Success, Deed::Delete) => vec![State { exists: false, last: state.last.clone() }],
            (Ending::Unknown, Deed::Delete) => vec![state.clone(), State { exists: false, last: state.last.clone() }],
            (Ending::Success, Deed::Write(_)) if !state.exists => Vec::new(),
            (Ending::Success, Deed::Write(written)) => vec![wrote(state, written, call)],
            (Ending::Unknown, Deed::Write(written)) => vec![state.clone(), wrote(state, written, call)],
        }
    }
}

fn wrote(state: &State, written: &BTreeMap<Part, Option<Value>>, call: usize) -> State {
    let mut last = state.last.clone();
    last.extend(written.keys().map(|part| (part.clone(), call)));
    State { exists: state.exists, last }
}

/// The members that an update gives.
fn given(views: &Views, call: &Overlapping<'_>) -> Map<String, Value> {
    let role = views.role(&call.operation.name).filter(|role| role.kind == RoleKind::Update);
    let Some(role) = role else { return Map::new() };
    let mut members = call.input.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| role.subject.as_ref() != Some(name));
    members
}

fn deed(views: &Views, call: &Overlapping<'_>, given: Map<String, Value>) -> Deed {
    let nothing = Deed::Read { members: Map::new(), tags: None };
    let Some(role) = views.role(&call.operation.name) else { return nothing };
    let given_tags = role.tags.as_ref().and_then(|name| call.input.get(name));
    match role.kind {
        RoleKind::Update => {
            Deed::Write(given.into_iter().map(|(name, value)| (Part::Member(name), Some(value))).collect())
        }
        RoleKind::Tag => {
            let tags = given_tags.and_then(Value::as_object).into_iter().flatten();
            Deed::Write(tags.map(|(key, value)| (Part::Tag(key.clone()), Some(value.clone()))).collect())
        }
        RoleKind::Untag => {
            let keys = given_tags.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            Deed::Write(keys.map(|key| (Part::Tag(key.to_owned()), None)).collect())
        }
        RoleKind::Delete => Deed::Delete,
        RoleKind::Get | RoleKind::Tags => read(views, call).unwrap_or(nothing),
        RoleKind::Create | RoleKind::Batch | RoleKind::List => nothing,
    }
}

/// What a read in flight shows; none if its response is wrong by itself.
fn read(views: &Views, call: &Overlapping<'_>) -> Option<Deed> {
    let body = call.judgement.body.as_ref().filter(|_| call.judgement.violations.is_empty())?;
    let role = views.role(&call.operation.name)?;
    if role.kind == RoleKind::Tags {
        let tags = body.get(role.place.as_deref()?).and_then(Value::as_object).cloned().unwrap_or_default();
        return Some(Deed::Read { members: Map::new(), tags: Some(tags) });
    }
    let asked = call.input.get(role.subject.as_deref()?)?.as_str()?;
    let objects = views.objects(call.operation, body);
    let (_, object): &(&Node, Object<'_>) = objects.iter().find(|(_, object)| object.arn == asked)?;
    let (members, tags) = compare::split(views, object);
    Some(Deed::Read { members, tags })
}

fn ending(call: &Overlapping<'_>) -> Ending {
    let is_wrongly_accepted =
        call.judgement.violations.iter().any(|violation| violation.kind == FindingKind::AcceptedInvalid);
    match &call.judgement.answer {
        Answer::Success if is_wrongly_accepted => Ending::Unknown,
        Answer::Success => Ending::Success,
        Answer::Error { status: 404, .. } => Ending::Missed,
        Answer::Error { status: 400..500, .. } => Ending::Refused,
        Answer::Page | Answer::Error { .. } | Answer::Nothing => Ending::Unknown,
    }
}
