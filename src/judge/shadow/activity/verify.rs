//! What a response shows of one activity otherwise than it is known.

use serde_json::{Map, Value};

use super::course::{Course, Known, Stage};
use super::{Context, Shown};
use crate::judge::doubt;
use crate::judge::echo::is_nothing;
use crate::judge::law;
use crate::judge::shadow::state::{Life, Shadow, Tracked};
use crate::judge::shadow::views::{Views, object};
use crate::judge::shadow::{Basis, Suspicion, compare};
use crate::plan::activity::{ActivityLawKind, Kept};
use crate::plan::operation_role::RoleKind;
use crate::plan::resources::resource_of;

impl Context<'_> {
    pub(super) fn law(&self, kind: ActivityLawKind) -> Basis {
        Basis::Activity { activity: self.index, kind }
    }

    pub(super) fn suspicion(
        &self,
        owner: &str,
        law: Basis,
        member: Option<&str>,
        (expected, observed): (String, String),
    ) -> Suspicion {
        let path = compare::element_path(self.place);
        Suspicion {
            arn: owner.to_owned(),
            resource: self.known.activity.resource.clone(),
            part: RoleKind::Get,
            operation: self.seen.operation.name.clone(),
            law,
            member: member.map(str::to_owned),
            detail: member.map(|member| format!("{path}.{member}")),
            expected,
            observed,
            calls: None,
            may_lag: true,
        }
    }

    /// Another one is shown than the one that must be.
    fn another(&self, one: Shown<'_>, kind: ActivityLawKind, expected: String) -> Vec<Suspicion> {
        let noun = &self.known.activity.name;
        let observed = format!("It is another {noun}.");
        vec![self.suspicion(one.owner, self.law(kind), Some(&self.known.activity.id), (expected, observed))]
    }

    fn is_sound(&self, member: &str) -> bool {
        !doubt::is_doubtful(self.seen.operation, self.seen.judgement, self.node(), Some(member))
    }
}

impl Shadow {
    pub(super) fn verify_activity(&mut self, views: &Views, context: Context<'_>, one: Shown<'_>) -> Vec<Suspicion> {
        if !context.is_sound(&context.known.activity.id) {
            return Vec::new();
        }
        if let Some(asked) = context.asked_owner().filter(|asked| *asked != one.owner) {
            return self.of_another_owner(context, asked);
        }
        let Some(tracked) = self.tracked.get(one.owner) else { return Vec::new() };
        let is_current = context.view.kept == Kept::Current;
        if tracked.life == Life::Unknown || (tracked.life != Life::Exists && !is_current) {
            return Vec::new();
        }
        let other = self.courses.owner_of(context.index, one.name).filter(|owner| *owner != one.owner);
        let is_taken = other.is_some();
        let course = self.courses.of(context.index, one.owner);
        if course.is_lost {
            return Vec::new();
        }
        let noun = &context.known.activity.name;
        if is_taken {
            return context.another(
                one,
                ActivityLawKind::NamesDiffer,
                format!("No two have the same name of a {noun}."),
            );
        }
        let found = match context.view.kept {
            Kept::Current => current(context, course, one),
            Kept::History => history(context, course, one),
        };
        if !found.is_empty() {
            return found;
        }
        let Some(known) = course.known.iter().find(|known| known.name == one.name) else { return Vec::new() };
        let mut found = members(context, known, tracked, one);
        found.extend(resources(views, context, known, one));
        if found.is_empty() {
            self.learn_activity(context, one);
        }
        found
    }

    /// What a response shows is somebody else's.
    fn of_another_owner(&mut self, context: Context<'_>, asked: &str) -> Vec<Suspicion> {
        let exists = self.tracked.get(asked).is_some_and(|tracked| tracked.life == Life::Exists);
        if !exists || self.courses.of(context.index, asked).is_lost {
            return Vec::new();
        }
        let noun = &context.known.activity.resource;
        let sentences =
            (format!("The response is about the {noun} that was asked for."), "It is about another.".to_owned());
        vec![context.suspicion(asked, context.law(ActivityLawKind::NamedIsShown), None, sentences)]
    }

