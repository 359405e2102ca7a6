//! What resources do for a time: what goes on, what is over, and what every view of them must show.

mod course;
mod lists;
mod verify;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub(super) use course::Courses;

use super::state::{Life, Shadow};
use super::views::Views;
use super::{Seen, Suspicion};
use crate::judge::doubt;
use crate::plan::activity::{Activity, ActivityView, OwnerPlace};
use crate::plan::operation_role::element;
use crate::spec::contract::{Contract, Node, Operation};

/// An activity of the suites, and how the contract's operations show it.
#[derive(Debug)]
pub(super) struct ActivityViews {
    pub activity: Activity,
    /// Operations that show it.
    views: Vec<(String, ActivityView)>,
    /// Operations that end it, with the input member for whose it is.
    ended_by: Vec<(String, String)>,
    /// Members that it shares with the resource that does it: same name, same shape.
    shared: Vec<String>,
}

impl ActivityViews {
    /// Derives the views of an activity; `owner` is a full object of the resource that does it.
    pub(super) fn of(contract: &Contract, activity: &Activity, owner: Option<&Node>) -> ActivityViews {
        let views: Vec<(String, ActivityView)> = contract
            .operations
            .iter()
            .filter_map(|operation| Some((operation.name.clone(), activity.view(operation)?)))
            .collect();
        let ended_by = activity
            .ended_by
            .iter()
            .filter_map(|name| Some((name.clone(), activity.owner_input(contract.operation(name)?)?)));
        let shown = views.iter().filter_map(|(name, view)| {
            let place = contract.operation(name)?.output.member(&view.place)?;
            Some(element(place).unwrap_or(place))
        });
        let is_shared = |member: &&Node| {
            owner.and_then(|owner| owner.member(&member.name)).is_some_and(|own| own.shape == member.shape)
        };
        let shared = shown.flat_map(|node| node.members().iter().filter(is_shared)).map(|member| member.name.clone());
        ActivityViews { activity: activity.clone(), ended_by: ended_by.collect(), shared: shared.collect(), views }
    }

    fn view(&self, operation: &str) -> Option<&ActivityView> {
        self.views.iter().find(|(name, _)| name == operation).map(|(_, view)| view)
    }
}

/// How one response shows an activity.
#[derive(Clone, Copy)]
struct Context<'e> {
    /// Position of the activity in the suites.
    index: usize,
    known: &'e ActivityViews,
    view: &'e ActivityView,
    seen: Seen<'e>,
    /// The output member that shows it.
    place: &'e Node,
}

impl<'e> Context<'e> {
    fn of(views: &'e Views, seen: Seen<'e>) -> Option<Context<'e>> {
        let (index, known, view) = views
            .activities
            .iter()
            .enumerate()
            .find_map(|(index, known)| Some((index, known, known.view(&seen.operation.name)?)))?;
        let place = seen.operation.output.member(&view.place)?;
        Some(Context { index, known, view, seen, place })
    }

    /// The shape of one.
    fn node(&self) -> &'e Node {
        element(self.place).unwrap_or(self.place)
    }

    /// Whose activity the request asks for, if it says so.
    fn asked_owner(&self) -> Option<&'e str> {
        let name = self.known.activity.owner_input(self.seen.operation)?;
        self.seen.input.get(&name)?.as_str()
    }

    /// What a response shows.
    fn shown(&self, body: &'e Value) -> Vec<Shown<'e>> {
        let one = |value: &'e Value| {
            let members = value.as_object()?;
            let owner = match &self.view.owner {
                OwnerPlace::Shown(name) => members.get(name)?.as_str()?,
                OwnerPlace::Given(_) => self.asked_owner()?,
            };
            Some(Shown { owner, name: members.get(&self.known.activity.id)?.as_str()?, members, value })
        };
        match body.get(&self.place.name) {
            Some(Value::Array(items)) => items.iter().filter_map(one).collect(),
            Some(value) => one(value).into_iter().collect(),
            None => Vec::new(),
        }
    }
}

/// One activity as a response shows it.
#[derive(Clone, Copy)]
struct Shown<'e> {
    /// ARN of the resource that does it.
    owner: &'e str,
    name: &'e str,
    members: &'e Map<String, Value>,
    value: &'e Value,
}

impl Shadow {
    /// Takes in what a successful read shows of activities.
    pub(super) fn read_activities(&mut self, views: &Views, seen: Seen<'_>, body: &Value) -> Vec<Suspicion> {
        let Some(context) = Context::of(views, seen).filter(|_| self.hears_of_activities) else { return Vec::new() };
        if doubt::is_doubtful(seen.operation, seen.judgement, context.place, None) {
            return Vec::new();
        }
        let shown = context.shown(body);
        let mut found = Vec::new();
        for one in &shown {
            found.extend(self.verify_activity(views, context, *one));
        }
        if context.view.is_list {
            found.extend(self.verify_walk(context, &shown, body));
        }
        found
    }

    /// Takes in that a view of what goes on finds nothing: what was ending is over.
    pub(super) fn missed_activity(&mut self, views: &Views, seen: Seen<'_>) {
        let Some(context) = Context::of(views, seen).filter(|context| !context.view.is_list) else { return };
        if context.view.kept == crate::plan::activity::Kept::Current
            && let Some(owner) = context.asked_owner()
        {
            self.courses.missed(context.index, owner);
        }
    }

    /// Takes in a successful request that ends what goes on.
    pub(super) fn end_by(&mut self, views: &Views, operation: &Operation, input: &Value) {
        for (index, known) in views.activities.iter().enumerate() {
            let ending = known.ended_by.iter().find(|(name, _)| *name == operation.name);
            if let Some(owner) = ending.and_then(|(_, member)| input.get(member)).and_then(Value::as_str) {
                self.courses.end(index, owner);
            }
        }
    }

    /// Notes that a resource began what it does for a time, by other means than a request.
    pub fn began(&mut self, views: &Views, arn: &str) {
        for (index, known) in views.activities.iter().enumerate() {
            let tracked = self.tracked.get(arn).filter(|tracked| tracked.resource == known.activity.resource);
            let Some(tracked) = tracked.filter(|tracked| tracked.life == Life::Exists) else { continue };
            let referred = tracked.members.values().filter_map(Value::as_str);
            let names = referred.chain([arn]).filter_map(|name| self.tracked.get_key_value(name));
            let resources = names.map(|(name, tracked)| (name.clone(), tracked.clone())).collect();
            self.courses.begin(index, arn, resources);
        }
    }

    /// Notes that a resource ends what it does for a time, by other means than a request.
    pub fn ended(&mut self, views: &Views, arn: &str) {
        (0..views.activities.len()).for_each(|index| self.courses.end(index, arn));
    }

    /// Notes that nothing can be said of what a resource does for a time.
    pub fn lose_activities(&mut self, views: &Views, arn: &str) {
        (0..views.activities.len()).for_each(|index| self.courses.lose(index, arn));
    }
}
