//! Which laws a read upholds that shows everything as it is known.

use super::Seen;
use super::state::{Life, Shadow};
use super::views::Views;
use crate::judge::doubt;
use crate::judge::law::{self, View};
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Contract;

impl Shadow {
    /// Rules that a successful read upholds if nothing in it is shown otherwise than it is known: of each resource that it
    /// shows, those that what was done to the resource puts to the test. To be asked before the read is taken in.
    pub fn upheld(&self, views: &Views, contract: &Contract, seen: Seen<'_>) -> Vec<ClauseIndex> {
        let Some(role) = views.role(&seen.operation.name).filter(|_| seen.judgement.is_success()) else {
            return Vec::new();
        };
        let Some(body) = &seen.judgement.body else { return Vec::new() };
        let mut found = Vec::new();
        for (_, object) in views.objects(seen.operation, body) {
            let Some(tracked) = self.tracked.get(object.arn).filter(|tracked| tracked.life == Life::Exists) else {
                continue;
            };
            let mut view = View::of(object.node, &tracked.members);
            view.members.retain(|member| !views.is_unsettled(&tracked.resource, member));
            // A member that the response itself makes doubtful says nothing.
            view.members.retain(|name| !doubt::is_doubtful(seen.operation, seen.judgement, object.node, Some(name)));
            let has_tags = views.tags_member(object.node).is_some();
            let tags = tracked.tags.as_ref().filter(|_| has_tags);
            view.tags = tags.map(|tags| tags.keys().cloned().collect());
            let laws = match role.kind {
                RoleKind::Get => match &tracked.pending {
                    Some((effect, true)) => law::shown_by(effect, &view),
                    _ => Vec::new(),
                },
                // An equal name does not suffice to show that they agree.
                RoleKind::Batch if view.members.len() > 1 => vec![LawKind::BatchAgrees],
                RoleKind::List if view.members.len() > 1 => vec![LawKind::CreatedIsListed],
                _ => Vec::new(),
            };
            found.extend(laws.into_iter().filter_map(|law| views.rule(contract, law, &tracked.resource)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
