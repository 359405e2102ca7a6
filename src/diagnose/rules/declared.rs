//! What follows from what, as data: `suites/consequences.toml`.

use std::sync::LazyLock;

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;

const DATA: &str = include_str!("../../../suites/consequences.toml");

/// The data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(rename = "consequence")]
    entries: Vec<Entry>,
}

/// Findings that follow from a broken clause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Globs of the broken clause.
    of: Vec<String>,
    /// Kinds of the findings that say that it is broken; any if empty.
    #[serde(default)]
    of_kinds: Vec<FindingKind>,
    /// A glob of the detail of the findings that say that it is broken; any if absent.
    #[serde(default)]
    of_detail: Option<String>,
    /// Operations of the findings that say that it is broken; any if empty.
    #[serde(default)]
    of_operations: Vec<String>,
    /// Whether the findings that say that it is broken must show a wrong value: what is absent is not one.
    #[serde(default)]
    of_value: bool,
    /// A text that the sentences of the findings have that say that it is broken.
    #[serde(default)]
    of_mentions: Option<String>,
    /// Whether the findings that say that it is broken must follow from no other.
    #[serde(default)]
    of_primary: bool,
    /// Whether the findings that say that it is broken must have been looked for again without showing each time.
    #[serde(default)]
    of_unsteady: bool,
    /// Globs of the clauses of the findings.
    clauses: Vec<String>,
    /// Operations of the findings; any if empty.
    #[serde(default)]
    operations: Vec<String>,
    /// Kinds of the findings; any if empty.
    #[serde(default)]
    kinds: Vec<FindingKind>,
    /// Error codes of the findings; any if empty.
    #[serde(default)]
    codes: Vec<String>,
    /// A member that the telling request has.
    #[serde(default)]
    request_has: Option<String>,
    /// Globs of clauses that must be broken as well.
    #[serde(default)]
    beside: Vec<String>,
    /// The member that the broken clause's finding is about; any if absent.
    #[serde(default)]
    about: Option<String>,
    /// Globs of clauses that must not be broken.
    #[serde(default)]
    without: Vec<String>,
    /// Whether the finding and the broken clause's finding must show the same member wrong.
    #[serde(default)]
    same_member: bool,
    /// Whether the finding must have come after all requests that the broken clause's finding came after.
    #[serde(default)]
    after_same: bool,
    /// Whether the finding's telling request must be the first of its operation.
    #[serde(default)]
    first: bool,
    /// A glob of the path of the finding's telling request.
    #[serde(default)]
    path: Option<String>,
    /// A request that was sent on the way to the finding: its method and the first part of its path.
    #[serde(default)]
    after: Option<String>,
    /// A glob of the detail of the finding; any if absent.
    #[serde(default)]
    detail: Option<String>,
    /// A text that the telling response has as the name of a member or within a text.
    #[serde(default)]
    shown: Option<String>,
    /// A text that the finding's sentences have.
    #[serde(default)]
    mentions: Option<String>,
    /// Whether the finding must have been looked for again without showing each time.
    #[serde(default)]
    unsteady: bool,
    /// Whether all findings of these clauses on the operation must be shown by pages that are full.
    #[serde(default)]
    full_pages: bool,
    /// Whether the body of the telling request must be unreadable as JSON.
    #[serde(default)]
    unreadable_request: bool,
    /// Where the finding is, seen from the operation on which the clause is broken; anywhere if absent.
    #[serde(default)]
    on: Option<Place>,
}

/// An operation, seen from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    SameOperation,
    OtherOperation,
}

/// An entry with its globs compiled.
struct Consequence {
    of: Vec<GlobMatcher>,
    clauses: Vec<GlobMatcher>,
    beside: Vec<GlobMatcher>,
    without: Vec<GlobMatcher>,
    path: Option<GlobMatcher>,
    detail: Option<GlobMatcher>,
    of_detail: Option<GlobMatcher>,
    entry: Entry,
}

static CONSEQUENCES: LazyLock<Vec<Consequence>> = LazyLock::new(|| read(DATA).unwrap_or_default());

