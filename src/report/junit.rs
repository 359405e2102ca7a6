//! JUnit XML, as GitLab, Jenkins and their kin read it: one test for each case, in one suite per operation, and one
//! failure for each cause or missing operation that counts, on the case that names it best. What is inconclusive, does
//! not count, or follows from another test's cause is skipped with its reason.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::record::{CaseRecord, CaseVerdict, FindingRecord, KnownFinding, Record};
use super::text::{shorten, visible};
use super::verdict::Weight;
use failure::Failure;

mod failure;

/// Suite of cases that are about no single operation.
const ACROSS: &str = "across operations";
/// Suite of what the baseline and the configuration complain about.
const GATE: &str = "gate";
/// Longest file, in bytes.
const LONGEST_FILE: usize = 1_000_000;
/// Longest reason of a skipped test, in characters.
const LONGEST_REASON: usize = 120;

/// How much a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Every case, and failures with request and response.
    Full,
    /// Every case, and failures in few words.
    Brief,
    /// Failures alone, in few words; so many of them.
    Failures(usize),
}

/// Writes a record as JUnit XML of less than a megabyte.
pub fn render(record: &Record) -> Result<String, SerializeError> {
    let failures = failure::of(record);
    let details = [Detail::Full, Detail::Brief, Detail::Failures(1000), Detail::Failures(100)];
    let mut last = String::new();
    for detail in details {
        last = written(record, &failures, detail)?;
        if last.len() < LONGEST_FILE {
            break;
        }
    }
    Ok(last)
}

fn written(record: &Record, failures: &[Failure<'_>], detail: Detail) -> Result<String, SerializeError> {
    let mut suites: BTreeMap<(bool, &str), TestSuite> = BTreeMap::new();
    let mut tests = Tests::new(record, failures, detail);
    for case in &record.cases {
        let own: Vec<&Failure<'_>> = tests.failing.remove(case.id.as_str()).unwrap_or_default();
        if own.is_empty() && matches!(detail, Detail::Failures(_)) {
            continue;
        }
        let name = case.operation.as_deref().unwrap_or(ACROSS);
        let suite = suites.entry((case.operation.is_none(), name)).or_insert_with(|| TestSuite::new(visible(name)));
        // A cause that shares its case with another one has a test of its own.
        let (first, others) = own.split_first().map_or((None, &[][..]), |(first, others)| (Some(*first), others));
        suite.add_test_case(test(&case.id, name, case.seconds, tests.status(case, first)));
        for other in others {
            suite.add_test_case(test(other.id(), name, 0.0, other.status(record, detail)));
        }
    }
    let mut rest: Vec<&Failure<'_>> = tests.failing.into_values().flatten().collect();
    rest.sort_by_key(|failure| failure.id());
    for failure in rest {
        let name = failure.operation().unwrap_or(ACROSS);
        let key = (failure.operation().is_none(), name);
        let suite = suites.entry(key).or_insert_with(|| TestSuite::new(visible(name)));
        suite.add_test_case(test(failure.id(), name, 0.0, failure.status(record, detail)));
    }
    let mut report = Report::new(visible(&format!("{} on {}", record.tool.name, record.target.endpoint)));
    report.set_time(duration(record.duration_seconds));
    report.add_test_suites(suites.into_values());
    let gate = gate(record, detail);
    if !gate.test_cases.is_empty() {
        report.add_test_suite(gate);
    }
    report.to_string()
}

/// What the tests of one file are made of.
struct Tests<'r> {
    record: &'r Record,
    detail: Detail,
    findings: HashMap<&'r str, &'r FindingRecord>,
    /// Failures by the case that names them.
    failing: HashMap<&'r str, Vec<&'r Failure<'r>>>,
}

