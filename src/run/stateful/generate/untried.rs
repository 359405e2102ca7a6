//! Steps on one resource in an order that no sequence of the family had yet.

use super::{Label, SequenceGenerator};
use crate::plan::operation_role::RoleKind;
use crate::run::stateful::coverage::{Found, Ordinal, Step};

/// An order of steps that was not tried, the more urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    /// Two changes that never came one after the other.
    Changes,
    /// Two changes that did so on the first resource of a type only, or on later ones only.
    ChangesElsewhere,
    /// Three changes.
    ThreeChanges,
    /// Any two operations.
    Steps,
}

/// Whether a part changes a resource that is there, and lets it be.
fn alters(kind: RoleKind) -> bool {
    match kind {
        RoleKind::Update | RoleKind::Tag | RoleKind::Untag => true,
        RoleKind::Create | RoleKind::Delete | RoleKind::Get | RoleKind::Tags | RoleKind::Batch | RoleKind::List => {
            false
        }
    }
}

impl SequenceGenerator<'_> {
    /// What an operation on a resource finds, as far as it was drawn.
    pub(super) fn finds(&self, label: Label) -> Found {
        if self.deleted.contains(&label) { Found::Gone } else { Found::Alive }
    }

    /// The most urgent steps that were not tried in this order, each with its resource.
    pub(super) fn untried(&self) -> Vec<(usize, Label)> {
        let mut found: Vec<(Gap, usize, Label)> = Vec::new();
        for (label, kind) in &self.labels {
            for (index, role) in self.binding.roles.iter().enumerate() {
                let changes_it = role.kind != RoleKind::Untag || self.has_tags(*label);
                if role.is_about(kind) && changes_it {
                    found.extend(self.gap(*label, (index, self.finds(*label))).map(|gap| (gap, index, *label)));
                }
            }
        }
        let urgent = found.iter().map(|(gap, ..)| *gap).min();
        found.into_iter().filter(|(gap, ..)| Some(*gap) == urgent).map(|(_, index, label)| (index, label)).collect()
    }

    fn has_tags(&self, label: Label) -> bool {
        self.tagged.get(&label).is_some_and(|tags| !tags.is_empty())
    }

    /// Why a step would be new on a resource; none if it would not.
    fn gap(&self, label: Label, step: Step) -> Option<Gap> {
        let (ordinal, path) = self.paths.last(label)?;
        let last = *path.last()?;
        let other = if ordinal == Ordinal::First { Ordinal::Later } else { Ordinal::First };
        let has = |ordinal| {
            self.coverage.has_pair(ordinal, [last, step]) || self.paths.coverage().has_pair(ordinal, [last, step])
        };
        let is_change = |(role, found): Step| {
            let kind = self.binding.roles.get(role).map(|role| role.kind);
            found == Found::Alive && kind.is_some_and(|kind| alters(kind) || kind == RoleKind::Create)
        };
        let are_changes = is_change(step) && is_change(last);
        let is_new_triple = match path {
            [.., one, two] if is_change(*one) => {
                let triple = [*one, *two, step];
                let has = |ordinal| {
                    self.coverage.has_triple(ordinal, triple) || self.paths.coverage().has_triple(ordinal, triple)
                };
                !has(ordinal) && !has(other)
            }
            _ => false,
        };
        match (are_changes, has(ordinal), has(other)) {
            (true, false, false) => Some(Gap::Changes),
            (true, false, true) => Some(Gap::ChangesElsewhere),
            (true, true, _) if is_new_triple => Some(Gap::ThreeChanges),
            (false, false, _) => Some(Gap::Steps),
            _ => None,
        }
    }
}
