//! `spec check`: everything that loading checks, and that the rules are true to themselves: they have the published form,
//! their globs match something, their schemas compile, and their examples fall on the right side of them.

use std::fmt;
use std::path::Path;

use globset::Glob;
use serde_json::Value;

use super::contract::Contract;
use super::error::{Problem, SpecError};
use super::files::Files;
use super::load;
use super::rules::{InputRule, Located, Sources};

/// The published form of rules files.
const RULES_SCHEMA: &str = include_str!("../../specs/rules.schema.json");

/// What a contract holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Operations of the service.
    pub operations: usize,
    /// Shapes that the model defines.
    pub shapes: usize,
    /// Clauses, those of those of rules included.
    pub clauses: usize,
    /// Rules: numbered statements of the reference, and those without a number.
    pub rules: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, shapes, clauses, rules } = self;
        write!(formatter, "{operations} operations, {shapes} shapes, {clauses} clauses, {rules} rules")
    }
}

/// Checks a model file and the rules beside it.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn check_file(path: &Path) -> Result<Summary, SpecError> {
    let files = Files::read(path)?;
    let (contract, sources) = load::load_with_sources(&files)?;
    summarize(&contract, &files.model.name(), &sources)
}

/// Checks a model and its rules, if there are some; each file as its name and its text.
///
/// # Errors
/// Everything that is wrong with the two files.
pub fn check(source_name: &str, model_json: &str, rules: Option<(&str, &str)>) -> Result<Summary, SpecError> {
    let (contract, sources) = load::load_text(source_name, model_json, rules)?;
    summarize(&contract, source_name, &sources)
}

fn summarize(contract: &Contract, source_name: &str, sources: &Sources) -> Result<Summary, SpecError> {
    let mut problems = form(sources);
    problems.extend(sources.located(content(contract)));
    if !problems.is_empty() {
        return Err(SpecError { name: source_name.to_owned(), problems });
    }
    Ok(Summary {
        operations: contract.operations.len(),
        shapes: contract.shape_count,
        clauses: contract.clauses.len(),
        rules: contract.rules.rules.len() + unnumbered(sources),
    })
}

/// How many rules are written without a number.
fn unnumbered(sources: &Sources) -> usize {
    let files = sources.values();
    let rules = files.iter().filter_map(|file| file.get("rule")?.as_array()).flatten();
    rules.filter(|rule| rule.get("number").is_none()).count()
}

fn content(contract: &Contract) -> Vec<Located> {
    let mut found = Vec::new();
    globs(contract, &mut found);
    for (index, rule) in contract.rules.input_rules.iter().enumerate() {
        input_rule(index, rule, &mut found);
    }
    for (index, rule) in contract.rules.output_rules.iter().enumerate() {
        compile(&rule.id, &rule.schema, &["output_rules", &index.to_string(), "schema"], &mut found);
    }
    found
}

fn problem(path: &[&str], message: String, help: &str) -> Located {
    (path.iter().map(|segment| (*segment).to_owned()).collect(), message, help.to_owned())
}

/// Differences of the files from the published form.
fn form(sources: &Sources) -> Vec<Problem> {
    let Some(validator) =
        serde_json::from_str(RULES_SCHEMA).ok().and_then(|schema| jsonschema::validator_for(&schema).ok())
    else {
        return Vec::new();
    };
    let files = sources.values().into_iter().enumerate();
    let problems = files.flat_map(|(file, instance)| {
        let differences = validator.iter_errors(&instance).map(|error| {
            let path: Vec<String> = error.instance_path().to_string().split('/').skip(1).map(str::to_owned).collect();
            (path, error.to_string(), "write the rules as `specs/rules.schema.json` describes them".to_owned())
        });
        sources.of_file(file, differences.collect())
    });
    problems.collect()
}

/// Globs that match no clause and no other id of the rules.
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
        rule.ids.iter().for_each(|id| expect(id, &["rules", &index.to_string(), "covers"]));
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
