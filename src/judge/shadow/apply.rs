//! What an exchange changes: from what is known before to what is known after it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::state::{Life, Shadow, Tracked};
use super::views::{Object, Views};
use super::{Seen, Suspicion, compare};
use crate::judge::doubt;
use crate::judge::echo::same;
use crate::judge::exchange::Answer;
use crate::judge::finding::FindingKind;
use crate::judge::law::Effect;
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::spec::contract::Node;
use crate::spec::path;

impl Shadow {
    /// Takes an exchange in: keeps what it changed. What it shows otherwise than it was known.
    pub fn take(&mut self, views: &Views, seen: Seen<'_>) -> Vec<Suspicion> {
        let Seen { operation, input, judgement, .. } = seen;
        let is_wrongly_accepted =
            judgement.violations.iter().any(|violation| violation.kind == FindingKind::AcceptedInvalid);
        let body = judgement.body.as_ref().unwrap_or(&Value::Null);
        if operation.is_readonly {
            return match judgement.is_success() && !is_wrongly_accepted {
                true => {
                    let mut found = self.read(views, seen, body);
                    found.extend(self.read_activities(views, seen, body));
                    found
                }
                false => {
                    if matches!(judgement.answer, Answer::Error { status: 404, .. }) {
                        self.missed_activity(views, seen);
                    }
                    Vec::new()
                }
            };
        }
        match &judgement.answer {
            Answer::Error { status: 400..500, .. } => Vec::new(),
            Answer::Success if !is_wrongly_accepted => self.change(views, seen, body),
            Answer::Success | Answer::Page | Answer::Error { .. } | Answer::Nothing => {
                self.forget_named(input);
                self.forget_named(body);
                Vec::new()
            }
        }
    }

    fn change(&mut self, views: &Views, seen: Seen<'_>, body: &Value) -> Vec<Suspicion> {
        self.end_by(views, seen.operation, seen.input);
        if !views.products(&seen.operation.name).is_empty() {
            self.created(views, seen, body);
            return Vec::new();
        }
        let Some(role) = views.role(&seen.operation.name) else {
            self.changed_somehow(seen);
            return Vec::new();
        };
        let subject = role.subject.as_deref().and_then(|name| seen.input.get(name)).and_then(Value::as_str);
        let Some(subject) = subject.filter(|arn| self.knows(arn)).map(str::to_owned) else { return Vec::new() };
        if let Some(tracked) = self.tracked.get_mut(&subject) {
            tracked.overlap = None;
        }
        match role.kind {
            RoleKind::Update => return self.updated(views, seen, role, &subject, body),
            RoleKind::Tag | RoleKind::Untag if seen.is_open => self.forget_tags(&subject),
            RoleKind::Tag => self.tagged(role, &subject, seen.input),
            RoleKind::Untag => self.untagged(role, &subject, seen.input),
            RoleKind::Delete => self.deleted(&subject),
            RoleKind::Create | RoleKind::Get | RoleKind::Tags | RoleKind::Batch | RoleKind::List => {}
        }
        Vec::new()
    }

    /// An operation that is no part of a resource's life changes what it names as its own, in ways that nothing says.
    fn changed_somehow(&mut self, seen: Seen<'_>) {
        let own =
            seen.operation.input.members().iter().filter(|member| crate::plan::operation_role::names_itself(member));
        for member in own {
            seen.input.get(&member.name).into_iter().for_each(|named| self.forget_named(named));
        }
    }

