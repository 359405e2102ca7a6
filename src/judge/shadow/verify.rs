//! What a response shows otherwise than it is known.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pages::{Walk, filters};
use super::state::{Life, Shadow, TAGS, Tracked};
use super::suspicion::{suspicion, whole};
use super::views::{Object, Views};
use super::{Basis, Seen, Suspicion, compare};
use crate::judge::doubt;
use crate::judge::echo::same;
use crate::judge::law::{self, Difference, Effect};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::spec::contract::Node;

impl Shadow {
    /// Compares what a successful read shows with what is known, and learns what was not known.
    pub(super) fn read(&mut self, views: &Views, seen: Seen<'_>, body: &Value) -> Vec<Suspicion> {
        let Some(role) = views.role(&seen.operation.name) else { return Vec::new() };
        if role.kind == RoleKind::Tags {
            return self.read_tags(seen, role, body);
        }
        let objects = views.objects(seen.operation, body);
        let mut found = Vec::new();
        if role.kind == RoleKind::Get {
            found.extend(objects.iter().flat_map(|(place, object)| self.narrow_object(views, seen, place, object)));
            if !found.is_empty() {
                return found;
            }
        }
        for (place, object) in &objects {
            found.extend(self.suspicions(views, seen, role, (place, object)));
        }
        match role.kind {
            RoleKind::Get => {
                if let Some(suspicion) = self.of_another(seen, role, &objects, LawKind::CreatedIsRead) {
                    return vec![suspicion];
                }
                self.learn(views, seen, &objects, found.is_empty());
            }
            RoleKind::Batch => found.extend(self.verify_batch(seen, role, &objects, body)),
            RoleKind::List => found.extend(self.listed(seen, role, &objects, body)),
            _ => {}
        }
        found
    }

