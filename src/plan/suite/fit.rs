//! Keeps of suites what fits a contract.

use std::collections::BTreeSet;

use super::locate::Places;
use super::source::{List, Origin, Source, SuiteError};
use super::{Suites, defaults};
use crate::plan::lint::{self, Effect, Misfit};
use crate::spec::{Contract, Flaw, Problem, problems};

impl Suites {
    /// Checks that the suites fit the contract, and adds scenarios for the defaults that it states. What the built-in
    /// suites have of another contract than the built-in one is left out; the second value says how much that is.
    pub(in crate::plan) fn for_contract(mut self, contract: &Contract) -> Result<(Suites, Option<String>), SuiteError> {
        let is_foreign = |list: List, index: usize| {
            let origin = self.source(list, index).map(|(source, _)| source.origin);
            origin == Some(Origin::BuiltIn) && !contract.is_builtin
        };
        let misfits = lint::check(&self, contract, &is_foreign);
        let (foreign, wrong): (Vec<Misfit>, Vec<Misfit>) =
            misfits.into_iter().partition(|misfit| is_foreign(misfit.list, misfit.index));
        if !wrong.is_empty() {
            return Err(SuiteError { problems: self.located(&wrong) });
        }
        let note = self.leave_out(&foreign);
        self.scenarios.extend(defaults::scenarios(&contract.rules.defaults));
        Ok((self, note))
    }

    /// The problems, file by file.
    fn located(&self, misfits: &[Misfit]) -> Vec<Problem> {
        let of_source = |source: &Source| {
            let places = Places::of(&source.text);
            let flaws = misfits.iter().filter_map(|misfit| self.flaw(source, &places, misfit));
            problems(&source.name, &source.text, flaws.collect())
        };
        self.sources.iter().flat_map(of_source).collect()
    }

    /// The problem in its file, if this is the file.
    fn flaw(&self, file: &Source, places: &Places<'_>, misfit: &Misfit) -> Option<Flaw> {
        let (source, index) =
            self.source(misfit.list, misfit.index).filter(|(source, _)| std::ptr::eq(*source, file))?;
        let _ = source;
        let mut path: Vec<String> = misfit.list.keys().iter().map(|key| (*key).to_owned()).collect();
        path.push(index.to_string());
        path.extend(misfit.place.iter().cloned());
        Some((places.span(&path), misfit.message.clone(), misfit.help.clone()))
    }

    /// Drops entries that do not fit, and says how many tests these are.
    fn leave_out(&mut self, misfits: &[Misfit]) -> Option<String> {
        let total: usize = TESTS.iter().map(|list| list.length(self)).sum();
        let unfit = |list: List| -> BTreeSet<usize> {
            let unfit = |misfit: &&Misfit| misfit.list == list && misfit.effect == Effect::LeavesOut;
            misfits.iter().filter(unfit).map(|misfit| misfit.index).collect()
        };
        drop_at(&mut self.states, &unfit(List::States));
        drop_at(&mut self.scenarios, &unfit(List::Scenarios));
        drop_at(&mut self.probes, &unfit(List::Probes));
        drop_at(&mut self.echoes, &unfit(List::Echoes));
        drop_at(&mut self.agreements, &unfit(List::Agreements));
        drop_at(&mut self.sequences, &unfit(List::Sequences));
        drop_at(&mut self.laws, &unfit(List::Laws));
        drop_at(&mut self.activities, &unfit(List::Activities));
        drop_at(&mut self.filters, &unfit(List::Filters));
        drop_at(&mut self.ingest.steps, &unfit(List::Ingest));
        let left: usize = TESTS.iter().map(|list| list.length(self)).sum();
        self.note_on_fit(total - left, total)
    }

    /// What is worth saying of built-in tests that were left out, so many of a total.
    fn note_on_fit(&self, dropped: usize, total: usize) -> Option<String> {
        let has_own = self.sources.iter().any(|source| source.origin == Origin::Given);
        match (dropped, dropped * 2 > total) {
            (0, _) => None,
            (_, false) => Some(format!(
                "{dropped} of the {total} scenarios, probes and sequences of the built-in suites were left out: they \
                 speak of operations, rules or members that this contract lacks"
            )),
            // Suites of another service are not missed where there are own ones.
            (_, true) if has_own => None,
            (_, true) => Some(
                "this contract is checked by what its model says alone: the built-in scenarios are about another \
                 service; put scenarios and rules of its own beside the model, as `examples/parcels/contract` does"
                    .to_owned(),
            ),
        }
    }
}

/// The lists whose entries are tests of their own.
const TESTS: [List; 3] = [List::Scenarios, List::Probes, List::Sequences];

fn drop_at<T>(entries: &mut Vec<T>, unfit: &BTreeSet<usize>) {
    let mut index = 0;
    entries.retain(|_| {
        index += 1;
        !unfit.contains(&(index - 1))
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::plan::{Filter, plan};

    #[test]
    fn the_built_in_suites_fit_the_built_in_contract() {
        let contract = crate::spec::builtin().unwrap();
        let (suites, note) = Suites::builtin().unwrap().for_contract(&contract).unwrap_or_else(|error| {
            let lines: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        });
        assert_eq!(note, None);
        assert_eq!(suites.probes, Suites::builtin().unwrap().probes);
    }

    #[test]
    fn what_another_contract_lacks_is_left_out_and_counted() {
        let text = std::fs::read_to_string("specs/ivs-2020-07-14.json").unwrap();
        let rules = std::fs::read_to_string("specs/ivs-2020-07-14.rules.toml").unwrap();
        let changed = format!("{} ", rules);
        let same = crate::spec::load("other.json", &text, Some(("other.rules.toml", &changed))).unwrap();
        assert!(!same.is_builtin);
        let notes = plan(&same, &Suites::builtin().unwrap(), &Filter::default()).unwrap().notes;
        assert!(notes.is_empty(), "{notes:?}");
        let without_rules = crate::spec::load("other.json", &text, None).unwrap();
        let plan = plan(&without_rules, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        assert_eq!(plan.notes.len(), 1, "{:?}", plan.notes);
        assert!(plan.notes[0].contains("checked by what its model says alone"), "{:?}", plan.notes);
        assert_eq!(plan.suites.probes, []);
    }

    #[test]
    fn an_entry_is_found_in_its_file() {
        let suites = Suites::builtin().unwrap();
        let (index, _) =
            suites.scenarios.iter().enumerate().find(|(_, one)| one.name == "tags-of-create-channel").unwrap();
        let (source, within) = suites.source(List::Scenarios, index).unwrap();
        assert_eq!((source.name.as_str(), within), ("suites/scenarios/tags.toml", 0));
        let (source, _) = suites.source(List::Ingest, 1).unwrap();
        assert_eq!(source.name, "suites/scenarios/states.toml");
    }
}
