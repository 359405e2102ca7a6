//! The contract: a Smithy 2.0 JSON AST model or a botocore model with its rules, loaded, checked and unfolded
//! into operations, nodes and clauses.
//!
//! [`load`] and [`builtin`] give a [`Contract`]; [`SpecError`] lists everything that is wrong with its files.

pub mod arn;
mod ast;
mod botocore;
mod bundle;
mod check;
pub mod clause;
pub mod clause_id;
mod clause_numbering;
mod constraints;
pub mod contract;
mod conventions;
mod diff;
mod error;
mod evidence;
mod files;
pub mod globs;
mod json;
mod lint;
mod load;
mod node;
mod openapi;
mod overlay;
pub mod path;
mod pattern;
mod resolve;
mod resource;
pub mod rules;
pub mod schema;
mod service;
mod shape_kind;
mod shape_tree;
mod statement;
mod suggest;
mod traits;
mod uri;

#[cfg(test)]
mod tests;

pub use arn::Arn;
pub use bundle::Bundle;
pub use check::{Summary, check, check_file};
pub use clause::{Clause, ClauseIndex, ClauseKind, ClauseTable, Constraint, Tier};
pub use contract::Contract;
pub use diff::{Change, ChangeKind, Impact, compares_rules, diff, rules_of, speaks_of};
pub use error::{Flaw, Problem, SpecError, problems};
pub use evidence::{Evidence, EvidenceFile, EvidenceSource, Stand};
pub use files::{Files, TextFile};
pub use load::{builtin, load, load_file, load_files};
pub use openapi::export_openapi;
pub use pattern::Pattern;
pub use rules::Rules;
pub use schema::{export_json_schema, input_schema, output_schema, rule_schemas};
pub use suggest::{did_you_mean, nearest};