    /// What a response shows is another resource than the one that it is asked for.
    pub(super) fn of_another(
        &self,
        seen: Seen<'_>,
        role: &OperationRole,
        objects: &[(&Node, Object<'_>)],
        law: LawKind,
    ) -> Option<Suspicion> {
        let (asked, _) = about_another(seen, role, objects)?;
        let tracked = self.tracked.get(asked).filter(|tracked| tracked.life == Life::Exists)?;
        let noun = &tracked.resource;
        let shown = (format!("The {noun} that was asked for is shown."), format!("Another {noun} is shown."));
        Some(whole(seen.operation, role.kind, (asked, noun), law, shown))
    }

    /// What an object shows otherwise than it is known.
    fn suspicions(
        &self,
        views: &Views,
        seen: Seen<'_>,
        role: &OperationRole,
        (place, object): (&Node, &Object<'_>),
    ) -> Vec<Suspicion> {
        let deleted = |noun: &str, law| {
            let shown = (format!("The deleted {noun} is not shown."), "It is.".to_owned());
            vec![whole(seen.operation, role.kind, (object.arn, noun), law, shown)]
        };
        let Some(tracked) = self.tracked.get(object.arn) else {
            let grave = self.graves.get(object.arn).filter(|_| role.kind == RoleKind::List);
            return grave.map(|grave| deleted(&grave.resource, grave.law)).unwrap_or_default();
        };
        match tracked.life {
            Life::Unknown => return Vec::new(),
            Life::Gone(law) if role.kind != RoleKind::Get => return deleted(&tracked.resource, law),
            Life::Gone(_) => return Vec::new(),
            Life::Exists => {}
        }
        let is_sound = |name: &str| !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(name));
        let members = compare::members(views, tracked, object).into_iter().filter(|found| is_sound(&found.member));
        let about = |law, difference: Difference, tags: Option<&str>| {
            suspicion(seen.operation, role.kind, (place, object.arn, tracked), law, difference, tags)
        };
        let about_member = |difference: Difference| {
            let may_lag = compare::was_so(tracked, object, &difference.member);
            Suspicion { may_lag, ..about(law_of_member(role.kind, tracked, &difference.member), difference, None) }
        };
        let mut found: Vec<Suspicion> = members.map(about_member).collect();
        if let Some(name) = views.tags_member(object.node).filter(|name| is_sound(name)) {
            let about_tag = |difference: Difference| {
                let may_lag = compare::tag_was_so(tracked, &compare::shown_tags(object, name), &difference.member);
                Suspicion {
                    may_lag,
                    ..about(law_of_tag(role.kind, tracked, &difference.member), difference, Some(name))
                }
            };
            found.extend(compare::tags(views, tracked, object).into_iter().map(about_tag));
        }
        found
    }

    /// What the response to an update shows otherwise although the update was not given it.
    pub(super) fn suspicions_of_update(
        &self,
        views: &Views,
        seen: Seen<'_>,
        (place, object): (&Node, &Object<'_>),
        given: &BTreeSet<String>,
    ) -> Vec<Suspicion> {
        let Some(tracked) = self.tracked.get(object.arn).filter(|tracked| tracked.life == Life::Exists) else {
            return Vec::new();
        };
        let is_sound = |name: &str| !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(name));
        let is_kept = |difference: &Difference| !given.contains(&difference.member) && is_sound(&difference.member);
        let members = compare::members(views, tracked, object).into_iter().filter(is_kept);
        let about = |law, difference, tags: Option<&str>| {
            suspicion(seen.operation, RoleKind::Update, (place, object.arn, tracked), law, difference, tags)
        };
        let about_member = |difference: Difference| {
            let may_lag = compare::was_so(tracked, object, &difference.member);
            Suspicion { may_lag, ..about(LawKind::UpdateKeeps, difference, None) }
        };
        let mut found: Vec<Suspicion> = members.map(about_member).collect();
        if let Some(name) = views.tags_member(object.node).filter(|name| is_sound(name)) {
            let tags = compare::tags(views, tracked, object);
            found.extend(tags.into_iter().map(|difference| about(LawKind::UpdateKeepsTags, difference, Some(name))));
        }
        found
    }

    fn read_tags(&mut self, seen: Seen<'_>, role: &OperationRole, body: &Value) -> Vec<Suspicion> {
        let subject = role.subject.as_deref().and_then(|name| seen.input.get(name)).and_then(Value::as_str);
        let place = role.place.as_deref().and_then(|name| seen.operation.output.member(name));
        let (Some(subject), Some(place)) = (subject, place) else { return Vec::new() };
        if doubt::is_doubtful(seen.operation, seen.judgement, place, None) {
            return Vec::new();
        }
        let shown = body.get(&place.name).and_then(Value::as_object).cloned().unwrap_or_default();
        let found = self.narrow_tags(seen, subject, place, &shown);
        if !found.is_empty() {
            return found;
        }
        let Some(tracked) = self.tracked.get_mut(subject).filter(|tracked| tracked.life == Life::Exists) else {
            return Vec::new();
        };
        let Some(known) = &tracked.tags else {
            tracked.tags = Some(shown).filter(|_| !tracked.doubted.contains(TAGS));
            return Vec::new();
        };
        let differences = law::tag_differences(known, &shown);
        tracked.tags_were_listed = differences.is_empty();
        let about = |difference: Difference| {
            let law = law_of_tag(RoleKind::Tags, tracked, &difference.member);
            let may_lag = compare::tag_was_so(tracked, &shown, &difference.member);
            let about = (place, subject, &*tracked);
            Suspicion { may_lag, ..suspicion(seen.operation, RoleKind::Tags, about, law, difference, Some("")) }
        };
        differences.into_iter().map(about).collect()
    }

    /// What a read shows beyond what was known is known from then on.
    fn learn(&mut self, views: &Views, seen: Seen<'_>, objects: &[(&Node, Object<'_>)], is_as_known: bool) {
        for (_, object) in objects {
            let (members, tags) = compare::split(views, object);
            let Some(tracked) = self.tracked.get_mut(object.arn) else { continue };
            let sound = members
                .into_iter()
                .filter(|(name, _)| !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(name)));
            for (name, value) in sound {
                if !tracked.doubted.contains(&name) {
                    tracked.members.entry(name).or_insert(value);
                }
            }
            if tracked.tags.is_none() && !tracked.doubted.contains(TAGS) {
                tracked.tags = tags;
            }
            if is_as_known {
                tracked.pending = None;
            }
        }
    }

    /// What a page shows twice, and what a walk that is over did not show.
    fn listed(
        &mut self,
        seen: Seen<'_>,
        role: &OperationRole,
        objects: &[(&Node, Object<'_>)],
        body: &Value,
    ) -> Vec<Suspicion> {
        let mut found = self.wrongly_listed(seen, role, objects);
        let page: Vec<&str> = objects.iter().map(|(_, object)| object.arn).collect();
        let exists = |tracked: &Tracked| tracked.life == Life::Exists && tracked.resource == role.resource;
        let tracked = &self.tracked;
        let existing = || tracked.iter().filter(|(_, one)| exists(one)).map(|(arn, _)| arn.clone()).collect();
        let Some((again, over)) = self.walks.add(seen.operation, seen.input, body, &page, existing) else {
            return found;
        };
        for arn in again {
            let Some(tracked) = self.tracked.get(&arn) else { continue };
            let shown = (format!("The {} is shown once.", role.resource), "It is shown again.".to_owned());
            let again = whole(seen.operation, role.kind, (&arn, &tracked.resource), LawKind::PagesAreDisjoint, shown);
            found.push(Suspicion { may_lag: false, ..again });
        }
        if let Some(walk) = over {
            found.extend(self.left_out_of_list(seen, role, &walk));
        }
        found
    }

    /// What a list shows although what it is asked for leaves it out.
    fn wrongly_listed(&self, seen: Seen<'_>, role: &OperationRole, objects: &[(&Node, Object<'_>)]) -> Vec<Suspicion> {
        let about = |(_, object): &(&Node, Object<'_>)| {
            let tracked = self.tracked.get(object.arn).filter(|tracked| tracked.life == Life::Exists)?;
            let Filtered::Excluded(filter) = filtered(seen, role, tracked) else { return None };
            let noun = &tracked.resource;
            let shown = (format!("`{filter}` leaves the {noun} out."), "It is shown.".to_owned());
            Some(whole(seen.operation, role.kind, (object.arn, noun), Basis::Filter(filter), shown))
        };
        objects.iter().filter_map(about).collect()
    }

    fn left_out_of_list(&self, seen: Seen<'_>, role: &OperationRole, walk: &Walk) -> Vec<Suspicion> {
        let law = if walk.pages > 1 { LawKind::PagesAreDisjoint } else { LawKind::CreatedIsListed };
        let is_missing = |arn: &&String| !walk.shown.contains(*arn);
        let about = |arn: &String| {
            let tracked = self.tracked.get(arn).filter(|tracked| tracked.life == Life::Exists)?;
            let shown = (format!("The {} is shown.", tracked.resource), "It is not.".to_owned());
            (filtered(seen, role, tracked) == Filtered::Included)
                .then(|| whole(seen.operation, role.kind, (arn, &tracked.resource), law, shown))
        };
        walk.expected.iter().filter(is_missing).filter_map(about).collect()
    }
}

