use jiff::civil::date;

use super::*;
use crate::report::record::Selection;
use crate::report::{Verdict, sample};

type Change = fn(&mut Record);

const TODAY: Date = date(2026, 11, 22);

fn path() -> &'static Path {
    Path::new("baseline.toml")
}

fn written() -> Baseline {
    Baseline::default().updated(&sample::failing())
}

#[test]
fn what_a_run_writes_it_matches() {
    let mut record = sample::failing();
    let baseline = Baseline::parse(path(), &written().render()).unwrap();
    apply(&mut record, &baseline, TODAY);
    assert_eq!(record.verdict(), Verdict::Conforms);
    assert_eq!(record.summary.findings.known, 5);
    assert_eq!(record.summary.findings.new, 0);
}

#[test]
fn the_file_is_small_sorted_and_stable() {
    let text = written().render();
    assert_eq!(Baseline::parse(path(), &text).unwrap(), written());
    for group in text.split("# Cause: ").skip(1) {
        let clauses: Vec<&str> = group.lines().filter(|line| line.starts_with("clause")).collect();
        assert!(!clauses.is_empty() && clauses.is_sorted(), "{clauses:?}");
    }
    sample::snapshots().bind(|| insta::assert_snapshot!("baseline", text));
}

#[test]
fn entries_stand_below_their_cause_and_keep_it() {
    let record = sample::failing();
    let text = written().render();
    for cause in &record.causes {
        let below = text.split(&format!("# Cause: {}\n", cause.title)).nth(1).unwrap();
        let group = below.split("# Cause: ").next().unwrap();
        for id in &cause.findings {
            assert!(group.contains(&format!("id = \"{id}\"")), "{id} is not in: {group}");
        }
    }
    // A run that decides nothing leaves every entry where it is.
    let mut undecided = record.clone();
    undecided.findings.clear();
    undecided.causes.clear();
    undecided.stopped_early = Some("interrupted".to_owned());
    let read = Baseline::parse(path(), &text).unwrap();
    assert_eq!(read.updated(&undecided).render(), text);
}

#[test]
fn a_file_without_causes_loads_as_before_and_gets_them_by_an_update() {
    let with = written().render();
    let without: String = with.split_inclusive('\n').filter(|line| !line.starts_with("# Cause: ")).collect();
    let old = Baseline::parse(path(), &without).unwrap();
    assert!(old.causes.is_empty());
    assert_eq!(old.known.len(), written().known.len());
    let mut record = sample::failing();
    apply(&mut record, &old, TODAY);
    assert_eq!((record.summary.findings.known, record.verdict()), (5, Verdict::Conforms));
    assert_eq!(old.updated(&sample::failing()).render(), with);
}

#[test]
fn a_title_of_a_target_stays_a_comment() {
    let mut record = sample::failing();
    for cause in &mut record.causes {
        cause.title = format!("one\n[[known]]\nid = \"x\" {}", sample::HOSTILE);
    }
    let text = Baseline::default().updated(&record).render();
    let read = Baseline::parse(path(), &text).unwrap();
    assert_eq!(read.known.len(), 5);
    assert_eq!(read.render(), text);
}

#[test]
fn a_new_finding_fails_beside_a_known_one() {
    let mut baseline = written();
    baseline.known.retain(|entry| entry.id != "c2c2c2c2");
    let mut record = sample::failing();
    apply(&mut record, &baseline, TODAY);
    assert_eq!(record.verdict(), Verdict::Diverges);
    assert_eq!(record.counting().map(|finding| finding.id.as_str()).collect::<Vec<_>>(), ["c2c2c2c2"]);
}

#[test]
fn what_a_sequence_finds_of_a_known_defect_is_known() {
    let baseline = written();
    for (operation, status) in [("CreateChannel", BaselineStatus::Known), ("GetChannel", BaselineStatus::New)] {
        let mut record = sample::failing();
        let clause = "CreateChannel.status";
        let known = record.findings.iter().find(|finding| finding.clause == clause).unwrap().clone();
        assert_eq!(known.operation, "CreateChannel");
        record.findings = vec![FindingRecord {
            id: "drawn".to_owned(),
            case: "sequence/channels".to_owned(),
            operation: operation.to_owned(),
            ..known
        }];
        apply(&mut record, &baseline, TODAY);
        assert_eq!(record.findings[0].baseline, status, "{operation}");
    }
}