    /// What was shown for the first time is known from then on.
    fn learn_activity(&mut self, context: Context<'_>, one: Shown<'_>) {
        let activity = &context.known.activity;
        let course = self.courses.of(context.index, one.owner);
        let Some(known) = course.known.iter_mut().find(|known| known.name == one.name) else { return };
        for (name, value) in one.members {
            let is_known_member = context.node().member(name).is_some() && !activity.unsettled.contains(name);
            let is_resource = value.is_object();
            if is_known_member && !is_resource && !is_nothing(value) && context.is_sound(name) {
                known.members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
}

/// Views of what goes on.
fn current(context: Context<'_>, course: &mut Course, one: Shown<'_>) -> Vec<Suspicion> {
    let noun = &context.known.activity.name;
    match course.stage {
        Stage::Idle => {
            let what = if course.begun == 0 { "that never began" } else { "that ended" };
            let sentences = (format!("A {noun} {what} is not shown."), "It is.".to_owned());
            let law = context.law(ActivityLawKind::EndedIsNotShown);
            return vec![context.suspicion(one.owner, law, None, sentences)];
        }
        Stage::Ending => {}
        Stage::Ongoing => {
            if course.known.last().is_some_and(|known| known.name != one.name) {
                let expected = format!("It is the {noun} that was shown before and did not end.");
                return context.another(one, ActivityLawKind::ViewsAgree, expected);
            }
        }
        Stage::Beginning => return beginning(context, course, one),
    }
    Vec::new()
}

/// The first view of what began.
fn beginning(context: Context<'_>, course: &mut Course, one: Shown<'_>) -> Vec<Suspicion> {
    let known = course.known.iter().position(|known| known.name == one.name);
    match known {
        Some(position) if course.is_named() && position + 1 == course.known.len() => course.stage = Stage::Ongoing,
        Some(position) if course.known.get(position).is_some_and(|known| known.is_over) => {
            let expected = "What begins has a name of its own.".to_owned();
            return context.another(one, ActivityLawKind::NamesDiffer, expected);
        }
        // The one before may be shown for a while.
        Some(_) => {}
        None if course.is_named() => course.is_lost = true,
        None => {
            course.known.iter_mut().for_each(|known| known.is_over = true);
            course.learn(one.name);
            course.stage = Stage::Ongoing;
        }
    }
    Vec::new()
}

/// Views that keep what is over.
fn history(context: Context<'_>, course: &mut Course, one: Shown<'_>) -> Vec<Suspicion> {
    let noun = &context.known.activity.name;
    let asked = context.view.asked.as_ref().and_then(|name| context.seen.input.get(name)).and_then(Value::as_str);
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        if asked != one.name {
            return context.another(
                one,
                ActivityLawKind::NamedIsShown,
                format!("The {noun} that is asked for is shown."),
            );
        }
    } else if !context.view.is_list && !course.is_lost {
        let is_settled = matches!(course.stage, Stage::Idle | Stage::Ongoing) && course.is_named();
        if is_settled && course.known.last().is_some_and(|last| last.name != one.name) {
            return context.another(one, ActivityLawKind::LatestIsShown, format!("The latest {noun} is shown."));
        }
    }
    if !course.known.iter().any(|known| known.name == one.name) {
        if course.is_named() {
            let sentences = (format!("Each {noun} that is shown began."), "One is shown that did not.".to_owned());
            return vec![context.suspicion(
                one.owner,
                context.law(ActivityLawKind::HistoryIsComplete),
                None,
                sentences,
            )];
        }
        if course.known.len() + 1 < course.begun {
            // With several candidates it is unknown which one is shown.
            course.is_lost = true;
            return Vec::new();
        }
        course.learn(one.name);
    }
    end(context, course, one).into_iter().collect()
}

/// The end is there if and only if it is over.
fn end(context: Context<'_>, course: &Course, one: Shown<'_>) -> Option<Suspicion> {
    let member = context.known.activity.end.as_deref()?;
    context.node().member(member).filter(|_| context.is_sound(member))?;
    let is_shown = one.members.get(member).is_some_and(|value| !is_nothing(value));
    let known = course.known.iter().find(|known| known.name == one.name)?;
    let goes_on = course.ongoing().is_some_and(|ongoing| ongoing.name == one.name);
    let sentences = match (is_shown, known.is_over, goes_on) {
        (false, true, _) => (format!("`{member}` is there: it is over."), "It is absent.".to_owned()),
        (true, _, true) => (format!("`{member}` is absent: it goes on."), "It is there.".to_owned()),
        _ => return None,
    };
    Some(context.suspicion(one.owner, context.law(ActivityLawKind::EndIsShown), Some(member), sentences))
}

/// Members that are shown otherwise than other views show them, or than the resource that does it has them.
fn members(context: Context<'_>, known: &Known, owner: &Tracked, one: Shown<'_>) -> Vec<Suspicion> {
    let shared = owner.members.iter().filter(|(name, _)| context.known.shared.contains(name));
    let mut expected: Map<String, Value> = shared.map(|(name, value)| (name.clone(), value.clone())).collect();
    expected.extend(known.members.clone());
    let differences = law::differences(context.node(), &expected, one.value);
    // A view of less shows less.
    let is_shown = |member: &str| one.members.get(member).is_some_and(|value| !is_nothing(value));
    let wrong = differences.into_iter().filter(|found| context.is_sound(&found.member) && is_shown(&found.member));
    let about = |difference: law::Difference| {
        let member = &difference.member;
        let sentences =
            (format!("`{member}` is {}.", difference.known), format!("`{member}` is {}.", difference.shown));
        context.suspicion(one.owner, context.law(ActivityLawKind::ViewsAgree), Some(member), sentences)
    };
    wrong.map(about).collect()
}

/// Resources within what is shown that are otherwise than they were when it began.
fn resources(views: &Views, context: Context<'_>, known: &Known, one: Shown<'_>) -> Vec<Suspicion> {
    let mut found = Vec::new();
    for node in context.node().members() {
        let own = node.members().iter().find(|member| crate::plan::operation_role::names_itself(member));
        let Some(kind) = own.and_then(resource_of) else { continue };
        let kept = known.resources.iter().find(|(_, tracked)| tracked.resource == kind);
        let Some((arn, tracked)) = kept.filter(|_| context.is_sound(&node.name)) else { continue };
        let law = context.law(ActivityLawKind::KeepsItsResources);
        let blame = |member: &str, expected: String, observed: String| {
            let suspicion = context.suspicion(one.owner, law.clone(), Some(member), (expected, observed));
            Suspicion { resource: kind.to_owned(), ..suspicion }
        };
        let shown = one.members.get(&node.name).and_then(|value| object(node, value));
        let Some(shown) = shown.filter(|shown| shown.arn == arn) else {
            let expected = format!("`{}` is the {kind} that it began with.", node.name);
            found.push(blame(&node.name, expected, "It is not.".to_owned()));
            continue;
        };
        let mut differences = compare::members(views, tracked, &shown);
        differences.extend(compare::tags(views, tracked, &shown).into_iter().map(|difference| law::Difference {
            member: views.tags_member(node).unwrap_or_default().to_owned(),
            ..difference
        }));
        for difference in differences {
            let member = format!("{}.{}", node.name, difference.member);
            found.push(blame(
                &member,
                format!("`{member}` is {}, as it was at the beginning.", difference.known),
                format!("`{member}` is {}.", difference.shown),
            ));
        }
    }
    found
}
