//! Turns a contract and suites into cases.

use std::collections::BTreeSet;

use crate::plan::case::{Case, Check, Form};
use crate::plan::case_id::{ACCEPTS, CONDITION, CaseId, REFUSES};
use crate::plan::constraint::{can_be_broken, can_be_just_kept};
use crate::plan::operation_role;
use crate::plan::resources::{Resources, resource_of};
use crate::plan::sequence::{Law, Sequence};
use crate::plan::suite::{Probe, Scenario, Suites};
use crate::spec::clause::{ClauseIndex, Constraint};
use crate::spec::clause_id::ClauseId;
use crate::spec::contract::{BodyClause, Contract, Node, Operation};
use crate::spec::rules::{ErrorCause, InputRule};

/// The clause on the form of error responses: every refusal decides it.
const ERROR_BODY: &str = "protocol.error-body-is-json-object";

/// The clause that promises an error to callers without permission.
const PERMISSION: &str = "auth.permission-is-required";

/// All cases of a contract, in the order in which they are run: cheap and telling ones first.
pub fn cases(contract: &Contract, suites: &Suites) -> Vec<Case> {
    let mut cases = Vec::new();
    for form in Form::ALL {
        cases.extend(contract.operations.iter().map(|operation| valid(contract, suites, operation, form)));
    }
    for operation in &contract.operations {
        cases.extend(unknown_resources(contract, operation));
        for node in operation.input.walk().into_iter().skip(1) {
            cases.extend(constraints(contract, operation, node));
        }
    }
    for (index, rule) in contract.rules.input_rules.iter().enumerate() {
        cases.extend(input_rule(contract, index, rule));
    }
    for (index, probe) in suites.probes.iter().enumerate() {
        cases.extend(probes(contract, index, probe));
    }
    for (index, scenario) in suites.scenarios.iter().enumerate() {
        cases.push(scenario_case(contract, index, scenario));
    }
    for (index, sequence) in suites.sequences.iter().enumerate() {
        cases.push(sequence_case(contract, &suites.laws, index, sequence));
    }
    cases.extend(conditions(contract, &cases));
    for (position, case) in (0..).zip(&mut cases) {
        case.position = position;
    }
    cases
}

fn valid(contract: &Contract, suites: &Suites, operation: &Operation, form: Form) -> Case {
    let body = match operation.body_clause {
        BodyClause::ContentType(clause) | BodyClause::Empty(clause) => clause,
    };
    let mut clauses = vec![operation.status_clause, body];
    for node in operation.output.walk() {
        clauses.extend(Constraint::ALL.iter().filter_map(|constraint| node.clause(*constraint)));
    }
    clauses.extend(output_rules(contract, operation));
    let echoed = suites.echoes.iter().filter(|echo| echo.applies_to(&operation.name));
    clauses.extend(echoed.filter_map(|echo| contract.clauses.find(&echo.rule)));
    let agreed = suites.agreements.iter().filter(|agreement| agreement.applies_to(&operation.name));
    clauses.extend(agreed.filter_map(|agreement| contract.clauses.find(&agreement.rule)));
    let members = match form {
        Form::Minimal => "only the required members",
        Form::Full => "every member",
        Form::Random => "some of the members, chosen at random",
    };
    Case {
        id: CaseId::Valid { operation: &operation.name, form }.to_string(),
        clauses,
        operation: Some(operation.name.clone()),
        summary: format!(
            "Valid {} requests with {members} succeed, and the responses have the documented form.",
            operation.name
        ),
        check: Check::Valid { form },
        position: 0,
    }
}

/// The id of the case that shows one side of a clause.
fn side_id(clause: &str, side: &str, operation: Option<&str>) -> String {
    ClauseId::parse(clause).map(|clause| CaseId::Side { clause, side, operation }.to_string()).unwrap_or_default()
}

/// Prose rules on responses that some part of the operation's output falls under.
fn output_rules<'c>(contract: &'c Contract, operation: &'c Operation) -> impl Iterator<Item = ClauseIndex> + 'c {
    let applies = |path: &String| {
        let shape = path.split('$').next().unwrap_or(path);
        let is_shape = operation.output.walk().iter().any(|node| node.shape == shape);
        is_shape || path.starts_with(&format!("{}.output", operation.name))
    };
    let rules = contract.rules.output_rules.iter().filter(move |rule| rule.paths.iter().any(applies));
    rules.filter_map(|rule| contract.clauses.find(&rule.id))
}

