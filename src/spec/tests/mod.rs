//! Tests of the loader over hand-written models, the built-in contract and the official models.

use super::*;

mod comparison;
mod model;
mod mutation;
mod refusal;
mod rules;

#[test]
fn the_built_in_contract_loads() {
    let contract = builtin().unwrap();
    assert_eq!(contract.operations.len(), 35);
    assert_eq!(contract.service.signing_name.as_deref(), Some("ivs"));
    let node = contract.operation("CreateChannel").unwrap().input.member("name").unwrap();
    let clause = contract.clauses.get(node.clause(Constraint::LengthMax).unwrap());
    assert_eq!(clause.id, "CreateChannel.input.name.length.max");
    assert_eq!(clause.statement, "`name` in a CreateChannel request has at most 128 characters.");
    assert_eq!(clause.tier, Tier::Documented);
    for id in
        ["BatchGetChannel.input.arns.member.pattern", "GetChannel.output.channel.type.enum", "DeleteChannel.status"]
    {
        assert!(contract.clauses.find(id).is_some(), "{id}");
    }
}

#[test]
#[ignore = "needs the official models: set IVS_CONFORMANCE_SMITHY_MODELS to their directory"]
fn official_models_load_unchanged() {
    let directory = std::env::var_os("IVS_CONFORMANCE_SMITHY_MODELS").expect("the variable names a directory");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let contract = load_file(&path).unwrap_or_else(|error| panic!("{error:?}"));
            assert!(!contract.clauses.is_empty(), "{}", path.display());
            println!(
                "{}: {} operations, {} clauses",
                path.display(),
                contract.operations.len(),
                contract.clauses.len()
            );
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn the_built_in_contract_is_true_to_itself() {
    let summary = check("model", load::BUILTIN_MODEL, Some(("rules", load::BUILTIN_RULES)));
    let summary = summary.unwrap_or_else(|error| {
        let lines: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    assert_eq!((summary.operations, summary.rules), (35, 161));
}

#[test]
fn every_exported_schema_is_one() {
    let contract = builtin().unwrap();
    for operation in &contract.operations {
        for schema in [input_schema(&contract, operation), output_schema(&contract, operation)] {
            jsonschema::draft202012::meta::validate(&schema).unwrap();
            jsonschema::draft202012::new(&schema).unwrap();
        }
        for (_, schema) in rule_schemas(&contract, operation) {
            jsonschema::draft202012::new(&schema).unwrap();
        }
    }
    jsonschema::draft202012::meta::validate(&export_json_schema(&contract)).unwrap();
}
