//! `spec check`: everything that loading checks, and that the companion file is true to itself: it has the published form,
//! its globs match something, its schemas compile, and its examples fall on the right side of them.

use std::fmt;
use std::path::Path;

use globset::Glob;
use serde_json::Value;

use super::contract::Contract;
use super::error::{Problem, SpecError};
use super::files::{Files, TextFile};
use super::lint::{Located, located};
use super::load;
use super::rules::InputRule;

/// The published form of companion files.
const RULES_SCHEMA: &str = include_str!("../../specs/rules.schema.json");

/// What a contract holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Operations of the service.
    pub operations: usize,
    /// Shapes that the model defines.
    pub shapes: usize,
    /// Clauses, those of the companion included.
    pub clauses: usize,
    /// Numbered readings of the companion.
    pub rules: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, shapes, clauses, rules } = self;
        write!(formatter, "{operations} operations, {shapes} shapes, {clauses} clauses, {rules} rules")
    }
}

/// Checks a model file and the companion beside it.
///
/// # Errors
/// Everything that is wrong with the two files.
pub fn check_file(path: &Path) -> Result<Summary, SpecError> {
    let files = Files::read(path)?;
    let name = files.rules.as_ref().map(TextFile::name);
    summarize(load::load_files(&files)?, &files.model.name(), load::rules_of(&files, name.as_deref()))
}

/// Checks a model and its companion file, if there is one; each file as its name and its text.
///
/// # Errors
/// Everything that is wrong with the two files.
pub fn check(source_name: &str, model_json: &str, rules_json: Option<(&str, &str)>) -> Result<Summary, SpecError> {
    summarize(load::load(source_name, model_json, rules_json)?, source_name, rules_json)
}

fn summarize(contract: Contract, source_name: &str, rules_json: Option<(&str, &str)>) -> Result<Summary, SpecError> {
    let problems = rules_json.map_or_else(Vec::new, |(name, text)| check_rules(&contract, name, text));
    if !problems.is_empty() {
        return Err(SpecError { name: source_name.to_owned(), problems });
    }
    Ok(Summary {
        operations: contract.operations.len(),
        shapes: contract.shape_count,
        clauses: contract.clauses.len(),
        rules: contract.rules.rules.len(),
    })
}

fn check_rules(contract: &Contract, name: &str, text: &str) -> Vec<Problem> {
    let mut found = form(text);
    globs(contract, &mut found);
    for (index, rule) in contract.rules.input_rules.iter().enumerate() {
        input_rule(index, rule, &mut found);
    }
    for (index, rule) in contract.rules.output_rules.iter().enumerate() {
        compile(&rule.id, &rule.schema, &["output_rules", &index.to_string(), "schema"], &mut found);
    }
    located(found, name, text)
}

fn problem(path: &[&str], message: String, help: &str) -> Located {
    (path.iter().map(|segment| (*segment).to_owned()).collect(), message, help.to_owned())
}

/// Differences from the published form.
fn form(text: &str) -> Vec<Located> {
    let (Ok(schema), Ok(instance)) = (serde_json::from_str(RULES_SCHEMA), serde_json::from_str::<Value>(text)) else {
        return Vec::new();
    };
    let Ok(validator) = jsonschema::validator_for(&schema) else {
        return Vec::new();
    };
    let differences = validator.iter_errors(&instance).map(|error| {
        let path: Vec<String> = error.instance_path().to_string().split('/').skip(1).map(str::to_owned).collect();
        (path, error.to_string(), "write the companion file as `specs/rules.schema.json` describes it".to_owned())
    });
    differences.collect()
}

/// Globs that match no clause and no other id of the companion.
fn globs(contract: &Contract, found: &mut Vec<Located>) {
    let rules = &contract.rules;
    let mut ids: Vec<&str> = contract.clauses.iter().map(|(_, clause)| clause.id.as_str()).collect();
    ids.extend(rules.errata.iter().map(|erratum| erratum.id.as_str()));
    ids.extend(rules.ambiguities.iter().map(|ambiguity| ambiguity.id.as_str()));
    let mut expect = |glob: &str, path: &[&str]| {
        let is_matching = match Glob::new(glob) {
            Ok(compiled) => {
                let matcher = compiled.compile_matcher();
                ids.iter().any(|id| matcher.is_match(id))
            }
            Err(_) => false,
        };
        if !is_matching {
            let message = format!("`{glob}` matches no clause, erratum or ambiguity");
            found.push(problem(path, message, "correct the glob or remove it"));
        }
    };
    for (index, entry) in rules.untestable.iter().enumerate() {
        expect(&entry.clause, &["untestable", &index.to_string(), "clause"]);
    }
    for (index, rule) in rules.rules.iter().enumerate() {
        for (number, id) in rule.ids.iter().enumerate() {
            expect(id, &["rules", &index.to_string(), "ids", &number.to_string()]);
        }
    }
    for (index, erratum) in rules.errata.iter().enumerate() {
        for (number, place) in erratum.places.iter().enumerate() {
            expect(place, &["errata", &index.to_string(), "where", &number.to_string()]);
        }
    }
}

fn compile(id: &str, schema: &Value, path: &[&str], found: &mut Vec<Located>) -> Option<jsonschema::Validator> {
    match jsonschema::draft202012::new(schema) {
        Ok(validator) => Some(validator),
        Err(error) => {
            let message = format!("the schema of `{id}` does not compile: {error}");
            found.push(problem(path, message, "write a JSON Schema of draft 2020-12"));
            None
        }
    }
}

/// Examples of an input rule fall on the right side of its schema. Where values need a generator, the schema alone does
/// not say what is valid, so that a violation may satisfy it.
fn input_rule(index: usize, rule: &InputRule, found: &mut Vec<Located>) {
    let at = index.to_string();
    let Some(validator) = compile(&rule.id, &rule.schema, &["input_rules", &at, "schema"], found) else {
        return;
    };
    for (list, values, should_satisfy) in [("accepted", &rule.accepted, true), ("violating", &rule.violating, false)] {
        for (number, value) in values.iter().enumerate() {
            let is_short = match (rule.max_utf8_bytes, value.as_str()) {
                (Some(most), Some(text)) => text.len() as u64 <= most,
                _ => true,
            };
            if (validator.is_valid(value) && is_short) == should_satisfy
                || is_made(value)
                || (rule.generator.is_some() && !should_satisfy)
            {
                continue;
            }
            let side = if should_satisfy { "breaks" } else { "satisfies" };
            let message = format!("an example in `{list}` of `{}` {side} the rule's own schema", rule.id);
            found.push(problem(
                &["input_rules", &at, list, &number.to_string()],
                message,
                "correct the example or the schema",
            ));
        }
    }
}

/// Whether a value is only made at run time, so that nothing can be said of it here.
fn is_made(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("${"))
}
