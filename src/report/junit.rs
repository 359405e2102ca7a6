//! JUnit XML, as GitLab, Jenkins and their kin read it: one test case per case, in one suite per operation. What is
//! inconclusive, or fails only by findings that do not count, is skipped with its reason.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::record::{CaseRecord, CaseVerdict, FindingRecord, KnownFinding, Record};
use super::text::{reproduce, request_block, response_block, visible, visible_block};
use super::verdict::Weight;

/// Suite of cases that are about no single operation.
const ACROSS: &str = "across operations";
/// Suite of what the baseline and the configuration complain about.
const GATE: &str = "gate";

/// Writes a record as JUnit XML.
pub fn render(record: &Record) -> Result<String, SerializeError> {
    let findings: HashMap<&str, &FindingRecord> =
        record.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
    let mut suites: BTreeMap<(bool, &str), TestSuite> = BTreeMap::new();
    for case in &record.cases {
        let name = case.operation.as_deref().unwrap_or(ACROSS);
        let suite = suites.entry((case.operation.is_none(), name)).or_insert_with(|| TestSuite::new(visible(name)));
        let mut test = TestCase::new(visible(&case.id), status(record, case, &findings));
        test.set_classname(visible(name));
        test.set_time(duration(case.seconds));
        suite.add_test_case(test);
    }
    let mut report = Report::new(visible(&format!("{} on {}", record.tool.name, record.target.endpoint)));
    report.set_time(duration(record.duration_seconds));
    report.add_test_suites(suites.into_values());
    let gate = gate(record);
    if !gate.test_cases.is_empty() {
        report.add_test_suite(gate);
    }
    report.to_string()
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn status(record: &Record, case: &CaseRecord, findings: &HashMap<&str, &FindingRecord>) -> TestCaseStatus {
    let shown: Vec<&FindingRecord> = case.findings.iter().filter_map(|id| findings.get(id.as_str()).copied()).collect();
    let counting = shown.iter().filter(|finding| record.weight(finding) == Weight::Counts).count();
    match case.verdict {
        CaseVerdict::Passed => TestCaseStatus::success(),
        CaseVerdict::Inconclusive => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(visible(case.reason.as_deref().unwrap_or("inconclusive")));
            status
        }
        CaseVerdict::Failed if counting == 0 && !shown.is_empty() => {
            let mut status = TestCaseStatus::skipped();
            let labels: Vec<&str> = shown.iter().map(|finding| record.weight(finding).label()).collect();
            status.set_message(format!("diverges, but does not count: {}", labels.join(", ")));
            status.set_description(describe(record, &shown));
            status
        }
        CaseVerdict::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let counts = |finding: &&&FindingRecord| record.weight(finding) == Weight::Counts;
            if let Some(worst) = shown.iter().find(counts) {
                status.set_type(worst.kind.id());
                status.set_message(format!("{}: {}", visible(&worst.clause), visible(&worst.observed)));
            }
            status.set_description(describe(record, &shown));
            status
        }
    }
}

fn describe(record: &Record, findings: &[&FindingRecord]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = write!(
            text,
            "{} ({}) finding {}\nexpected: {}\nobserved: {}\n\n{}\n\n{}\n\ncheck again: {}\ncurl: {}\n\n",
            visible(&finding.clause),
            finding.kind.id(),
            visible(&finding.id),
            visible(&finding.expected),
            visible(&finding.observed),
            request_block(&finding.request),
            response_block(&finding.response),
            reproduce(record, finding),
            visible(&finding.curl),
        );
    }
    visible_block(text.trim_end()).into_owned()
}

/// What fails a run beside its cases.
fn gate(record: &Record) -> TestSuite {
    let mut suite = TestSuite::new(GATE);
    if let Some(baseline) = &record.baseline {
        for entry in &baseline.fixed {
            let advice = "no longer diverges: tighten the baseline with --update-baseline";
            suite.add_test_case(complaint(&entry_name(entry), "fixed", advice));
        }
        for entry in &baseline.expired {
            let date = entry.expires.as_deref().unwrap_or_default();
            suite.add_test_case(complaint(&entry_name(entry), "expired", &format!("tolerated until {date}")));
        }
    }
    for operation in record.unexpected_operations() {
        let advice = "answers though it is expected not to be implemented: drop the expectation";
        suite.add_test_case(complaint(operation, "unexpected", advice));
    }
    if let Some(reason) = &record.stopped_early {
        suite.add_test_case(complaint("the whole run", "stopped", reason));
    }
    for left in &record.left {
        suite.add_test_case(complaint(&left.resource, "left", &left.reason));
    }
    suite
}

fn entry_name(entry: &KnownFinding) -> String {
    format!("{} {}", entry.clause, entry.id)
}

fn complaint(name: &str, kind: &str, message: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind);
    status.set_message(visible(message));
    let mut test = TestCase::new(visible(name), status);
    test.set_classname(GATE);
    test
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::record::{BaselineRecord, BaselineStatus};
    use crate::report::sample;

    #[test]
    fn cases_are_grouped_by_operation() {
        let xml = render(&sample::failing()).unwrap();
        for name in ["CreateChannel", "GetChannel", "StopStream", ACROSS] {
            assert!(xml.contains(&format!("<testsuite name=\"{name}\"")), "{name}");
        }
        assert!(xml.contains("tests=\"6\" skipped=\"1\" failures=\"4\" errors=\"0\""), "{xml}");
        sample::snapshots().bind(|| insta::assert_snapshot!("junit", xml));
    }

    #[test]
    fn what_is_inconclusive_is_skipped_with_its_reason() {
        let xml = render(&sample::failing()).unwrap();
        assert!(xml.contains("<skipped message=\"set-up failed"), "{xml}");
    }

    #[test]
    fn known_findings_do_not_fail_a_case_and_fixed_ones_fail_the_gate() {
        let mut record = sample::failing();
        for finding in &mut record.findings {
            finding.baseline = BaselineStatus::Known;
        }
        let fixed = vec![sample::known(&record.findings[0])];
        record.baseline = Some(BaselineRecord { fixed, ..Default::default() });
        let xml = render(&record).unwrap();
        assert!(xml.contains("failures=\"1\""), "{xml}");
        assert!(xml.contains("does not count: known"));
        assert!(xml.contains("type=\"fixed\""));
    }

    #[test]
    fn a_hostile_target_cannot_break_the_file() {
        let xml = render(&sample::failing()).unwrap();
        assert!(xml.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!xml.contains("<script>"));
    }
}
