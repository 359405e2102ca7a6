//! A rules file that extends another one: what it defines takes the place of the entries with the same key, and what it
//! drops does not hold.
//!
//! Keys: `rule:NUMBER`, the ids of clauses, errata and ambiguities, `error:CODE`, `common_error:CODE`,
//! `other_error:Operation.CODE`, `quota:Operation`, `limit:Operation`, `precondition:PATH`, `distinct:PATH` and
//! `untestable:CLAUSES`, each as the extended file writes it. Sections and aliases go by their names.

use std::collections::BTreeSet;

use super::sources::{Place, Placed};
use super::written::{File, Rule, Untestable};

/// For each file, the keys of its entries that do not hold.
pub(super) struct Gone(Vec<BTreeSet<String>>);

impl Gone {
    /// Of a chain of files: the one that belongs to the model first, then what it extends. Reports what is dropped and is
    /// not there.
    pub fn of(files: &[File], problems: &mut Vec<Placed>) -> Gone {
        let own: Vec<BTreeSet<String>> = files.iter().map(|file| keys(file).into_iter().collect()).collect();
        for (position, file) in files.iter().enumerate() {
            for (index, key) in file.drop.iter().enumerate() {
                if !own.iter().skip(position + 1).any(|keys| keys.contains(key)) {
                    let message = format!("`{key}` drops nothing: no extended file has such an entry");
                    let help = "write the id of a clause, `rule:NUMBER`, or the kind of entry and its name";
                    problems.push((Place::of(position, "drop", index), message, help.to_owned()));
                }
            }
        }
        let mut nearer = BTreeSet::new();
        let gone = files.iter().zip(own).map(|(file, own)| {
            let gone = nearer.clone();
            nearer.extend(own);
            nearer.extend(file.drop.iter().cloned());
            gone
        });
        Gone(gone.collect())
    }

    /// Whether an entry of a file does not hold.
    pub fn has(&self, file: usize, key: &str) -> bool {
        self.0.get(file).is_some_and(|keys| keys.contains(key))
    }
}

/// The key of clauses without a case: of a clause that is defined so its id.
pub(super) fn untestable_key(clauses: &str) -> String {
    match super::super::clause_numbering::rule_kind(clauses) {
        Some(_) => clauses.to_owned(),
        None => format!("untestable:{clauses}"),
    }
}

fn keys(file: &File) -> Vec<String> {
    let mut keys: Vec<String> = file.rule.iter().flat_map(rule_keys).collect();
    keys.extend(file.error.iter().map(|entry| format!("error:{}", entry.code)));
    keys.extend(file.common_errors.iter().map(|entry| format!("common_error:{}", entry.code)));
    keys.extend(file.other_errors.iter().map(|entry| format!("other_error:{}.{}", entry.operation, entry.code)));
    let quotas = file.quotas.iter().flat_map(|quota| &quota.operations);
    keys.extend(quotas.map(|operation| format!("quota:{operation}")));
    keys.extend(file.limits.iter().map(|limit| format!("limit:{}", limit.operation)));
    let preconditions = file.preconditions.iter().flat_map(|entry| &entry.of);
    keys.extend(preconditions.map(|path| format!("precondition:{path}")));
    keys.extend(file.distinct.iter().map(|path| format!("distinct:{path}")));
    keys.extend(clauses(&file.untestable));
    keys
}

fn clauses(entries: &[Untestable]) -> impl Iterator<Item = String> + '_ {
    entries.iter().flat_map(|entry| entry.clauses.iter().map(|clauses| untestable_key(clauses)))
}

fn rule_keys(rule: &Rule) -> Vec<String> {
    let number = rule.number.iter().map(|number| format!("rule:{number}"));
    let ids = rule.input.iter().map(|entry| &entry.id);
    let ids = ids.chain(rule.output.iter().map(|entry| &entry.id));
    let ids = ids.chain(rule.scenario.iter().map(|entry| &entry.id));
    let ids = ids.chain(rule.default.iter().map(|entry| &entry.id));
    let ids = ids.chain(rule.erratum.iter().map(|entry| &entry.id));
    let ids = ids.chain(rule.ambiguity.iter().map(|entry| &entry.id));
    number.chain(ids.cloned()).chain(clauses(&rule.untestable)).collect()
}
