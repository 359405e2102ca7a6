//! What goes on, what is over, and what every view of them shows.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use crate::judge::Answer;
use crate::judge::shadow::tests::{Bench, ONE, OTHER};
use crate::judge::shadow::{Basis, Suspicion};
use crate::plan::activity::ActivityLawKind;

const TOLD: &str = "2020-01-01T00:00:00Z";

fn laws(found: Vec<Suspicion>) -> Vec<ActivityLawKind> {
    let law = |one: Suspicion| match one.law {
        Basis::Activity { kind, .. } => kind,
        _ => panic!("{one:?}"),
    };
    found.into_iter().map(law).collect()
}

impl Bench {
    fn goes_live(&mut self, arn: &str) {
        self.shadow.began(&self.views, arn);
    }

    fn stream(&mut self, arn: &str, id: &str) -> Vec<ActivityLawKind> {
        let stream = json!({"channelArn": arn, "streamId": id, "startTime": TOLD, "state": "LIVE"});
        laws(self.sees("GetStream", json!({"channelArn": arn}), json!({"stream": stream})))
    }

    fn streams(&mut self, shown: &[(&str, &str)]) -> Vec<ActivityLawKind> {
        let one = |(arn, id): &(&str, &str)| json!({"channelArn": arn, "streamId": id, "startTime": TOLD});
        let streams: Vec<Value> = shown.iter().map(one).collect();
        laws(self.sees("ListStreams", json!({}), json!({"streams": streams})))
    }

    fn session(&mut self, arn: &str, asked: Option<&str>, session: Value) -> Vec<ActivityLawKind> {
        let input = json!({"channelArn": arn, "streamId": asked});
        laws(self.sees("GetStreamSession", input, json!({"streamSession": session})))
    }

    fn sessions(&mut self, arn: &str, sessions: Value) -> Vec<ActivityLawKind> {
        laws(self.sees("ListStreamSessions", json!({"channelArn": arn}), json!({"streamSessions": sessions})))
    }

    fn is_offline(&mut self, arn: &str) {
        let answer = Answer::Error { status: 404, code: Some("ChannelNotBroadcasting".to_owned()) };
        assert_eq!(self.hears("GetStream", json!({"channelArn": arn}), answer, json!({})), []);
    }

    fn stops(&mut self, arn: &str) {
        assert_eq!(self.sees("StopStream", json!({"channelArn": arn}), json!({})), []);
    }
}

/// Two channels; the first is live as `st-1`.
fn live() -> Bench {
    let mut bench = Bench::new().with(ONE, "a").with(OTHER, "o");
    bench.goes_live(ONE);
    assert_eq!(bench.stream(ONE, "st-1"), []);
    bench
}

#[test]
fn what_goes_on_is_listed_and_nothing_else_is() {
    let mut bench = live();
    assert_eq!(bench.streams(&[(ONE, "st-1"), ("arn:foreign", "st-0")]), []);
    assert_eq!(bench.streams(&[]), [ActivityLawKind::OngoingIsShown]);
    assert_eq!(bench.streams(&[(ONE, "st-2")])[0], ActivityLawKind::ViewsAgree);
    assert_eq!(bench.streams(&[(ONE, "st-1"), (OTHER, "st-3")]), [ActivityLawKind::EndedIsNotShown]);
    assert_eq!(
        laws(bench.sees("ListStreams", json!({"filterBy": {"health": "STARVING"}}), json!({"streams": []}))),
        []
    );
}

#[test]
fn what_ended_may_be_shown_until_it_is_seen_to_be_over() {
    let mut bench = live();
    bench.stops(ONE);
    assert_eq!(bench.stream(ONE, "st-1"), [], "it may lag");
    bench.is_offline(ONE);
    assert_eq!(bench.stream(ONE, "st-1"), [ActivityLawKind::EndedIsNotShown]);
    assert_eq!(bench.streams(&[(ONE, "st-1")]), [ActivityLawKind::EndedIsNotShown]);
    assert_eq!(bench.streams(&[]), []);
    bench.goes_live(ONE);
    assert_eq!(bench.streams(&[]), [], "the second broadcast may lag");
    assert_eq!(bench.stream(ONE, "st-1"), [ActivityLawKind::NamesDiffer]);
    assert_eq!(bench.stream(ONE, "st-2"), []);
    assert_eq!(bench.streams(&[]), [ActivityLawKind::OngoingIsShown]);
}

