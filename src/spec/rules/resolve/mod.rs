//! From rules as they are written to [`Rules`]: globs become lists, what is left out is derived from the rule that an entry
//! stands in or from the model.

mod chain;
mod facts;
mod names;
mod numbered;
mod rule;

use super::super::contract::{Node, Operation};
use super::super::error::Problem;
use super::extend::Gone;
use super::sources::{Place, Placed, Sources};
use super::written::{Error, File};
use super::{ExpectedError, RuleText, Rules};
use names::Names;

/// Reads rules, with what they extend, for a model with these operations. `texts` are the file that belongs to the model
/// and, as far as they were found beside it, the files that it extends; `builtin` knows those that come with the program.
///
/// # Errors
/// Everything that is wrong with the form of the files, or that they name and the model does not have.
pub(in super::super) fn resolve(
    texts: Vec<RuleText>,
    builtin: &dyn Fn(&str) -> Option<RuleText>,
    operations: &[Operation],
) -> Result<(Rules, Sources), Vec<Problem>> {
    let (files, sources) = chain::read(texts, builtin)?;
    let mut problems = Vec::new();
    let gone = Gone::of(&files, &mut problems);
    let names = Names::of(operations);
    let rules = Rules { schema: Rules::SCHEMA.to_owned(), ..Rules::default() };
    let mut resolver = Resolver { files: &files, gone, operations, names, rules, sources, problems };
    resolver.all();
    let Resolver { rules, sources, problems, .. } = resolver;
    if problems.is_empty() { Ok((rules, sources)) } else { Err(sources.problems(problems)) }
}

struct Resolver<'a> {
    files: &'a [File],
    gone: Gone,
    operations: &'a [Operation],
    names: Names,
    rules: Rules,
    sources: Sources,
    problems: Vec<Placed>,
}

impl Resolver<'_> {
    /// Everything, the most distant file first.
    fn all(&mut self) {
        let files = self.files;
        for file in files.iter().rev() {
            if let Some(published) = &file.published {
                self.rules.published.clone_from(published);
            }
            if let Some(marks) = &file.marks {
                self.rules.marks.clone_from(marks);
            }
            if let Some(regions) = &file.regions {
                self.rules.regions.clone_from(regions);
            }
            if file.charges.is_some() {
                self.rules.charges.clone_from(&file.charges);
            }
            if file.broadcast.is_some() {
                self.rules.broadcast.clone_from(&file.broadcast);
            }
            self.rules.sections.extend(file.sections.clone());
            self.rules.aliases.extend(file.aliases.clone());
        }
        if self.rules.published.is_empty() {
            let message = "the rules do not say of which day the reference is".to_owned();
            self.wrong(Place::default(), message, "add `published = \"YYYY-MM-DD\"`");
        }
        // Statuses of errors may come from the common ones of any file.
        files.iter().enumerate().rev().for_each(|(position, file)| self.common(position, file));
        for (position, file) in files.iter().enumerate().rev() {
            self.facts(position, file);
            self.external(position, file);
            for (index, rule) in file.rule.iter().enumerate() {
                self.rule(rule, &Place::of(position, "rule", index));
            }
        }
        self.errors();
        for (statement, place) in numbered::statements(files, &self.gone, &self.rules) {
            self.sources.note("rules", self.rules.rules.len(), place);
            self.rules.rules.push(statement);
        }
    }

    /// Resources of other services: some member must name them.
    fn external(&mut self, file: usize, written: &File) {
        let names = |node: &Node, kind: &str| node.resource.as_ref().is_some_and(|named| named.kind == *kind);
        for (index, kind) in written.external.iter().enumerate() {
            let mut inputs = self.operations.iter().flat_map(|operation| operation.input.walk());
            if !inputs.any(|node| names(node, kind)) {
                let message = format!("no member of a request names a `{kind}`");
                self.wrong(Place::of(file, "external", index), message, "write the type as it stands in its ARN");
            }
            self.rules.external.push(kind.clone());
        }
    }

    fn wrong(&mut self, place: Place, message: String, help: &str) {
        self.problems.push((place, message, help.to_owned()));
    }

    /// Whether an entry of a file does not hold, as a nearer file replaces or drops it.
    fn is_gone(&self, place: &Place, key: &str) -> bool {
        self.gone.has(place.file, key)
    }

    /// Operations that globs stand for, each once.
    fn operations(&mut self, globs: &[String], place: &Place) -> Vec<String> {
        let found = self.names.operations(globs);
        self.report(found, place, "operation")
    }

    /// Members that globs stand for, each once; shapes and their members stay as they are.
    fn members(&mut self, globs: &[String], place: &Place) -> Vec<String> {
        let found = self.names.members(globs);
        self.report(found, place, "member")
    }

    fn report(&mut self, found: Vec<Result<Vec<String>, (usize, String)>>, place: &Place, noun: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for names in found {
            match names {
                Ok(names) => names.into_iter().for_each(|name| {
                    if !all.contains(&name) {
                        all.push(name);
                    }
                }),
                Err((index, glob)) => {
                    let message = format!("`{glob}` matches no {noun} of the model");
                    self.wrong(place.at(&[&index.to_string()]), message, "correct the glob or remove it");
                }
            }
        }
        all
    }

    /// Errors with their statuses: those that one of the operations documents, that any operation does, or that are common.
    fn expected(&mut self, errors: &[Error], operations: &[String], place: &Place) -> Vec<ExpectedError> {
        let mut all = Vec::new();
        for (index, error) in errors.iter().enumerate() {
            match error {
                Error::Exactly(error) => all.push(error.clone()),
                Error::Code(code) => match self.status(code, operations) {
                    Some(status) => all.push(ExpectedError { code: code.clone(), status }),
                    None => {
                        let message = format!("no operation documents `{code}`, and it is not a common error");
                        let help = "correct the code, or give `{ code = \"…\", status = … }`";
                        self.wrong(place.at(&[&index.to_string()]), message, help);
                    }
                },
            }
        }
        all
    }

    fn status(&self, code: &str, operations: &[String]) -> Option<u16> {
        let concerned = self.operations.iter().filter(|operation| operations.contains(&operation.name));
        let documented = concerned.chain(self.operations).find_map(|operation| operation.error(code));
        let common = || self.rules.common_errors.iter().find(|error| error.code == code)?.statuses.first().copied();
        documented.map(|error| error.status).or_else(common)
    }
}