fn unknown_resources(contract: &Contract, operation: &Operation) -> Vec<Case> {
    let is_not_found = |status: u16, code: &str| status == 404 && code.contains("NotFound");
    let Some(error) = operation.errors.iter().find(|error| is_not_found(error.status, &error.code)) else {
        return Vec::new();
    };
    let nodes = operation.input.walk().into_iter().filter(|node| resource_of(node).is_some());
    // What a request may refer to beside the resource that it is about is the matter of rules.
    let is_about_one =
        operation.input.members().iter().any(|member| member.is_required && resource_of(member).is_some());
    // Nor does a model say what becomes of a reference that a request can do without.
    let may_be_optional = !is_about_one && !contract.is_model_only();
    nodes
        .filter(|node| node.is_required || may_be_optional)
        .map(|node| Case {
            id: CaseId::Error { operation: &operation.name, code: &error.code, way: &format!("unknown-{}", node.path) }
                .to_string(),
            clauses: vec![error.clause],
            operation: Some(operation.name.clone()),
            summary: format!("A well-formed `{}` that names nothing is refused with {}.", node.path, error.code),
            check: Check::UnknownResource { path: node.path.clone() },
            position: 0,
        })
        .collect()
}

fn constraints(contract: &Contract, operation: &Operation, node: &Node) -> Vec<Case> {
    let is_token = operation.pagination.as_ref().is_some_and(|pagination| pagination.input_token == node.path);
    let mut cases = Vec::new();
    for constraint in Constraint::ALL {
        let Some(clause) = node.clause(constraint) else { continue };
        let id = &contract.clauses.get(clause).id;
        if can_be_just_kept(node, constraint) && (!is_token || constraint == Constraint::LengthMin) {
            cases.push(Case {
                id: side_id(id, ACCEPTS, None),
                clauses: vec![clause],
                operation: Some(operation.name.clone()),
                summary: format!("Values of `{}` that just keep `{constraint}` are accepted.", node.path),
                check: Check::Accepts { path: node.path.clone(), constraint },
                position: 0,
            });
        }
        if can_be_broken(operation, node, constraint) {
            let mut clauses = vec![clause];
            clauses.extend(operation.error("ValidationException").map(|error| error.clause));
            clauses.extend(contract.clauses.find(ERROR_BODY));
            cases.push(Case {
                id: side_id(id, REFUSES, None),
                clauses,
                operation: Some(operation.name.clone()),
                summary: format!("Values of `{}` that break nothing but `{constraint}` are refused.", node.path),
                check: Check::Refuses { path: node.path.clone(), constraint },
                position: 0,
            });
        }
    }
    cases
}

/// Errors that no other case provokes depend on the caller or its account.
fn conditions(contract: &Contract, cases: &[Case]) -> Vec<Case> {
    let decided: BTreeSet<ClauseIndex> = cases.iter().flat_map(|case| case.clauses.iter().copied()).collect();
    // The first code is what callers without permission get; others only pass.
    let access_denied = contract.rules.common_codes(ErrorCause::Authorization).next();
    let mut found = Vec::new();
    for operation in &contract.operations {
        for error in operation.errors.iter().filter(|error| !decided.contains(&error.clause)) {
            let mut clauses = vec![error.clause];
            if access_denied == Some(error.code.as_str()) {
                clauses.extend(contract.clauses.find(PERMISSION));
            }
            found.push(Case {
                id: CaseId::Error { operation: &operation.name, code: &error.code, way: CONDITION }.to_string(),
                clauses,
                operation: Some(operation.name.clone()),
                summary: format!(
                    "With credentials for which every call meets {}, a valid {} request meets it.",
                    error.code, operation.name
                ),
                check: Check::Condition { code: error.code.clone() },
                position: 0,
            });
        }
    }
    found
}

