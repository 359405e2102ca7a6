//! Loads a contract: model and companion file, checked and unfolded.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ast::{self, short_name};
use super::bundle::Bundle;
use super::clause_ids::{Numbering, number};
use super::contract::Contract;
use super::error::{Problem, Problems, SpecError};
use super::files::{self, Files, TextFile};
use super::json::{self, Span};
use super::lint;
use super::rules::Rules;
use super::{botocore, overlay, resolve, service, traits};

/// The model of the reference document.
#[cfg(test)]
pub(super) const BUILTIN_MODEL: &str = super::bundle::DOCUMENT_MODEL.1;
/// Its companion file.
#[cfg(test)]
pub(super) const BUILTIN_RULES: &str = super::bundle::DOCUMENT_RULES.1;

/// The built-in contract of the reference document.
///
/// # Errors
/// Never for a released program: its tests load it.
pub fn builtin() -> Result<Contract, SpecError> {
    load_files(&Bundle::DOCUMENT.files())
}

/// Loads a contract from a model file, with the companion file `X.rules.json` beside `X.json` if there is one, or from a
/// directory that holds exactly one model. A file with the text of the built-in model has the built-in rules.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn load_file(path: &Path) -> Result<Contract, SpecError> {
    load_files(&Files::read(path)?)
}

/// Loads a contract whose files have been read.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn load_files(files: &Files) -> Result<Contract, SpecError> {
    let rules_name = files.rules.as_ref().map(TextFile::name);
    let rules = rules_of(files, rules_name.as_deref());
    let base_name = files.extended.as_ref().map(TextFile::name);
    let base = files.extended.as_ref().and_then(|file| Some((base_name.as_deref()?, file.text.as_str())));
    let paginators = files.paginators.as_ref().map(|file| file.text.as_str());
    load_parts(&Model { name: &files.model.name(), text: &files.model.text, base, paginators }, rules)
}

/// Name and text of the companion file: the one beside the model, or the built-in one of a built-in model.
pub(super) fn rules_of<'f>(files: &'f Files, name: Option<&'f str>) -> Option<(&'f str, &'f str)> {
    let own = files.rules.as_ref().and_then(|file| Some((name?, file.text.as_str())));
    own.or_else(|| Bundle::of_model(&files.model.text).map(Bundle::rules))
}

/// A model with what belongs to it; each file as its name and its text.
#[derive(Clone, Copy)]
struct Model<'f> {
    name: &'f str,
    text: &'f str,
    /// The model that it extends.
    base: Option<(&'f str, &'f str)>,
    /// botocore's `paginators-1.json`.
    paginators: Option<&'f str>,
}

/// Loads a model, and its companion file if there is one; each file as its name and its text.
///
/// # Errors
/// Everything that is wrong with the two files, with line and column.
pub fn load(source_name: &str, model_json: &str, rules_json: Option<(&str, &str)>) -> Result<Contract, SpecError> {
    let base = files::extended_builtin(model_json).map(Bundle::model);
    load_parts(&Model { name: source_name, text: model_json, base, paginators: None }, rules_json)
}

fn load_parts(model: &Model<'_>, rules_json: Option<(&str, &str)>) -> Result<Contract, SpecError> {
    let parsed = rules_json.map_or(Ok(Rules::default()), |(name, text)| parse_rules(name, text));
    let (rules, mut wrong) = parsed.map_or_else(|wrong| (None, wrong), |rules| (Some(rules), Vec::new()));
    let fail = |problems: Vec<Problem>| SpecError { name: model.name.to_owned(), problems };
    let bundle = Bundle::of_model(model.text);
    let is_builtin = bundle.is_some_and(|bundle| rules_json.is_some_and(|(_, text)| text == bundle.rules().1));
    let contract = match load_model(model, rules.unwrap_or_default()) {
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

fn load_model(given: &Model<'_>, rules: Rules) -> Result<Contract, Vec<Problem>> {
    let Model { name, text, base, paginators } = *given;
    let mut problems = Problems::new(name, text);
    let root = match json::parse(text) {
        Ok(root) => root,
        Err(error) => {
            problems.add(error.span, error.message, "correct the JSON");
            return Err(problems.finish(None));
        }
    };
    let root = overlay::complete(root, text, base, &mut problems);
    // A `paginators-1.json` that is not JSON says nothing: without it, paging follows from the names of members.
    let paginators = paginators.and_then(|text| json::parse(text).ok());
    let translated = botocore::is_model(&root).then(|| botocore::translate(&root, paginators.as_ref(), &mut problems));
    let mut model = ast::read(translated.as_ref().unwrap_or(&root), &mut problems);
    resolve::resolve(&mut model, &mut problems);
    traits::check(&model, &mut problems);
    let found = service::read(&model, Span { start: 0, end: 0 }, &mut problems);
    let (Some((service, mut operations)), true) = (found, problems.is_empty()) else {
        return Err(problems.finish(Some(&root)));
    };
    let shape_ids: HashMap<&str, &str> = model.shapes.keys().map(|id| (short_name(id), *id)).collect();
    let shape_count = model.shapes.values().filter(|shape| shape.body.is_some()).count();
    let clauses = number(&mut operations, &Numbering { rules: &rules, shape_ids });
    Ok(Contract {
        service,
        operations,
        clauses,
        rules,
        sha256: sha256(text, base.filter(|_| overlay::extends(&root).is_some()).map(|(_, text)| text)),
        shape_count,
        is_builtin: false,
    })
}

fn sha256(text: &str, base: Option<&str>) -> String {
    let digest = Sha256::new().chain_update(text).chain_update(base.unwrap_or_default()).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a companion file's form; whether it fits its model is for [`lint::references`] to say.
fn parse_rules(name: &str, text: &str) -> Result<Rules, Vec<Problem>> {
    let wrong = |span: Span, message: String| {
        let mut problems = Problems::new(name, text);
        problems.add(span, message, "write the companion file as `specs/rules.schema.json` describes it");
        let root = json::parse(text).ok();
        problems.finish(root.as_ref())
    };
    if !Bundle::ALL.iter().any(|bundle| bundle.rules().1 == text) {
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
