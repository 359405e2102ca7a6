//! Calls that overlapped, and what reads after them may show.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use serde_json::{Value, json};

use super::Overlapping;
use crate::judge::linearizability::Span;
use crate::judge::shadow::tests::{Bench, ONE};
use crate::judge::shadow::{Basis, Suspicion};
use crate::judge::{Answer, Judgement};
use crate::plan::sequence::LawKind;

const CONFLICT: u16 = 409;

impl Bench {
    /// Calls that are in flight at once: operation, input, status, body.
    fn at_once(&mut self, calls: &[(&str, Value, u16, Value)]) -> Vec<Suspicion> {
        let span = Span { began: Duration::ZERO, ended: Duration::from_secs(1) };
        let calls: Vec<Overlapping<'_>> = calls
            .iter()
            .map(|(operation, input, status, body)| {
                let code = None;
                let answer = if *status < 300 { Answer::Success } else { Answer::Error { status: *status, code } };
                let judgement = Judgement { answer, body: Some(body.clone()), ..Judgement::default() };
                let operation = self.contract.operation(operation).unwrap();
                Overlapping { operation, input: input.clone(), judgement, span }
            })
            .collect();
        self.shadow.take_overlapping(&self.views, &calls)
    }

    fn shows(&mut self, members: Value, tags: Value) -> Vec<Suspicion> {
        let mut channel = json!({"arn": ONE, "name": "a", "type": "BASIC", "tags": tags});
        channel.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.sees("GetChannel", json!({"arn": ONE}), json!({"channel": channel}))
    }
}

fn channel() -> Bench {
    Bench::new().with(ONE, "a")
}

fn update(members: Value) -> (&'static str, Value, u16, Value) {
    let mut input = json!({"arn": ONE});
    input.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    ("UpdateChannel", input, 200, json!({}))
}

fn tag(key: &str, value: &str) -> (&'static str, Value, u16, Value) {
    ("TagResource", json!({"resourceArn": ONE, "tags": {key: value}}), 200, json!({}))
}

fn untag(key: &str) -> (&'static str, Value, u16, Value) {
    ("UntagResource", json!({"resourceArn": ONE, "tagKeys": [key]}), 200, json!({}))
}

fn told(found: &[Suspicion]) -> Vec<(LawKind, &str, Vec<usize>)> {
    let law = |one: &Suspicion| match one.law {
        Basis::Law(law) => law,
        _ => panic!("{one:?}"),
    };
    found
        .iter()
        .map(|one| (law(one), one.detail.as_deref().unwrap_or(""), one.calls.clone().unwrap_or_default()))
        .collect()
}

#[test]
fn of_updates_at_once_each_member_has_one_of_the_values() {
    let calls = [update(json!({"name": "b"})), update(json!({"name": "c"})), update(json!({"latencyMode": "NORMAL"}))];
    for name in ["b", "c"] {
        let mut bench = channel();
        assert_eq!(bench.at_once(&calls), []);
        assert_eq!(bench.shows(json!({"name": name, "latencyMode": "NORMAL"}), json!({"k": "v"})), []);
        let other = if name == "b" { "c" } else { "b" };
        let found = bench.shows(json!({"name": other, "latencyMode": "NORMAL"}), json!({"k": "v"}));
        assert_eq!(found.len(), 1, "it does not change any more");
    }
    let mut bench = channel();
    bench.at_once(&calls);
    let found = bench.shows(json!({"name": "a", "latencyMode": "NORMAL"}), json!({"k": "v"}));
    assert_eq!(told(&found), [(LawKind::UpdateChanges, "channel.name", vec![0, 1])], "both updates are lost");
    assert_eq!(
        found[0].expected,
        "Some order of 2 calls in flight at once explains the channel: `name` is \"b\" or \"c\"."
    );
    assert_eq!(found[0].observed, "No order does: `name` is \"a\".");
    let mut bench = channel();
    bench.at_once(&calls);
    let found = bench.shows(json!({"name": "b", "type": "STANDARD", "latencyMode": "NORMAL"}), json!({"k": "v"}));
    assert_eq!(told(&found), [(LawKind::UpdateKeeps, "channel.type", vec![0, 1, 2])]);
}