fn input_rule(contract: &Contract, index: usize, rule: &InputRule) -> Vec<Case> {
    let Some(clause) = contract.clauses.find(&rule.id) else { return Vec::new() };
    let mut operations: Vec<&str> = rule.operations.iter().map(String::as_str).collect();
    for path in &rule.paths {
        let operation = path.split('.').next().unwrap_or(path);
        if !operations.contains(&operation) {
            operations.push(operation);
        }
    }
    let mut cases = Vec::new();
    for name in operations {
        let Some(found) = contract.operation(name) else { continue };
        // The first error is the documented one; others only pass.
        let caused = rule.errors.first().and_then(|error| found.error(&error.code)).map(|error| error.clause);
        let caused: Vec<ClauseIndex> = std::iter::once(clause).chain(caused).collect();
        let mut add = |end: &str, verb: &str, check: Check| {
            cases.push(Case {
                id: side_id(&rule.id, end, Some(name)),
                clauses: if end == REFUSES { caused.clone() } else { vec![clause] },
                operation: Some(name.to_owned()),
                summary: format!("{name} requests that {verb}: {}", rule.statement),
                check,
                position: 0,
            });
        };
        if !rule.accepted.is_empty() {
            add(ACCEPTS, "keep the rule are accepted", Check::RuleAccepts { rule: index });
        }
        if !rule.violating.is_empty() {
            add(REFUSES, "break the rule are refused", Check::RuleRefuses { rule: index });
        }
    }
    cases
}

fn probes(contract: &Contract, index: usize, probe: &Probe) -> Vec<Case> {
    let Some(clause) = contract.clauses.find(&probe.clause) else { return Vec::new() };
    let chosen = contract
        .operations
        .iter()
        .filter(|operation| probe.operations.is_empty() || probe.operations.contains(&operation.name));
    chosen
        .map(|operation| Case {
            id: side_id(&probe.clause, &probe.name, Some(&operation.name)),
            clauses: vec![clause],
            operation: Some(operation.name.clone()),
            summary: probe.summary.clone(),
            check: Check::Probe { probe: index },
            position: 0,
        })
        .collect()
}

fn sequence_case(contract: &Contract, laws: &[Law], index: usize, sequence: &Sequence) -> Case {
    let resources = Resources::of(contract);
    let fits = |law: &Law, resource: &String| {
        let is_for_it = law.resource.as_ref().is_none_or(|kind| kind == resource);
        is_for_it
            && operation_role::roles(contract, &resources, resource).iter().any(|role| role.kind == law.holds.needs())
    };
    let speaks_of = |law: &&Law| sequence.resources.iter().any(|resource| fits(law, resource));
    let mut clauses: Vec<ClauseIndex> =
        laws.iter().filter(speaks_of).filter_map(|law| contract.clauses.find(&law.rule)).collect();
    clauses.sort_unstable();
    clauses.dedup();
    Case {
        id: CaseId::Sequence { name: &sequence.name }.to_string(),
        clauses,
        operation: None,
        summary: sequence.summary.clone(),
        check: Check::Sequence { sequence: index },
        position: 0,
    }
}

fn scenario_case(contract: &Contract, index: usize, scenario: &Scenario) -> Case {
    let mut clauses: Vec<ClauseIndex> = Vec::new();
    let mut add = |clause: Option<ClauseIndex>| {
        if let Some(clause) = clause
            && !clauses.contains(&clause)
        {
            clauses.push(clause);
        }
    };
    for step in scenario.steps.iter().flat_map(|step| std::iter::once(step).chain(&step.beside)) {
        add(step.rule.as_deref().and_then(|rule| contract.clauses.find(rule)));
        for assert in &step.asserts {
            add(contract.clauses.find(&assert.rule));
        }
        let operation = step.call.as_deref().or(step.walk.as_deref()).and_then(|name| contract.operation(name));
        if let (Some(operation), Some(code)) = (operation, step.expect.only_code()) {
            add(operation.error(code).map(|error| error.clause));
        }
    }
    Case {
        id: CaseId::Scenario { name: &scenario.name }.to_string(),
        clauses,
        operation: None,
        summary: scenario.summary.clone(),
        check: Check::Scenario { scenario: index },
        position: 0,
    }
}
