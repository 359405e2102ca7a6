//! What a contract and suites have, by name.

use std::collections::BTreeSet;

use crate::plan::expectation::statuses;
use crate::plan::resources::Resources;
use crate::plan::suite::Suites;
use crate::spec::contract::{Node, Operation};
use crate::spec::{Contract, Pattern, did_you_mean};

/// The names that suites may use. A message says what is not there and what may be meant.
pub(super) struct Names<'c> {
    pub contract: &'c Contract,
    pub resources: &'c Resources,
    /// Whether messages say what may be meant.
    pub suggests: bool,
    /// Resource types that ARN patterns speak of, whether they can be made or not.
    arn_types: BTreeSet<&'c str>,
    /// Name and resource type of every state.
    states: BTreeSet<(String, String)>,
    /// Resource types that live in some sequence.
    drawn: BTreeSet<String>,
}

impl<'c> Names<'c> {
    pub fn new(contract: &'c Contract, resources: &'c Resources, suites: &Suites) -> Names<'c> {
        let nodes = contract.operations.iter().flat_map(|operation| [&operation.input, &operation.output]);
        let arn_types = nodes.flat_map(Node::walk).filter_map(crate::plan::resources::resource_of).collect();
        let mut names =
            Names { contract, resources, suggests: true, arn_types, states: BTreeSet::new(), drawn: BTreeSet::new() };
        names.forget_states(suites, &BTreeSet::new());
        names.forget_sequences(suites, &BTreeSet::new());
        names
    }

    /// Knows all states but those at these positions.
    pub fn forget_states(&mut self, suites: &Suites, unfit: &BTreeSet<usize>) {
        let fit = suites.states.iter().enumerate().filter(|(index, _)| !unfit.contains(index));
        self.states = fit.map(|(_, state)| (state.name.clone(), state.resource.clone())).collect();
    }

    /// Knows all sequences but those at these positions.
    pub fn forget_sequences(&mut self, suites: &Suites, unfit: &BTreeSet<usize>) {
        let fit = suites.sequences.iter().enumerate().filter(|(index, _)| !unfit.contains(index));
        self.drawn = fit.flat_map(|(_, sequence)| sequence.resources.iter().cloned()).collect();
    }

    /// What may be meant by a word.
    pub fn question<'n>(&self, word: &str, known: impl Iterator<Item = &'n str>) -> String {
        if self.suggests { did_you_mean(word, known) } else { String::new() }
    }

    pub fn operation(&self, name: &str) -> Result<&'c Operation, String> {
        self.contract.operation(name).ok_or_else(|| {
            let known = self.contract.operations.iter().map(|operation| operation.name.as_str());
            format!("the contract has no operation `{name}`{}", self.question(name, known))
        })
    }

    pub fn clause(&self, id: &str) -> Result<(), String> {
        match self.contract.clauses.find(id) {
            Some(_) => Ok(()),
            None => {
                let known = self.contract.clauses.iter().map(|(_, clause)| clause.id.as_str());
                Err(format!("the contract has no clause `{id}`{}", self.question(id, known)))
            }
        }
    }

    /// The statuses of an error of the contract, as an operation or what stands before all of them responds with it.
    pub fn error(&self, operation: &Operation, code: &str) -> Result<Vec<u16>, String> {
        let common = self.contract.rules.common_errors.iter().filter(|error| error.code == code);
        let common = common.flat_map(|error| error.statuses.iter().copied());
        let statuses: Vec<u16> = statuses(self.contract, operation, code).into_iter().chain(common).collect();
        if !statuses.is_empty() {
            return Ok(statuses);
        }
        let documented = operation.errors.iter().map(|error| error.code.as_str());
        let known = documented.chain(self.contract.rules.common_errors.iter().map(|error| error.code.as_str()));
        let question = self.question(code, known);
        Err(format!("{} does not respond with the error `{code}`{question}", operation.name))
    }

    /// A resource type that can be made.
    pub fn resource(&self, name: &str) -> Result<(), String> {
        match self.resources.producer(name) {
            Some(_) => Ok(()),
            None => Err(format!("no operation makes a `{name}`{}", self.question(name, self.resources.types()))),
        }
    }

    pub fn is_resource(&self, name: &str) -> bool {
        name == Pattern::ANY_RESOURCE || self.resources.producer(name).is_some()
    }

    pub fn arn_type(&self, name: &str) -> Result<(), String> {
        if name == Pattern::ANY_RESOURCE || self.arn_types.contains(name) {
            return Ok(());
        }
        let question = self.question(name, self.arn_types.iter().copied());
        Err(format!("the contract has no ARN of a `{name}`{question}"))
    }

    pub fn state(&self, name: &str, resource: &str) -> Result<(), String> {
        if self.states.contains(&(name.to_owned(), resource.to_owned())) {
            return Ok(());
        }
        let known = self.states.iter().filter(|(_, of)| of == resource).map(|(name, _)| name.as_str());
        Err(format!("the suites have no state `{name}` of a `{resource}`{}", self.question(name, known)))
    }

    pub fn is_drawn(&self, resource: &str) -> bool {
        self.drawn.contains(resource)
    }
}
