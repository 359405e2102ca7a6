//! When a case is run: cases whose requests can damage what a weak target stores come after all others.

use super::case::{Case, Check};
use super::resources::Resources;
use super::suite::Suites;
use crate::spec::Contract;
use crate::spec::clause::Constraint;

/// A part of a run; the next one begins when the last case of this one has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Requests that a target can store, or refuses.
    Ordinary,
    /// Scenarios that look at what the cases before them left behind.
    Late,
    /// Requests that a target may store although it cannot show what it stored: malformed JSON, values of wrong types,
    /// numbers out of range.
    Dangerous,
}

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Phase; 3] = [Phase::Ordinary, Phase::Late, Phase::Dangerous];

    /// The phase of a case.
    pub fn of(contract: &Contract, resources: &Resources, suites: &Suites, case: &Case) -> Phase {
        if let Check::Scenario { scenario } = &case.check {
            let is_late = suites.scenarios.get(*scenario).is_some_and(|scenario| scenario.late);
            return if is_late { Phase::Late } else { Phase::Ordinary };
        }
        let operation = case.operation.as_deref().and_then(|name| contract.operation(name));
        let stores = operation.is_some_and(|operation| !operation.is_readonly && !resources.deletes(&operation.name));
        let is_dangerous = match &case.check {
            Check::Refuses { constraint, .. } => match constraint {
                Constraint::Type | Constraint::RangeMin | Constraint::RangeMax => true,
                Constraint::Required | Constraint::LengthMin | Constraint::LengthMax => false,
                Constraint::Pattern | Constraint::Enum | Constraint::UniqueItems => false,
            },
            Check::Probe { probe } => suites.probes.get(*probe).is_some_and(|probe| probe.body.is_some()),
            Check::Valid { .. } | Check::Accepts { .. } | Check::RuleAccepts { .. } | Check::RuleRefuses { .. } => {
                false
            }
            Check::UnknownResource { .. } | Check::Condition { .. } | Check::Recorded => false,
            Check::Scenario { .. } | Check::Sequence { .. } => false,
        };
        if stores && is_dangerous { Phase::Dangerous } else { Phase::Ordinary }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::plan::{Filter, plan};

    #[test]
    fn only_requests_that_can_damage_what_is_stored_are_dangerous() {
        let contract = crate::spec::builtin().unwrap();
        let suites = Suites::builtin().unwrap();
        let plan = plan(&contract, &suites, &Filter::default()).unwrap();
        let phase = |id: &str| {
            let case = plan.cases.iter().find(|case| case.id.starts_with(id)).unwrap();
            Phase::of(&contract, &plan.resources, &plan.suites, case)
        };
        assert_eq!(phase("CreateChannel.input.tags.type/refuses"), Phase::Dangerous);
        assert_eq!(phase("UpdateChannel.input.name.type/refuses"), Phase::Dangerous);
        assert_eq!(phase("GetChannel.input.arn.type/refuses"), Phase::Ordinary);
        assert_eq!(phase("DeleteChannel.input.arn.type/refuses"), Phase::Ordinary);
        assert_eq!(phase("CreateChannel.input.name.length.max/refuses"), Phase::Ordinary);
        assert_eq!(phase("scenario/deleted-policy-leaves"), Phase::Ordinary);
        assert_eq!(phase("scenario/deleted-policy-list"), Phase::Late);
        let dangerous = plan
            .cases
            .iter()
            .filter(|case| Phase::of(&contract, &plan.resources, &plan.suites, case) == Phase::Dangerous);
        let malformed = dangerous.filter(|case| case.id.starts_with("protocol.malformed-json")).count();
        assert!(malformed > 0, "probes with malformed bodies are among them");
    }
}
