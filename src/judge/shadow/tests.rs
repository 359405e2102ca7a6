//! The shadow by itself: responses handed over one after another, and what they show otherwise than it is known.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{Seen, Shadow, Suspicion, Views};
use crate::judge::{Answer, Judgement};
use crate::plan::resources::Resources;
use crate::plan::sequence::LawKind;
use crate::plan::suite::Suites;
use crate::spec::Contract;

const ONE: &str = "arn:aws:ivs:us-east-1:123456789012:channel/one";
const OTHER: &str = "arn:aws:ivs:us-east-1:123456789012:channel/other";

struct Bench {
    contract: Contract,
    views: Views,
    shadow: Shadow,
}

impl Bench {
    fn new() -> Bench {
        let contract = crate::spec::builtin().unwrap();
        let suites = Suites::builtin().unwrap();
        let views = Views::of(&contract, &Resources::of(&contract), &suites);
        Bench { contract, views, shadow: Shadow::default() }
    }

    fn with(mut self, arn: &str, name: &str) -> Bench {
        let key = arn.replace("channel/", "stream-key/");
        let body = json!({
            "channel": {"arn": arn, "name": name, "type": "BASIC", "tags": {"k": "v"}},
            "streamKey": {"arn": key, "channelArn": arn, "tags": {}, "value": "sk_secret"}
        });
        assert_eq!(self.sees("CreateChannel", json!({"name": name}), body), []);
        self
    }

    fn sees(&mut self, operation: &str, input: Value, body: Value) -> Vec<Suspicion> {
        self.hears(operation, input, Answer::Success, body)
    }

    fn hears(&mut self, operation: &str, input: Value, answer: Answer, body: Value) -> Vec<Suspicion> {
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
    found.iter().map(|one| (one.law, one.detail.clone())).collect()
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
    bench.shadow.forget(ONE, Some("name"), LawKind::CreatedIsRead);
    assert_eq!(
        bench.reads(ONE, json!({"name": "b", "type": "BASIC", "tags": {"k": "v"}})),
        [],
        "one defect shows once"
    );
}
