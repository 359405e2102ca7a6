//! Checks that suites fit a contract: every operation, clause, error, member, resource and word that they name is there.

mod activities;
mod asserts;
mod entries;
mod names;
mod output;
mod placeholders;
mod steps;

use std::collections::BTreeSet;

use super::resources::Resources;
use super::suite::Suites;
use super::suite::source::List;
use crate::spec::Contract;
use names::Names;

/// Something that an entry names and the contract, or the suites, do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The list of the entry.
    pub list: List,
    /// Its position there.
    pub index: usize,
    /// Keys and indexes that lead to the place within the entry.
    pub place: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// What becomes of the entry where the contract is not the one that it was written for.
    pub effect: Effect,
}

/// What becomes of an entry that does not fit a contract for which it was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It cannot be used.
    LeavesOut,
    /// A part of it has no effect.
    Narrows,
}

/// Everything in suites that does not fit a contract, in the order of lists and entries. `is_foreign` says of an entry
/// whether it was written for another contract; such states and sequences do not count for others if they do not fit.
pub(super) fn check(suites: &Suites, contract: &Contract, is_foreign: &dyn Fn(List, usize) -> bool) -> Vec<Misfit> {
    let resources = Resources::of(contract);
    let names = Names::new(contract, &resources, suites);
    let mut lint = Lint { names, suites, is_foreign, entry: (List::States, 0), found: Vec::new() };
    lint.states();
    let unfit = lint.unfit(List::States);
    lint.names.forget_states(suites, &unfit);
    lint.scenarios();
    lint.probes();
    lint.echoes();
    lint.agreements();
    lint.sequences();
    let unfit = lint.unfit(List::Sequences);
    lint.names.forget_sequences(suites, &unfit);
    lint.laws();
    lint.activities();
    lint.filters();
    lint.ingest();
    lint.found
}

struct Lint<'c> {
    names: Names<'c>,
    suites: &'c Suites,
    is_foreign: &'c dyn Fn(List, usize) -> bool,
    /// The entry that is looked at.
    entry: (List, usize),
    found: Vec<Misfit>,
}

impl Lint<'_> {
    fn wrong(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.note(place, message.into(), help.into(), Effect::LeavesOut);
    }

    fn narrows(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.note(place, message.into(), help.into(), Effect::Narrows);
    }

    fn note(&mut self, place: &Place, message: String, help: String, effect: Effect) {
        let (list, index) = self.entry;
        self.found.push(Misfit { list, index, place: place.0.clone(), message, help, effect });
    }

    /// Begins to look at an entry. What may be meant instead of a name takes long to find, and is not shown of entries
    /// that are written for another contract.
    fn enter(&mut self, list: List, index: usize) {
        self.entry = (list, index);
        self.names.suggests = !(self.is_foreign)(list, index);
    }

    fn unfit(&self, list: List) -> BTreeSet<usize> {
        let of_list = self.found.iter().filter(|misfit| misfit.list == list && misfit.effect == Effect::LeavesOut);
        of_list.map(|misfit| misfit.index).filter(|index| (self.is_foreign)(list, *index)).collect()
    }
}

/// Keys and indexes that lead to a value within an entry.
#[derive(Debug, Clone, Default)]
struct Place(Vec<String>);

impl Place {
    fn at(&self, segment: impl ToString) -> Place {
        let mut segments = self.0.clone();
        segments.push(segment.to_string());
        Place(segments)
    }
}

#[cfg(test)]
mod tests;
