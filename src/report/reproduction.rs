//! The one command that shows a finding again.

use super::record::{FindingRecord, Record};
use super::script;
use super::text::{reproduce, shell_word, visible};
use crate::spec::clause_id::ClauseId;

/// Longest `curl` command that is shown where there is room for one command, in characters.
const LONGEST_CURL: usize = 300;

/// The command for a finding: `replay` of the JSON report if there is one, else `curl` if one short request shows it, else
/// the check of its clause.
pub fn command(record: &Record, finding: &FindingRecord, json_report: Option<&str>) -> String {
    if let Some(file) = json_report {
        return format!("ivs-conformance replay {} {}", shell_word(file), shell_word(&finding.id));
    }
    // The server that a run embeds is gone when its report is read, a sequence is more than one request, and `curl` signs
    // nothing.
    let is_about_signatures = ClauseId::is_about_signatures(&finding.clause);
    let makes_something_first = finding.reproduce.as_deref().is_some_and(script::makes_something_first);
    let is_one_request = finding.setup.is_empty() && !finding.curl.is_empty() && !makes_something_first;
    let is_signed = record.target.auth.as_deref() == Some("sigv4") || is_about_signatures;
    let is_enough = !record.target.embedded && is_one_request && !is_signed;
    match is_enough && finding.curl.chars().count() <= LONGEST_CURL {
        true => visible(&finding.curl).into_owned(),
        false => reproduce(record, finding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn one_short_request_is_a_curl_command() {
        let mut record = sample::failing();
        let finding = record.findings[0].clone();
        assert!(command(&record, &finding, None).starts_with("curl "));
        let json = command(&record, &finding, Some("out/report.json"));
        assert_eq!(json, "ivs-conformance replay out/report.json a0a0a0a0");
        let long = FindingRecord { curl: format!("curl {}", "a".repeat(300)), ..finding.clone() };
        assert!(command(&record, &long, None).starts_with("ivs-conformance run "));
        let sequence = FindingRecord { setup: vec![finding.request.clone()], ..finding.clone() };
        assert!(command(&record, &sequence, None).starts_with("ivs-conformance run "));
        record.target.embedded = true;
        assert!(command(&record, &finding, None).starts_with("ivs-conformance run "));
    }
}
