//! `explain`: where something stands in the contract, how it is tested, and what counts as a divergence.

mod operation;
mod words;

use std::fmt::Write;
use words::{Tally, divergences, field, finding_page, place, tier};

use super::args::ExplainArgs;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::stages;
use super::suggest::did_you_mean;
use crate::judge::finding::FindingKind;
use crate::plan::{Case, Plan};
use crate::report::Record;
use crate::report::finding_id::FindingId;
use crate::report::text::{count, reproduce, visible};
use crate::run::settings::Shard;
use crate::spec::clause::{Clause, ClauseIndex};
use crate::spec::globs;
use crate::spec::rules::{Ambiguity, Erratum, NumberedRule};
use crate::spec::{Contract, Evidence};

/// How many cases of a clause are named.
const MOST_CASES: usize = 12;

/// Explains an id.
pub fn explain(args: &ExplainArgs, environment: &Environment) -> Result<Exit, CliError> {
    let record = args.from.as_ref().map(|report| report.read_and_name(environment)).transpose()?;
    let stages::Loaded { contract, suites, .. } = stages::load(args.spec.as_deref())?;
    let plan = stages::plan(&contract, &suites, &[], &[], Shard::default())?;
    let knowledge = Knowledge { contract: &contract, plan: &plan };
    let of_report = record.as_ref().and_then(|record| knowledge.finding(record, &args.id));
    let by_id = || knowledge.explain(&args.id).or_else(|| knowledge.finding_without_report(&args.id));
    match of_report.or_else(by_id) {
        Some(page) => print(&page),
        None => return Err(knowledge.unknown(&args.id)),
    }
    Ok(Exit::Success)
}

struct Knowledge<'a> {
    contract: &'a Contract,
    plan: &'a Plan,
}