#[test]
fn the_history_has_all_of_a_resource_and_nothing_else() {
    let mut bench = live();
    let live_one = json!({"streamId": "st-1", "startTime": TOLD});
    assert_eq!(bench.sessions(ONE, json!([live_one])), []);
    assert_eq!(bench.sessions(ONE, json!([])), [ActivityLawKind::HistoryIsComplete]);
    let ended = json!({"streamId": "st-1", "startTime": TOLD, "endTime": TOLD});
    assert_eq!(bench.sessions(ONE, json!([ended])), [ActivityLawKind::EndIsShown], "it goes on");
    assert_eq!(bench.sessions(ONE, json!([live_one, {"streamId": "st-9"}])), [ActivityLawKind::HistoryIsComplete]);
    assert_eq!(bench.sessions(OTHER, json!([live_one])), [ActivityLawKind::NamesDiffer]);
    bench.stops(ONE);
    bench.is_offline(ONE);
    assert_eq!(bench.sessions(ONE, json!([live_one])), [ActivityLawKind::EndIsShown], "it is over");
    assert_eq!(bench.sessions(ONE, json!([ended])), []);
    let later = json!({"streamId": "st-1", "startTime": "2021-01-01T00:00:00Z", "endTime": TOLD});
    assert_eq!(bench.sessions(ONE, json!([later])), [ActivityLawKind::ViewsAgree]);
}

#[test]
fn the_latest_is_shown_unless_another_is_asked_for() {
    let mut bench = live();
    bench.stops(ONE);
    bench.is_offline(ONE);
    bench.goes_live(ONE);
    assert_eq!(bench.stream(ONE, "st-2"), []);
    let channel = json!({"arn": ONE, "name": "a", "type": "BASIC", "tags": {"k": "v"}});
    let first = json!({"streamId": "st-1", "startTime": TOLD, "endTime": TOLD, "channel": channel});
    let second = json!({"streamId": "st-2", "startTime": TOLD, "channel": channel});
    assert_eq!(bench.session(ONE, None, second.clone()), []);
    assert_eq!(bench.session(ONE, None, first.clone()), [ActivityLawKind::LatestIsShown]);
    assert_eq!(bench.session(ONE, Some("st-1"), first), []);
    assert_eq!(bench.session(ONE, Some("st-1"), second), [ActivityLawKind::NamedIsShown]);
}

#[test]
fn a_session_keeps_the_resources_of_its_start() {
    let mut bench = live();
    bench.stops(ONE);
    bench.is_offline(ONE);
    let shown = json!({"channel": {"arn": ONE, "name": "b", "type": "BASIC", "tags": {"k": "v"}}});
    assert_eq!(bench.sees("UpdateChannel", json!({"arn": ONE, "name": "b"}), shown), []);
    let session = |name: &str, value: &str| {
        let channel = json!({"arn": ONE, "name": name, "type": "BASIC", "tags": {"k": value}});
        json!({"streamId": "st-1", "startTime": TOLD, "endTime": TOLD, "channel": channel})
    };
    assert_eq!(bench.session(ONE, None, session("a", "v")), []);
    assert_eq!(bench.session(ONE, None, session("b", "v")), [ActivityLawKind::KeepsItsResources]);
    assert_eq!(bench.session(ONE, None, session("a", "w")), [ActivityLawKind::KeepsItsResources]);
    let bare = json!({"streamId": "st-1", "startTime": TOLD, "endTime": TOLD});
    assert_eq!(bench.session(ONE, None, bare), [ActivityLawKind::KeepsItsResources]);
}

#[test]
fn what_nothing_is_known_of_is_not_judged() {
    let mut bench = live();
    bench.shadow.lose_activities(&bench.views, ONE);
    assert_eq!(bench.streams(&[]), []);
    assert_eq!(bench.stream(ONE, "st-7"), []);
    let mut bench = live();
    let failed = Answer::Error { status: 500, code: None };
    bench.hears("StopStream", json!({"channelArn": ONE}), failed, json!({}));
    assert_eq!(bench.streams(&[]), [], "it is unknown whether it was stopped");
}
