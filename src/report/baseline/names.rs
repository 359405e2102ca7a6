//! Checks that the entries of a baseline are about clauses and operations that the contract has.

use std::ops::Range;
use std::path::Path;

use super::Entry;
use crate::report::file_error::FileError;
use crate::spec::{Contract, did_you_mean};

/// What to do with an entry that can never be seen again.
const CORRECT_OR_REMOVE: &str = "correct the entry or remove it; `ivs-conformance list` shows the clauses";

/// A name in an entry that the contract does not have.
pub(super) struct Unknown {
    span: Range<usize>,
    problem: String,
    help: String,
}

impl Unknown {
    /// The problem in its file.
    pub fn at(self, path: &Path, text: &str) -> FileError {
        FileError::new(path, text, self.span, self.problem).with_help(self.help)
    }
}

/// Checks one entry.
///
/// # Errors
/// The clause or operation is not the contract's.
pub(super) fn check(entry: &Entry, contract: &Contract) -> Result<(), Unknown> {
    let clause = entry.clause.get_ref();
    if contract.clauses.find(clause).is_none() {
        return Err(Unknown { span: entry.clause.span(), ..unknown_clause(clause, contract) });
    }
    match &entry.operation {
        Some(operation) if !operation.get_ref().is_empty() && contract.operation(operation.get_ref()).is_none() => {
            let known = contract.operations.iter().map(|operation| operation.name.as_str());
            let name = operation.get_ref();
            let problem = format!("the contract has no operation `{name}`{}", did_you_mean(name, known));
            Err(Unknown { span: operation.span(), problem, help: CORRECT_OR_REMOVE.to_owned() })
        }
        _ => Ok(()),
    }
}

fn unknown_clause(clause: &str, contract: &Contract) -> Unknown {
    if let Some(retired) = contract.rules.retired.iter().find(|retired| retired.clause == clause) {
        let problem = format!("the clause `{clause}` is retired: {}", retired.reason);
        let help = match &retired.replaced_by {
            Some(other) => format!("remove the entry, or write `{other}`, which takes its place"),
            None => "remove the entry".to_owned(),
        };
        return Unknown { span: 0..0, problem, help };
    }
    let known = contract.clauses.iter().map(|(_, known)| known.id.as_str());
    let problem = format!("the contract has no clause `{clause}`{}", did_you_mean(clause, known));
    Unknown { span: 0..0, problem, help: CORRECT_OR_REMOVE.to_owned() }
}
