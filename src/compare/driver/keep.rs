//! Keeps a difference that was seen for the first time.

use serde_json::{Map, Value};

use super::{Driver, Known};
use crate::compare::builder::Builder;
use crate::compare::difference::Kind;
use crate::compare::outcome::Difference;
use crate::compare::play::{Key, Told};
use crate::compare::program::Program;
use crate::compare::record;
use crate::compare::shrink::{self, Shrunk};
use crate::compare::support::{Support, Supports};

impl Driver<'_> {
    /// Makes a difference as small as possible, and writes it down.
    pub(super) async fn keep(&mut self, program: &Program, told: &Told, side: Supports) {
        let own = self.own_deletion(program, told).await;
        let key = own.as_ref().map_or(&told.key, |(key, _)| key).clone();
        let shrunk = match own {
            Some((_, shrunk)) => Some(shrunk),
            None => shrink::shrink(&mut self.pairing, program, told.step, &told.key).await,
        };
        let Some(shrunk) = shrunk else {
            self.fleeting += 1;
            return;
        };
        let Some(telling) = shrunk.run.told.iter().find(|one| one.key == key) else { return };
        let support = self.bench.support(&shrunk.program, &shrunk.run.performed, telling);
        let secrets = (&self.pairing.a.secrets, &self.pairing.b.secrets);
        let difference = record::difference(self.contract, &shrunk, telling, &support, secrets);
        let position = self.add(telling, support, difference);
        self.places.insert((told.key.clone(), side), position);
    }

    /// Writes a difference down, unless the same is known; its position.
    pub(super) fn add(&mut self, telling: &Told, support: Support, difference: Difference) -> usize {
        let place = (telling.key.clone(), support.side);
        if let Some(position) = self.places.get(&place).copied() {
            if let Some(known) = self.known.get_mut(position) {
                known.difference.occurrences += 1;
            }
            return position;
        }
        let group = record::group(self.contract, &difference);
        let alike = self.known.iter_mut().position(|known| known.group == group && difference.kind != Kind::Answer);
        let position = match alike {
            Some(position) => {
                if let Some(known) = self.known.get_mut(position) {
                    known.difference.also.push(format!("{} {}", difference.operation, difference.path));
                    known.difference.occurrences += 1;
                }
                position
            }
            None => {
                self.known.push(Known { difference, group });
                self.known.len() - 1
            }
        };
        self.places.insert(place, position);
        position
    }
    /// A program that deletes a resource itself and shows it afterwards, if the target shows more than what earlier programs
    /// deleted: it needs no program before it.
    async fn own_deletion(&mut self, program: &Program, told: &Told) -> Option<(Key, Shrunk)> {
        let ghost = told.differing.ghost.as_ref()?;
        let shows = program.steps.iter().find(|step| step.id == told.step)?;
        let needs_other_steps = !shows.needs().is_empty();
        let (deleter, member) = self.materials.plan.resources.deleter(&ghost.kind).filter(|_| !needs_other_steps)?;
        let mut builder = Builder::new(self.materials, &program.origin, 0);
        let name = builder.make(&ghost.kind, None)?;
        builder.call(deleter, Value::Object(Map::from_iter([(member.to_owned(), Value::from(name))])));
        let last = builder.push(shows.action.clone());
        let key = Key { kind: Kind::Items, ..told.key.clone() };
        let shrunk = shrink::shrink(&mut self.pairing, &builder.finish(), last, &key).await?;
        Some((key, shrunk))
    }
}
