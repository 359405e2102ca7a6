//! What is exported as OpenAPI allows what is judged to be right: one that tests by the document accuses no target that
//! conforms.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::Generator;
use crate::plan::expectation::{Expectation, ExpectedError};
use crate::plan::{Check, Filter, Plan, Suites, plan};
use crate::spec::contract::Operation;
use crate::spec::{self, Contract};

/// Differences between what the document and what an expectation allows.
fn differences(document: &Value, operation: &Operation, expectation: &Expectation) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut paths = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let found = paths.find(|found| found["operationId"] == operation.name.as_str()).unwrap();
    let responses = found["responses"].as_object().unwrap();
    if expectation.success && !responses.contains_key(&operation.success_status.to_string()) {
        wrong.push(format!("{}: success", operation.name));
    }
    if expectation.any_client_error && !responses.contains_key("4XX") {
        wrong.push(format!("{}: any client error", operation.name));
    }
    for ExpectedError { code, status } in &expectation.errors {
        let response = &responses.get(&status.to_string()).unwrap_or(&Value::Null)["content"]["application/json"];
        if !response.to_string().contains(&format!("#/components/schemas/{code}\"")) {
            wrong.push(format!("{}: {code} ({status})", operation.name));
        }
        if !document["components"]["schemas"][code].is_object() {
            wrong.push(format!("{code} has no schema"));
        }
    }
    wrong
}

fn whole_plan(contract: &Contract) -> Plan {
    plan(contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap()
}

#[test]
fn the_exported_document_allows_what_the_oracle_accepts() {
    let contract = Arc::new(spec::builtin().unwrap());
    let document = spec::export_openapi(&contract);
    let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
    let plan = whole_plan(&contract);
    let mut wrong = BTreeSet::new();
    let mut seen = 0;
    let mut check = |operation: &Operation, expectation: &Expectation| {
        seen += 1;
        wrong.extend(differences(&document, operation, expectation));
    };
    for case in &plan.cases {
        let operation = case.operation.as_deref().and_then(|name| contract.operation(name));
        match (&case.check, operation) {
            (Check::Probe { probe }, Some(operation)) => {
                check(operation, &Expectation::of(&contract, operation, &plan.suites.probes[*probe].accepts))
            }
            (_, Some(operation)) => {
                generator.families(case).iter().for_each(|family| check(operation, &family.expectation));
            }
            _ => {}
        }
    }
    for step in plan.suites.scenarios.iter().flat_map(|scenario| &scenario.steps) {
        for step in std::iter::once(step).chain(&step.beside) {
            let name = step.call.as_deref().or(step.walk.as_deref());
            if let Some(operation) = name.and_then(|name| contract.operation(name)) {
                check(operation, &Expectation::of(&contract, operation, step.expect.accepted()));
            }
        }
    }
    for law in &plan.suites.laws {
        let Some(code) = &law.error else { continue };
        for operation in contract.operations.iter().filter(|operation| operation.error(code).is_some()) {
            let status = operation.error(code).unwrap().status;
            check(operation, &Expectation::refusal(vec![ExpectedError { code: code.clone(), status }]));
        }
    }
    assert!(seen > 2_000, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
