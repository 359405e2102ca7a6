//! The shadow by itself: responses handed over one after another, and what they show otherwise than it is known.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use super::{Basis, Seen, Shadow, Suspicion, Views};
use crate::judge::{Answer, Judgement};
use crate::plan::resources::Resources;
use crate::plan::sequence::LawKind;
use crate::plan::suite::Suites;
use crate::spec::Contract;

pub(super) const ONE: &str = "arn:aws:ivs:us-east-1:123456789012:channel/one";
pub(super) const OTHER: &str = "arn:aws:ivs:us-east-1:123456789012:channel/other";

pub(super) struct Bench {
    pub contract: Contract,
    pub views: Views,
    pub shadow: Shadow,
}

impl Bench {
    pub fn new() -> Bench {
        let contract = crate::spec::builtin().unwrap();
        let suites = Suites::builtin().unwrap();
        let views = Views::of(&contract, &Resources::of(&contract), &suites);
        Bench { contract, views, shadow: Shadow::hearing_of_activities() }
    }

    pub fn with(mut self, arn: &str, name: &str) -> Bench {
        let key = arn.replace("channel/", "stream-key/");
        let body = json!({
            "channel": {"arn": arn, "name": name, "type": "BASIC", "tags": {"k": "v"}},
            "streamKey": {"arn": key, "channelArn": arn, "tags": {}, "value": "sk_secret"}
        });
        assert_eq!(self.sees("CreateChannel", json!({"name": name}), body), []);
        self
    }

    pub fn sees(&mut self, operation: &str, input: Value, body: Value) -> Vec<Suspicion> {
        self.hears(operation, input, Answer::Success, body)
    }

    pub fn hears(&mut self, operation: &str, input: Value, answer: Answer, body: Value) -> Vec<Suspicion> {
        let operation = self.contract.operation(operation).unwrap();
        let judgement = Judgement { answer, body: Some(body), ..Judgement::default() };
        let seen = Seen { operation, input: &input, judgement: &judgement, is_open: false };
        self.shadow.take(&self.views, seen)
    }

    fn reads(&mut self, arn: &str, members: Value) -> Vec<(LawKind, Option<String>)> {
        let mut channel = json!({"arn": arn});
        channel.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        laws(&self.sees("GetChannel", json!({"arn": arn}), json!({"channel": channel})))
    }
}

fn laws(found: &[Suspicion]) -> Vec<(LawKind, Option<String>)> {
    let law = |one: &Suspicion| match one.law {
        Basis::Law(law) => law,
        _ => panic!("{one:?}"),
    };
    found.iter().map(|one| (law(one), one.detail.clone())).collect()
}

fn at(law: LawKind, detail: &str) -> (LawKind, Option<String>) {
    (law, Some(detail.to_owned()))
}

#[test]
fn a_read_shows_what_create_showed() {
    let mut bench = Bench::new().with(ONE, "a");
    assert_eq!(bench.reads(ONE, json!({"name": "a", "type": "BASIC", "tags": {"k": "v"}})), []);
    let found = bench.reads(ONE, json!({"name": "b", "type": "BASIC", "tags": {"k": "w"}}));
    assert_eq!(found, [at(LawKind::CreatedIsRead, "channel.name"), at(LawKind::TagsOfCreate, "channel.tags")]);
    assert_eq!(bench.reads("arn:aws:ivs:us-east-1:123456789012:channel/foreign", json!({"name": "x"})), []);
}

#[test]
fn an_update_changes_what_it_is_given_and_nothing_else() {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    assert_eq!(bench.reads(OTHER, json!({"name": "o", "type": "BASIC", "tags": {"k": "v"}})), []);
    let shown = json!({"channel": {"arn": ONE, "name": "b", "type": "STANDARD", "tags": {"k": "v"}}});
    let found = bench.sees("UpdateChannel", json!({"arn": ONE, "name": "b"}), shown);
    assert_eq!(laws(&found), [at(LawKind::UpdateKeeps, "channel.type")]);
    let found = bench.reads(ONE, json!({"name": "a", "type": "STANDARD", "tags": {"k": "v"}}));
    assert_eq!(found, [at(LawKind::UpdateChanges, "channel.name")]);
    let found = bench.reads(OTHER, json!({"name": "b", "type": "BASIC", "tags": {"k": "v"}}));
    assert_eq!(found, [at(LawKind::UpdateChanges, "channel.name")], "another channel was updated too");
}

