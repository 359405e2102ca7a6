//! What the steps before a difference say of it: what was given, shown alike, tagged or deleted before.

mod items;
mod values;

use serde_json::Value;

use self::items::{of_ghosts, of_repeated};
use self::values::{holder, own_name, tagged, untagged, updated};
use super::difference::{Differing, Kind};
use super::play::{Performed, Told};
use crate::judge::Answer;
use crate::judge::echo::{is_nothing, same};
use crate::plan::Plan;
use crate::plan::operation_role::{OperationRole, RoleKind, roles};
use crate::plan::sequence::{LawKind, law};
use crate::spec::Contract;
use crate::spec::contract::Operation;
use crate::spec::path;

/// Which of the two a step's history supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Favours {
    A,
    B,
    /// What the contract leaves open.
    Both,
}

/// What the history of a difference says, and the law that says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub favours: Favours,
    pub law: Option<LawKind>,
    pub kind: String,
    pub reason: String,
}

/// Looks at a difference in the light of what came before.
pub struct History<'h> {
    pub contract: &'h Contract,
    pub plan: &'h Plan,
    pub performed: &'h [Performed],
}

/// A resource as the first target names it.
struct Subject {
    name: String,
    kind: String,
    /// Whether it came along with another resource.
    is_secondary: bool,
    /// Position of the call that made it.
    made_at: usize,
}

