#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::diagnose::samples::{body, finding, linked, refusal};
use crate::spec;

#[test]
fn what_is_declared_to_follow_does_and_nothing_else() {
    let unique = finding("rule.channel-names-need-not-be-unique", "CreateChannel", FindingKind::RejectedValid);
    let conflict = refusal("CreateChannel.status", "CreateChannel", 409, "ConflictException");
    let quota = refusal("CreateChannel.status", "CreateChannel", 402, "ServiceQuotaExceededException");
    let elsewhere = refusal("DeleteChannel.status", "DeleteChannel", 409, "ConflictException");
    assert_eq!(linked(link, &[conflict.clone(), unique, quota, elsewhere]), [1, 1, 2, 3]);
    assert_eq!(linked(link, &[conflict]), [0], "without the broken clause it stays on its own");
}

#[test]
fn kinds_details_and_earlier_requests_limit_what_follows() {
    let (removes, taggable) = ("rule.untagging-removes-exactly-the-named-keys", "rule.policies-are-taggable");
    let of = |clause| finding(clause, "ListTagsForResource", FindingKind::WrongBehaviour);
    let after = Evidence { steps_before: ["DELETE tags".to_owned()].into(), ..of(taggable) };
    assert_eq!(linked(link, &[of(removes), after]), [0, 0]);
    assert_eq!(linked(link, &[of(removes), of(taggable)]), [1, 1], "what keeps no tags has none to keep");
    let (keeps, given) = ("rule.update-keeps-tags", "rule.update-channel-keeps-omitted-members");
    let detailed = |detail, observed| Evidence { detail: Some(detail), observed, ..of(given) };
    assert_eq!(linked(link, &[of(keeps), detailed("channel", "`tags` of `channel` is {}.")]), [0, 0]);
    assert_eq!(linked(link, &[of(keeps), detailed("channel", "`name` of `channel` is \"\".")]), [0, 1]);
    assert_eq!(linked(link, &[of(keeps), detailed("channel.name", "`channel.name` is \"tags\".")]), [0, 1]);
    let reserved = finding("rule.tag-key-prefix-is-reserved", "TagResource", FindingKind::AcceptedInvalid);
    let kept = |response| Evidence { response: body(response), ..of("rule.tagging-keeps-other-tags") };
    let tags = |key: &str| kept(json!({"tags": {key: "1"}}));
    assert_eq!(linked(link, &[reserved.clone(), tags("aws:a")]), [0, 0]);
    assert_eq!(linked(link, &[reserved, tags("a")]), [0, 1]);
    let batch = |operation| finding("rule.batch-get-equals-single-gets", operation, FindingKind::WrongBehaviour);
    let lost = |operation| Evidence { operation, ..of("rule.tags-of-create-appear-everywhere") };
    assert_eq!(linked(link, &[batch("BatchGetChannel"), lost("GetChannel")]), [1, 1]);
    assert_eq!(linked(link, &[batch("BatchGetChannel"), lost("BatchGetChannel")]), [0, 0]);
    let pages =
        |clause, observed| Evidence { observed, ..finding(clause, "ListChannels", FindingKind::WrongBehaviour) };
    let long = || pages("rule.pages-stay-within-max-results", "");
    let disjoint = "rule.pages-are-disjoint-and-complete";
    assert_eq!(linked(link, &[long(), pages(disjoint, "It is shown again.")]), [1, 1]);
    assert_eq!(linked(link, &[long(), pages(disjoint, "It is not.")]), [0, 1]);
    let gone = "rule.deleted-channel-is-gone";
    let served = finding(gone, "GetChannel", FindingKind::AcceptedInvalid);
    let code = finding(gone, "GetStream", FindingKind::WrongErrorCode);
    assert_eq!(linked(link, &[code.clone(), served]), [1, 1]);
    assert_eq!(linked(link, &[code.clone(), code]), [0, 1], "that nothing is served shows nothing that exists");
}

