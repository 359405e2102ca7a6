use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::InputValidator;
use crate::generate::Generator;
use crate::spec::{Bundle, Contract, load_files};

/// Ids of the clauses that an input breaks.
fn broken(operation: &str, input: &Value) -> Vec<String> {
    let contract = crate::spec::builtin().unwrap();
    let operation = contract.operation(operation).unwrap();
    let prover = InputValidator::new(&contract, operation, BTreeMap::new()).unwrap();
    let broken = prover.broken(operation, input.clone());
    broken.into_iter().map(|clause| contract.clauses.get(clause).id.clone()).collect()
}

const CHANNEL: &str = "arn:aws:ivs:us-east-1:123456789012:channel/AbCdEfGhIjKl";

#[test]
fn each_kind_of_constraint_is_told_by_its_clause() {
    let long = "a".repeat(129);
    let many: Vec<&str> = vec![CHANNEL; 51];
    let cases = [
        ("CreateChannel", json!({"name": 7}), "CreateChannel.input.name.type"),
        ("CreateChannel", json!({"name": long}), "CreateChannel.input.name.length.max"),
        ("CreateChannel", json!({"name": "a b"}), "CreateChannel.input.name.pattern"),
        ("CreateChannel", json!({"type": "basic"}), "CreateChannel.input.type.enum"),
        ("GetChannel", json!({}), "GetChannel.input.arn.required"),
        ("BatchGetChannel", json!({"arns": []}), "BatchGetChannel.input.arns.length.min"),
        ("BatchGetChannel", json!({"arns": many}), "BatchGetChannel.input.arns.length.max"),
        ("BatchGetChannel", json!({"arns": ["x".repeat(20)]}), "BatchGetChannel.input.arns.member.pattern"),
        ("ListChannels", json!({"maxResults": 0}), "ListChannels.input.maxResults.range.min"),
        ("ListChannels", json!({"maxResults": 101}), "ListChannels.input.maxResults.range.max"),
        ("CreateChannel", json!({"tags": {"": "x"}}), "CreateChannel.input.tags.key.length.min"),
        ("CreateChannel", json!({"tags": {"k": "v".repeat(257)}}), "CreateChannel.input.tags.value.length.max"),
    ];
    for (operation, input, clause) in cases {
        assert_eq!(broken(operation, &input), [clause], "{input}");
    }
}

#[test]
fn what_is_valid_breaks_nothing() {
    assert!(broken("CreateChannel", &json!({})).is_empty());
    assert!(broken("CreateChannel", &json!({"name": "a_b-C9", "recordingConfigurationArn": ""})).is_empty());
    assert!(broken("GetChannel", &json!({"arn": CHANNEL})).is_empty());
    let astral = json!({"tags": {"k": "\u{1F300}".repeat(256)}});
    let only_characters = broken("CreateChannel", &astral);
    assert!(!only_characters.iter().any(|clause| clause.contains("length")), "{only_characters:?}");
}

#[test]
fn a_second_breach_beside_any_kind_is_seen() {
    let second = ("latencyMode", json!("SLOW"), "CreateChannel.input.latencyMode.enum");
    let firsts = [
        json!({"name": true}),
        json!({"name": "a".repeat(129)}),
        json!({"name": "a b"}),
        json!({"type": "basic"}),
        json!({"tags": {"": "x"}}),
    ];
    for mut input in firsts {
        let alone = broken("CreateChannel", &input);
        input[second.0] = second.1.clone();
        let both = broken("CreateChannel", &input);
        assert_eq!((alone.len(), both.len()), (1, 2), "{input}: {both:?}");
        assert!(both.contains(&second.2.to_owned()), "{both:?}");
    }
    let nested = json!({"multitrackInputConfiguration": {"policy": "NO", "maximumResolution": "8K"}});
    assert_eq!(broken("CreateChannel", &nested).len(), 2);
    let batch = json!({"arns": [CHANNEL, 7, "no arn at all, but long enough"]});
    assert_eq!(broken("BatchGetChannel", &batch).len(), 2);
}

#[test]
fn every_schema_of_the_built_in_contracts_compiles() {
    for bundle in Bundle::ALL {
        let contract = Arc::new(load_files(&bundle.files()).unwrap());
        assert!(contract.is_builtin, "{}", bundle.name());
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        for operation in &contract.operations {
            assert!(generator.prover(operation).is_some(), "{}: {}", bundle.name(), operation.name);
        }
    }
}

#[test]
fn what_is_wrong_with_rules_of_ones_own_is_told_before_anything_is_drawn() {
    let contract = || Contract { is_builtin: false, ..crate::spec::builtin().unwrap() };
    assert!(Generator::new(Arc::new(contract()), &BTreeSet::new()).is_ok());
    let mut contract = contract();
    for rule in &mut contract.rules.input_rules {
        rule.schema = json!({"type": "no type"});
    }
    let error = Generator::new(Arc::new(contract), &BTreeSet::new()).unwrap_err();
    assert!(error.to_string().contains("does not compile"), "{error}");
}