#[test]
fn members_of_different_updates_are_not_mixed() {
    let calls = [update(json!({"name": "b", "authorized": true})), update(json!({"name": "c", "authorized": false}))];
    let mut bench = channel();
    bench.sees(
        "GetChannel",
        json!({"arn": ONE}),
        json!({"channel": {"arn": ONE, "name": "a", "type": "BASIC",
        "authorized": false, "tags": {"k": "v"}}}),
    );
    bench.at_once(&calls);
    let found = bench.shows(json!({"name": "b", "authorized": false}), json!({"k": "v"}));
    assert_eq!(told(&found), [(LawKind::UpdateKeeps, "channel.authorized", vec![0, 1])]);
}

#[test]
fn no_tag_is_lost() {
    let calls = [tag("l", "1"), tag("m", "2"), untag("k")];
    let mut bench = channel();
    assert_eq!(bench.at_once(&calls), []);
    assert_eq!(bench.shows(json!({}), json!({"l": "1", "m": "2"})), []);
    for (tags, law, calls_shown) in [
        (json!({"l": "1"}), LawKind::TagAdds, vec![1]),
        (json!({"k": "v", "l": "1", "m": "2"}), LawKind::UntagRemoves, vec![2]),
        (json!({"l": "1", "m": "2", "z": "3"}), LawKind::TagKeeps, vec![0, 1, 2]),
    ] {
        let mut bench = channel();
        bench.at_once(&calls);
        let listed = bench.sees("ListTagsForResource", json!({"resourceArn": ONE}), json!({"tags": tags}));
        assert_eq!(told(&listed), [(law, "tags", calls_shown)]);
    }
    let mut bench = channel();
    bench.at_once(&[tag("k", "1"), tag("k", "2")]);
    assert_eq!(
        told(&bench.shows(json!({}), json!({"k": "v"}))),
        [(LawKind::TagOverwrites, "channel.tags", vec![0, 1])]
    );
}

#[test]
fn what_was_refused_changed_nothing_and_what_failed_may_have() {
    let refused = |members: Value, status: u16| {
        let (operation, input, _, body) = update(members);
        (operation, input, status, body)
    };
    let mut bench = channel();
    bench.at_once(&[update(json!({"name": "b"})), refused(json!({"name": "c"}), CONFLICT)]);
    assert_eq!(
        told(&bench.shows(json!({"name": "c"}), json!({"k": "v"}))),
        [(LawKind::UpdateChanges, "channel.name", vec![0, 1])]
    );
    for name in ["b", "c"] {
        let mut bench = channel();
        bench.at_once(&[update(json!({"name": "b"})), refused(json!({"name": "c"}), 500)]);
        assert_eq!(bench.shows(json!({"name": name}), json!({"k": "v"})), []);
    }
}

#[test]
fn reads_in_flight_show_what_is_there_in_between() {
    let read = |name: &str| {
        let channel = json!({"arn": ONE, "name": name, "type": "BASIC", "tags": {"k": "v"}});
        ("GetChannel", json!({"arn": ONE}), 200, json!({"channel": channel}))
    };
    assert_eq!(channel().at_once(&[update(json!({"name": "b"})), read("a"), read("b")]), []);
    let found = channel().at_once(&[update(json!({"name": "b"})), read("a"), read("x")]);
    assert_eq!(told(&found), [(LawKind::UpdateChanges, "", vec![0, 2])]);
    let found = channel().at_once(&[read("a"), read("x")]);
    assert_eq!(told(&found), [(LawKind::CreatedIsRead, "", vec![1])]);
}

#[test]
fn what_one_of_several_deletes_is_gone() {
    let delete = |status: u16| ("DeleteChannel", json!({"arn": ONE}), status, Value::Null);
    let mut bench = channel();
    assert_eq!(bench.at_once(&[delete(204), delete(404), update(json!({"name": "b"}))]), []);
    let found =
        bench.sees("ListChannels", json!({}), json!({"channels": [{"arn": ONE, "name": "b", "type": "BASIC"}]}));
    assert_eq!(found.iter().map(|one| one.law.clone()).collect::<Vec<_>>(), [Basis::Law(LawKind::DeletedIsGone)]);
}
