use super::*;
use crate::report::record::CaseVerdict;
use crate::report::sample;

type Change = fn(&mut Record);

/// Cuts a record into shards as a run would have made them: every n-th case, with its findings and clauses.
fn cut(whole: &Record, count: u32) -> Vec<Record> {
    (1..=count)
        .map(|index| {
            let mut shard = whole.clone();
            shard.shard = Shard { index, count }.to_string();
            shard.cases.retain(|case| case.position % u64::from(count) == u64::from(index - 1));
            let kept: HashSet<&str> = shard.cases.iter().flat_map(|case| &case.findings).map(String::as_str).collect();
            shard.findings.retain(|finding| kept.contains(finding.id.as_str()));
            let decided: HashSet<&str> = shard.findings.iter().map(|finding| finding.clause.as_str()).collect();
            for clause in &mut shard.clauses {
                if !decided.contains(clause.id.as_str()) && clause.verdict == ClauseVerdict::Violated {
                    clause.verdict = ClauseVerdict::Untested;
                    clause.reason = Some("no response of the target showed it".to_owned());
                }
                clause.requests = if index == 1 { clause.requests } else { 0 };
                clause.observations = if index == 1 { clause.observations } else { 0 };
            }
            shard.summary.requests = if index == 1 { whole.summary.requests } else { 0 };
            // A family of sequences is one case, which one shard runs.
            shard.summary.steps = whole.summary.steps.filter(|_| index == 1);
            shard.notes.truncate(if index == 1 { usize::MAX } else { 0 });
            shard.recount();
            shard
        })
        .collect()
}

#[test]
fn merged_shards_equal_the_single_run() {
    for whole in sample::all() {
        for count in [1, 2, 3, 7] {
            let mut shards = cut(&whole, count);
            shards.reverse();
            let mut merged = merge(shards.clone()).unwrap();
            merged.summary.operations = whole.summary.operations.clone();
            assert_eq!(merged, whole, "{count} shards");
        }
    }
}

/// Two shards with one finding each, which have the same id, and cases of these positions.
fn twins(positions: [u64; 2]) -> Vec<Record> {
    let mut shards = cut(&sample::failing(), 2);
    for ((shard, position), name) in shards.iter_mut().zip(positions).zip(["of the first", "of the second"]) {
        let id = format!("case {name}");
        let finding = sample::failing().findings[0].clone();
        shard.cases = vec![CaseRecord { position, ..sample::case(&id, None, CaseVerdict::Failed, &[&finding.id]) }];
        shard.findings = vec![FindingRecord { case: id, observed: name.to_owned(), ..finding }];
    }
    shards
}

/// The one finding of merged shards: what it observed, and how often. The order of the shards makes no difference.
fn joined(mut shards: Vec<Record>) -> (String, u64) {
    let [there, back] = [(); 2].map(|()| {
        shards.reverse();
        let merged = merge(shards.clone()).unwrap();
        assert_eq!(merged.findings.len(), 1);
        (merged.findings[0].observed.clone(), merged.findings[0].occurrences)
    });
    assert_eq!(there, back);
    there
}

#[test]
fn one_defect_seen_by_two_shards_is_one_finding_that_the_earliest_case_shows() {
    assert_eq!(joined(twins([4, 7])), ("of the first".to_owned(), 6));
    assert_eq!(joined(twins([7, 4])), ("of the second".to_owned(), 6));
    let mut same = twins([4, 4]);
    assert_eq!(joined(same.clone()).0, "of the first");
    same[1].findings[0].request.body = serde_json::json!({});
    assert_eq!(joined(same).0, "of the second", "its request is shorter");
}

#[test]
fn missing_and_double_shards_are_refused() {
    let shards = cut(&sample::failing(), 3);
    assert_eq!(merge([]), Err(MergeError::Nothing));
    assert_eq!(merge(shards[..2].to_vec()).unwrap_err().to_string(), "shard 3/3 is missing");
    assert_eq!(merge(shards[..1].to_vec()).unwrap_err().to_string(), "shards 2/3, 3/3 are missing");
    let double = [shards[0].clone(), shards[1].clone(), shards[0].clone()];
    assert_eq!(merge(double).unwrap_err().to_string(), "shard 1/3 is given twice");
}

