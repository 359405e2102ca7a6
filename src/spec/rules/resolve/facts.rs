//! What no single rule states: errors, rates, limits, states, and clauses without a case.

use super::super::extend::untestable_key;
use super::super::sources::Place;
use super::super::written::{ErrorEntry, File, Untestable};
use super::super::{ErrorTrigger, Limit, Precondition, Quota, Untestable as Untested, Why};
use super::Resolver;

impl Resolver<'_> {
    /// Common errors of a file.
    pub fn common(&mut self, file: usize, written: &File) {
        for (index, error) in written.common_errors.iter().enumerate() {
            let place = Place::of(file, "common_errors", index);
            if !self.is_gone(&place, &format!("common_error:{}", error.code)) {
                self.rules.common_errors.push(error.clone());
            }
        }
    }

    /// Facts of a file that derive nothing from others.
    pub fn facts(&mut self, file: usize, written: &File) {
        for (index, error) in written.other_errors.iter().enumerate() {
            let place = Place::of(file, "other_errors", index);
            if !self.is_gone(&place, &format!("other_error:{}.{}", error.operation, error.code)) {
                self.sources.note("other_errors", self.rules.other_errors.len(), place);
                self.rules.other_errors.push(error.clone());
            }
        }
        for (index, limit) in written.limits.iter().enumerate() {
            let place = Place::of(file, "limits", index);
            if !self.is_gone(&place, &format!("limit:{}", limit.operation)) {
                self.sources.note("limits", self.rules.limits.len(), place);
                let (what, operation, per, count) =
                    (limit.what.clone(), limit.operation.clone(), limit.per.clone(), limit.count);
                self.rules.limits.push(Limit { what, operation, per, count });
            }
        }
        self.quotas(file, written);
        self.states(file, written);
        for (index, entry) in written.untestable.iter().enumerate() {
            self.untestable(entry, None, &Place::of(file, "untestable", index));
        }
        for (index, retired) in written.retired.iter().enumerate() {
            self.sources.note("retired", self.rules.retired.len(), Place::of(file, "retired", index));
            self.rules.retired.push(retired.clone());
        }
    }

    fn quotas(&mut self, file: usize, written: &File) {
        for (index, quota) in written.quotas.iter().enumerate() {
            let place = Place::of(file, "quotas", index);
            let holds = |operation: &&String| !self.is_gone(&place, &format!("quota:{operation}"));
            let globs: Vec<String> = quota.operations.iter().filter(holds).cloned().collect();
            let operations = self.operations(&globs, &place.at(&["operations"]));
            if !operations.is_empty() {
                self.sources.note("quotas", self.rules.quotas.len(), place);
                self.rules.quotas.push(Quota { operations, per_second: quota.per_second, per: quota.per.clone() });
            }
        }
    }

    /// Preconditions, and lists whose elements differ.
    fn states(&mut self, file: usize, written: &File) {
        for (index, entry) in written.preconditions.iter().enumerate() {
            let place = Place::of(file, "preconditions", index);
            for (number, path) in entry.of.iter().enumerate() {
                if self.is_gone(&place, &format!("precondition:{path}")) {
                    continue;
                }
                let at = place.element("of", number);
                let Some((operation, member)) = path.split_once(".input.") else {
                    self.wrong(at, format!("`{path}` is not a member of a request"), "write `Operation.input.path`");
                    continue;
                };
                self.sources.note("preconditions", self.rules.preconditions.len(), at);
                let (operation, member, state) = (operation.to_owned(), member.to_owned(), entry.state.clone());
                self.rules.preconditions.push(Precondition { operation, member, state });
            }
        }
        for (index, path) in written.distinct.iter().enumerate() {
            let place = Place::of(file, "distinct", index);
            if self.is_gone(&place, &format!("distinct:{path}")) {
                continue;
            }
            for path in self.members(std::slice::from_ref(path), &place) {
                self.sources.note("distinct", self.rules.distinct.len(), place.clone());
                self.rules.distinct.push(path);
            }
        }
    }

    /// Clauses without a case, of a rule or of the file.
    pub fn untestable(&mut self, entry: &Untestable, number: Option<u32>, place: &Place) {
        for (index, clauses) in entry.clauses.iter().enumerate() {
            if self.is_gone(place, &untestable_key(clauses)) {
                continue;
            }
            self.sources.note("untestable", self.rules.untestable.len(), place.element("clauses", index));
            let why = Why { kind: entry.kind, reason: entry.reason.clone(), unless: entry.unless.clone() };
            let rules = number.into_iter().chain(entry.also.iter().copied()).collect();
            self.rules.untestable.push(Untested { clause: clauses.clone(), rules, why });
        }
    }

    /// What causes the documented errors, by operation and code.
    pub fn errors(&mut self) {
        let files = self.files;
        let mut found: Vec<(ErrorTrigger, Place)> = Vec::new();
        let all = files.iter().enumerate().rev().flat_map(|(file, written)| {
            written.error.iter().enumerate().map(move |(index, entry)| (Place::of(file, "error", index), entry))
        });
        let holding: Vec<(Place, &ErrorEntry)> =
            all.filter(|(place, entry)| !self.is_gone(place, &format!("error:{}", entry.code))).collect();
        for (place, entry) in &holding {
            let named: Vec<String> = match &entry.operations {
                Some(globs) => self.operations(globs, &place.at(&["operations"])),
                None => self.others(entry, &holding),
            };
            let accepts = self.expected(&entry.accepts, &named, &place.at(&["accepts"]));
            for operation in named {
                found.push((self.trigger(&operation, entry, accepts.clone()), place.clone()));
            }
        }
        found.sort_by(|(one, _), (other, _)| (&one.operation, &one.code).cmp(&(&other.operation, &other.code)));
        for (trigger, place) in found {
            self.sources.note("error_triggers", self.rules.error_triggers.len(), place);
            self.rules.error_triggers.push(trigger);
        }
    }

    fn trigger(&self, operation: &str, entry: &ErrorEntry, accepts: Vec<super::super::ExpectedError>) -> ErrorTrigger {
        let documented = self.operations.iter().find(|known| known.name == operation);
        let status = documented.and_then(|known| known.error(&entry.code)).map_or(0, |error| error.status);
        let (operation, code) = (operation.to_owned(), entry.code.clone());
        let (tier, cause, untestable) = (entry.tier, entry.cause, entry.untestable.clone());
        ErrorTrigger { operation, code, status, tier, accepts, cause, untestable }
    }

    /// The operations that document an error and that no other entry of its code names.
    fn others(&mut self, entry: &ErrorEntry, all: &[(Place, &ErrorEntry)]) -> Vec<String> {
        let mut named: Vec<String> = Vec::new();
        for (place, other) in all.iter().filter(|(_, other)| other.code == entry.code) {
            if let Some(globs) = &other.operations {
                named.extend(self.operations(globs, &place.at(&["operations"])));
            }
        }
        let documenting = self.operations.iter().filter(|operation| operation.error(&entry.code).is_some());
        documenting.map(|operation| operation.name.clone()).filter(|name| !named.contains(name)).collect()
    }
}