impl History<'_> {
    /// What the history says of a difference; `None` if nothing.
    pub fn says(&self, told: &Told) -> Option<Statement> {
        let position = self.performed.iter().position(|performed| performed.step == told.step)?;
        let now = self.performed.get(position)?;
        let operation = self.contract.operation(now.operation.as_deref()?)?;
        match told.differing.kind {
            Kind::Answer => self.of_answer(operation, position, now),
            Kind::Items => {
                of_repeated(operation, now, &told.differing).or_else(|| self.of_items(position, &told.differing))
            }
            Kind::Deleted => of_ghosts(&told.differing),
            Kind::Identity => self.of_identity(told),
            Kind::Presence | Kind::Value => self.of_value(operation, position, now, &told.differing),
            Kind::Derived => None,
        }
    }

    /// The clause of a law for a resource type.
    pub fn clause(&self, told: &Statement) -> Option<String> {
        law(&self.plan.suites.laws, told.law?, &told.kind).map(|law| law.rule.clone())
    }

    fn said(&self, favours: Favours, law: LawKind, subject: &Subject, reason: &str) -> Option<Statement> {
        Some(Statement { favours, law: Some(law), kind: subject.kind.clone(), reason: reason.to_owned() })
    }

    fn subject(&self, name: &str, before: usize) -> Option<Subject> {
        self.performed.iter().take(before).enumerate().find_map(|(made_at, performed)| {
            let operation = performed.operation.as_deref()?;
            let body = performed.a.as_ref()?.response.body.as_ref()?;
            let products = self.plan.resources.products(operation);
            let position = products
                .iter()
                .position(|product| path::find(body, &product.path).and_then(Value::as_str) == Some(name))?;
            let kind = products.get(position)?.resource.clone();
            Some(Subject { name: name.to_owned(), kind, is_secondary: position > 0, made_at })
        })
    }

    /// The part of a call in the life of a resource that it is about.
    fn role(&self, performed: &Performed, subject: &Subject) -> Option<OperationRole> {
        let name = performed.operation.as_deref()?;
        let roles = roles(self.contract, &self.plan.resources, &subject.kind);
        let role = roles.into_iter().find(|role| role.operation == name)?;
        let input = &performed.a.as_ref()?.input;
        let is_about = role.kind == RoleKind::Create
            || role.subject.as_ref().and_then(|member| input.get(member)).and_then(Value::as_str)
                == Some(&subject.name);
        is_about.then_some(role)
    }

    fn is_done(performed: &Performed) -> bool {
        let succeeded = |called: &Option<super::side::Called>| {
            called.as_ref().is_some_and(|called| called.response.answer == Answer::Success)
        };
        succeeded(&performed.a) && succeeded(&performed.b)
    }

    fn is_deleted(&self, subject: &Subject, before: usize) -> bool {
        let earlier = self.performed.iter().take(before).skip(subject.made_at + 1);
        earlier
            .filter(|performed| Self::is_done(performed))
            .any(|performed| self.role(performed, subject).is_some_and(|role| role.kind == RoleKind::Delete))
    }

    fn of_answer(&self, operation: &Operation, position: usize, now: &Performed) -> Option<Statement> {
        let required =
            operation.input.members().iter().find(|member| member.is_required && member.resource.is_some())?;
        let (a, b) = (now.a.as_ref()?, now.b.as_ref()?);
        let subject = self.subject(a.input.get(&required.name)?.as_str()?, position)?;
        let (a, b) = (a.response.answer == Answer::Success, b.response.answer == Answer::Success);
        if a == b {
            return None;
        }
        if self.is_deleted(&subject, position) {
            let favours = if a { Favours::B } else { Favours::A };
            return self.said(favours, LawKind::DeletedIsGone, &subject, "the resource was deleted before");
        }
        let owner_is_gone = subject.is_secondary && {
            let made = self.performed.get(subject.made_at)?;
            let first = self.plan.resources.products(made.operation.as_deref()?).first()?;
            let name = path::find(made.a.as_ref()?.response.body.as_ref()?, &first.path)?.as_str()?;
            self.subject(name, position).is_some_and(|owner| self.is_deleted(&owner, position))
        };
        if owner_is_gone {
            let favours = if a { Favours::B } else { Favours::A };
            return self.said(favours, LawKind::OwnedGoesAlong, &subject, "what it belongs to was deleted before");
        }
        let favours = if a { Favours::A } else { Favours::B };
        let is_plain_read = operation.is_readonly && required.resource.as_ref().is_some_and(|r| r.kind == subject.kind);
        (is_plain_read
            && self.plan.resources.reader(self.contract, &subject.kind).is_some_and(|(name, _)| name == operation.name))
        .then(|| self.said(favours, LawKind::CreatedIsRead, &subject, "the resource was made before and not deleted"))?
    }

    fn of_identity(&self, told: &Told) -> Option<Statement> {
        let is_name = told.differing.path.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case("arn"));
        if !is_name {
            return None;
        }
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let (a, b) = (text(&told.differing.a)?, text(&told.differing.b)?);
        let was_shown = |side: fn(&Performed) -> &Option<super::side::Called>, text: &str| {
            self.performed.iter().take_while(|performed| performed.step != told.step).any(|performed| {
                let body = side(performed).as_ref().and_then(|called| called.response.body.as_ref());
                body.is_some_and(|body| body.to_string().contains(text))
            })
        };
        let said =
            |favours, reason: &str| Statement { favours, law: None, kind: String::new(), reason: reason.to_owned() };
        let now = self.performed.iter().find(|performed| performed.step == told.step)?;
        let is_asked_for = |called: &Option<super::side::Called>, text: &str| {
            called.as_ref().is_some_and(|called| called.input.to_string().contains(text))
        };
        let was_shown = (was_shown(|performed| &performed.a, &a), was_shown(|performed| &performed.b, &b));
        match (is_asked_for(&now.a, &a), is_asked_for(&now.b, &b)) {
            (true, false) => Some(said(Favours::A, "the request names it")),
            (false, true) => Some(said(Favours::B, "the request names it")),
            _ => match was_shown {
                (false, true) => Some(said(Favours::A, "two resources do not have the same name")),
                (true, false) => Some(said(Favours::B, "two resources do not have the same name")),
                _ => None,
            },
        }
    }

    /// What was given to a member, or shown alike, last.
    fn of_value(
        &self,
        operation: &Operation,
        position: usize,
        now: &Performed,
        differing: &Differing,
    ) -> Option<Statement> {
        let a = now.a.as_ref()?;
        let body = a.response.body.as_ref()?;
        let (holder, member) = holder(body, &differing.place);
        let name = holder.as_ref().and_then(own_name).map(str::to_owned).or_else(|| {
            let required =
                operation.input.members().iter().find(|member| member.is_required && member.resource.is_some());
            Some(a.input.get(&required?.name)?.as_str()?.to_owned())
        })?;
        let subject = self.subject(&name, position + 1)?;
        let roles = roles(self.contract, &self.plan.resources, &subject.kind);
        if position != subject.made_at && roles.iter().all(|role| role.operation != operation.name) {
            // It may show what the resource was like at another time.
            return None;
        }
        let (law, expected) = self.expected(&subject, &member, position)?;
        let Some(expected) = expected else {
            return Some(Statement {
                favours: Favours::Both,
                law: None,
                kind: subject.kind,
                reason: "whether what was given also holds for what came along with the resource is open".to_owned(),
            });
        };
        let is_so = |value: &Option<Value>| {
            let value = value.as_ref().unwrap_or(&Value::Null);
            same(value, &expected) || (is_nothing(value) && is_nothing(&expected))
        };
        let reason = match law {
            LawKind::UpdateKeeps => "it was so before, and no request changed it",
            LawKind::UntagRemoves => "the tag was removed before",
            _ => "a request gave this value last",
        };
        match (is_so(&differing.a), is_so(&differing.b)) {
            (true, false) => self.said(Favours::A, law, &subject, reason),
            (false, true) => self.said(Favours::B, law, &subject, reason),
            _ => None,
        }
    }

    /// The value that a member of a resource should have after the calls up to a position, with the law that says so;
    /// no value where the contract leaves it open.
    fn expected(&self, subject: &Subject, member: &str, position: usize) -> Option<(LawKind, Option<Value>)> {
        let mut known: Option<(LawKind, Option<Value>)> = None;
        let in_tags = member.strip_prefix("tags").map(|key| key.strip_prefix('.').unwrap_or(key).to_owned());
        // The key of a tag may hold what separates the names of a path.
        let pointer = |value: &Value| match in_tags.as_deref() {
            Some(key) if !key.is_empty() => value.get("tags")?.get(key).cloned(),
            _ => path::find(value, member).cloned(),
        };
        for (number, performed) in self.performed.iter().enumerate().take(position + 1).skip(subject.made_at) {
            let (Some(role), true) = (self.role_or_maker(performed, subject, number), Self::is_done(performed)) else {
                continue;
            };
            let Some(a) = &performed.a else { continue };
            let given = pointer(&a.input);
            let agreed = role.place.as_ref().filter(|_| number < position).and_then(|place| {
                let of = |called: &Option<super::side::Called>| {
                    pointer(called.as_ref()?.response.body.as_ref()?.get(place)?)
                };
                let (a, b) = (of(&performed.a)?, of(&performed.b)?);
                (a == b).then_some(a)
            });
            known = match (role.kind, given) {
                (RoleKind::Create, Some(_)) if subject.is_secondary => Some((LawKind::TagsOfCreate, None)),
                (RoleKind::Create, Some(given)) if in_tags.is_some() => Some((LawKind::TagsOfCreate, Some(given))),
                (RoleKind::Create, Some(given)) => Some((LawKind::CreatedIsRead, Some(given))),
                (RoleKind::Update, Some(given)) => Some((LawKind::UpdateChanges, Some(given))),
                (RoleKind::Update, None) => updated(known, agreed),
                (RoleKind::Tag, _) if in_tags.is_some() => {
                    tagged(known, a.input.get(role.tags.as_deref()?), in_tags.as_deref()?)
                }
                (RoleKind::Untag, _) if in_tags.is_some() => {
                    untagged(known, a.input.get(role.tags.as_deref()?), in_tags.as_deref()?)
                }
                _ => known.or_else(|| Some((LawKind::CreatedIsRead, Some(agreed?)))),
            };
        }
        known
    }

    /// The part of a call; of the one that made a resource, however it came about.
    fn role_or_maker(&self, performed: &Performed, subject: &Subject, number: usize) -> Option<OperationRole> {
        let role = self.role(performed, subject);
        match (number == subject.made_at, role) {
            (true, None) => {
                let name = performed.operation.as_deref()?;
                let operation = self.contract.operation(name)?;
                let place =
                    crate::plan::operation_role::object_of(operation, &subject.kind).map(|node| node.name.clone());
                Some(OperationRole {
                    kind: RoleKind::Create,
                    operation: name.to_owned(),
                    resource: subject.kind.clone(),
                    subject: None,
                    owner: None,
                    place,
                    filter: None,
                    tags: None,
                })
            }
            // Another resource of the type was made.
            (false, Some(role)) if role.kind == RoleKind::Create => None,
            (_, role) => role,
        }
    }
}