#[test]
fn tags_are_what_was_made_of_them_in_every_view() {
    let mut bench = Bench::new().with(ONE, "a");
    bench.sees("TagResource", json!({"resourceArn": ONE, "tags": {"k": "w", "l": "1"}}), json!({}));
    bench.sees("UntagResource", json!({"resourceArn": ONE, "tagKeys": ["k"]}), json!({}));
    let listed = bench.sees("ListTagsForResource", json!({"resourceArn": ONE}), json!({"tags": {"l": "1"}}));
    assert_eq!(listed, []);
    let found = bench.reads(ONE, json!({"name": "a", "type": "BASIC", "tags": {"k": "w", "l": "1"}}));
    assert_eq!(found, [at(LawKind::TagsAppear, "channel.tags")], "the list of tags shows them");
}

#[test]
fn what_is_deleted_is_not_listed_and_what_exists_is() {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    bench.sees("DeleteChannel", json!({"arn": ONE}), Value::Null);
    let summary = |arn: &str, name: &str| json!({"arn": arn, "name": name, "type": "BASIC", "tags": {"k": "v"}});
    let found = bench.sees("ListChannels", json!({}), json!({"channels": [summary(ONE, "a")]}));
    assert_eq!(laws(&found), [(LawKind::DeletedIsGone, None), (LawKind::CreatedIsListed, None)]);
    let found = bench.sees("BatchGetChannel", json!({"arns": [OTHER]}), json!({"channels": [], "errors": []}));
    assert_eq!(laws(&found), [(LawKind::BatchAgrees, None)]);
    let found = bench.sees("ListChannels", json!({"filterByName": "z"}), json!({"channels": []}));
    assert_eq!(found, [], "it has another name");
}

#[test]
fn what_an_earlier_test_deleted_is_never_listed_again() {
    let list = |bench: &mut Bench, arn: &str| {
        laws(&bench.sees("ListChannels", json!({}), json!({"channels": [{"arn": arn, "tags": {}}]})))
    };
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "other");
    bench.shadow.deleted(ONE);
    bench.shadow.deleted(OTHER);
    bench.shadow.retain(|_| false);
    assert_eq!(list(&mut bench, ONE), [(LawKind::DeletedIsGone, None)]);
    assert_eq!(list(&mut bench, OTHER), [], "another test may give this name, and with it the ARN, again");
    let mut bench = bench.with(ONE, "b");
    bench.shadow.retain(|_| false);
    assert_eq!(list(&mut bench, ONE), [], "it was made again");
}

#[test]
fn what_others_deleted_is_not_listed_either() {
    let mut bench = Bench::new().with(ONE, "a");
    bench.shadow.deleted(ONE);
    bench.shadow.retain(|_| false);
    let graves = bench.shadow.graves().clone();
    let list = |shadow: Shadow| {
        let mut bench = Bench { shadow, ..Bench::new() };
        let body = json!({"channels": [{"arn": ONE, "tags": {}}]});
        let before = laws(&bench.sees("ListChannels", json!({}), body.clone()));
        bench.shadow.forget(ONE, None, &Basis::Law(LawKind::DeletedIsGone));
        assert_eq!(bench.sees("ListChannels", json!({}), body), [], "one defect shows once");
        before
    };
    assert_eq!(list(Shadow::hearing_of_activities()), []);
    assert_eq!(list(Shadow::after_deletions(graves)), [(LawKind::DeletedIsGone, None)]);
}

#[test]
fn pages_show_everything_once() {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    let page = |arn: &str, next: &str| json!({"channels": [{"arn": arn}], "nextToken": next});
    assert_eq!(bench.sees("ListChannels", json!({"maxResults": 1}), page("x", "t")), []);
    let found = bench.sees("ListChannels", json!({"maxResults": 1, "nextToken": "t"}), page("y", ""));
    let missing = laws(&found);
    assert_eq!(missing, [(LawKind::PagesAreDisjoint, None), (LawKind::PagesAreDisjoint, None)]);
    let own = |name: &str, next: &str| json!({"channels": [{"arn": ONE, "name": name, "type": "BASIC", "tags": {"k": "v"}}], "nextToken": next});
    assert_eq!(bench.sees("ListChannels", json!({"filterByName": "a"}), own("a", "t")), []);
    let found = bench.sees("ListChannels", json!({"filterByName": "a", "nextToken": "t"}), own("a", ""));
    assert_eq!(laws(&found), [(LawKind::PagesAreDisjoint, None)], "it is there twice");
    let found = bench.sees("ListChannels", json!({"nextToken": "unseen"}), page("z", ""));
    assert_eq!(found, [], "the first page was not seen");
}