#[test]
fn records_of_different_runs_are_refused() {
    let changes: [(&str, Change); 6] = [
        ("seed", |record| record.seed = 8),
        ("contract", |record| record.contract.sha256 = "0".repeat(64)),
        ("profile", |record| record.profile = "deep".to_owned()),
        ("target", |record| record.target.endpoint = "http://elsewhere".to_owned()),
        ("shard", |record| record.shard = "2/3".to_owned()),
        ("gate", |record| record.gate.strict = true),
    ];
    for (what, change) in changes {
        let mut shards = cut(&sample::failing(), 2);
        change(&mut shards[1]);
        let error = merge(shards.clone()).unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
}

#[test]
fn an_entry_that_no_shard_sees_is_fixed() {
    let mut shards = cut(&sample::failing(), 2);
    let seen = sample::known(&sample::failing().findings[0]);
    let gone = KnownFinding { id: "99999999".to_owned(), ..seen.clone() };
    for shard in &mut shards {
        shard.baseline = Some(BaselineRecord { unseen: vec![seen.clone(), gone.clone()], ..Default::default() });
    }
    let merged = merge(shards.clone()).unwrap();
    assert_eq!(merged.baseline.as_ref().unwrap().fixed, [gone]);
    assert_eq!(merged.summary.findings.fixed, 1);
}

#[test]
fn an_interrupted_shard_leaves_the_whole_undecided() {
    let mut shards = cut(&sample::clean(), 2);
    shards[1].stopped_early = Some("interrupted".to_owned());
    let merged = merge(shards.clone()).unwrap();
    assert_eq!(merged.stopped_early.as_deref(), Some("shard 2/2: interrupted"));
    assert!(merged.cases.iter().all(|case| case.verdict != CaseVerdict::Failed));
}

#[test]
fn the_reason_of_a_case_outweighs_any_other() {
    let mut shards = cut(&sample::clean(), 2);
    for shard in &mut shards {
        shard.clauses[0].verdict = ClauseVerdict::Untested;
        shard.clauses[0].reason = Some("no response of the target showed it".to_owned());
        shard.clauses[0].requests = 0;
    }
    let blocker = Some("the set-up failed".to_owned());
    shards[1].clauses[0].reason.clone_from(&blocker);
    shards[1].cases[0].verdict = CaseVerdict::Inconclusive;
    shards[1].cases[0].reason.clone_from(&blocker);
    assert_eq!(merge(shards.clone()).unwrap().clauses[0].reason, blocker);
    shards.reverse();
    assert_eq!(merge(shards.clone()).unwrap().clauses[0].reason, blocker);
}

#[test]
fn a_side_that_no_shard_could_show_leaves_the_clause_untested() {
    let clause = "rule.names-are-short";
    let case = |position, name: &str, verdict| {
        let id = format!("{clause}/{name}");
        CaseRecord { position, ..sample::case(&id, None, verdict, &[]) }
    };
    let single = |verdict_on_b| {
        let mut record = sample::clean();
        record.clauses = vec![ClauseRecord { requests: 2, ..sample::clause(clause, ClauseVerdict::Upheld, None) }];
        record.cases = vec![
            case(0, "accepts@A", CaseVerdict::Passed),
            case(1, "refuses@A", CaseVerdict::Inconclusive),
            case(2, "accepts@B", CaseVerdict::Inconclusive),
            case(3, "refuses@B", verdict_on_b),
        ];
        record
    };
    let expected = [(CaseVerdict::Passed, ClauseVerdict::Upheld), (CaseVerdict::Inconclusive, ClauseVerdict::Untested)];
    for (on_b, verdict) in expected {
        let mut whole = single(on_b);
        coverage::settle(&mut whole.clauses, &whole.cases);
        assert_eq!(whole.clauses[0].verdict, verdict);
        // Each side was shown, or not, in another shard; alone, either shard may be in doubt.
        let mut shards = cut(&single(on_b), 2);
        for shard in &mut shards {
            shard.clauses[0].requests = 1;
            coverage::settle(&mut shard.clauses, &shard.cases);
        }
        let merged = merge(shards.clone()).unwrap();
        assert_eq!(merged.clauses, whole.clauses);
        assert_eq!(merged.cases, whole.cases);
    }
}
