//! Nothing is upheld in vain: on a target that never shows what a clause speaks of, the clause is not upheld.
//!
//! What each target cannot show is derived from the contract and the suites, so that a new rule is held against it too.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod proxy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ivs_conformance::judge::assertion::{Observation, observe};
use ivs_conformance::plan::accepted::Accepted;
use ivs_conformance::plan::suite::{Assert, Step, Upholds};
use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::report::Record;
use ivs_conformance::report::record::{CaseVerdict, ClauseRecord, ClauseVerdict};
use ivs_conformance::run::settings::{Settings, Shrinking};
use ivs_conformance::spec::clause::ClauseKind;
use ivs_conformance::spec::path::last_name;
use ivs_conformance::spec::{self, Contract};
use proxy::{Message, Veil};
use serde_json::{Map, Value, json};

use crate::common::embedded;

/// Members without which no scenario goes on: names of resources and what holds them.
const NEEDED: [&str; 8] = [
    "arn",
    "channelArn",
    "channel",
    "streamKey",
    "keyPair",
    "recordingConfiguration",
    "playbackRestrictionPolicy",
    "streamId",
];

struct Bare;
impl Veil for Bare {}

/// How long is waited for what these targets never show.
const PATIENCE: Duration = Duration::from_millis(500);

struct Bench {
    contract: Arc<Contract>,
    plan: Plan,
}

impl Bench {
    fn new(only: &[String]) -> Bench {
        let contract = Arc::new(spec::builtin().unwrap());
        let filter = Filter { only: only.to_vec(), ..Filter::default() };
        let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &filter).unwrap();
        Bench { contract, plan }
    }

    /// The record of a run against the reference server with faults, behind a veil.
    async fn run(&self, faults: &[&str], veil: Arc<dyn Veil>) -> Record {
        let (server, settings) = embedded::start(faults).await;
        let endpoint = proxy::start(server.address(), veil).await;
        let settings = Settings { endpoint, shrinking: Shrinking::Off, patience: PATIENCE, ..settings };
        let outcome = embedded::run(&self.contract, &self.plan, &settings).await;
        server.stop().await;
        Record::from_outcome(&self.contract, &self.plan, &settings, outcome)
    }

    /// The assertions of the built-in scenarios, with their steps.
    fn asserts(&self) -> impl Iterator<Item = (&Step, &Assert)> {
        let steps = self.plan.suites.scenarios.iter().flat_map(|scenario| &scenario.steps);
        let all = steps.flat_map(|step| std::iter::once(step).chain(&step.beside));
        all.flat_map(|step| step.asserts.iter().map(move |assert| (step, assert)))
    }

    /// Rules that nothing but assertions decide, all of which are among those that `is_blind` picks.
    fn rules_left_to(&self, is_blind: impl Fn(&Step, &Assert) -> bool) -> BTreeSet<String> {
        let suites = &self.plan.suites;
        let rules = &self.contract.rules;
        let steps = suites.scenarios.iter().flat_map(|scenario| &scenario.steps);
        let all = steps.flat_map(|step| std::iter::once(step).chain(&step.beside));
        let by_answer = all.filter(|step| step.asserts.iter().all(|assert| Some(&assert.rule) != step.rule.as_ref()));
        let mut elsewhere: BTreeSet<&str> = by_answer.filter_map(|step| step.rule.as_deref()).collect();
        elsewhere.extend(suites.laws.iter().map(|law| law.rule.as_str()));
        elsewhere.extend(suites.echoes.iter().map(|echo| echo.rule.as_str()));
        elsewhere.extend(suites.probes.iter().map(|probe| probe.clause.as_str()));
        elsewhere.extend(rules.output_rules.iter().map(|rule| rule.id.as_str()));
        elsewhere.extend(rules.input_rules.iter().map(|rule| rule.id.as_str()));
        elsewhere
            .extend(self.asserts().filter(|(step, assert)| !is_blind(step, assert)).map(|(_, it)| it.rule.as_str()));
        let asserted = self.asserts().map(|(_, assert)| assert.rule.clone());
        asserted.filter(|rule| !elsewhere.contains(rule.as_str())).collect()
    }
}

fn clause<'r>(record: &'r Record, id: &str) -> &'r ClauseRecord {
    record.clauses.iter().find(|clause| clause.id == id).unwrap_or_else(|| panic!("{id} is no clause of the record"))
}

#[track_caller]
fn assert_not_upheld<'c>(record: &Record, clauses: impl IntoIterator<Item = &'c String>) {
    let upheld: Vec<&String> =
        clauses.into_iter().filter(|id| clause(record, id).verdict == ClauseVerdict::Upheld).collect();
    assert!(upheld.is_empty(), "upheld in vain: {upheld:#?}");
}

