//! The page of an operation.

use std::fmt::Write;

use super::words::{Tally, field};
use super::{Knowledge, visible};
use crate::report::text::count;
use crate::spec::contract::{Node, Operation};

impl Knowledge<'_> {
    /// What an operation takes, how it responds, and what the contract says of it.
    pub(super) fn operation(&self, operation: &Operation) -> String {
        let mut page = format!("{}\n", visible(&operation.name));
        field(&mut page, "request", &format!("{} {}", operation.method, operation.uri_template()));
        field(&mut page, "success", &success(operation));
        field(&mut page, "stands in", &operation.section);
        for (label, text) in [
            ("requires", names(&operation.input, |member| member.is_required)),
            ("takes", names(&operation.input, |member| !member.is_required)),
            ("returns", names(&operation.output, |_| true)),
        ] {
            if !text.is_empty() {
                field(&mut page, label, &text);
            }
        }
        let errors: Vec<String> =
            operation.errors.iter().map(|error| format!("{} ({})", error.code, error.status)).collect();
        if !errors.is_empty() {
            field(&mut page, "errors", &errors.join(", "));
        }
        self.clauses_of(&mut page, operation);
        self.evidence_of(&mut page, &operation.name);
        let name = visible(&operation.name);
        let _ = writeln!(page, "\nAll ids: ivs-conformance list --operation {name}");
        let _ = writeln!(page, "Run it alone: ivs-conformance run --operation {name}");
        page
    }

    fn clauses_of(&self, page: &mut String, operation: &Operation) {
        let mut tally = Tally::default();
        let mut total = 0;
        for (_, clause) in self.contract.clauses.iter() {
            if clause.operation.as_deref() == Some(operation.name.as_str()) {
                tally.add(clause);
                total += 1;
            }
        }
        let cases = self.plan.cases.iter().filter(|case| case.operation.as_deref() == Some(operation.name.as_str()));
        let cases = count(cases.count() as u64, "case");
        let _ = writeln!(page, "\n{} and {cases} of its own", count(total, "clause"));
        tally.write(page);
    }
}

/// Names of the members of a structure that are to be kept.
fn names(structure: &Node, keep: fn(&Node) -> bool) -> String {
    let names: Vec<&str> =
        structure.members().iter().filter(|member| keep(member)).map(|member| member.name.as_str()).collect();
    names.join(", ")
}

fn success(operation: &Operation) -> String {
    let body = if operation.output_is_empty() { "no body" } else { "a JSON object" };
    format!("{} with {body}", operation.success_status)
}
