//! A comparison for a reader. The sum stands last, where a terminal shows it.

use std::fmt::Write;

use super::{CauseChange, Change, Diff, FindingChange, RunInfo, Showing};
use crate::report::record::ClauseVerdict;
use crate::report::text::{count, grouped, shorten, visible};
use crate::spec::clause::Tier;

/// How many clauses of one transition are named.
const MOST_CLAUSES: usize = 8;
/// Longest sentence of a target, in characters.
const LONGEST_SENTENCE: usize = 300;

/// Writes a comparison as text.
pub fn page(diff: &Diff) -> String {
    let mut page = String::new();
    run(&mut page, "old", &diff.old);
    run(&mut page, "new", &diff.new);
    for note in notes(diff) {
        let _ = writeln!(page, "note: {note}");
    }
    for (change, heading) in [
        (Change::New, "new"),
        (Change::Gone, "gone"),
        (Change::Undecided, "not seen again, but not ruled out"),
        (Change::Changed, "shows in another way"),
    ] {
        section(&mut page, diff, change, heading);
    }
    clauses(&mut page, diff);
    let _ = writeln!(page, "\n{}\n{}", score(diff), total(diff));
    page
}

fn run(page: &mut String, name: &str, run: &RunInfo) {
    let (started, target, profile) = (visible(&run.started_at), visible(&run.target), visible(&run.profile));
    let _ = writeln!(page, "{name}  {started}  {target}  seed {} · profile {profile}", run.seed);
}

/// What a reader should know before taking a difference for one of the target.
fn notes(diff: &Diff) -> Vec<String> {
    let mut notes = Vec::new();
    if diff.old.contract.sha256 != diff.new.contract.sha256 {
        notes.push("the contracts differ; `spec diff` compares them".to_owned());
    }
    if (diff.old.seed, &diff.old.profile) != (diff.new.seed, &diff.new.profile) {
        notes.push("the runs sent different requests: seed or profile differ".to_owned());
    }
    let compared = &diff.compared;
    if compared.only_old + compared.only_new > 0 {
        notes.push(format!(
            "{} compared; {} in the old report alone, {} in the new one alone",
            count(compared.clauses, "clause"),
            grouped(compared.only_old),
            grouped(compared.only_new)
        ));
    }
    notes
}

/// The findings with one fate, below their causes.
fn section(page: &mut String, diff: &Diff, change: Change, heading: &str) {
    let of_cause = |cause: &CauseChange| -> Vec<&FindingChange> {
        let is_of_cause = |finding: &&FindingChange| finding.change == change && cause.findings.contains(&finding.id);
        diff.findings.iter().filter(is_of_cause).collect()
    };
    let groups: Vec<(&CauseChange, Vec<&FindingChange>)> =
        diff.causes.iter().map(|cause| (cause, of_cause(cause))).filter(|(_, findings)| !findings.is_empty()).collect();
    if groups.is_empty() {
        return;
    }
    let findings: usize = groups.iter().map(|(_, findings)| findings.len()).sum();
    let causes = count(groups.len() as u64, "cause");
    let _ = writeln!(page, "\n{heading}: {} from {causes}", count(findings as u64, "finding"));
    for (cause, findings) in groups {
        let _ = writeln!(page, "  {}", visible(&cause.title));
        for finding in findings {
            let is_otherwise_violated =
                change == Change::Gone && finding.clause_verdict == Some(ClauseVerdict::Violated);
            let but = if is_otherwise_violated { " (the clause is still violated, in another way)" } else { "" };
            let _ = writeln!(page, "    {} {}{but}", mark(change), visible(&finding.id));
            details(page, finding);
        }
    }
}

fn mark(change: Change) -> char {
    match change {
        Change::New => '+',
        Change::Gone => '-',
        Change::Undecided => '?',
        Change::Changed => '~',
    }
}

fn details(page: &mut String, finding: &FindingChange) {
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(page, "        {label:<7} {}", visible(&shorten(text, LONGEST_SENTENCE)));
    };
    if let (Some(before), Some(after)) = (&finding.before, &finding.after) {
        line("before", &in_words(before, after));
        line("after", &in_words(after, before));
    }
    match (&finding.reason, finding.change) {
        (Some(reason), Change::New) => line("earlier", &format!("could not be told: {reason}")),
        (Some(reason), _) => line("because", reason),
        (None, _) => {}
    }
}

/// What is seen, with what else differs from the other report.
fn in_words(this: &Showing, other: &Showing) -> String {
    let mut words = this.observed.clone();
    if this.tier != other.tier {
        words.push_str(match this.tier {
            Tier::Documented => " (documented)",
            Tier::Inferred => " (inferred)",
        });
    }
    if this.intermittent != other.intermittent {
        words.push_str(if this.intermittent { " (now and then)" } else { " (every time)" });
    }
    words
}

fn clauses(page: &mut String, diff: &Diff) {
    if diff.clauses.is_empty() {
        return;
    }
    let _ = writeln!(page, "\nclauses");
    use ClauseVerdict::{Untested, Upheld, Violated};
    for (before, after) in [
        (Upheld, Violated),
        (Untested, Violated),
        (Upheld, Untested),
        (Violated, Untested),
        (Violated, Upheld),
        (Untested, Upheld),
    ] {
        let is_one = |clause: &&super::ClauseChange| (clause.before, clause.after) == (before, after);
        let ids: Vec<&str> = diff.clauses.iter().filter(is_one).map(|clause| clause.id.as_str()).collect();
        if ids.is_empty() {
            continue;
        }
        let more = match ids.len().saturating_sub(MOST_CLAUSES) {
            0 => String::new(),
            more => format!(" and {} more (--format json has all)", grouped(more as u64)),
        };
        let named = ids.iter().take(MOST_CLAUSES).copied().collect::<Vec<_>>().join(", ");
        let transition = format!("{} → {}", word(before), word(after));
        let _ = writeln!(page, "  {transition:<19} {:>5}  {}{more}", grouped(ids.len() as u64), visible(&named));
    }
}

fn word(verdict: ClauseVerdict) -> &'static str {
    match verdict {
        ClauseVerdict::Upheld => "upheld",
        ClauseVerdict::Violated => "violated",
        ClauseVerdict::Untested => "untested",
    }
}

fn score(diff: &Diff) -> String {
    let (old, new) = (&diff.old.score, &diff.new.score);
    let part = |upheld, total, percent| format!("{} of {} ({percent} %)", grouped(upheld), grouped(total));
    format!(
        "clauses upheld: {} → {}",
        part(old.upheld, old.total, old.percent()),
        part(new.upheld, new.total, new.percent())
    )
}

fn total(diff: &Diff) -> String {
    if diff.is_empty() {
        return "the reports say the same".to_owned();
    }
    let summary = &diff.summary;
    format!(
        "the reports differ: {}: {} new, {} gone, {} not ruled out, {} changed; {} with another verdict",
        count(diff.findings.len() as u64, "finding"),
        grouped(summary.new),
        grouped(summary.gone),
        grouped(summary.undecided),
        grouped(summary.changed),
        count(summary.clauses, "clause")
    )
}