/// Removes members of these names at any depth.
struct Without(BTreeSet<String>);

impl Veil for Without {
    fn changes(&self, _: &str, body: &mut Value) {
        match body {
            Value::Object(members) => {
                members.retain(|name, _| !self.0.contains(name));
                members.values_mut().for_each(|member| self.changes("", member));
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.changes("", element)),
            _ => {}
        }
    }
}

/// Cuts the lists of list operations, and says that nothing follows.
struct ShortLists(usize);

impl Veil for ShortLists {
    fn changes(&self, target: &str, body: &mut Value) {
        let Value::Object(members) = body else { return };
        if target.starts_with("/List") {
            members.remove("nextToken");
            members.values_mut().filter_map(Value::as_array_mut).for_each(|list| list.truncate(self.0));
        }
    }
}

/// Refuses what some operations are asked for, however valid it is.
struct Refusing(&'static [&'static str]);

impl Veil for Refusing {
    fn refuses(&self, request: &Message) -> Option<(u16, Value)> {
        let is_refused = self.0.iter().any(|path| request.target().starts_with(path));
        is_refused.then(|| (400, json!({"__type": "ValidationException", "message": "no"})))
    }
}

/// Takes no signature that is dated otherwise than by `X-Amz-Date`.
struct NeedsAmzDate;

impl Veil for NeedsAmzDate {
    fn refuses(&self, request: &Message) -> Option<(u16, Value)> {
        let lacks_it = !request.has_header("x-amz-date") && request.has_header("date");
        lacks_it.then(|| (403, json!({"__type": "IncompleteSignature", "message": "X-Amz-Date is missing"})))
    }
}

#[test]
fn no_assertion_holds_on_outputs_that_show_nothing_or_too_little() {
    let bench = Bench::new(&[]);
    let mut number = 0;
    for (_, assert) in bench.asserts() {
        let list = |items: Value, pages: Value| {
            let name = last_name(&assert.at);
            let mut output = json!({"items": items, "pages": pages});
            if !["", "pages", "nextToken"].contains(&name) {
                output[name] = items.clone();
            }
            output
        };
        let mut outputs = vec![json!({}), Value::Null];
        if assert.present.is_none() {
            outputs.push(list(json!([]), json!([0])));
        }
        let is_about_several = assert.page_of.is_some_and(|page| page > 1)
            || assert.each_at_most.is_some()
            || assert.length_at_most.is_some_and(|most| most > 1)
            || assert.descends_by.is_some()
            || assert.distinct_by.is_some();
        if is_about_several {
            outputs.push(list(json!([{"arn": "a", "key": "k"}]), json!([1])));
        }
        for output in outputs {
            let observed = observe(assert, &output);
            assert_ne!(observed, Observation::Holds, "{assert:?} on {output}");
            number += 1;
        }
    }
    assert!(number > 2_000, "{number}");
}

#[test]
fn a_probe_that_accepts_everything_upholds_nothing() {
    let suites = Suites::builtin().unwrap();
    let mut decided: BTreeMap<&str, bool> = BTreeMap::new();
    for probe in &suites.probes {
        let is_open = probe.accepts.contains(&Accepted::Success) && probe.accepts.len() > 1;
        assert!(!is_open || probe.upholds == Upholds::Nothing, "{} {}", probe.clause, probe.name);
        *decided.entry(&probe.clause).or_default() |= probe.upholds == Upholds::Clause;
    }
    let open: Vec<&str> = decided.iter().filter(|(_, is_decided)| !**is_decided).map(|(clause, _)| *clause).collect();
    assert!(open.is_empty(), "nothing decides {open:?}");
}

