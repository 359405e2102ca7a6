//! Calls that overlapped on one resource: what it may be now, and whether later reads fit some order of the calls.

mod model;
mod narrow;
mod shortest;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use model::Overlap;

use super::state::{Life, Shadow};
use super::views::Views;
use super::{Seen, Suspicion};
use crate::judge::Judgement;
use crate::judge::linearizability::{self, Span};
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::spec::contract::Operation;

/// One of several calls that were in flight at once.
#[derive(Debug, Clone)]
pub struct Overlapping<'e> {
    /// The operation.
    pub operation: &'e Operation,
    /// The input that was sent, placeholders bound.
    pub input: Value,
    /// What the exchange says by itself.
    pub judgement: Judgement,
    /// When it was under way.
    pub span: Span,
}

impl Shadow {
    /// Takes in calls that were in flight at once: from then on a resource may be whatever some order of the calls on it
    /// makes of it. What their responses show that no order allows.
    pub fn take_overlapping(&mut self, views: &Views, calls: &[Overlapping<'_>]) -> Vec<Suspicion> {
        let mut of_resource: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, call) in calls.iter().enumerate() {
            match self.subject(views, call) {
                Some(subject) => of_resource.entry(subject).or_default().push(position),
                None if call.operation.is_readonly => {}
                None if !views.products(&call.operation.name).is_empty() => {
                    let seen = Seen {
                        operation: call.operation,
                        input: &call.input,
                        judgement: &call.judgement,
                        is_open: false,
                    };
                    self.take(views, seen);
                }
                None => {
                    self.forget_named(&call.input);
                    call.judgement.body.iter().for_each(|body| self.forget_named(body));
                }
            }
        }
        let mut found = Vec::new();
        for (subject, positions) in of_resource {
            let of_it: Vec<(usize, &Overlapping<'_>)> =
                positions.into_iter().filter_map(|position| Some((position, calls.get(position)?))).collect();
            found.extend(self.overlap(views, &subject, &of_it));
        }
        found
    }

    /// The resource that a call changes or shows, if it is known to exist.
    fn subject(&self, views: &Views, call: &Overlapping<'_>) -> Option<String> {
        let role = views.role(&call.operation.name)?;
        let is_about_one = match role.kind {
            RoleKind::Update | RoleKind::Tag | RoleKind::Untag | RoleKind::Delete | RoleKind::Get | RoleKind::Tags => {
                true
            }
            RoleKind::Create | RoleKind::Batch | RoleKind::List => false,
        };
        let arn = call.input.get(role.subject.as_deref().filter(|_| is_about_one)?)?.as_str()?;
        self.tracked.get(arn).filter(|tracked| tracked.life == Life::Exists).map(|_| arn.to_owned())
    }

    fn overlap(&mut self, views: &Views, subject: &str, calls: &[(usize, &Overlapping<'_>)]) -> Vec<Suspicion> {
        let Some(tracked) = self.tracked.get_mut(subject) else { return Vec::new() };
        let overlap = Overlap::of(views, tracked, calls);
        tracked.keep_former();
        let spans: Vec<Span> = calls.iter().map(|(_, call)| call.span).collect();
        let Some(states) = linearizability::outcomes(&overlap, overlap.initial(), &spans) else {
            self.forget_named(&Value::from(subject));
            return Vec::new();
        };
        if states.is_empty() {
            let found = overlap.unordered(views, subject, tracked, calls);
            self.forget_named(&Value::from(subject));
            return found.into_iter().collect();
        }
        overlap.settle(tracked, &states);
        tracked.overlap = Some(Box::new(Overlap { states, ..overlap }));
        if let Life::Gone(LawKind::DeletedIsGone) = tracked.life {
            self.deleted(subject);
        }
        Vec::new()
    }
}
