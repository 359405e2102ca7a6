//! What a read shows that no order of overlapping calls explains, told by as few members and calls as show it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Overlapping;
use super::model::{Call, Deed, Overlap, Part, State};
use crate::judge::law::{self, Difference};
use crate::judge::linearizability::{self, Span};
use crate::judge::shadow::state::Tracked;
use crate::judge::shadow::views::Views;
use crate::judge::shadow::{Seen, Suspicion, compare};
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::spec::contract::Node;

/// Most values that a sentence names.
const MOST_NAMED: usize = 4;

/// Most combinations of two parts and a state that are tried.
const MOST_TRIED: usize = 200_000;

/// What a read shows of a resource.
pub(super) struct Shown<'e> {
    /// How it shows it.
    pub part: RoleKind,
    /// The shape; none if it shows tags alone.
    pub node: Option<&'e Node>,
    /// Members that can be compared.
    pub compared: BTreeSet<String>,
    /// What it shows of them, as an object.
    pub members: Value,
    pub tags: Option<Map<String, Value>>,
    /// The member that holds the tags; none if the whole place does.
    pub tags_member: Option<&'e str>,
}

impl Overlap {
    /// Whether a read shows a state.
    pub(super) fn fits(&self, state: &State, shown: &Shown<'_>) -> bool {
        let are_members_shown = shown.node.is_none_or(|node| {
            let mut known = self.members_in(state);
            known.retain(|name, _| shown.compared.contains(name));
            law::differences(node, &known, &shown.members).is_empty()
        });
        are_members_shown && shown.tags.as_ref().is_none_or(|tags| self.has_tags(state, tags))
    }

    /// What a read and the calls speak of.
    fn parts(&self, shown: &Shown<'_>) -> Vec<Part> {
        let members = self.members.keys().filter(|name| shown.compared.contains(*name)).cloned().map(Part::Member);
        let (Some(known), Some(tags)) = (&self.tags, &shown.tags) else { return members.collect() };
        let written = self.calls.iter().flat_map(|call| match &call.deed {
            Deed::Write(written) => written.keys().cloned().collect::<Vec<Part>>(),
            Deed::Delete | Deed::Read { .. } => Vec::new(),
        });
        let keys = known.keys().chain(tags.keys()).cloned().map(Part::Tag);
        let tags = keys.chain(written.filter(|part| matches!(part, Part::Tag(_))));
        members.chain(tags.collect::<BTreeSet<Part>>()).collect()
    }

    /// How a read shows a part otherwise than a state has it.
    fn difference(&self, state: &State, shown: &Shown<'_>, part: &Part) -> Option<Difference> {
        let known = self.value(state, part).cloned();
        let only = |name: &str, value: Option<Value>| Map::from_iter(value.map(|value| (name.to_owned(), value)));
        match part {
            Part::Member(name) => {
                let known = only(name, Some(known.unwrap_or(Value::Null)));
                law::differences(shown.node?, &known, &shown.members).pop()
            }
            Part::Tag(key) => {
                let tag = shown.tags.as_ref()?.get(key).cloned();
                law::tag_differences(&only(key, known), &only(key, tag)).pop()
            }
        }
    }

    /// The fewest parts of which no state has what is shown.
    fn fewest(&self, shown: &Shown<'_>) -> Vec<Part> {
        let parts = self.parts(shown);
        let is_unexplained = |chosen: &[&Part]| {
            let fits = |state: &State| chosen.iter().all(|part| self.difference(state, shown, part).is_none());
            !self.states.iter().any(fits)
        };
        let alone = parts.iter().find(|part| is_unexplained(&[*part]));
        if let Some(part) = alone {
            return vec![part.clone()];
        }
        if parts.len() * parts.len() * self.states.len() > MOST_TRIED {
            return parts;
        }
        let pairs =
            parts.iter().enumerate().flat_map(|(first, one)| parts.iter().skip(first + 1).map(move |two| [one, two]));
        let together = pairs.into_iter().find(|pair| is_unexplained(pair));
        together.map_or(parts.clone(), |pair| pair.into_iter().cloned().collect())
    }

    /// What a read shows that no order of the calls explains.
    pub(super) fn unexplained(
        &self,
        seen: Seen<'_>,
        tracked: &Tracked,
        (arn, place): (&str, &Node),
        shown: &Shown<'_>,
    ) -> Option<Suspicion> {
        let parts = self.fewest(shown);
        let first = parts.first()?;
        let law = self.law(&parts);
        let calls = self.writers(&parts);
        let path = compare::element_path(place);
        let (member, detail) = match first {
            Part::Member(name) => (name.clone(), format!("{path}.{name}")),
            Part::Tag(key) => (key.clone(), shown.tags_member.map_or(path.clone(), |tags| format!("{path}.{tags}"))),
        };
        let noun = &tracked.resource;
        let (known, found) = self.sentences(&parts, shown);
        let number = calls.len();
        Some(Suspicion {
            arn: arn.to_owned(),
            resource: noun.clone(),
            part: shown.part,
            operation: seen.operation.name.clone(),
            law: law.into(),
            member: Some(member),
            detail: Some(detail),
            expected: format!("Some order of {number} calls in flight at once explains the {noun}: {known}."),
            observed: format!("No order does: {found}."),
            calls: Some(calls),
            may_lag: true,
        })
    }

