//! Checks the entries of suites that are not steps.

use std::collections::BTreeSet;

use super::{Lint, Place};
use crate::plan::accepted::Accepted;
use crate::plan::operation_role::{self, OperationRole};
use crate::plan::sequence::{Law, LawKind, Sequence};
use crate::plan::suite::source::List;
use crate::plan::suite::{Echo, Probe, State, Upholds};
use crate::spec::contract::Operation;

/// The resource that a state is of, while its steps are taken.
const SUBJECT: &str = "resource";

const NAME_A_CLAUSE: &str = "name a clause; `ivs-conformance list` shows them";
const NAME_AN_OPERATION: &str = "name an operation of the contract";
const NAME_A_RESOURCE: &str = "name a resource type that an operation makes";
const RENAME: &str = "give it another name";

impl<'c> Lint<'c> {
    pub(super) fn states(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, state) in self.suites.states.iter().enumerate() {
            self.enter(List::States, index);
            if !seen.insert((&state.name, &state.resource)) {
                let message = format!("the state `{}` of a `{}` is defined twice", state.name, state.resource);
                self.wrong(&Place::default().at("name"), message, RENAME);
            }
            self.state(state);
        }
    }

    fn state(&mut self, state: &State) {
        let place = Place::default();
        if let Err(message) = self.names.resource(&state.resource) {
            self.wrong(&place.at("resource"), message, NAME_A_RESOURCE);
            return;
        }
        // What came into being with the resource is known by its type.
        let producer = self.names.resources.producer(&state.resource).unwrap_or_default();
        let products = self.names.resources.products(producer).iter().map(|product| product.resource.clone());
        let mut variables: BTreeSet<String> = products.chain([SUBJECT.to_owned()]).collect();
        self.steps(&state.reach, &place.at("reach"), &mut variables.clone());
        self.steps(&state.leave, &place.at("leave"), &mut variables);
    }

    pub(super) fn scenarios(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, scenario) in self.suites.scenarios.iter().enumerate() {
            self.enter(List::Scenarios, index);
            let place = Place::default();
            if !seen.insert(&scenario.name) {
                self.wrong(&place.at("name"), format!("the scenario `{}` is defined twice", scenario.name), RENAME);
            }
            if !scenario.decides_something() {
                let message = format!("the scenario `{}` decides no clause and would never run", scenario.name);
                let help = "give a step a `rule`, an `assert` or an error that it expects";
                self.wrong(&place.at("name"), message, help);
            }
            self.steps(&scenario.steps, &place.at("steps"), &mut BTreeSet::new());
        }
    }

    pub(super) fn ingest(&mut self) {
        let broadcast = self.names.contract.rules.broadcast.as_ref();
        let broadcaster = broadcast.map(|broadcast| broadcast.resource.clone());
        let mut variables = BTreeSet::from_iter(broadcaster);
        for (index, step) in self.suites.ingest.steps.iter().enumerate() {
            self.enter(List::Ingest, index);
            // The steps are entries themselves.
            let found = self.found.len();
            self.steps(std::slice::from_ref(step), &Place::default(), &mut variables);
            self.found.iter_mut().skip(found).for_each(|misfit| drop(misfit.place.remove(0)));
        }
    }

    pub(super) fn probes(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, probe) in self.suites.probes.iter().enumerate() {
            self.enter(List::Probes, index);
            let place = Place::default();
            if let Err(message) = self.names.clause(&probe.clause) {
                self.wrong(&place.at("clause"), message, NAME_A_CLAUSE);
            }
            if !seen.insert((&probe.clause, &probe.name)) {
                let message = format!("the probe `{}` of `{}` is defined twice", probe.name, probe.clause);
                self.wrong(&place.at("name"), message, RENAME);
            }
            let operations = self.probed(probe);
            self.accepted(probe, &operations);
        }
    }

    /// The operations of a probe; all if it names none.
    fn probed(&mut self, probe: &Probe) -> Vec<&'c Operation> {
        let contract = self.names.contract;
        if probe.operations.is_empty() {
            return contract.operations.iter().collect();
        }
        let known: Vec<&Operation> = probe.operations.iter().filter_map(|name| contract.operation(name)).collect();
        for (index, name) in probe.operations.iter().enumerate() {
            let Err(message) = self.names.operation(name) else { continue };
            let place = Place::default().at("operations").at(index);
            match known.is_empty() {
                true => self.wrong(&place, message, NAME_AN_OPERATION),
                false => self.narrows(&place, message, NAME_AN_OPERATION),
            }
        }
        known
    }

    fn accepted(&mut self, probe: &Probe, operations: &[&Operation]) {
        let place = Place::default().at("accepts");
        if probe.accepts.is_empty() {
            self.wrong(&place, "no response is right", "write `success`, `4xx`, a status or `CODE (STATUS)`");
        }
        let is_open = probe.accepts.contains(&Accepted::Success) && probe.accepts.contains(&Accepted::ClientError);
        if is_open && probe.upholds == Upholds::Clause {
            let message = "success and every refusal are right, so that hardly any response breaks the clause";
            self.wrong(&place, message, "name the responses that are right, or add `upholds = \"nothing\"`");
        }
        for (index, accepted) in probe.accepts.iter().enumerate() {
            let Some(code) = accepted.code() else { continue };
            let found: Vec<Result<Vec<u16>, String>> =
                operations.iter().map(|operation| self.names.error(operation, code)).collect();
            let known: BTreeSet<u16> = found.iter().flatten().flatten().copied().collect();
            let message = match (accepted, found.into_iter().find_map(Result::err)) {
                (_, Some(message)) if known.is_empty() => message,
                (Accepted::Error { status, .. }, _) if !known.contains(status) => {
                    let known: Vec<String> = known.iter().map(u16::to_string).collect();
                    format!("`{code}` has the status {}, and not {status}", known.join(" or "))
                }
                _ => continue,
            };
            self.narrows(&place.at(index), message, "write an error of the contract with its status");
        }
    }

    pub(super) fn echoes(&mut self) {
        for (index, echo) in self.suites.echoes.iter().enumerate() {
            self.enter(List::Echoes, index);
            if let Err(message) = self.names.clause(&echo.rule) {
                self.wrong(&Place::default().at("rule"), message, NAME_A_CLAUSE);
            }
            self.echo(echo);
        }
    }

    fn echo(&mut self, echo: &Echo) {
        let contract = self.names.contract;
        let applies = |operation: &&Operation| echo.applies_to(&operation.name);
        let operations: Vec<&Operation> = contract.operations.iter().filter(applies).collect();
        for (index, pattern) in echo.operations.iter().enumerate() {
            let alone = Echo { operations: vec![pattern.clone()], ..echo.clone() };
            if !operations.iter().any(|operation| alone.applies_to(&operation.name)) {
                let known = contract.operations.iter().map(|operation| operation.name.as_str());
                let message = format!("no operation matches `{pattern}`{}", self.names.question(pattern, known));
                let place = Place::default().at("operations").at(index);
                match operations.is_empty() {
                    true => self.wrong(&place, message, NAME_AN_OPERATION),
                    false => self.narrows(&place, message, NAME_AN_OPERATION),
                }
            }
        }
        for (index, path) in echo.except.iter().enumerate() {
            if !operations.iter().any(|operation| operation.input.find(path).is_some()) {
                let known = operations.iter().flat_map(|operation| operation.input.walk());
                let question = self.names.question(path, known.map(|node| node.path.as_str()));
                let message = format!("no request that the echo is about has a member `{path}`{question}");
                self.narrows(&Place::default().at("except").at(index), message, "write the path below the input");
            }
        }
    }

    pub(super) fn agreements(&mut self) {
        for (index, agreement) in self.suites.agreements.iter().enumerate() {
            self.enter(List::Agreements, index);
            if let Err(message) = self.names.clause(&agreement.rule) {
                self.wrong(&Place::default().at("rule"), message, NAME_A_CLAUSE);
            }
            let applies = |operation: &&Operation| agreement.applies_to(&operation.name);
            let operations: Vec<&Operation> = self.names.contract.operations.iter().filter(applies).collect();
            if operations.is_empty() {
                self.wrong(&Place::default().at("operations"), "no operation matches", NAME_AN_OPERATION);
                continue;
            }
            for (key, path) in [("at", &agreement.at), ("equals", &agreement.equals)] {
                if !operations.iter().all(|operation| operation.output.find(path).is_some()) {
                    let known = operations.iter().flat_map(|operation| operation.output.walk());
                    let question = self.names.question(path, known.map(|node| node.path.as_str()));
                    let message = format!("no such response has a member `{path}`{question}");
                    self.wrong(&Place::default().at(key), message, "write the path below the output");
                }
            }
        }
    }

    pub(super) fn sequences(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, sequence) in self.suites.sequences.iter().enumerate() {
            self.enter(List::Sequences, index);
            let place = Place::default();
            if !seen.insert(&sequence.name) {
                self.wrong(&place.at("name"), format!("the sequence `{}` is defined twice", sequence.name), RENAME);
            }
            if sequence.resources.is_empty() {
                self.wrong(&place.at("resources"), "nothing lives in the sequence", NAME_A_RESOURCE);
            }
            for (index, resource) in sequence.resources.iter().enumerate() {
                if let Err(message) = self.names.resource(resource) {
                    self.wrong(&place.at("resources").at(index), message, NAME_A_RESOURCE);
                }
            }
            self.sequence_members(sequence);
        }
    }

    fn sequence_members(&mut self, sequence: &Sequence) {
        let place = Place::default();
        for (index, named) in sequence.leave_out.iter().enumerate() {
            let found = named
                .split_once('.')
                .and_then(|(operation, path)| self.names.contract.operation(operation)?.input.find(path));
            if found.is_none() {
                let message = format!("`{named}` is no member of a request");
                self.narrows(&place.at("leave_out").at(index), message, "write `Operation.member`");
            }
        }
        for (index, named) in sequence.unsettled.iter().enumerate() {
            self.resource_member(sequence, named, &place.at("unsettled").at(index));
        }
        for (named, causes) in &sequence.follows {
            let place = place.at("follows").at(named);
            self.resource_member(sequence, named, &place);
            let resource = named.split('.').next().unwrap_or_default();
            for (index, cause) in causes.iter().enumerate() {
                self.resource_member(sequence, &format!("{resource}.{cause}"), &place.at(index));
            }
        }
        for (resource, state) in &sequence.states {
            if let Err(message) = self.names.state(state, resource) {
                self.wrong(&place.at("states").at(resource), message, "name a state of `[[state]]`");
            }
        }
    }

    /// A member of a resource, as `type.member`.
    fn resource_member(&mut self, sequence: &Sequence, named: &str, place: &Place) {
        let contract = self.names.contract;
        let help = "write `TYPE.MEMBER` with a type of the sequence's `resources`";
        let (resource, member) = named.split_once('.').unwrap_or((named, ""));
        if !sequence.resources.iter().any(|known| known == resource) {
            self.narrows(place, format!("the sequence has no resource `{resource}`"), help);
            return;
        }
        let shown = contract.operations.iter().filter_map(|operation| operation_role::object_of(operation, resource));
        if !shown.flat_map(|node| node.members()).any(|known| known.name == member) {
            self.narrows(place, format!("a `{resource}` has no member `{member}`"), help);
        }
    }

    pub(super) fn laws(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, law) in self.suites.laws.iter().enumerate() {
            self.enter(List::Laws, index);
            let place = Place::default();
            if let Err(message) = self.names.clause(&law.rule) {
                self.wrong(&place.at("rule"), message, NAME_A_CLAUSE);
            }
            if !seen.insert((law.holds, &law.resource)) {
                let message = "an earlier law holds of the same resources: this one would never be used";
                self.wrong(&place.at("holds"), message, "remove one of the two");
            }
            self.law(law);
        }
    }

    fn law(&mut self, law: &Law) {
        let place = Place::default();
        if let Some(resource) = &law.resource {
            if let Err(message) = self.names.resource(resource) {
                self.wrong(&place.at("resource"), message, NAME_A_RESOURCE);
                return;
            }
            if !self.names.is_drawn(resource) {
                let message = format!("no sequence has a `{resource}`: the law would never be checked");
                self.wrong(&place.at("resource"), message, "add the type to the `resources` of a sequence");
            }
        }
        let speakers = self.speakers(law);
        if speakers.is_empty() {
            let message = "no operation does what the law is about to such a resource";
            self.wrong(&place.at("holds"), message, "name another resource type, or remove the law");
            return;
        }
        let needs_error = matches!(law.holds, LawKind::OneAtMost | LawKind::InUseStays);
        match (&law.error, needs_error) {
            (Some(code), true) => {
                if !speakers.iter().any(|operation| operation.error(code).is_some()) {
                    let known =
                        speakers.iter().flat_map(|operation| &operation.errors).map(|error| error.code.as_str());
                    let question = self.names.question(code, known);
                    let message = format!("no operation that the law is about documents `{code}`{question}");
                    self.wrong(&place.at("error"), message, "name an error that the refusing operation documents");
                }
            }
            (Some(_), false) => self.wrong(&place.at("error"), "the law speaks of no refusal", "remove `error`"),
            (None, true) => self.wrong(&place, "the law does not say which error a refusal has", "add `error`"),
            (None, false) => {}
        }
    }

    /// The operations that can break a law.
    fn speakers(&self, law: &Law) -> Vec<&'c Operation> {
        let names = &self.names;
        let types: Vec<&str> = match &law.resource {
            Some(resource) => vec![resource.as_str()],
            None => names.resources.types().filter(|resource| names.is_drawn(resource)).collect(),
        };
        let roles = types.iter().flat_map(|resource| operation_role::roles(names.contract, names.resources, resource));
        let has_part = |role: &OperationRole| role.kind == law.holds.needs();
        roles.filter(has_part).filter_map(|role| names.contract.operation(&role.operation)).collect()
    }
}