#[test]
fn what_is_not_known_is_not_judged() {
    let mut bench = Bench::new().with(ONE, "a");
    let error = Answer::Error { status: 500, code: None };
    bench.hears("UpdateChannel", json!({"arn": ONE, "name": "b"}), error, json!({}));
    assert_eq!(bench.reads(ONE, json!({"name": "c", "type": "STANDARD"})), [], "nobody knows what the update did");
    let mut bench = Bench::new().with(ONE, "a");
    let refused = Answer::Error { status: 400, code: None };
    bench.hears("UpdateChannel", json!({"arn": ONE, "name": "b"}), refused, json!({}));
    assert_eq!(bench.reads(ONE, json!({"name": "b", "type": "BASIC", "tags": {"k": "v"}})).len(), 1);
    bench.shadow.forget(ONE, Some("name"), &Basis::Law(LawKind::CreatedIsRead));
    assert_eq!(
        bench.reads(ONE, json!({"name": "b", "type": "BASIC", "tags": {"k": "v"}})),
        [],
        "one defect shows once"
    );
}

#[test]
fn a_batch_answers_for_each_arn_once() {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    let absent = "arn:aws:ivs:us-east-1:123456789012:channel/absent";
    let channel = |arn: &str, name: &str| json!({"arn": arn, "name": name, "type": "BASIC", "tags": {"k": "v"}});
    let mut batch = |channels: Value, errors: Value| {
        let input = json!({"arns": [ONE, absent]});
        laws(&bench.sees("BatchGetChannel", input, json!({"channels": channels, "errors": errors})))
    };
    let (one, error) = (channel(ONE, "a"), |arn: &str| json!({"arn": arn, "code": "NotFound"}));
    assert_eq!(batch(json!([one]), json!([error(absent)])), []);
    let agrees = [(LawKind::BatchAgrees, None)];
    let reports = [(LawKind::BatchReportsErrors, None)];
    assert_eq!(batch(json!([one]), json!([])), reports, "the absent one is lost");
    assert_eq!(batch(json!([one]), json!([error(absent), error(absent)])), reports, "one error comes twice");
    assert_eq!(batch(json!([one]), json!([error(absent), error(ONE)])), reports, "a value is an error as well");
    assert_eq!(batch(json!([one, one]), json!([error(absent)])), agrees, "a value comes twice");
    assert_eq!(batch(json!([]), json!([error(absent), error(ONE)])), agrees, "a value is an error");
    assert_eq!(batch(json!([one, channel(OTHER, "o")]), json!([error(absent)])), agrees, "one was not asked for");
    assert_eq!(batch(json!([one]), json!([error(absent), error(OTHER)])), reports, "one was not asked for");
    bench.sees("DeleteChannel", json!({"arn": ONE}), Value::Null);
    let silent = bench.sees("BatchGetChannel", json!({"arns": [ONE]}), json!({"channels": []}));
    assert_eq!(laws(&silent), reports, "a deleted one is lost");
    let said = bench.sees("BatchGetChannel", json!({"arns": [ONE, ONE]}), json!({"errors": [error(ONE), error(ONE)]}));
    assert_eq!(said, [], "it was asked for twice");
}

#[test]
fn a_response_is_about_what_was_asked_for() {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    let other = json!({"channel": {"arn": OTHER, "name": "o", "type": "BASIC", "tags": {"k": "v"}}});
    let found = bench.sees("GetChannel", json!({"arn": ONE}), other.clone());
    assert_eq!(laws(&found), [(LawKind::CreatedIsRead, None)]);
    assert_eq!(found[0].arn, ONE);
    let found = bench.sees("UpdateChannel", json!({"arn": ONE, "name": "b"}), other);
    assert_eq!(laws(&found), [(LawKind::UpdateChanges, None)]);
}

#[test]
fn a_filtered_list_shows_only_what_fits() {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    let channel = |arn: &str, name: &str| json!({"arn": arn, "name": name, "type": "BASIC", "tags": {"k": "v"}});
    let both = json!({"channels": [channel(ONE, "a"), channel(OTHER, "o")]});
    let found = bench.sees("ListChannels", json!({"filterByName": "a"}), both);
    let wrong: Vec<(&str, &Basis)> = found.iter().map(|one| (one.arn.as_str(), &one.law)).collect();
    assert_eq!(wrong, [(OTHER, &Basis::Filter("filterByName".to_owned()))]);
    let key = OTHER.replace("channel/", "stream-key/");
    let keys = json!({"streamKeys": [{"arn": key, "channelArn": OTHER, "tags": {}}]});
    let found = bench.sees("ListStreamKeys", json!({"channelArn": ONE}), keys);
    assert!(found.iter().any(|one| one.law == Basis::Filter("channelArn".to_owned())), "{found:#?}");
}