    fn created(&mut self, views: &Views, seen: Seen<'_>, body: &Value) {
        let objects = views.objects(seen.operation, body);
        let owner = views.role(&seen.operation.name).filter(|role| role.owner.is_some());
        let owner = owner.and_then(|role| seen.input.get(role.subject.as_deref()?)?.as_str()).map(str::to_owned);
        let mut made: Vec<String> = Vec::new();
        for product in views.products(&seen.operation.name) {
            let Some(arn) = path::find(body, &product.path).and_then(Value::as_str) else { continue };
            let Some((_, object)) = objects.iter().find(|(_, object)| object.arn == arn) else { continue };
            if self.knows(arn) {
                // An id that comes twice makes two resources one: nothing can be said of either.
                self.forget_named(&Value::from(arn));
                continue;
            }
            self.graves.forget(arn);
            let (mut members, tags) = compare::split(views, object);
            let is_given_otherwise =
                |name: &str, shown: &Value| seen.input.get(name).is_some_and(|given| !same(given, shown));
            let otherwise = members.iter().filter(|(name, shown)| is_given_otherwise(name, shown));
            let shown_otherwise = otherwise.map(|(name, _)| name.clone()).collect();
            let is_sound = |name: &str| !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(name));
            members.retain(|name, _| is_sound(name));
            let are_tags_known = views.tags_member(object.node).is_some_and(is_sound);
            let tracked = Tracked {
                resource: product.resource.clone(),
                owner: made.first().cloned().or_else(|| owner.clone()),
                life: Life::Exists,
                members,
                tags: tags.filter(|_| are_tags_known),
                pending: None,
                tags_were_listed: false,
                doubted: BTreeSet::new(),
                shown_otherwise,
                former: Vec::new(),
                overlap: None,
            };
            self.tracked.insert(arn.to_owned(), tracked);
            made.push(arn.to_owned());
        }
        self.note(&Effect::Created, &made.into_iter().collect());
    }

    /// The response to an update shows the resource: what was not given is as it was.
    fn updated(
        &mut self,
        views: &Views,
        seen: Seen<'_>,
        role: &OperationRole,
        subject: &str,
        body: &Value,
    ) -> Vec<Suspicion> {
        let Some(tracked) = self.tracked.get(subject) else { return Vec::new() };
        let names = seen.input.as_object().into_iter().flat_map(Map::keys);
        let named = names.filter(|name| Some(name.as_str()) != role.subject.as_deref()).cloned().collect();
        let given = views.with_followers(&tracked.resource, named);
        let effect = Effect::Updated { given: given.clone(), changed: BTreeSet::new() };
        let objects = views.objects(seen.operation, body);
        let shown = objects.into_iter().find(|(_, object)| object.arn == subject);
        let Some((place, object)) = shown else {
            let another = self.of_another(seen, role, &views.objects(seen.operation, body), LawKind::UpdateChanges);
            self.updated_unseen(seen, subject, &given);
            self.note(&effect, &BTreeSet::from([subject.to_owned()]));
            return another.into_iter().collect();
        };
        let mut found = self.suspicions_of_update(views, seen, (place, &object), &given);
        found.iter_mut().for_each(|suspicion| role.operation.clone_into(&mut suspicion.operation));
        self.tracked.get_mut(subject).into_iter().for_each(Tracked::keep_former);
        self.adopt(views, seen, subject, &object);
        self.note(&effect, &BTreeSet::from([subject.to_owned()]));
        found
    }

    /// An update whose response shows nothing: what was given is what it is now, as far as it was a plain success.
    fn updated_unseen(&mut self, seen: Seen<'_>, subject: &str, given: &BTreeSet<String>) {
        let Some(tracked) = self.tracked.get_mut(subject) else { return };
        tracked.keep_former();
        for name in given {
            match seen.input.get(name).filter(|_| !seen.is_open) {
                Some(value) if tracked.members.contains_key(name) => {
                    tracked.members.insert(name.clone(), value.clone());
                }
                _ => drop(tracked.members.remove(name)),
            }
        }
    }

    /// From now on a resource is known as it was shown.
    pub(super) fn adopt(&mut self, views: &Views, seen: Seen<'_>, arn: &str, object: &Object<'_>) {
        let (shown, tags) = compare::split(views, object);
        let is_doubtful =
            |node: &Node, name: &str| doubt::is_doubtful(seen.operation, seen.judgement, node, Some(name));
        let tags_member = views.tags_member(object.node);
        let Some(tracked) = self.tracked.get_mut(arn) else { return };
        for member in object.node.members().iter().filter(|member| Some(member.name.as_str()) != tags_member) {
            match shown.get(&member.name).filter(|_| !is_doubtful(object.node, &member.name)) {
                Some(value) => drop(tracked.members.insert(member.name.clone(), value.clone())),
                None => drop(tracked.members.remove(&member.name)),
            }
        }
        if let Some(name) = tags_member {
            tracked.tags = tags.filter(|_| !is_doubtful(object.node, name));
        }
    }

    fn forget_tags(&mut self, subject: &str) {
        if let Some(tracked) = self.tracked.get_mut(subject) {
            tracked.tags = None;
        }
    }

    fn tagged(&mut self, role: &OperationRole, subject: &str, input: &Value) {
        let Some(tracked) = self.tracked.get_mut(subject) else { return };
        let given = role.tags.as_ref().and_then(|name| input.get(name)).and_then(Value::as_object);
        let given = given.cloned().unwrap_or_default();
        tracked.tags_were_listed = false;
        tracked.keep_former();
        let Some(tags) = &mut tracked.tags else { return };
        if given.values().any(|value| !value.is_string()) {
            tracked.tags = None;
            return;
        }
        let (replaced, added) = given.keys().cloned().partition(|key| tags.contains_key(key));
        tags.extend(given);
        let effect = Effect::Tagged { replaced, changed: BTreeSet::new(), added };
        self.note(&effect, &BTreeSet::from([subject.to_owned()]));
    }

    fn untagged(&mut self, role: &OperationRole, subject: &str, input: &Value) {
        let Some(tracked) = self.tracked.get_mut(subject) else { return };
        tracked.tags_were_listed = false;
        tracked.keep_former();
        let Some(tags) = &mut tracked.tags else { return };
        let keys = role.tags.as_ref().and_then(|name| input.get(name)).and_then(Value::as_array);
        let keys = keys.into_iter().flatten().filter_map(Value::as_str);
        let removed: BTreeSet<String> = keys.filter(|key| tags.remove(*key).is_some()).map(str::to_owned).collect();
        self.note(&Effect::Untagged { removed }, &BTreeSet::from([subject.to_owned()]));
    }

    /// A resource was deleted, and what belongs to it with it.
    pub fn deleted(&mut self, subject: &str) {
        for (arn, tracked) in &mut self.tracked {
            if arn == subject {
                tracked.life = Life::Gone(LawKind::DeletedIsGone);
            } else if tracked.owner.as_deref() == Some(subject) && tracked.life == Life::Exists {
                tracked.life = Life::Gone(LawKind::OwnedGoesAlong);
            }
        }
        self.note(&Effect::Deleted, &BTreeSet::from([subject.to_owned()]));
    }
}
