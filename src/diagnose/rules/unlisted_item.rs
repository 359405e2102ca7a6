//! A list that loses items breaks every rule that looks for one of them.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::grouped;

/// How a sentence about the number of elements names it.
const LENGTH: &str = "has length ";
/// What a sentence about a page ends with if another page follows.
const MORE: &str = " items and a token.";

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    // A page from which an item is lost is not full although another follows.
    let is_affected = |finding: &Evidence<'_>| lacks_an_item(finding) || is_short_page(finding);
    for mut group in grouped(findings, |finding| is_affected(finding).then_some(finding.operation)).into_values() {
        let affected = group.clone();
        group.retain(|position| links.is_primary(*position));
        // What a plain request does not show is not shown by one with filters either. An item that is missing says more than
        // a number, and a rule that misses items in several ways says more than one that misses a single one.
        let clause = |position: &usize| findings.get(*position).map(|finding| finding.clause);
        let breadth = |position: &usize| affected.iter().filter(|other| clause(other) == clause(position)).count();
        let plainest = |position: &&usize| {
            let finding = findings.get(**position)?;
            let asked = finding.request_members().len();
            let is_direct = std::cmp::Reverse(finding.is_direct);
            let breadth = std::cmp::Reverse(breadth(position));
            Some((is_number(finding), breadth, asked, is_direct, std::cmp::Reverse(finding.occurrences)))
        };
        let lacks_an_item = |position: &&usize| findings.get(**position).is_some_and(lacks_an_item);
        let Some(primary) = group.iter().filter(lacks_an_item).min_by_key(plainest).copied() else { continue };
        links.join(&group, primary);
    }
}

/// Whether a list does not show an item that it should show, or has too few of them.
fn lacks_an_item(finding: &Evidence<'_>) -> bool {
    finding.lacks_an_item() || finding.shows_a_broken_rule() && is_short(finding)
}

/// Whether it compares how many elements a list has.
fn is_number(finding: &Evidence<'_>) -> bool {
    finding.expected.contains(LENGTH)
}

/// Whether a page that another one follows has fewer items than it was to have.
fn is_short_page(finding: &Evidence<'_>) -> bool {
    let sizes = || {
        let most = finding.expected.strip_prefix("A page has at most ")?.split_once(' ')?.0.parse::<u64>().ok()?;
        let shown = finding.observed.strip_prefix("The page has ")?.strip_suffix(MORE)?.parse::<u64>().ok()?;
        Some(shown < most)
    };
    finding.is_general() && sizes().unwrap_or_default()
}

/// Whether a list has fewer elements than it should have.
fn is_short(finding: &Evidence<'_>) -> bool {
    match (length(finding.expected), length(finding.observed)) {
        (Some(expected), Some(observed)) => observed < expected,
        _ => false,
    }
}

fn length(sentence: &str) -> Option<u64> {
    sentence.split_once(LENGTH)?.1.strip_suffix('.')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};
    use crate::judge::finding::FindingKind;

    fn seen(clause: &'static str, expected: &'static str, observed: &'static str) -> Evidence<'static> {
        Evidence { expected, observed, ..finding(clause, "ListChannels", FindingKind::WrongBehaviour) }
    }

    #[test]
    fn a_list_that_loses_items_is_one_cause_named_by_the_plainest_request() {
        let tags = Evidence {
            request: body(json!({"filterByName": "a"})),
            ..seen("rule.tags-of-create-appear-everywhere", "`items[arn=…].tags` is {}.", "`items[arn=…]` is absent.")
        };
        let shown = seen("rule.lists-show-what-was-created", "The channel is shown.", "It is not.");
        let short = seen("rule.pages-are-disjoint-and-complete", "`items` has length 3.", "`items` has length 2.");
        let shared = Evidence {
            request: body(json!({"filterByName": "a"})),
            ..seen("rule.can-be-shared", "`items` has an item with {\"arn\":\"a\"}.", "`items` is [].")
        };
        assert_eq!(linked(link, &[tags, shown, Evidence { occurrences: 9, ..short }, shared]), [1, 1, 1, 1]);
    }

    #[test]
    fn the_rule_that_misses_items_in_several_ways_names_the_cause() {
        let shared = seen("rule.can-be-shared", "`items` has an item with {\"arn\":\"a\"}.", "`items` is [].");
        let of_list = |observed| Evidence {
            request: body(json!({"filterByName": "a"})),
            ..seen("rule.lists-show-what-was-created", "The channel is shown.", observed)
        };
        let findings = [shared, of_list("It is not."), of_list("`items[arn=channel]` is absent.")];
        assert_eq!(linked(link, &findings), [1, 1, 1]);
    }

    #[test]
    fn a_page_that_is_not_full_follows_from_an_item_that_is_not_listed() {
        let full = "A page has at most 5 items, and 5 if another follows.";
        let page = seen("rule.next-token-means-more", full, "The page has 4 items and a token.");
        let long = seen("rule.pages-stay-within-max-results", full, "The page has 6 items and a token.");
        let shown = seen("rule.lists-show-what-was-created", "The channel is shown.", "It is not.");
        assert_eq!(linked(link, &[page.clone(), long, shown]), [2, 1, 2]);
        assert_eq!(linked(link, &[page]), [0]);
    }

    #[test]
    fn what_already_has_a_cause_explains_no_other_item() {
        let filtered = Evidence {
            request: body(json!({"filterByName": "a"})),
            ..seen("rule.filter-by-name-finds-the-channel", "`items` has length 1.", "`items` has length 0.")
        };
        let cause = finding("rule.get-returns-what-create-answered", "CreateChannel", FindingKind::WrongBehaviour);
        let shown = seen("rule.lists-show-what-was-created", "The channel is shown.", "It is not.");
        let findings = [cause, filtered, shown];
        let mut links = Links::new(&findings);
        links.follows(1, 0);
        link(&findings, &mut links);
        assert_eq!([1, 2].map(|position| links.primary(position)), [0, 2]);
    }

    #[test]
    fn wrong_members_longer_lists_and_other_lists_stay_apart() {
        let shown = seen("rule.lists-show-what-was-created", "The channel is shown.", "It is not.");
        let member = seen("rule.tags-of-create-appear-everywhere", "", "`items[arn=…].tags` is absent.");
        let long = seen("rule.default-page-size-is-100", "`items` has length 3.", "`items` has length 4.");
        let elsewhere = Evidence { operation: "ListStreamKeys", ..shown.clone() };
        assert_eq!(linked(link, &[shown, member, long, elsewhere]), [0, 1, 2, 3]);
    }
}