    /// What orders of the calls leave of parts, and what is shown of them.
    fn sentences(&self, parts: &[Part], shown: &Shown<'_>) -> (String, String) {
        let mut known = Vec::new();
        let mut found = Vec::new();
        for part in parts {
            let name = match part {
                Part::Member(name) | Part::Tag(name) => name,
            };
            let differences: Vec<Difference> =
                self.states.iter().filter_map(|state| self.difference(state, shown, part)).collect();
            let values: BTreeSet<&str> = differences.iter().map(|difference| difference.known.as_str()).collect();
            let more = if values.len() > MOST_NAMED { " or another" } else { "" };
            let values: Vec<&str> = values.into_iter().take(MOST_NAMED).collect();
            known.push(format!("`{name}` is {}{more}", values.join(" or ")));
            found.extend(differences.first().map(|difference| format!("`{name}` is {}", difference.shown)));
        }
        (known.join(", "), found.join(", "))
    }

    /// Calls that write the parts, or all that write something if none does.
    fn writers(&self, parts: &[Part]) -> Vec<usize> {
        let writes = |call: &&Call| match &call.deed {
            Deed::Write(written) => parts.iter().any(|part| written.contains_key(part)),
            Deed::Delete => true,
            Deed::Read { .. } => false,
        };
        let writers: Vec<usize> = self.calls.iter().filter(writes).map(|call| call.position).collect();
        let changes = self.calls.iter().filter(|call| !matches!(call.deed, Deed::Read { .. }));
        if writers.is_empty() { changes.map(|call| call.position).collect() } else { writers }
    }

    /// The law that is broken if no order explains what is shown of these parts.
    fn law(&self, parts: &[Part]) -> LawKind {
        let written = |part: &Part, is_set: bool| {
            self.calls.iter().any(|call| match &call.deed {
                Deed::Write(written) => written.get(part).is_some_and(|value| value.is_some() == is_set),
                Deed::Delete | Deed::Read { .. } => false,
            })
        };
        let are_tagged = self.calls.iter().any(|call| match &call.deed {
            Deed::Write(written) => written.keys().any(|part| matches!(part, Part::Tag(_))),
            Deed::Delete | Deed::Read { .. } => false,
        });
        match parts.first() {
            Some(part @ Part::Member(_)) if parts.len() == 1 && written(part, true) => LawKind::UpdateChanges,
            None | Some(Part::Member(_)) => LawKind::UpdateKeeps,
            Some(part @ Part::Tag(key)) => {
                let was_there = self.tags.as_ref().is_some_and(|tags| tags.contains_key(key));
                match (written(part, true), written(part, false), was_there) {
                    (true, _, true) => LawKind::TagOverwrites,
                    (true, _, false) => LawKind::TagAdds,
                    (false, true, _) => LawKind::UntagRemoves,
                    (false, false, _) if are_tagged => LawKind::TagKeeps,
                    (false, false, _) => LawKind::UpdateKeepsTags,
                }
            }
        }
    }

    /// The read in flight that no order of the other calls explains.
    pub(super) fn unordered(
        &self,
        views: &Views,
        subject: &str,
        tracked: &Tracked,
        calls: &[(usize, &Overlapping<'_>)],
    ) -> Option<Suspicion> {
        let is_read = |call: &Call| matches!(call.deed, Deed::Read { .. });
        let (index, read) = self.calls.iter().enumerate().find(|(index, call)| {
            let chosen: Vec<usize> = (0..self.calls.len())
                .filter(|other| other == index || !self.calls.get(*other).is_some_and(is_read))
                .collect();
            is_read(call) && self.has_no_order(&chosen, calls)
        })?;
        let role = views.role(&read.operation)?;
        let noun = &tracked.resource;
        let (_, call) = calls.get(index)?;
        let changes: Vec<usize> = self.calls.iter().filter(|call| !is_read(call)).map(|call| call.position).collect();
        let law = if changes.is_empty() { LawKind::CreatedIsRead } else { LawKind::UpdateChanges };
        Some(Suspicion {
            arn: subject.to_owned(),
            resource: noun.clone(),
            part: role.kind,
            operation: call.operation.name.clone(),
            law: law.into(),
            member: None,
            detail: None,
            expected: format!(
                "What is shown of the {noun} fits some order of {} calls in flight at once.",
                changes.len() + 1
            ),
            observed: "No order of them explains it.".to_owned(),
            calls: Some(changes.into_iter().chain([read.position]).collect()),
            may_lag: true,
        })
    }

    /// Whether no order of some of the calls explains their responses.
    fn has_no_order(&self, chosen: &[usize], calls: &[(usize, &Overlapping<'_>)]) -> bool {
        let spans: Vec<Span> = chosen.iter().filter_map(|index| Some(calls.get(*index)?.1.span)).collect();
        let few = chosen.iter().filter_map(|index| self.calls.get(*index)).cloned().collect();
        let some =
            Overlap { calls: few, states: BTreeSet::new(), members: self.members.clone(), tags: self.tags.clone() };
        linearizability::outcomes(&some, some.initial(), &spans).is_some_and(|states| states.is_empty())
    }
}
