//! No mutation of a contract makes the loader panic.

use proptest::prelude::*;
use serde_json::Value;

use super::super::load::{BUILTIN_MODEL, BUILTIN_RULES};
use super::super::*;

/// A change of one value somewhere in a document: the seed picks the place.
fn mutate(document: &mut Value, mut seed: usize, replacement: &Value) {
    let mut current = document;
    for _ in 0..12 {
        let count = match &*current {
            Value::Object(object) => object.len(),
            Value::Array(array) => array.len(),
            _ => 0,
        };
        if count == 0 || seed.is_multiple_of(7) {
            break;
        }
        let pick = seed % count;
        seed /= count.clamp(1, 13);
        current = match current {
            Value::Object(object) => object.iter_mut().nth(pick).unwrap().1,
            Value::Array(array) => &mut array[pick],
            other => other,
        };
    }
    *current = replacement.clone();
}

fn replacements() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!({"type": "structure", "target": "smithy.api#Unit", "traits": 7})),
        Just(Value::from("com.amazonaws.ivs#Channel")),
        Just(Value::from("com.amazonaws.ivs#CreateChannel")),
        Just(Value::from("structure")),
        Just(Value::from("union")),
    ]
}

/// Loads a document, and uses the contract in every way if it is one.
fn exercise(model: &str, rules: &str) {
    match check("model.json", model, Some(("model.rules", rules))) {
        Ok(_) => {
            let contract = load("model.json", model, Some(("model.rules", rules))).unwrap();
            export_openapi(&contract);
            export_json_schema(&contract);
            diff(&contract, &contract);
        }
        Err(error) => assert!(!error.problems.is_empty() && !format!("{:?}", miette::Report::new(error)).is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_models_never_panic(seeds in prop::collection::vec((any::<usize>(), replacements()), 1..4)) {
        let mut model: Value = serde_json::from_str(BUILTIN_MODEL).unwrap();
        for (seed, replacement) in &seeds {
            mutate(&mut model, *seed, replacement);
        }
        exercise(&serde_json::to_string_pretty(&model).unwrap(), BUILTIN_RULES);
    }

    #[test]
    fn mutated_rules_never_panic(seed in any::<usize>(), replacement in replacements()) {
        let mut rules: Value = toml::from_str(BUILTIN_RULES).unwrap();
        mutate(&mut rules, seed, &replacement);
        exercise(BUILTIN_MODEL, &serde_json::to_string_pretty(&rules).unwrap());
    }

    #[test]
    fn damaged_rules_never_panic(at in any::<prop::sample::Index>(), length in 0_usize..40, insert in "\\PC{0,4}") {
        let start = at.index(BUILTIN_RULES.len());
        let end = (start + length).min(BUILTIN_RULES.len());
        if let (Some(before), Some(after)) = (BUILTIN_RULES.get(..start), BUILTIN_RULES.get(end..)) {
            exercise(BUILTIN_MODEL, &format!("{before}{insert}{after}"));
        }
    }

    #[test]
    fn damaged_text_never_panics(at in any::<prop::sample::Index>(), length in 0_usize..40, insert in "\\PC{0,4}") {
        let start = at.index(BUILTIN_MODEL.len());
        let end = (start + length).min(BUILTIN_MODEL.len());
        if let (Some(before), Some(after)) = (BUILTIN_MODEL.get(..start), BUILTIN_MODEL.get(end..)) {
            exercise(&format!("{before}{insert}{after}"), BUILTIN_RULES);
        }
    }
}