#[test]
fn a_page_without_a_token_explains_what_only_full_pages_do_not_show() {
    let of = |clause, observed, items: usize| Evidence {
        observed,
        request: body(json!({"maxResults": 2})),
        response: body(json!({"channels": vec![json!({}); items]})),
        ..finding(clause, "ListChannels", FindingKind::WrongBehaviour)
    };
    let token = || of("rule.next-token-means-more", "`nextToken` is absent.", 2);
    let lost = |items| of("rule.lists-show-what-was-created", "It is not.", items);
    let primaries = linked(link, &[lost(2), token()]);
    assert_eq!(primaries[0], primaries[1]);
    assert_eq!(linked(link, &[lost(1), token()])[0], 0, "a page that is not full lacks an item");
    let cut = Evidence { response: body(json!("{\"channels\": [")), ..lost(0) };
    assert_eq!(linked(link, &[cut, token()]), [1, 1]);
}

#[test]
fn what_a_create_loses_is_not_there_for_a_first_update_to_keep() {
    let of = |clause, operation, before: &[&str]| Evidence {
        member: "Channel$name",
        steps_before: crate::diagnose::samples::steps(before),
        ..finding(clause, operation, FindingKind::WrongBehaviour)
    };
    let lost =
        of("rule.get-returns-what-create-answered", "GetChannel", &["CreateRecordingConfiguration", "CreateChannel"]);
    let kept = |before: &[&str]| of("rule.update-channel-keeps-omitted-members", "UpdateChannel", before);
    assert_eq!(linked(link, &[lost.clone(), kept(&["CreateChannel"])]), [0, 0]);
    assert_eq!(linked(link, &[lost, kept(&["CreateChannel", "UpdateChannel"])]), [0, 1]);
}

#[test]
fn an_update_that_reaches_other_resources_explains_what_shows_by_chance() {
    let of = |clause, is_steady| Evidence { is_steady, ..finding(clause, "GetChannel", FindingKind::WrongBehaviour) };
    let (changes, keeps) = ("rule.update-channel-changes-what-is-given", "rule.update-channel-keeps-omitted-members");
    assert_eq!(linked(link, &[of(keeps, false), of(changes, false)]), [1, 1]);
    let detailed = |finding| Evidence { member: "Channel$name", ..finding };
    assert_eq!(linked(link, &[detailed(of(keeps, true)), of(changes, false)])[0], 0, "what shows each time");
}

#[test]
fn a_lost_update_explains_what_later_updates_and_filters_show() {
    let of = |clause, operation, member| Evidence {
        member,
        steps_before: ["POST UpdateChannel".to_owned()].into(),
        ..finding(clause, operation, FindingKind::WrongBehaviour)
    };
    let lost = of("rule.update-channel-changes-what-is-given", "GetChannel", "Channel$name");
    let kept = |is_steady| Evidence {
        is_steady,
        ..of("rule.update-channel-keeps-omitted-members", "UpdateChannel", "Channel$name")
    };
    let unlisted = Evidence {
        request: body(json!({"filterByName": "a"})),
        ..of("rule.lists-show-what-was-created", "ListChannels", "")
    };
    assert_eq!(linked(link, &[kept(false), lost.clone(), unlisted.clone()]), [1, 1, 1]);
    assert_eq!(linked(link, &[kept(true), lost.clone()]), [0, 0], "an update that resets what it omits");
    let created = Evidence { steps_before: ["POST CreateChannel".to_owned()].into(), ..unlisted };
    assert_eq!(linked(link, &[lost, created]), [0, 1]);
}

