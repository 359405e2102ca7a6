//! `--only`, `--skip` and `--shard`.

use globset::{Glob, GlobMatcher};
use sha2::{Digest, Sha256};

use super::PlanError;
use super::case::Case;
use crate::spec::clause::ClauseIndex;
use crate::spec::{Contract, did_you_mean, nearest};

/// Which part of a plan to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Globs of clause or case ids to keep; empty keeps all.
    pub only: Vec<String>,
    /// Globs of clause or case ids to drop.
    pub skip: Vec<String>,
    /// Which part, from 1.
    pub shard_index: u32,
    /// How many parts.
    pub shard_count: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Filter { only: Vec::new(), skip: Vec::new(), shard_index: 1, shard_count: 1 }
    }
}

impl Filter {
    /// The cases that stay and the clauses that they are reported on.
    ///
    /// # Errors
    /// A glob that is invalid or matches nothing.
    pub fn apply(&self, contract: &Contract, cases: Vec<Case>) -> Result<(Vec<Case>, Vec<ClauseIndex>), PlanError> {
        let only = matchers(&self.only)?;
        let skip = matchers(&self.skip)?;
        for (glob, matcher) in self.only.iter().zip(&only).chain(self.skip.iter().zip(&skip)) {
            let in_clauses = contract.clauses.iter().any(|(_, clause)| matcher.is_match(&clause.id));
            if !in_clauses && !cases.iter().any(|case| matcher.is_match(&case.id)) {
                return Err(PlanError::NoMatch { glob: glob.clone(), advice: advice(contract, &cases, glob) });
            }
        }
        let is_dropped = |id: &str| skip.iter().any(|matcher| matcher.is_match(id));
        let is_kept = |id: &str| only.iter().any(|matcher| matcher.is_match(id)) && !is_dropped(id);
        let all = only.is_empty();
        let clause_is_kept = |index: ClauseIndex| {
            let id = &contract.clauses.get(index).id;
            if all { !is_dropped(id) } else { is_kept(id) }
        };
        let mut named = Vec::new();
        let mut kept = Vec::new();
        for case in cases {
            let by_id = !all && is_kept(&case.id);
            if by_id {
                named.extend(case.clauses.clone());
            }
            let by_clause = case.clauses.iter().any(|clause| clause_is_kept(*clause));
            if !is_dropped(&case.id) && (by_id || by_clause) {
                kept.push(case);
            }
        }
        kept.retain(|case| self.is_in_shard(&case.id));
        let clauses = contract.clauses.iter().map(|(index, _)| index).filter(|index| {
            clause_is_kept(*index) || (named.contains(index) && !is_dropped(&contract.clauses.get(*index).id))
        });
        Ok((kept, clauses.collect()))
    }

    /// Shards are stable: which one a case is in depends on its id alone.
    fn is_in_shard(&self, id: &str) -> bool {
        if self.shard_count <= 1 {
            return true;
        }
        let digest = Sha256::digest(id.as_bytes());
        let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.shard_count) == u64::from(self.shard_index.saturating_sub(1))
    }
}

fn matchers(globs: &[String]) -> Result<Vec<GlobMatcher>, PlanError> {
    let compile = |glob: &String| {
        Glob::new(glob)
            .map(|compiled| compiled.compile_matcher())
            .map_err(|error| PlanError::Glob { glob: glob.clone(), reason: error.kind().to_string() })
    };
    globs.iter().map(compile).collect()
}
/// What a glob that matches nothing may have been meant to be.
fn advice(contract: &Contract, cases: &[Case], glob: &str) -> String {
    let name = glob.strip_suffix(".*").unwrap_or(glob);
    let operations = contract.operations.iter().map(|operation| operation.name.as_str());
    if let Some(operation) = nearest(name, operations) {
        return format!("did you mean `{operation}.*`?");
    }
    let clauses = contract.clauses.iter().map(|(_, clause)| clause.id.as_str());
    let known = clauses.chain(cases.iter().map(|case| case.id.as_str()));
    match did_you_mean(glob, known).trim_start_matches("; ") {
        "" => "`ivs-conformance list` shows them all".to_owned(),
        question => question.to_owned(),
    }
}
