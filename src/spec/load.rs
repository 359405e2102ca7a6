//! Loads a contract: model and rules, checked and unfolded.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ast::{self, short_name};
use super::bundle::Bundle;
use super::clause::Tier;
use super::clause_numbering::{Numbering, number};
use super::contract::{Contract, Operation};
use super::error::{Problem, Problems, SpecError};
use super::evidence::{self, EvidenceFile};
use super::files::{self, Files, TextFile};
use super::json::{self, Span};
use super::lint;
use super::rules::{self, RuleText, Rules, Sources};
use super::{botocore, overlay, resolve, resource, service, traits};

/// The model of the reference document.
#[cfg(test)]
pub(super) const BUILTIN_MODEL: &str = super::bundle::DOCUMENT_MODEL.1;
/// Its rules.
#[cfg(test)]
pub(super) const BUILTIN_RULES: &str = super::bundle::DOCUMENT_RULES.1;

/// The built-in contract of the reference document.
///
/// # Errors
/// Never for a released program: its tests load it.
pub fn builtin() -> Result<Contract, SpecError> {
    load_files(&Bundle::DOCUMENT.files())
}

/// Loads a contract from a model file, with the rules of `X.rules.toml` beside `X.json` if there are some, or from a
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
    load_with_sources(files).map(|(contract, _)| contract)
}

/// Loads a contract whose files have been read, with the texts of its rules.
pub(super) fn load_with_sources(files: &Files) -> Result<(Contract, Sources), SpecError> {
    let mut rules: Vec<RuleText> = files.rules.iter().map(RuleText::of).collect();
    if rules.is_empty() {
        rules = Bundle::of_model(&files.model.text).map(Bundle::rules).unwrap_or_default();
    }
    let base_name = files.extended.as_ref().map(TextFile::name);
    let base = files.extended.as_ref().and_then(|file| Some((base_name.as_deref()?, file.text.as_str())));
    let paginators = files.paginators.as_ref().map(|file| file.text.as_str());
    load_parts(&Model { name: &files.model.name(), text: &files.model.text, base, paginators }, &rules)
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

/// Loads a model, and its rules if there are some; each file as its name and its text. Both may extend built-in ones.
///
/// # Errors
/// Everything that is wrong with the two files, with line and column.
pub fn load(source_name: &str, model_json: &str, rules: Option<(&str, &str)>) -> Result<Contract, SpecError> {
    load_text(source_name, model_json, rules).map(|(contract, _)| contract)
}

/// Loads a model and its rules, with the texts of the rules.
pub(super) fn load_text(
    source_name: &str,
    model_json: &str,
    rules: Option<(&str, &str)>,
) -> Result<(Contract, Sources), SpecError> {
    let base = files::extended_builtin(model_json).map(Bundle::model);
    let rules = rules.map(|(name, text)| RuleText { name: name.to_owned(), text: text.to_owned() });
    let model = Model { name: source_name, text: model_json, base, paginators: None };
    load_parts(&model, rules.as_slice())
}

fn load_parts(model: &Model<'_>, texts: &[RuleText]) -> Result<(Contract, Sources), SpecError> {
    let fail = |problems: Vec<Problem>| SpecError { name: model.name.to_owned(), problems };
    let is_builtin = Bundle::of_model(model.text).is_some_and(|bundle| {
        let own = bundle.rules();
        own.iter().map(|source| &source.text).eq(texts.iter().map(|source| &source.text))
    });
    let mut resolved = Ok((Rules::default(), Sources::default()));
    let mut rules = |operations: &[Operation]| {
        if !texts.is_empty() {
            resolved = rules::resolve(texts.to_vec(), &builtin_base, operations);
        }
        resolved.as_mut().map(|(rules, _)| std::mem::take(rules)).unwrap_or_default()
    };
    let contract = load_model(model, &mut rules).map_err(fail)?;
    let (_, sources) = resolved.map_err(fail)?;
    let wrong = sources.located(lint::references(&contract));
    if !wrong.is_empty() {
        return Err(fail(wrong));
    }
    let evidence = if is_builtin { Bundle::evidence() } else { EvidenceFile::default() };
    let mut contract = Contract { is_builtin, evidence, ..contract };
    for id in evidence::contradicted(&contract) {
        if let Some(index) = contract.clauses.find(&id) {
            contract.clauses.set_tier(index, Tier::Inferred);
        }
    }
    Ok((contract, sources))
}

/// The rules of the built-in contract of that name, which others may extend.
fn builtin_base(name: &str) -> Option<RuleText> {
    Bundle::named(name)?.rules().into_iter().next()
}

fn load_model(given: &Model<'_>, rules: &mut dyn FnMut(&[Operation]) -> Rules) -> Result<Contract, Vec<Problem>> {
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
    let rules = rules(&operations);
    resource::take_as_given(&mut operations, &rules.external);
    resource::leave_to_others(&mut operations, &service);
    let clauses = number(&mut operations, &Numbering { rules: &rules, shape_ids });
    Ok(Contract {
        service,
        operations,
        clauses,
        rules,
        evidence: EvidenceFile::default(),
        sha256: sha256(text, base.filter(|_| overlay::extends(&root).is_some()).map(|(_, text)| text)),
        shape_count,
        is_builtin: false,
    })
}

fn sha256(text: &str, base: Option<&str>) -> String {
    let digest = Sha256::new().chain_update(text).chain_update(base.unwrap_or_default()).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
