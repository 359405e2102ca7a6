//! The matrix: operations against kinds of clauses.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::report::record::{ClauseVerdict, Record};
use crate::report::text::visible;

/// The columns, in order, with what they mean.
pub const COLUMNS: [(&str, &str); 10] = [
    ("type", "Requests: JSON types"),
    ("required", "Requests: required members"),
    ("length", "Requests: lengths"),
    ("pattern", "Requests: patterns"),
    ("enum", "Requests: allowed values"),
    ("range", "Requests: ranges of numbers"),
    ("other", "Requests: other constraints"),
    ("output", "Responses: every member"),
    ("success", "Responses: status, content type, empty body"),
    ("error", "Documented errors"),
];

/// The column of rules, protocol and auth, as far as they were observed on the operation of a row.
pub const RULES: &str = "rules";

/// The column of a clause; none for rules, protocol and auth, which have a column of their own.
pub fn column(clause_id: &str) -> Option<&'static str> {
    let mut parts = clause_id.split('.');
    let column = match (parts.next()?.starts_with(char::is_uppercase), parts.next()?) {
        (false, _) => return None,
        (true, "input") => constraint(clause_id),
        (true, "output") => "output",
        (true, "error") => "error",
        (true, _) => "success",
    };
    Some(column)
}

fn constraint(clause_id: &str) -> &'static str {
    let suffixes = [
        (".type", "type"),
        (".required", "required"),
        (".length.min", "length"),
        (".length.max", "length"),
        (".pattern", "pattern"),
        (".enum", "enum"),
        (".range.min", "range"),
        (".range.max", "range"),
    ];
    let known = suffixes.iter().find(|(suffix, _)| clause_id.ends_with(suffix));
    known.map_or("other", |(_, column)| *column)
}

/// Where an operation, or a group of clauses, stands.
#[derive(Debug, Serialize)]
pub struct Row {
    name: String,
    is_operation: bool,
    total: Cell,
    cells: Vec<Cell>,
    rules: Cell,
}

/// Clauses of one kind of one row.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Cell {
    column: &'static str,
    state: &'static str,
    upheld: u64,
    violated: u64,
    untested: u64,
    all: u64,
    heat: u64,
}

impl Cell {
    fn add(&mut self, verdict: ClauseVerdict) {
        match verdict {
            ClauseVerdict::Upheld => self.upheld += 1,
            ClauseVerdict::Violated => self.violated += 1,
            ClauseVerdict::Untested => self.untested += 1,
        }
        self.all += 1;
        self.heat = (self.violated * 4).div_ceil(self.all);
        self.state = match (self.violated, self.upheld, self.untested) {
            (1.., _, _) => "violated",
            (0, 1.., 0) => "upheld",
            (0, 1.., _) => "partly",
            (0, 0, _) => "untested",
        };
    }
}

/// The matrix of the operations that the target has, and which columns have a clause at all.
pub fn matrix(record: &Record) -> (Vec<Row>, Vec<(&'static str, &'static str)>) {
    let absent = record.absent_operations();
    let used: Vec<(&str, &str)> = COLUMNS
        .into_iter()
        .filter(|(name, _)| record.clauses.iter().any(|clause| column(&clause.id) == Some(name)))
        .collect();
    let mut rows: BTreeMap<(bool, &str), Row> = BTreeMap::new();
    for clause in record.clauses.iter().filter(|clause| absent.binary_search(&clause.group()).is_err()) {
        let name = clause.group();
        let is_operation = clause.operation.is_some();
        let row = rows.entry((!is_operation, name)).or_insert_with(|| Row {
            name: visible(name).into_owned(),
            is_operation,
            total: Cell::default(),
            cells: used.iter().map(|(column, _)| Cell { column, ..Cell::default() }).collect(),
            rules: Cell { column: RULES, ..Cell::default() },
        });
        row.total.add(clause.verdict);
        let column = column(&clause.id);
        if let Some(cell) = row.cells.iter_mut().find(|cell| Some(cell.column) == column) {
            cell.add(clause.verdict);
        }
    }
    rules(record, &mut rows);
    (rows.into_values().collect(), used)
}

/// Counts the rules that were observed on each operation.
fn rules<'r>(record: &'r Record, rows: &mut BTreeMap<(bool, &'r str), Row>) {
    let broken: HashSet<(&str, &str)> = record
        .findings
        .iter()
        .filter(|finding| !finding.is_intermittent())
        .map(|finding| (finding.clause.as_str(), finding.operation.as_str()))
        .collect();
    for clause in record.clauses.iter().filter(|clause| clause.operation.is_none()) {
        for operation in &clause.operations {
            let Some(row) = rows.get_mut(&(false, operation.as_str())) else { continue };
            row.rules.add(match broken.contains(&(clause.id.as_str(), operation.as_str())) {
                true => ClauseVerdict::Violated,
                false => ClauseVerdict::Upheld,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::report::sample;

    #[test]
    fn every_clause_has_its_column() {
        for (id, expected) in [
            ("CreateChannel.input.name.length.max", Some("length")),
            ("BatchGetChannel.input.arns.member.pattern", Some("pattern")),
            ("CreateChannel.input.tags.unique", Some("other")),
            ("GetChannel.output.channel.type.enum", Some("output")),
            ("DeleteChannel.status", Some("success")),
            ("CreateStreamKey.error.ServiceQuotaExceededException", Some("error")),
            ("rule.tags-merge", None),
        ] {
            assert_eq!(column(id), expected, "{id}");
        }
    }

    #[test]
    fn a_row_counts_every_clause_once() {
        let record = sample::large(2000, 300);
        let (rows, _) = matrix(&record);
        assert_eq!(rows.iter().map(|row| row.total.all).sum::<u64>(), 2000);
        let cells = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.all).sum::<u64>();
        assert_eq!(cells, 2000);
    }

    #[test]
    fn what_is_partly_tested_is_not_green() {
        let mut record = sample::clean();
        record.clauses.push(sample::clause("StopStream.error.Other", ClauseVerdict::Upheld, None));
        let (rows, _) = matrix(&record);
        let row = rows.iter().find(|row| row.name == "StopStream").unwrap();
        let states: Vec<&str> = row.cells.iter().filter(|cell| cell.all > 0).map(|cell| cell.state).collect();
        assert_eq!((row.total.state, states), ("partly", vec!["upheld", "partly"]));
    }

    #[test]
    fn rules_are_counted_by_operation_and_missing_operations_have_no_row() {
        let mut record = sample::failing();
        let rule = record.clauses.iter_mut().find(|clause| clause.id == "rule.tags-merge").unwrap();
        rule.operations = vec!["CreateChannel".to_owned(), "GetChannel".to_owned()];
        let of_rule = record.findings.iter_mut().find(|finding| finding.clause == "rule.tags-merge").unwrap();
        of_rule.operation = "GetChannel".to_owned();
        let (rows, _) = matrix(&record);
        let rules =
            |name: &str| rows.iter().find(|row| row.name == name).map(|row| (row.rules.upheld, row.rules.violated));
        assert_eq!((rules("CreateChannel"), rules("GetChannel")), (Some((1, 0)), Some((0, 1))));
        assert_eq!(rules("StopStream"), None);
    }
}
