//! Loads a contract: model and companion file, checked and unfolded.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ast::{self, short_name};
use super::contract::Contract;
use super::error::{Problem, Problems, SpecError};
use super::json::{self, Span};
use super::lint;
use super::number::{Numbering, number};
use super::rules::Rules;
use super::{resolve, service, traits};

/// File name of the built-in model.
const BUILTIN_NAME: &str = "ivs-2020-07-14.json";
/// File name of the built-in companion file.
const BUILTIN_RULES_NAME: &str = "ivs-2020-07-14.rules.json";
/// The built-in model.
pub(super) const BUILTIN_MODEL: &str = include_str!("../../specs/ivs-2020-07-14.json");
/// The built-in companion file.
pub(super) const BUILTIN_RULES: &str = include_str!("../../specs/ivs-2020-07-14.rules.json");

/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The built-in contract.
///
/// # Errors
/// Never for a released program: its tests load it.
pub fn builtin() -> Result<Contract, SpecError> {
    load(BUILTIN_NAME, BUILTIN_MODEL, Some((BUILTIN_RULES_NAME, BUILTIN_RULES)))
}

/// Loads a model from a file, with the companion file `X.rules.json` beside `X.json` if there is one. A file with the
/// text of the built-in model has the built-in rules.
///
/// # Errors
/// Everything that is wrong with the two files.
pub fn load_file(path: &Path) -> Result<Contract, SpecError> {
    let files = read_files(path)?;
    load(&files.name, &files.model, files.rules())
}

/// The texts of a model file and its companion.
pub(super) struct Files {
    /// Name of the model file.
    pub name: String,
    /// Text of the model file.
    pub model: String,
    companion: Option<(String, String)>,
}

impl Files {
    /// Name and text of the companion file: the one beside the model, or the built-in one of the built-in model.
    pub fn rules(&self) -> Option<(&str, &str)> {
        let own = self.companion.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        own.or((self.model == BUILTIN_MODEL).then_some((BUILTIN_RULES_NAME, BUILTIN_RULES)))
    }
}

/// Reads a model file and the companion beside it.
pub(super) fn read_files(path: &Path) -> Result<Files, SpecError> {
    let name = path.display().to_string();
    let fail = |problem: String, file: &str| SpecError {
        name: name.clone(),
        problems: vec![Problem::of_file(file, problem, "give the path of a readable file in UTF-8, of at most 64 MiB")],
    };
    let model = read(path).map_err(|problem| fail(problem, &name))?;
    let beside = path.with_extension("rules.json");
    let companion = if beside.is_file() {
        let beside_name = beside.display().to_string();
        let text = read(&beside).map_err(|problem| fail(problem, &beside_name))?;
        Some((beside_name, text))
    } else {
        None
    };
    Ok(Files { name, model, companion })
}

/// Reads a file, within limits; the error is the reason.
fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_FILE {
        return Err(format!("the file is too large: it has {size} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Loads a model, and its companion file if there is one; each file as its name and its text.
///
/// # Errors
/// Everything that is wrong with the two files, with line and column.
pub fn load(source_name: &str, model_json: &str, rules_json: Option<(&str, &str)>) -> Result<Contract, SpecError> {
    let parsed = rules_json.map_or(Ok(Rules::default()), |(name, text)| parse_rules(name, text));
    let (rules, mut wrong) = parsed.map_or_else(|wrong| (None, wrong), |rules| (Some(rules), Vec::new()));
    let fail = |problems: Vec<Problem>| SpecError { name: source_name.to_owned(), problems };
    let is_builtin = model_json == BUILTIN_MODEL && rules_json.is_some_and(|(_, text)| text == BUILTIN_RULES);
    let contract = match load_model(source_name, model_json, rules.unwrap_or_default()) {
        Ok(contract) => Contract { is_builtin, ..contract },
        Err(mut problems) => {
            problems.extend(wrong);
            return Err(fail(problems));
        }
    };
    if let (Some((name, text)), true) = (rules_json, wrong.is_empty()) {
        wrong = lint::references(&contract, name, text);
    }
    if wrong.is_empty() { Ok(contract) } else { Err(fail(wrong)) }
}

fn load_model(source_name: &str, text: &str, rules: Rules) -> Result<Contract, Vec<Problem>> {
    let mut problems = Problems::new(source_name, text);
    let root = match json::parse(text) {
        Ok(root) => root,
        Err(error) => {
            problems.add(error.span, error.message, "correct the JSON");
            return Err(problems.finish(None));
        }
    };
    let mut model = ast::read(&root, &mut problems);
    resolve::resolve(&mut model, &mut problems);
    traits::check(&model, &mut problems);
    let found = service::read(&model, Span { start: 0, end: 0 }, &mut problems);
    let (Some((service, mut operations)), true) = (found, problems.is_empty()) else {
        return Err(problems.finish(Some(&root)));
    };
    let shape_ids: HashMap<&str, &str> = model.shapes.keys().map(|id| (short_name(id), *id)).collect();
    let shape_count = model.shapes.values().filter(|shape| shape.body.is_some()).count();
    let clauses = number(&mut operations, &Numbering { rules: &rules, shape_ids });
    Ok(Contract { service, operations, clauses, rules, sha256: sha256(text), shape_count, is_builtin: false })
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a companion file's form; whether it fits its model is for [`lint::references`] to say.
fn parse_rules(name: &str, text: &str) -> Result<Rules, Vec<Problem>> {
    let wrong = |span: Span, message: String| {
        let mut problems = Problems::new(name, text);
        problems.add(span, message, "write the companion file as `specs/rules.schema.json` describes it");
        let root = json::parse(text).ok();
        problems.finish(root.as_ref())
    };
    if text != BUILTIN_RULES {
        json::parse(text).map_err(|error| wrong(error.span, error.message))?;
    }
    let rules: Rules = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
        wrong(place(text, error.line(), error.column()), reason)
    })?;
    if rules.schema != Rules::SCHEMA {
        let span =
            json::parse(text).ok().and_then(|root| root.get("schema").map(|value| value.span)).unwrap_or_default();
        return Err(wrong(
            span,
            format!("the companion file is of the form `{}`, not `{}`", rules.schema, Rules::SCHEMA),
        ));
    }
    Ok(rules)
}

/// The byte at a line and column as `serde_json` counts them.
fn place(text: &str, line: usize, column: usize) -> Span {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Span { start: at, end: at }
}
