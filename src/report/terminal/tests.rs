use super::*;
use crate::report::record::{BaselineRecord, BaselineStatus, LeftRecord};
use crate::report::sample;

fn plain(record: &Record, view: &View) -> String {
    anstream::adapter::strip_str(&render(record, view)).to_string()
}

#[test]
fn a_clean_run_takes_three_lines() {
    let page = plain(&sample::clean(), &View::brief(100));
    assert_eq!(page.lines().count(), 3, "{page}");
    sample::snapshots().bind(|| insta::assert_snapshot!("terminal_clean", page));
}

#[test]
fn a_failing_run_ends_with_its_verdict() {
    let files = vec![(Format::Json, "report.json".to_owned()), (Format::Html, "report.html".to_owned())];
    let page = plain(&sample::failing(), &View { files, ..View::brief(100) });
    let last: Vec<&str> = page.lines().rev().take(5).collect();
    assert_eq!(last[4], "wrote: json report.json, html report.html");
    assert!(last[3].starts_with("✗ http://127.0.0.1:5000 diverges: 3 causes"), "{page}");
    sample::snapshots().bind(|| insta::assert_snapshot!("terminal_failing", page));
}

#[test]
fn everything_can_be_asked_for() {
    let page = plain(&sample::failing(), &View::full(100));
    for finding in &sample::failing().findings {
        let name = if finding.id == "e5e5e5e5" { "StopStream" } else { &finding.id };
        assert!(page.contains(name), "{name}: {page}");
    }
    sample::snapshots().bind(|| insta::assert_snapshot!("terminal_full", page));
}

#[test]
fn the_verdict_can_stand_alone() {
    let page = plain(&sample::failing(), &View { detail: Detail::Verdict, ..View::brief(100) });
    assert_eq!(page, "✗ http://127.0.0.1:5000 diverges: 3 causes, 1 missing operation\n");
}

#[test]
fn nothing_of_the_target_steers_the_terminal() {
    for view in [View::brief(100), View::full(100)] {
        let page = plain(&sample::failing(), &view);
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page}");
        assert!(!page.contains('\u{202e}'));
    }
}

#[test]
fn lines_fit_the_terminal_but_for_commands_and_ids() {
    let page = plain(&sample::large(200, 100), &View::brief(80));
    for line in page.lines().filter(|line| !line.contains("reproduce") && !line.contains("explain")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// A record in which every list is longer than a page, and every text longer than a line.
fn overflowing() -> Record {
    let mut record = sample::large(2000, 2000);
    for (number, clause) in record.clauses.iter_mut().enumerate() {
        clause.operation = Some(format!("OperationWithALongName{}", number % 90));
        clause.reason = clause.reason.as_ref().map(|reason| format!("{reason} {}", "because ".repeat(90)));
    }
    let long = "a sentence that goes on and on ".repeat(60);
    for (number, finding) in record.findings.iter_mut().enumerate() {
        finding.promise.clone_from(&long);
        finding.expected.clone_from(&long);
        finding.observed.clone_from(&long);
        finding.baseline = if number % 3 == 0 { BaselineStatus::Known } else { BaselineStatus::New };
    }
    for cause in &mut record.causes {
        cause.title.clone_from(&long);
    }
    record.notes = (0..40).map(|number| format!("{number} {long}")).collect();
    let left = |number| LeftRecord { kind: String::new(), resource: format!("arn:{number}"), reason: long.clone() };
    record.left = (0..200).map(left).collect();
    let entries: Vec<_> = record.findings.iter().take(50).map(sample::known).collect();
    record.baseline = Some(BaselineRecord { fixed: entries.clone(), expired: entries, unseen: Vec::new() });
    record.recount();
    record
}

#[test]
fn any_target_fits_sixty_lines() {
    let all = [sample::failing(), sample::large(2000, 2000), sample::large(1658, 40), overflowing()];
    for record in all {
        let files = (0..9).map(|number| (Format::Json, format!("{}{number}", "long/".repeat(9)))).collect();
        let page = plain(&record, &View { files, ..View::brief(100) });
        assert!(height(&page, 100) <= 60, "{} lines\n{page}", height(&page, 100));
    }
}

#[test]
fn what_the_baseline_knows_takes_one_line() {
    let mut record = sample::failing();
    record.findings.iter_mut().for_each(|finding| finding.baseline = BaselineStatus::Known);
    record.baseline = Some(BaselineRecord::default());
    record.recount();
    let page = plain(&record, &View::brief(100));
    assert!(page.contains("known: 5 findings as the baseline says"), "{page}");
    assert!(!page.contains("reproduce"), "{page}");
}

#[test]
fn nothing_is_said_twice() {
    let mut record = sample::failing();
    record.notes = vec!["the same".to_owned(), "the same".to_owned()];
    assert_eq!(plain(&record, &View::brief(100)).matches("the same").count(), 1);
}

#[test]
fn an_interrupted_run_says_so() {
    let mut record = sample::clean();
    record.stopped_early = Some("interrupted".to_owned());
    let page = plain(&record, &View::brief(100));
    assert!(page.contains("! no verdict on the embedded reference server: interrupted"));
}