impl<'r> Tests<'r> {
    fn new(record: &'r Record, failures: &'r [Failure<'r>], detail: Detail) -> Tests<'r> {
        let most = if let Detail::Failures(most) = detail { most } else { usize::MAX };
        let mut failing: HashMap<&str, Vec<&Failure<'_>>> = HashMap::new();
        for failure in failures.iter().take(most) {
            failing.entry(failure.case()).or_default().push(failure);
        }
        let findings = record.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
        Tests { record, detail, findings, failing }
    }

    fn status(&self, case: &CaseRecord, failure: Option<&Failure<'_>>) -> TestCaseStatus {
        match (failure, case.verdict) {
            (Some(failure), _) => failure.status(self.record, self.detail),
            (None, CaseVerdict::Passed) => TestCaseStatus::success(),
            (None, CaseVerdict::Inconclusive) => skipped(case.reason.as_deref().unwrap_or("inconclusive")),
            (None, CaseVerdict::Failed) => skipped(&self.follows(case)),
        }
    }

    /// Why a case with findings is not a failed test: another test fails for their cause, or they do not count.
    fn follows(&self, case: &CaseRecord) -> String {
        let shown: Vec<&FindingRecord> =
            case.findings.iter().filter_map(|id| self.findings.get(id.as_str()).copied()).collect();
        match shown.iter().find(|finding| self.record.weight(finding) == Weight::Counts) {
            Some(finding) => format!("diverges, as the failure of {} says", finding.cause),
            None => {
                let mut seen = HashSet::new();
                let labels = shown.iter().map(|finding| self.record.weight(finding).label());
                let labels: Vec<&str> = labels.filter(|label| seen.insert(*label)).collect();
                format!("diverges, but does not count: {}", labels.join(", "))
            }
        }
    }
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(shorten(&visible(reason), LONGEST_REASON));
    status
}

fn test(name: &str, class: &str, seconds: f64, status: TestCaseStatus) -> TestCase {
    let mut test = TestCase::new(visible(name), status);
    test.set_classname(visible(class));
    test.set_time(duration(seconds));
    test
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// What fails a run beside its cases.
fn gate(record: &Record, detail: Detail) -> TestSuite {
    let mut suite = TestSuite::new(GATE);
    let most = if let Detail::Failures(most) = detail { most } else { usize::MAX };
    if let Some(baseline) = &record.baseline {
        for entry in baseline.fixed.iter().take(most) {
            let advice = "no longer diverges: tighten the baseline with --update-baseline";
            suite.add_test_case(complaint(&entry_name(entry), "fixed", advice));
        }
        for entry in baseline.expired.iter().take(most) {
            let date = entry.expires.as_deref().unwrap_or_default();
            suite.add_test_case(complaint(&entry_name(entry), "expired", &format!("tolerated until {date}")));
        }
    }
    for operation in record.unexpected_operations() {
        let advice = "responds though it is expected not to be implemented: drop the expectation";
        suite.add_test_case(complaint(operation, "unexpected", advice));
    }
    if let Some(reason) = record.unreliable() {
        suite.add_test_case(complaint("the whole run", "unreliable", &reason));
    }
    if let Some(reason) = record.no_verdict().filter(|_| record.left.is_empty() || record.stopped_early.is_some()) {
        suite.add_test_case(complaint("the whole run", "stopped", &reason));
    }
    for left in record.left.iter().take(most) {
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
    use crate::report::record::{BaselineRecord, BaselineStatus, CauseRecord};
    use crate::report::sample;

    #[test]
    fn cases_are_grouped_by_operation() {
        let xml = render(&sample::failing()).unwrap();
        for name in ["CreateChannel", "GetChannel", "StopStream", ACROSS] {
            assert!(xml.contains(&format!("<testsuite name=\"{name}\"")), "{name}");
        }
        assert!(xml.contains("tests=\"6\" skipped=\"1\" failures=\"4\" errors=\"0\""), "{xml}");
        assert_eq!(sample::failing().ranked_causes().len(), 3, "and an operation that is missing");
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

    #[test]
    fn a_cause_is_one_failure_and_names_what_follows() {
        let mut record = sample::failing();
        let cause = record.causes.iter().find(|cause| cause.id == "a0a0a0a0").unwrap().clone();
        record.causes.retain(|cause| cause.id != "a0a0a0a0" && cause.id != "d4e5f6a7");
        record.causes.push(CauseRecord { findings: vec!["a0a0a0a0".to_owned(), "d4e5f6a7".to_owned()], ..cause });
        let follower = record.findings.iter_mut().find(|finding| finding.id == "d4e5f6a7").unwrap();
        follower.cause = "a0a0a0a0".to_owned();
        let xml = render(&record).unwrap();
        assert!(xml.contains("failures=\"3\""), "{xml}");
        assert!(xml.contains("1 consequence: d4e5f6a7"), "{xml}");
        assert!(xml.contains("diverges, as the failure of a0a0a0a0 says"), "{xml}");
    }

    #[test]
    fn causes_of_one_case_are_one_failure_each() {
        let mut record = sample::failing();
        record.gate.strict = true;
        record.causes.clear();
        let xml = render(&record).unwrap();
        // Both show in CreateChannel.valid.
        assert!(xml.contains("failures=\"5\""), "{xml}");
        assert_eq!(xml.matches("<testcase name=\"CreateChannel.valid\"").count(), 1, "{xml}");
    }

    #[test]
    fn any_target_takes_less_than_a_megabyte() {
        let mut wide = sample::large(6000, 6000);
        for finding in &mut wide.findings {
            finding.observed = "on and on & ".repeat(500);
            finding.request.body = serde_json::Value::from("on and on & ".repeat(500));
        }
        for record in [sample::large(2000, 2000), sample::large(2000, 40), wide] {
            let xml = render(&record).unwrap();
            assert!(xml.len() < 1_000_000, "{}", xml.len());
            assert!(xml.contains("<failure"));
        }
    }
}
