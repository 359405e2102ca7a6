//! Reads after calls that overlapped: each rules out the states that it does not show.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::State;
use super::shortest::Shown;
use crate::judge::doubt;
use crate::judge::shadow::state::{Life, Shadow, TAGS};
use crate::judge::shadow::views::{Object, Views};
use crate::judge::shadow::{Seen, Suspicion, compare};
use crate::plan::operation_role::RoleKind;
use crate::spec::contract::Node;

impl Shadow {
    /// Takes in a single read of a resource that calls overlapped on. What no order of them explains.
    pub(in crate::judge::shadow) fn narrow_object(
        &mut self,
        views: &Views,
        seen: Seen<'_>,
        place: &Node,
        object: &Object<'_>,
    ) -> Vec<Suspicion> {
        let is_sound = |name: &str| !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(name));
        let (mut members, tags) = compare::split(views, object);
        let tags_member = views.tags_member(object.node);
        // What the shape has and the response lacks is shown as absent.
        let is_compared = |member: &&Node| Some(member.name.as_str()) != tags_member && is_sound(&member.name);
        let compared: BTreeSet<String> =
            object.node.members().iter().filter(is_compared).map(|member| member.name.clone()).collect();
        members.retain(|name, _| compared.contains(name));
        let tags = tags.filter(|_| tags_member.is_some_and(is_sound));
        let members = Value::Object(members);
        let shown = Shown { part: RoleKind::Get, node: Some(object.node), compared, members, tags, tags_member };
        self.narrow(seen, object.arn, place, &shown)
    }

    /// Takes in a list of the tags of a resource that calls overlapped on. What no order of them explains.
    pub(in crate::judge::shadow) fn narrow_tags(
        &mut self,
        seen: Seen<'_>,
        subject: &str,
        place: &Node,
        tags: &Map<String, Value>,
    ) -> Vec<Suspicion> {
        let shown = Shown {
            part: RoleKind::Tags,
            node: None,
            compared: BTreeSet::new(),
            members: Value::Null,
            tags: Some(tags.clone()),
            tags_member: None,
        };
        self.narrow(seen, subject, place, &shown)
    }

    fn narrow(&mut self, seen: Seen<'_>, arn: &str, place: &Node, shown: &Shown<'_>) -> Vec<Suspicion> {
        let Some(tracked) = self.tracked.get_mut(arn) else { return Vec::new() };
        let Some(overlap) = tracked.overlap.take() else { return Vec::new() };
        let fits = |state: &&State| state.exists && overlap.fits(state, shown);
        let left: BTreeSet<State> = overlap.states.iter().filter(fits).cloned().collect();
        if left.is_empty() && !matches!(tracked.life, Life::Gone(_)) {
            let found = overlap.unexplained(seen, tracked, (arn, place), shown);
            tracked.overlap = Some(overlap);
            return found.into_iter().collect();
        }
        if left.is_empty() {
            return Vec::new();
        }
        overlap.settle(tracked, &left);
        if tracked.doubted.contains(TAGS) {
            tracked.tags = None;
        }
        let is_settled = left.iter().all(|state| Some(&state.last) == left.first().map(|first| &first.last));
        if !is_settled {
            let mut overlap = overlap;
            overlap.states = left;
            tracked.overlap = Some(overlap);
        }
        Vec::new()
    }
}
