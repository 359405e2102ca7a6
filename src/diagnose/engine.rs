//! Follows the links between findings to causes.

use std::collections::{BTreeMap, BTreeSet};

use super::common::{Common, CommonDeviation};
use super::evidence::Evidence;
use super::groups::{most_telling, operations};
use super::rules;

/// One thing that is wrong with the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Positions of the findings that it explains, the primary one first, then in their order.
    pub findings: Vec<usize>,
    /// What they have in common; `None` if the primary one says it all.
    pub common: Option<Common>,
}

/// Which finding follows from which.
#[derive(Debug)]
pub(super) struct Links {
    causes: Vec<Option<usize>>,
    /// Whether each finding says that the target is unreliable, and nothing of a clause.
    is_intermittent: Vec<bool>,
    /// Findings that the form of responses explains.
    of_form: BTreeSet<usize>,
    /// What those findings have in common that follow from a finding.
    common: BTreeMap<usize, Common>,
}

impl Links {
    pub(super) fn new(findings: &[Evidence<'_>]) -> Links {
        let is_intermittent = findings.iter().map(|finding| finding.is_intermittent).collect();
        Links { causes: vec![None; findings.len()], is_intermittent, of_form: BTreeSet::new(), common: BTreeMap::new() }
    }

    fn is_intermittent(&self, finding: usize) -> bool {
        self.is_intermittent.get(finding).copied().unwrap_or_default()
    }

    /// Whether the form of responses explains a finding.
    pub(super) fn is_of_form(&self, finding: usize) -> bool {
        self.of_form.contains(&finding)
    }

    /// The finding that a finding follows from in the end; itself if it follows from none.
    pub(super) fn primary(&self, finding: usize) -> usize {
        let mut primary = finding;
        while let Some(cause) = self.causes.get(primary).copied().flatten() {
            primary = cause;
        }
        primary
    }

    /// Whether a finding follows from none.
    pub(super) fn is_primary(&self, finding: usize) -> bool {
        self.primary(finding) == finding
    }

    /// Applies rules that explain findings by the form of responses. From then on these findings do not say that their clauses
    /// are broken in any other way: no rule explains further ones by them, except by what their responses look like.
    fn explain_by_form(&mut self, rules: &[rules::Rule], findings: &[Evidence<'_>]) {
        let open: Vec<usize> = (0..findings.len()).filter(|finding| self.is_primary(*finding)).collect();
        rules.iter().for_each(|rule| rule(findings, self));
        for finding in open.into_iter().filter(|finding| !self.is_primary(*finding)).collect::<Vec<_>>() {
            self.of_form.extend([finding, self.primary(finding)]);
        }
    }

    /// Says of each finding that follows from an earlier one of the same list which one that is: the first that explains
    /// it.
    pub(super) fn follow_earlier(&mut self, ordered: &[usize], explains: impl Fn(usize, usize) -> bool) {
        for (index, finding) in ordered.iter().enumerate() {
            if let Some(cause) = ordered.iter().take(index).find(|earlier| explains(**earlier, *finding)) {
                self.follows(*finding, *cause);
            }
        }
    }

    /// Says what the findings have in common that follow from this one. That they show only sometimes says more than all else.
    pub(super) fn note<'o>(
        &mut self,
        primary: usize,
        operations: impl IntoIterator<Item = &'o str>,
        deviation: CommonDeviation,
    ) {
        let operations = operations.into_iter().map(str::to_owned).collect();
        let is_noise =
            |known: &Common| matches!(known.deviation, CommonDeviation::Unreliable | CommonDeviation::SplitState);
        if !self.common.get(&primary).is_some_and(is_noise) {
            self.common.insert(primary, Common { operations, deviation });
        }
    }

    /// Whether it was said what the findings have in common that follow from this one.
    pub(super) fn is_noted(&self, primary: usize) -> bool {
        self.common.contains_key(&primary)
    }

    /// Says that findings have one cause, which one of them names: the primary one, or the first that is not
    /// intermittent, if the primary one is. Returns that one.
    pub(super) fn join(&mut self, group: &[usize], primary: usize) -> usize {
        let names_cause = |finding: &usize| !self.is_intermittent(*finding) && !self.is_of_form(*finding);
        let mut others = group.iter().copied().filter(names_cause);
        let primary = if names_cause(&primary) { primary } else { others.next().unwrap_or(primary) };
        group.iter().for_each(|finding| self.follows(*finding, primary));
        primary
    }

    /// Says that findings have one cause and what they have in common. The finding names it that says it best.
    pub(super) fn join_as<'a>(
        &mut self,
        findings: &[Evidence<'a>],
        group: &[usize],
        says_best: impl Fn(&Evidence<'a>) -> bool,
        deviation: CommonDeviation,
    ) {
        if let Some(primary) = most_telling(findings, group, says_best) {
            let primary = self.join(group, primary);
            self.note(primary, operations(findings, group), deviation);
        }
    }

    /// Says that a finding, with all that follows from it, follows from a cause. A finding that follows from another
    /// one already keeps its cause, and one that says something of a clause follows from none that is
    /// intermittent, or that the form of responses explains.
    pub(super) fn follows(&mut self, finding: usize, cause: usize) {
        if !self.is_of_form(cause) && !self.is_of_form(finding) {
            self.shows_the_same_form(finding, cause);
        }
    }

    /// Says the same of two findings whose responses have one wrong form: there the form explains further ones.
    pub(super) fn shows_the_same_form(&mut self, finding: usize, cause: usize) {
        let cause = self.primary(cause);
        let is_noise = self.is_intermittent(cause) && !self.is_intermittent(finding);
        if !self.is_primary(finding) || cause == finding || is_noise {
            return;
        }
        if let Some(link) = self.causes.get_mut(finding) {
            *link = Some(cause);
        }
    }
}

/// The causes of findings, those that explain most first. `upheld` are the ids of the clauses that were upheld.
pub fn causes(evidence: &[Evidence<'_>], upheld: &BTreeSet<&str>) -> Vec<Cause> {
    let mut links = Links::new(evidence);
    rules::BEFORE_THE_API(evidence, upheld, &mut links);
    rules::FIRST.iter().for_each(|rule| rule(evidence, &mut links));
    links.explain_by_form(&rules::OF_FORM, evidence);
    rules::OF_MEMBERS(evidence, upheld, &mut links);
    rules::OTHERS.iter().for_each(|rule| rule(evidence, &mut links));
    for rule in rules::OF_CHECKS {
        rule(evidence, upheld, &mut links);
    }
    rules::LAST(evidence, &mut links);
    let mut by_primary: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for finding in 0..evidence.len() {
        by_primary.entry(links.primary(finding)).or_default().push(finding);
    }
    let mut cause = |(primary, mut findings): (usize, Vec<usize>)| {
        findings.sort_by_key(|finding| *finding != primary);
        let noted = links.common.remove(&primary).or_else(|| rules::common_noise(evidence, &findings));
        let common = noted.or_else(|| Common::of_one_promise(evidence, &findings));
        Cause { findings, common }
    };
    let mut causes: Vec<Cause> = by_primary.into_iter().map(&mut cause).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.findings.len()));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::finding;
    use crate::judge::finding::FindingKind;

    fn no_links(findings: usize) -> Links {
        Links::new(&vec![finding("rule.any", "GetChannel", FindingKind::WrongBehaviour); findings])
    }

    #[test]
    fn links_lead_to_the_finding_that_follows_from_none() {
        let mut links = no_links(4);
        links.follows(2, 1);
        links.follows(1, 0);
        links.follows(2, 3);
        links.follows(0, 2);
        assert_eq!([0, 1, 2, 3].map(|finding| links.primary(finding)), [0, 0, 0, 3]);
    }

    #[test]
    fn the_first_that_explains_a_finding_is_its_cause() {
        let mut links = no_links(4);
        links.follow_earlier(&[3, 1, 0, 2], |earlier, later| earlier + later != 3);
        assert_eq!([0, 1, 2, 3].map(|finding| links.primary(finding)), [3, 3, 3, 3]);
        let mut links = no_links(3);
        links.follow_earlier(&[0, 1, 2], |_, _| false);
        assert_eq!([0, 1, 2].map(|finding| links.primary(finding)), [0, 1, 2]);
    }

    #[test]
    fn what_the_form_of_responses_explains_says_nothing_of_other_findings() {
        let findings = vec![finding("rule.any", "GetChannel", FindingKind::WrongBehaviour); 5];
        let mut links = Links::new(&findings);
        links.explain_by_form(&[|_, links| links.follows(1, 0)], &findings);
        links.follows(2, 1);
        assert_eq!(links.join(&[0, 3, 4], 0), 3);
        assert_eq!([0, 1, 2, 3, 4].map(|finding| links.primary(finding)), [0, 0, 2, 3, 3]);
        links.shows_the_same_form(2, 1);
        assert_eq!(links.primary(2), 0);
    }

    #[test]
    fn what_counts_follows_from_nothing_that_is_intermittent() {
        let mut links = no_links(3);
        links.is_intermittent = vec![true, false, true];
        links.follows(1, 0);
        links.follows(2, 0);
        links.follows(0, 1);
        assert_eq!([0, 1, 2].map(|finding| links.primary(finding)), [1, 1, 1]);
        let mut links = no_links(2);
        links.is_intermittent = vec![true, false];
        links.follows(1, 0);
        assert_eq!([0, 1].map(|finding| links.primary(finding)), [0, 1]);
        assert_eq!(links.join(&[0, 1], 0), 1);
        assert_eq!([0, 1].map(|finding| links.primary(finding)), [1, 1]);
    }
}
