//! What a comparison found, in the order in which it is told.

use super::Driver;
use crate::compare::outcome::{Comparison, Difference};
use crate::compare::record;
use crate::compare::support::Supports;
use crate::run::settings::Settings;

impl Driver<'_> {
    pub(super) fn finish(self, sides: (&Settings, &Settings), can_broadcast: bool) -> Comparison {
        let mut notes = Vec::new();
        let mut note = |number: u64, what: &str| {
            if number > 0 {
                notes.push(format!("{number} {what}"));
            }
        };
        note(self.fleeting, "differences did not show again and are left out.");
        note(
            self.cut,
            "programs ended early, because the targets were in different states, or one did not show what was needed.",
        );
        if !can_broadcast {
            notes.push(
                "Nothing was compared during broadcasts: give --broadcast and --against-broadcast for targets that can start \
                 them."
                    .to_owned(),
            );
        }
        for (side, name) in [(&self.pairing.a, "A"), (&self.pairing.b, "B")] {
            let left: u64 = side.left.values().sum();
            if left > 0 {
                notes.push(format!("{left} resources could not be deleted on {name}."));
            }
        }
        let stopped_early = self.pairing.stop.get().cloned().or_else(|| {
            let reason = self.pairing.a.link.stop_reason().or_else(|| self.pairing.b.link.stop_reason());
            reason.map(str::to_owned)
        });
        let mut differences: Vec<Difference> = self.known.into_iter().map(|known| known.difference).collect();
        let rank = |difference: &Difference| match difference.supports {
            Supports::A | Supports::B => 0,
            Supports::Neither => 1,
            Supports::Both => 2,
        };
        differences.sort_by_key(|one| (rank(one), one.operation.clone(), one.path.clone(), one.id.clone()));
        record::comparison(record::Parts {
            contract: self.contract,
            sides,
            links: (&self.pairing.a.link, &self.pairing.b.link),
            programs: self.programs,
            steps: self.steps,
            operations: self.usable.len() as u64,
            stopped_early,
            differences,
            notes,
        })
    }
}