impl Knowledge<'_> {
    fn explain(&self, id: &str) -> Option<String> {
        let rules = &self.contract.rules;
        if let Some(number) = id.strip_prefix("rule:") {
            let number: u32 = number.trim().parse().ok()?;
            let readings: Vec<&NumberedRule> = rules.rules.iter().filter(|rule| rule.number == number).collect();
            return (!readings.is_empty()).then(|| self.numbered(&readings));
        }
        if let Some(operation) = self.contract.operation(id) {
            return Some(self.operation(operation));
        }
        if let Some(kind) = FindingKind::ALL.into_iter().find(|kind| kind.id() == id) {
            return Some(self.kind(kind));
        }
        if let Some(retired) = rules.retired.iter().find(|retired| retired.clause == id) {
            let replaced = retired.replaced_by.as_deref().map(|other| format!("In its place: {other}\n"));
            return Some(format!("{id}\n\nRetired: {}\n{}", retired.reason, replaced.unwrap_or_default()));
        }
        let case = self.plan.cases.iter().find(|case| case.id == id);
        if let Some(index) = self.contract.clauses.find(id) {
            let mut page = self.clause(index);
            if let Some(case) = case {
                let _ = write!(page, "\nA case has the same id.\n\n{}", self.case(case));
            }
            return Some(page);
        }
        case.map(|case| self.case(case))
            .or_else(|| rules.errata.iter().find(|erratum| erratum.id == id).map(|erratum| self.erratum(erratum)))
            .or_else(|| {
                rules.ambiguities.iter().find(|ambiguity| ambiguity.id == id).map(|ambiguity| self.ambiguity(ambiguity))
            })
            .or_else(|| {
                let names = |rule: &&NumberedRule| rule.ids.iter().any(|other| other == id);
                let readings: Vec<&NumberedRule> = rules.rules.iter().filter(names).collect();
                (!readings.is_empty()).then(|| self.numbered(&readings))
            })
    }

    /// A finding by its id alone: what it means, and the clause that it violates.
    fn finding_without_report(&self, id: &str) -> Option<String> {
        let parts = FindingId::parse(id)?;
        let index = self.contract.clauses.find(parts.clause)?;
        let kind = FindingKind::ALL.into_iter().find(|kind| kind.id() == parts.kind)?;
        let mut page = format!("finding {}\n", visible(id));
        field(&mut page, "kind", kind.id());
        field(&mut page, "means", kind.meaning());
        if let Some(operation) = parts.operation {
            field(&mut page, "on", operation);
        }
        field(&mut page, "more", "--from REPORT, or --from latest, shows the request and the response");
        let _ = write!(page, "\n{}", self.clause(index));
        Some(page)
    }

    fn unknown(&self, id: &str) -> CliError {
        let rules = &self.contract.rules;
        let clauses = self.contract.clauses.iter().map(|(_, clause)| clause.id.as_str());
        let cases = self.plan.cases.iter().map(|case| case.id.as_str());
        let errata = rules.errata.iter().map(|erratum| erratum.id.as_str());
        let ambiguities = rules.ambiguities.iter().map(|ambiguity| ambiguity.id.as_str());
        let kinds = FindingKind::ALL.iter().map(|kind| kind.id());
        let operations = self.contract.operations.iter().map(|operation| operation.name.as_str());
        let named = operations.chain(clauses).chain(cases).chain(errata).chain(ambiguities).chain(kinds);
        let question = did_you_mean(id, named);
        let advice = match (id.strip_prefix("rule:"), question.as_str()) {
            (Some(_), _) => match rules.rules.iter().map(|rule| rule.number).max() {
                Some(last) => format!("; rules are numbered from 1 to {last}"),
                None => "; this contract has no numbered rules".to_owned(),
            },
            (None, "") => "; `list` shows every id".to_owned(),
            (None, question) => question.to_owned(),
        };
        CliError::usage(format!("nothing is called `{id}`{advice}"))
    }

    fn clause(&self, index: ClauseIndex) -> String {
        let clause = self.contract.clauses.get(index);
        let mut page = format!("{}\n", visible(&clause.id));
        field(&mut page, "promises", &clause.statement);
        field(&mut page, "stands in", &clause.section);
        field(&mut page, "tier", tier(clause.tier));
        let cases: Vec<&Case> = self.plan.cases.iter().filter(|case| case.clauses.contains(&index)).collect();
        let _ = writeln!(page, "\nTested by");
        if cases.is_empty() {
            field(&mut page, "no case", &stages::reason(self.contract, index));
        }
        for case in cases.iter().take(MOST_CASES) {
            let _ = writeln!(page, "  {}: {}", visible(&case.id), visible(&case.summary));
        }
        if let Some(hidden) = cases.get(MOST_CASES..).filter(|hidden| !hidden.is_empty()) {
            let _ = writeln!(page, "  and {}", count(hidden.len() as u64, "more case"));
        }
        let _ = writeln!(page, "\nDiverges if");
        for (kind, when) in divergences(clause) {
            let _ = writeln!(page, "  {}: {when}", kind.id());
        }
        self.readings_of(&mut page, clause);
        self.evidence_page(&mut page, self.contract.evidence_on(&clause.id));
        page
    }

    /// What is known of the service about an id.
    fn evidence_of(&self, page: &mut String, id: &str) {
        self.evidence_page(page, self.contract.evidence.about(id).collect());
    }

    fn evidence_page(&self, page: &mut String, known: Vec<&Evidence>) {
        if !known.is_empty() {
            let _ = writeln!(page, "\nKnown of the service");
        }
        for entry in known {
            let _ = writeln!(page, "  {} ({}): {}", entry.stand, visible(&entry.source), visible(&entry.says));
            let _ = writeln!(page, "    {}", visible(&entry.effect));
            for source in self.contract.evidence.sources(entry) {
                let date = if source.date.is_empty() { String::new() } else { format!(", {}", source.date) };
                let _ = writeln!(page, "    {}: {}{date}", visible(&source.key), visible(&source.title));
            }
        }
    }

    /// Numbered readings and errata that bear on a clause.
    fn readings_of(&self, page: &mut String, clause: &Clause) {
        let rules = &self.contract.rules;
        let bears = |rule: &&NumberedRule| rule.ids.iter().any(|id| globs::is_match(id, &clause.id));
        let readings: Vec<&NumberedRule> = rules.rules.iter().filter(bears).collect();
        let errata: Vec<&Erratum> = rules.errata.iter().filter(|erratum| erratum.bears_on(&clause.id)).collect();
        if readings.is_empty() && errata.is_empty() {
            return;
        }
        let _ = writeln!(page, "\nHow the reference is read");
        for rule in readings {
            let _ = writeln!(page, "  rule:{}: {}", rule.number, visible(&rule.statement));
            let _ = writeln!(page, "    accepted: {}", visible(&rule.reading));
        }
        for erratum in errata {
            let _ = writeln!(page, "  {}: {}", visible(&erratum.id), visible(&erratum.reading));
        }
    }

    fn case(&self, case: &Case) -> String {
        let mut page = format!("{}\n", visible(&case.id));
        field(&mut page, "does", &case.summary);
        field(&mut page, "about", case.operation.as_deref().unwrap_or("several operations"));
        let _ = writeln!(page, "\nDecides");
        for index in &case.clauses {
            let clause = self.contract.clauses.get(*index);
            let _ = writeln!(page, "  {}: {}", visible(&clause.id), visible(&clause.statement));
        }
        let _ = writeln!(page, "\nRun it alone: ivs-conformance run --only '{}'", visible(&case.id));
        page
    }

    fn kind(&self, kind: FindingKind) -> String {
        let mut page = format!("{}\n", kind.id());
        field(&mut page, "means", kind.meaning());
        let _ = writeln!(page, "\nClauses that can diverge so");
        let mut tally = Tally::default();
        for (_, clause) in self.contract.clauses.iter() {
            if divergences(clause).iter().any(|(other, _)| *other == kind) {
                tally.add(clause);
            }
        }
        tally.write(&mut page);
        if tally.is_empty() {
            let _ = writeln!(page, "  any that a request to the operation would decide");
        }
        page
    }

    fn erratum(&self, erratum: &Erratum) -> String {
        let mut page = format!("{}\n", visible(&erratum.id));
        field(&mut page, "literally", &erratum.literal);
        field(&mut page, "is read as", &erratum.reading);
        field(&mut page, "because", &erratum.why);
        let numbers: Vec<String> = erratum.rules.iter().map(|number| format!("rule:{number}")).collect();
        field(&mut page, "readings", &numbers.join(", "));
        if !erratum.places.is_empty() {
            let _ = writeln!(page, "\nWhere");
            for place in &erratum.places {
                let _ = writeln!(page, "  {}", visible(place));
            }
        }
        self.evidence_of(&mut page, &erratum.id);
        page
    }

    fn ambiguity(&self, ambiguity: &Ambiguity) -> String {
        let mut page = format!("{}\n", visible(&ambiguity.id));
        field(&mut page, "open is", &ambiguity.question);
        field(&mut page, "stands in", &self.contract.rules.headings(&ambiguity.sections));
        field(&mut page, "effect", &ambiguity.effect);
        let _ = writeln!(page, "\nEvery one of these passes");
        for reading in &ambiguity.readings {
            let _ = writeln!(page, "  {}", visible(reading));
        }
        self.evidence_of(&mut page, &ambiguity.id);
        page
    }

    fn numbered(&self, readings: &[&NumberedRule]) -> String {
        let mut page = String::new();
        for rule in readings {
            let _ = writeln!(page, "rule:{}", rule.number);
            field(&mut page, "says", &rule.statement);
            field(&mut page, "stands in", &self.contract.rules.headings(&rule.sections));
            field(&mut page, "tier", tier(rule.tier));
            field(&mut page, "became", place(rule.place));
            field(&mut page, "accepted", &rule.reading);
            if !rule.ids.is_empty() {
                let _ = writeln!(page, "\nMore with `ivs-conformance explain ID`");
            }
            for id in &rule.ids {
                let _ = writeln!(page, "  {}", visible(id));
            }
            page.push('\n');
        }
        page.trim_end().to_owned() + "\n"
    }

    /// A finding of a report, with the clause it violates.
    fn finding(&self, record: &Record, id: &str) -> Option<String> {
        let finding = record.findings.iter().find(|finding| finding.id == id)?;
        let mut page = finding_page(finding);
        let _ = writeln!(page, "\nCheck again: {}", reproduce(record, finding));
        if let Some(index) = self.contract.clauses.find(&finding.clause) {
            let _ = write!(page, "\n{}", self.clause(index));
        }
        Some(page)
    }
}

#[cfg(test)]
mod tests;