#[test]
fn what_is_fixed_fails_until_the_file_is_tightened() {
    let mut record = sample::failing();
    record.findings.retain(|finding| finding.id != "c2c2c2c2");
    apply(&mut record, &written(), TODAY);
    assert_eq!(record.verdict(), Verdict::Diverges);
    assert_eq!(record.summary.findings.fixed, 1);
    let tightened = written().updated(&record);
    apply(&mut record, &tightened, TODAY);
    assert_eq!(record.verdict(), Verdict::Conforms);
}

/// The failing record with its second finding gone, for a reason that `change` gives.
fn without_status_finding(change: impl Fn(&mut Record)) -> Record {
    let mut record = sample::failing();
    record.findings.retain(|finding| finding.id != "c2c2c2c2");
    change(&mut record);
    apply(&mut record, &written(), TODAY);
    record
}

#[test]
fn a_run_that_did_not_look_calls_nothing_fixed() {
    let only = Selection { only: vec!["GetChannel.*".to_owned()], skip: Vec::new() };
    let changes: [(&str, Change); 5] = [
        ("stopped", |record| record.stopped_early = Some("deadline".to_owned())),
        ("clause untested", |record| record.clauses[1].verdict = ClauseVerdict::Untested),
        ("case inconclusive", |record| record.cases[1].verdict = CaseVerdict::Inconclusive),
        ("case not run", |record| drop(record.cases.remove(1))),
        ("fewer examples", |record| record.profile = "quick".to_owned()),
    ];
    for (name, change) in changes {
        assert_eq!(without_status_finding(change).summary.findings.fixed, 0, "{name}");
    }
    let filtered = without_status_finding(|record| record.selection = only.clone());
    assert_eq!(filtered.summary.findings.fixed, 0);
    let shard = without_status_finding(|record| record.shard = "1/2".to_owned());
    assert_eq!(shard.summary.findings.fixed, 0);
    assert_eq!(shard.baseline.unwrap().unseen.len(), 1);
}

#[test]
fn an_update_keeps_reasons_dates_and_what_was_not_tested() {
    let mut baseline = written();
    for entry in &mut baseline.known {
        entry.reason = Some(format!("because of \"{}\"", entry.id));
        entry.expires = Some("2027-01-01".to_owned());
    }
    let elsewhere = KnownFinding {
        id: "ffffffff".to_owned(),
        clause: "PutMetadata.status".to_owned(),
        ..baseline.known[0].clone()
    };
    baseline.known.push(elsewhere);
    let updated = Baseline::parse(path(), &baseline.updated(&sample::failing()).render()).unwrap();
    assert_eq!(updated.known.len(), 6);
    assert!(updated.known.iter().all(|entry| entry.reason.is_some() && entry.expires.is_some()));
}

#[test]
fn an_expired_entry_fails() {
    let mut baseline = written();
    baseline.known[0].expires = Some("2026-11-22".to_owned());
    let mut record = sample::failing();
    apply(&mut record, &baseline, TODAY);
    assert_eq!(record.verdict(), Verdict::Conforms);
    apply(&mut record, &baseline, date(2026, 11, 23));
    assert_eq!(record.verdict(), Verdict::Diverges);
}

#[test]
fn a_damaged_file_is_refused_with_its_line() {
    let entry = "[[known]]\nid = \"a\"\nclause = \"c\"\nkind = \"wrong_status\"\n";
    for (text, line) in [
        ("[[known]\n".to_owned(), 1),
        (format!("{entry}expires = \"soon\"\n"), 5),
        (format!("{entry}expires = \"2026-02-30\"\n"), 5),
        (format!("{entry}\n{entry}"), 7),
        (format!("{entry}resaon = \"x\"\n"), 5),
        ("[[known]]\nid = \"a\"\nclause = \"c\"\nkind = \"odd\"\n".to_owned(), 4),
        ("profile = \"slow\"\n".to_owned(), 1),
    ] {
        let damaged = Baseline::parse(path(), &text).unwrap_err();
        assert_eq!(damaged.line, line, "{damaged}");
    }
    assert!(Baseline::parse(path(), &format!("{entry}expires = 2026-12-31\n")).is_ok());
}