/// Names of output members that scenarios can do without.
fn dispensable(contract: &Contract) -> BTreeSet<String> {
    let nodes = contract.operations.iter().flat_map(|operation| operation.output.walk());
    let names = nodes.filter(|node| !["", "member", "key", "value"].contains(&node.name.as_str()));
    let lists = ["items", "nextToken"];
    names
        .map(|node| node.name.clone())
        .filter(|name| !NEEDED.contains(&name.as_str()) && !lists.contains(&name.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_response_shows_upholds_nothing() {
    let all = Bench::new(&[]);
    let gone = dispensable(&all.contract);
    let is_gone = |_: &Step, assert: &Assert| {
        assert.at.split(['.', '[', ']', '=']).any(|name| gone.contains(name)) && !assert.at.starts_with("items")
    };
    let mut blind = all.rules_left_to(is_gone);
    for rule in &all.contract.rules.output_rules {
        let members: Vec<&str> = rule.paths.iter().filter_map(|path| path.rsplit(['$', '.']).next()).collect();
        let in_schema = member_names(&rule.schema);
        let speaks_of_gone = members.iter().any(|member| gone.contains(*member))
            || (!in_schema.is_empty() && in_schema.iter().all(|name| gone.contains(name)));
        let is_absence = rule.schema.get("not").is_some_and(|not| not.get("const").is_none());
        blind.extend((speaks_of_gone && !is_absence).then(|| rule.id.clone()));
    }
    assert!(blind.len() > 20, "{blind:?}");
    let bench = Bench::new(&blind.iter().cloned().collect::<Vec<_>>());
    let record = bench.run(&[], Arc::new(Without(gone.clone()))).await;
    assert_not_upheld(&record, &blind);
    let control = bench.run(&[], Arc::new(Bare)).await;
    let upheld = blind.iter().filter(|id| clause(&control, id).verdict == ClauseVerdict::Upheld).count();
    assert_eq!(upheld, blind.len(), "each of them is upheld where it is shown");
}

fn member_names(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(keywords) => {
            let own = keywords.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
            own.chain(keywords.values().flat_map(member_names)).collect()
        }
        Value::Array(elements) => elements.iter().flat_map(member_names).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_no_response_shows_uphold_no_constraint_of_theirs() {
    let all = Bench::new(&[]);
    let gone = dispensable(&all.contract);
    let operations = ["CreateChannel", "GetChannel", "ListChannels", "BatchGetChannel", "CreateRecordingConfiguration"];
    let only: Vec<String> = operations.iter().map(|name| format!("{name}.output.*")).collect();
    let record = Bench::new(&only).run(&[], Arc::new(Without(gone.clone()))).await;
    let is_below = |clause: &&ClauseRecord| {
        let index = all.contract.clauses.find(&clause.id).unwrap();
        let ClauseKind::Output { path, .. } = &all.contract.clauses.get(index).kind else { return false };
        path.split('.').any(|name| gone.contains(name))
    };
    let below: Vec<&String> = record.clauses.iter().filter(is_below).map(|clause| &clause.id).collect();
    assert!(below.len() > 100, "{}", below.len());
    assert_not_upheld(&record, below);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_are_always_empty_uphold_nothing() {
    let all = Bench::new(&[]);
    let lists = |step: &Step| {
        let name = step.call.as_deref().or(step.walk.as_deref()).unwrap_or_default();
        name.starts_with("List") && name != "ListTagsForResource"
    };
    let mut blind = all.rules_left_to(|step, _| lists(step));
    // That an empty list is there is what such a target shows.
    blind.remove("rule.lists-are-arrays-when-empty");
    assert!(blind.len() > 5, "{blind:?}");
    let record = Bench::new(&blind.iter().cloned().collect::<Vec<_>>()).run(&[], Arc::new(ShortLists(0))).await;
    assert_not_upheld(&record, &blind);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_one_without_a_second_page_uphold_no_rule_of_pages() {
    let all = Bench::new(&[]);
    let is_of_pages =
        |assert: &Assert| assert.page_of.is_some() || assert.each_at_most.is_some() || assert.length_at_most.is_some();
    let paged: BTreeSet<String> =
        all.asserts().filter(|(_, assert)| is_of_pages(assert)).map(|(_, assert)| assert.rule.clone()).collect();
    let paged: BTreeSet<String> = paged.into_iter().filter(|rule| rule.contains("page")).collect();
    assert!(paged.len() >= 4, "{paged:?}");
    let record = Bench::new(&paged.iter().cloned().collect::<Vec<_>>()).run(&[], Arc::new(ShortLists(1))).await;
    assert_not_upheld(&record, &paged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_valid_requests_too_upholds_and_breaks_no_constraint() {
    let refused: &[&str] = &["/GetChannel", "/UpdateChannel", "/BatchGetChannel", "/ListStreamKeys"];
    let only: Vec<String> = refused.iter().map(|path| format!("{}.input.*", &path[1..])).collect();
    let bench = Bench::new(&[only, vec!["protocol.body-must-be-an-object".to_owned()]].concat());
    let record = bench.run(&[], Arc::new(Refusing(refused))).await;
    let of_input: Vec<&String> =
        record.clauses.iter().map(|clause| &clause.id).filter(|id| id.contains(".input.")).collect();
    assert!(of_input.len() > 20, "{}", of_input.len());
    assert_not_upheld(&record, of_input);
    let refusals = record.cases.iter().filter(|case| case.id.ends_with("/refuses"));
    for case in refusals {
        assert_eq!(case.verdict, CaseVerdict::Inconclusive, "{case:?}");
        let reason = case.reason.as_deref().unwrap_or_default();
        assert!(reason.starts_with("the same request without the violation is refused too: "), "{case:?}");
    }
    let probe = record.cases.iter().find(|case| case.id == "protocol.body-must-be-an-object/array@GetChannel").unwrap();
    assert_eq!(probe.verdict, CaseVerdict::Inconclusive, "{probe:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_lacks_a_required_check_is_not_accused_of_another_defect() {
    let faults = [
        "ignore:TagResource.input.tags.required",
        "ignore:CreateRecordingConfiguration.input.destinationConfiguration.required",
    ];
    let clauses = ["protocol.member-names-are-case-sensitive", "protocol.body-must-be-an-object"];
    let record = Bench::new(&clauses.map(str::to_owned)).run(&faults, Arc::new(Bare)).await;
    let findings: Vec<&str> = record.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert!(findings.is_empty(), "{findings:#?}");
    let case = |id: &str| record.cases.iter().find(|case| case.id == id).unwrap();
    let doubted = case("protocol.member-names-are-case-sensitive/capital-tags@TagResource");
    assert_eq!(doubted.verdict, CaseVerdict::Inconclusive, "{doubted:?}");
    assert!(doubted.reason.as_deref().unwrap().contains("another check is missing"), "{doubted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_size_is_not_upheld_by_a_list_of_one() {
    let rule = "rule.default-page-size-is-1".to_owned();
    let faults = ["body:ListPlaybackRestrictionPolicies=Infinity"];
    let record = Bench::new(std::slice::from_ref(&rule)).run(&faults, Arc::new(Bare)).await;
    assert_eq!(clause(&record, &rule).verdict, ClauseVerdict::Untested, "{:?}", clause(&record, &rule));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_is_never_met_upholds_no_rule() {
    let rule = "rule.multitrack-channel-is-standard-fragmented-mp4".to_owned();
    let channel = [
        "CreateChannel.output.channel",
        "GetChannel.output.channel",
        "UpdateChannel.output.channel",
        "BatchGetChannel.output.channels.member",
    ];
    let faults = channel.map(|place| format!("drop:{place}.multitrackInputConfiguration"));
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let record = Bench::new(std::slice::from_ref(&rule)).run(&faults, Arc::new(Bare)).await;
    assert_not_upheld(&record, [&rule]);
    assert_eq!(clause(&record, &rule).observations, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_always_empty_upholds_no_default_of_its_members() {
    let all = Bench::new(&[]);
    let below = |rule: &&spec::rules::DefaultRule| rule.output.contains("thumbnailConfiguration.");
    let rules: Vec<String> = all.contract.rules.defaults.iter().filter(below).map(|rule| rule.id.clone()).collect();
    assert!(rules.len() >= 4, "{rules:?}");
    let faults = ["Create", "Get"].map(|verb| {
        format!("set:{verb}RecordingConfiguration.output.recordingConfiguration.thumbnailConfiguration={{}}")
    });
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let record = Bench::new(&rules).run(&faults, Arc::new(Bare)).await;
    assert_not_upheld(&record, &rules);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_take_a_date_header_is_found() {
    let rule = "auth.iso-date-header-suffices".to_owned();
    let bench = Bench::new(std::slice::from_ref(&rule));
    let record = bench.run(&[], Arc::new(NeedsAmzDate)).await;
    assert_eq!(clause(&record, &rule).verdict, ClauseVerdict::Violated, "{:?}", clause(&record, &rule));
    let record = bench.run(&[], Arc::new(Bare)).await;
    assert_eq!(clause(&record, &rule).verdict, ClauseVerdict::Upheld, "{:?}", record.cases);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_several_operations_says_on_which_it_was_observed() {
    let rule = "rule.multitrack-channel-is-standard-fragmented-mp4".to_owned();
    let bench = Bench::new(std::slice::from_ref(&rule));
    let operations = |record: &Record| clause(record, &rule).operations.clone();
    let whole = bench.run(&[], Arc::new(Bare)).await;
    assert!(clause(&whole, &rule).observations > 0);
    let seen = operations(&whole);
    assert!(seen.len() > 1 && seen.contains(&"GetChannel".to_owned()), "{seen:?}");
    let part = bench.run(&["drop:GetChannel.output.channel.multitrackInputConfiguration"], Arc::new(Bare)).await;
    assert_eq!(clause(&part, &rule).verdict, ClauseVerdict::Upheld);
    assert!(!operations(&part).contains(&"GetChannel".to_owned()), "{:?}", operations(&part));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_that_ended_at_a_refused_request_is_undecided() {
    let name = "scenario/channels-with-a-past";
    let bench = Bench::new(&[name.to_owned()]);
    let record = bench.run(&["refuse:CreateChannel.input.authorized=true"], Arc::new(Bare)).await;
    let case = record.cases.iter().find(|case| case.id == name).unwrap();
    assert_eq!(case.verdict, CaseVerdict::Inconclusive, "{case:?}");
    assert!(case.reason.as_deref().is_some_and(|reason| reason.contains("ValidationException")), "{case:?}");
}