#[test]
fn a_name_that_is_dropped_explains_what_filters_by_it_do_not_find_and_no_page_that_is_lost() {
    let list = |clause| Evidence {
        request: body(json!({"filterByName": "a"})),
        ..finding(clause, "ListChannels", FindingKind::WrongBehaviour)
    };
    let items = |clause| Evidence { detail: Some("items"), ..list(clause) };
    let (dropped, filter) = ("rule.get-returns-what-create-answered", "rule.filter-by-name-finds-the-channel");
    let created = finding(dropped, "CreateChannel", FindingKind::WrongBehaviour);
    let name = Evidence { member: "Channel$name", ..created };
    let lost = || list("rule.pages-are-disjoint-and-complete");
    let findings = [name, items(filter), items("rule.lists-show-what-was-created"), lost()];
    assert_eq!(linked(link, &findings), [0, 0, 0, 3]);
    assert_eq!(linked(link, &[items(filter), lost()]), [0, 0], "a filter that is broken itself");
}

#[test]
fn what_a_batch_or_a_list_does_not_show_says_nothing_of_what_is_there() {
    let accepted = |clause, operation| finding(clause, operation, FindingKind::AcceptedInvalid);
    let shown = |clause, operation, detail| Evidence {
        detail: Some(detail),
        ..finding(clause, operation, FindingKind::WrongBehaviour)
    };
    let (gone, second) = ("rule.deleted-stream-key-is-gone", "rule.second-stream-key-is-refused");
    let no_errors = || shown(gone, "BatchGetStreamKey", "errors");
    assert_eq!(linked(link, &[no_errors(), accepted(second, "CreateStreamKey")]), [0, 1]);
    let findings = [no_errors(), accepted(gone, "GetStreamKey"), accepted(second, "CreateStreamKey")];
    assert_eq!(linked(link, &findings)[2], 1, "a key that is still there is the first of two");
    let (channel, keys) = ("rule.deleted-channel-is-gone", "rule.delete-channel-deletes-its-stream-key");
    let findings = [shown(channel, "BatchGetChannel", "errors"), accepted(keys, "GetStreamKey")];
    assert_eq!(linked(link, &findings), [0, 1]);
    let keeps = shown("rule.channel-keeps-its-playback-restriction-policy", "ListChannels", "items");
    let in_summary = Evidence { member: "ChannelSummary$playbackRestrictionPolicyArn", ..keeps };
    let in_use = accepted("rule.policy-in-use-cannot-be-deleted", "DeletePlaybackRestrictionPolicy");
    assert_eq!(linked(link, &[in_summary.clone(), in_use.clone()]), [0, 1]);
    assert_eq!(linked(link, &[Evidence { operation: "GetChannel", ..in_summary }, in_use]), [0, 0]);
}

#[test]
fn one_region_for_all_is_one_cause_and_so_are_members_with_another_name() {
    let region = "rule.lists-stay-in-the-region";
    let created = finding(region, "CreateChannel", FindingKind::WrongBehaviour);
    let listed = finding(region, "ListChannels", FindingKind::WrongBehaviour);
    let created = Evidence { detail: Some("channel.arn"), ..created };
    let listed = Evidence { expected: "`items` has no item with {\"arn\":\"a\"}.", detail: Some("items"), ..listed };
    assert_eq!(linked(link, &[listed, created]), [1, 1]);
    let fails = |clause, operation| finding(clause, operation, FindingKind::ServerError);
    let names = "protocol.member-names-are-case-sensitive";
    let findings =
        [fails("GetChannel.input.arn.required", "GetChannel"), fails(names, "GetChannel"), fails(names, "TagResource")];
    assert_eq!(linked(link, &findings), [0, 0, 2]);
}

#[test]
fn every_entry_names_clauses_and_operations_of_the_contract() {
    let contract = spec::builtin().unwrap();
    for consequence in read(DATA).unwrap() {
        let globs =
            consequence.of.iter().chain(&consequence.clauses).chain(&consequence.beside).chain(&consequence.without);
        for glob in globs {
            assert!(contract.clauses.iter().any(|(_, clause)| glob.is_match(&clause.id)), "{}", glob.glob());
        }
        for operation in consequence.entry.operations.iter().chain(&consequence.entry.of_operations) {
            assert!(contract.operation(operation).is_some(), "{operation}");
        }
    }
}
