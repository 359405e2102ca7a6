use super::*;
use crate::report::sample;

fn fate(diff: &Diff, id: &str) -> Option<(Change, Option<String>)> {
    let finding = diff.findings.iter().find(|finding| finding.id == id)?;
    Some((finding.change, finding.reason.clone()))
}

/// The failing sample without its first finding, as a repaired target would show it.
fn repaired() -> (Record, FindingRecord) {
    let mut record = sample::failing();
    let finding = record.findings.remove(0);
    let is_of_it = |cause: &CauseRecord| cause.findings.contains(&finding.id);
    record.causes.retain(|cause| !is_of_it(cause));
    for clause in record.clauses.iter_mut().filter(|clause| clause.id == finding.clause) {
        clause.verdict = ClauseVerdict::Upheld;
    }
    record.cases.retain(|case| case.id != finding.case);
    record.cases.push(sample::case(&finding.case, None, CaseVerdict::Passed, &[]));
    (record, finding)
}

#[test]
fn a_report_equals_itself() {
    for record in sample::all() {
        let diff = diff(&record, &record).unwrap();
        assert!(diff.is_empty(), "{diff:#?}");
        assert!(page(&diff).contains("the reports say the same"));
    }
}

#[test]
fn a_repaired_finding_is_gone_and_new_the_other_way_round() {
    let (new, finding) = repaired();
    let there = diff(&sample::failing(), &new).unwrap();
    assert_eq!(fate(&there, &finding.id), Some((Change::Gone, None)));
    assert_eq!(there.findings[0].clause_verdict, Some(ClauseVerdict::Upheld));
    assert_eq!(there.summary, DiffTotals { gone: 1, clauses: 1, ..DiffTotals::default() });
    assert_eq!((there.clauses[0].before, there.clauses[0].after), (ClauseVerdict::Violated, ClauseVerdict::Upheld));
    assert_eq!((there.old.score.upheld, there.new.score.upheld), (1, 2));
    let back = diff(&new, &sample::failing()).unwrap();
    assert_eq!(fate(&back, &finding.id), Some((Change::New, None)));
    assert!(page(&back).contains(&format!("+ {}", super::super::text::visible(&finding.id))));
}

#[test]
fn what_was_not_tested_again_is_not_gone() {
    let (mut stopped, finding) = repaired();
    stopped.stopped_early = Some("the deadline has passed".to_owned());
    let there = diff(&sample::failing(), &stopped).unwrap();
    let reason = Some("the deadline has passed".to_owned());
    assert_eq!(fate(&there, &finding.id), Some((Change::Undecided, reason.clone())));
    let back = diff(&stopped, &sample::failing()).unwrap();
    assert_eq!(fate(&back, &finding.id), Some((Change::New, reason)));

    let (mut untested, finding) = repaired();
    for clause in untested.clauses.iter_mut().filter(|clause| clause.id == finding.clause) {
        clause.verdict = ClauseVerdict::Untested;
        clause.reason = Some("its control failed".to_owned());
    }
    let there = diff(&sample::failing(), &untested).unwrap();
    assert_eq!(fate(&there, &finding.id), Some((Change::Undecided, Some("its control failed".to_owned()))));
    assert!(page(&there).contains("because its control failed"), "{}", page(&there));
}

#[test]
fn only_what_both_have_is_compared() {
    let (mut part, finding) = repaired();
    part.clauses.retain(|clause| clause.id != finding.clause);
    let diff = diff(&sample::failing(), &part).unwrap();
    assert!(diff.is_empty(), "{diff:#?}");
    assert_eq!(diff.compared, Compared { clauses: 6, only_old: 1, only_new: 0 });
    assert!(page(&diff).contains("1 in the old report alone"));
}

#[test]
fn another_showing_of_a_finding_is_a_change() {
    let old = sample::failing();
    let mut new = old.clone();
    new.findings[0].observed = "Success has status 299.".to_owned();
    new.findings[1].seen.of = new.findings[1].seen.times + 3;
    let changes = diff(&old, &new).unwrap();
    assert_eq!(changes.summary, DiffTotals { changed: 2, ..DiffTotals::default() });
    assert!(page(&changes).contains("after   Success has status 299."), "{}", page(&changes));
    assert!(page(&changes).contains("(now and then)"));
    let mut later = old.clone();
    later.findings[0].occurrences += 5;
    assert!(diff(&old, &later).unwrap().is_empty());
}

#[test]
fn reports_that_share_nothing_are_refused() {
    let old = sample::failing();
    let mut other = old.clone();
    other.contract.service = "else".to_owned();
    assert!(diff(&old, &other).unwrap_err().to_string().contains("`else`"));
    other = old.clone();
    other.clauses.clear();
    assert_eq!(diff(&old, &other), Err(DiffError::NothingInCommon));
    other = old.clone();
    other.contract.sha256 = "0".repeat(64);
    assert!(page(&diff(&old, &other).unwrap()).contains("the contracts differ"));
}

#[test]
fn a_hostile_report_does_not_steer_a_terminal() {
    let old = sample::failing();
    let mut new = old.clone();
    for finding in &mut new.findings {
        finding.observed = "\u{1b}]0;x\u{7}\u{202e}\n".to_owned();
    }
    for cause in &mut new.causes {
        cause.title = "\u{1b}[2J".to_owned();
    }
    new.started_at = "\u{9b}31m".to_owned();
    new.target.endpoint = "http://\u{1b}".to_owned();
    new.stopped_early = Some("\u{1b}".to_owned());
    let page = page(&diff(&old, &new).unwrap());
    assert!(page.chars().all(|c| c == '\n' || !super::super::text::is_deceptive(c)), "{page:?}");
}