/// Whether what a list is asked for includes a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filtered {
    Included,
    /// This member of the input leaves it out.
    Excluded(String),
    Unknown,
}

fn filtered(seen: Seen<'_>, role: &OperationRole, tracked: &Tracked) -> Filtered {
    let Some(pagination) = &seen.operation.pagination else { return Filtered::Unknown };
    let Some(item) = operation_role::items_of(seen.operation, &role.resource).and_then(operation_role::element) else {
        return Filtered::Unknown;
    };
    let filters = filters(pagination, seen.input);
    let mut is_known = true;
    for (name, value) in filters.as_object().into_iter().flatten() {
        let is_met = if role.owner.is_some() && role.subject.as_ref() == Some(name) {
            tracked.owner.as_deref().map(|owner| Some(owner) == value.as_str())
        } else {
            let shape = seen.operation.input.member(name).map(|member| member.shape.as_str());
            let filtered = item.members().iter().find(|member| Some(member.shape.as_str()) == shape);
            let known = filtered.and_then(|member| tracked.members.get(&member.name));
            let text = value.as_str().filter(|text| !text.is_empty());
            text.and(known).map(|known| same(known, value))
        };
        match is_met {
            Some(true) => {}
            Some(false) => return Filtered::Excluded(name.clone()),
            None => is_known = false,
        }
    }
    if is_known { Filtered::Included } else { Filtered::Unknown }
}

/// What a read or an update is asked for, if what it shows is something else.
pub(super) fn about_another<'e>(
    seen: Seen<'e>,
    role: &OperationRole,
    objects: &'e [(&Node, Object<'_>)],
) -> Option<(&'e str, &'e Node)> {
    let asked = role.subject.as_deref().and_then(|name| seen.input.get(name)).and_then(Value::as_str)?;
    let (place, object) = objects.iter().find(|(place, _)| role.place.as_ref() == Some(&place.name))?;
    let own = object.node.members().iter().find(|member| operation_role::names_itself(member))?;
    let is_sound = !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(&own.name));
    (object.arn != asked && is_sound).then_some((asked, place))
}

fn law_of_member(part: RoleKind, tracked: &Tracked, member: &str) -> LawKind {
    match (part, &tracked.pending) {
        (RoleKind::Batch, _) => LawKind::BatchAgrees,
        (RoleKind::List, _) => LawKind::CreatedIsListed,
        (_, Some((effect, is_subject))) => law::of_member(effect, *is_subject, member),
        (_, None) => LawKind::CreatedIsRead,
    }
}

fn law_of_tag(part: RoleKind, tracked: &Tracked, key: &str) -> LawKind {
    let is_view =
        matches!(part, RoleKind::Batch | RoleKind::List) || (part == RoleKind::Get && tracked.tags_were_listed);
    match &tracked.pending {
        _ if is_view => LawKind::TagsAppear,
        Some((effect, is_subject)) => law::of_tag(effect, *is_subject, key),
        None => law::of_tag(&Effect::Seen, true, key),
    }
}