fn read(data: &str) -> Result<Vec<Consequence>, String> {
    let data: Data = toml::from_str(data).map_err(|error| error.to_string())?;
    let compile = |globs: &[String]| -> Result<Vec<GlobMatcher>, String> {
        let compiled = |glob: &String| Glob::new(glob).map(|glob| glob.compile_matcher());
        globs.iter().map(compiled).collect::<Result<_, _>>().map_err(|error| error.to_string())
    };
    data.entries
        .into_iter()
        .map(|entry| {
            let (of, clauses, beside) = (compile(&entry.of)?, compile(&entry.clauses)?, compile(&entry.beside)?);
            let (without, path) = (compile(&entry.without)?, compile(entry.path.as_slice())?.pop());
            let detail = compile(entry.detail.as_slice())?.pop();
            let of_detail = compile(entry.of_detail.as_slice())?.pop();
            Ok(Consequence { of, clauses, beside, without, path, detail, of_detail, entry })
        })
        .collect()
}

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for consequence in CONSEQUENCES.iter() {
        let is_seen = |glob: &GlobMatcher| findings.iter().any(|finding| glob.is_match(finding.clause));
        if !consequence.beside.iter().all(is_seen) || consequence.without.iter().any(is_seen) {
            continue;
        }
        let is_broken = |finding: &Evidence<'_>| {
            consequence.of.iter().any(|glob| glob.is_match(finding.clause))
                && is_kind(&consequence.entry.of_kinds, finding)
                && allows(&consequence.entry.of_operations, finding.operation)
                && is_detail(consequence.of_detail.as_ref(), finding)
                && consequence.entry.of_mentions.as_deref().is_none_or(|text| finding.mentions(text))
                && !(consequence.entry.of_value && finding.shows_absence())
                && !(consequence.entry.of_unsteady && finding.is_steady)
                && consequence.entry.about.as_deref().is_none_or(|member| finding.member_name() == member)
        };
        let mut broken = positions(findings, is_broken);
        broken.retain(|position| !consequence.entry.of_primary || links.is_primary(*position));
        let shows_short_page = |operation: &str| {
            let is_short = |other: &Evidence<'_>| {
                other.operation == operation && !other.shows_full_page() && consequence.covers(other)
            };
            findings.iter().any(is_short)
        };
        for (position, finding) in findings.iter().enumerate().filter(|(_, finding)| !is_broken(finding)) {
            let is_near =
                |cause: &&usize| findings.get(**cause).is_some_and(|cause| consequence.is_near(cause, finding));
            if consequence.covers(finding)
                && !(consequence.entry.full_pages && shows_short_page(finding.operation))
                && let Some(cause) = broken.iter().find(is_near)
            {
                links.follows(position, *cause);
            }
        }
    }
}

impl Consequence {
    /// Whether a finding is where the entry says, seen from the finding that says that the clause is broken.
    fn is_near(&self, cause: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
        let place = match cause.operation == finding.operation {
            true => Place::SameOperation,
            false => Place::OtherOperation,
        };
        self.entry.on.is_none_or(|on| on == place)
            && (!self.entry.same_member || cause.shown_name() == finding.shown_name())
            && (!self.entry.after_same || finding.comes_after_all_of(cause))
    }

    fn covers(&self, finding: &Evidence<'_>) -> bool {
        let entry = &self.entry;
        self.clauses.iter().any(|glob| glob.is_match(finding.clause))
            && self.path.as_ref().is_none_or(|glob| glob.is_match(finding.path))
            && entry.after.as_deref().is_none_or(|step| finding.involves(step))
            && is_detail(self.detail.as_ref(), finding)
            && allows(&entry.operations, finding.operation)
            && allows(&entry.codes, finding.code.unwrap_or_default())
            && is_kind(&entry.kinds, finding)
            && entry.request_has.as_deref().is_none_or(|member| finding.request_members().contains(member))
            && entry.shown.as_deref().is_none_or(|text| finding.response.to_string().contains(text))
            && entry.mentions.as_deref().is_none_or(|text| finding.mentions(text))
            && (!entry.unsteady || !finding.is_steady)
            && !(entry.first && finding.steps_before.contains(&finding.step))
            && (!entry.unreadable_request || finding.request.is_string())
    }
}

fn is_detail(glob: Option<&GlobMatcher>, finding: &Evidence<'_>) -> bool {
    glob.is_none_or(|glob| finding.detail.is_some_and(|detail| glob.is_match(detail)))
}

fn allows(list: &[String], text: &str) -> bool {
    list.is_empty() || list.iter().any(|entry| entry == text)
}

fn is_kind(kinds: &[FindingKind], finding: &Evidence<'_>) -> bool {
    kinds.is_empty() || kinds.contains(&finding.kind)
}

#[cfg(test)]
mod tests;
