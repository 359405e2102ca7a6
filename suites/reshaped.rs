//! A target whose responses all have one wrong form does one thing wrong: it has one cause, which says so.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::report::Record;
use ivs_conformance::run::settings::{Profile, Settings};
use ivs_conformance::spec;
use serde_json::{Map, Value, json};

use crate::common::embedded;
use crate::vacuity::proxy::{self, Message, Veil};

/// How long is waited for what these targets never show.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives every output another form.
struct Reshaped(fn(Value) -> Value);

impl Veil for Reshaped {
    fn changes(&self, _target: &str, body: &mut Value) {
        let is_error = body.get("message").or_else(|| body.get("exceptionMessage")).is_some();
        if !is_error {
            *body = self.0(body.take());
        }
    }
}

/// Responds to what it does not know with status 404 and no code, be it a path, a resource or an identifier without a form.
struct WithoutCodes;

impl Veil for WithoutCodes {
    fn refuses(&self, request: &Message) -> Option<(u16, Value)> {
        let is_malformed = request.target().ends_with("/-") || request.body.windows(3).any(|part| part == b"\"-\"");
        let is_unknown = request.target().contains("NoSuchOperation");
        (is_malformed || is_unknown).then(|| (404, json!({"message": "Not Found"})))
    }

    fn hides_codes(&self) -> bool {
        true
    }
}

/// The record of a quick run against the reference server with these faults and its outputs in that form.
async fn record(faults: &[&str], form: fn(Value) -> Value) -> Record {
    record_behind(faults, Arc::new(Reshaped(form))).await
}

/// The same of any veil.
async fn record_behind(faults: &[&str], veil: Arc<dyn Veil>) -> Record {
    let contract = Arc::new(spec::builtin().unwrap());
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
    let (server, settings) = embedded::start(faults).await;
    let endpoint = proxy::start(server.address(), veil).await;
    let settings = Settings { endpoint, profile: Profile::Quick, patience: PATIENCE, ..settings };
    let outcome = embedded::run(&contract, &plan, &settings).await;
    server.stop().await;
    Record::from_outcome(&contract, &plan, &settings, outcome)
}

/// Titles of the causes of such a run.
async fn causes(faults: &[&str], form: fn(Value) -> Value) -> Vec<String> {
    record(faults, form).await.causes.into_iter().map(|cause| cause.title).collect()
}

/// Asserts that such a run without faults has one cause, whose title ends so.
async fn assert_one_cause(form: fn(Value) -> Value, end: &str) {
    let causes = causes(&[], form).await;
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert!(causes[0].ends_with(end), "{causes:?}");
}

/// Members without tags.
fn without_tags(value: Value) -> Value {
    members(value, &|(member, value)| (member != "tags").then(|| (member, without_tags(value))))
}

/// Every name of a member in `snake_case`; names of tags stay.
fn in_snake_case(value: Value) -> Value {
    let name = |name: &str| -> String {
        name.chars().fold(String::new(), |snake, letter| match letter.is_ascii_uppercase() {
            true => snake + "_" + &letter.to_ascii_lowercase().to_string(),
            false => snake + &letter.to_string(),
        })
    };
    members(value, &|(member, value)| match member.as_str() {
        "tags" => Some((member, value)),
        _ => Some((name(&member), in_snake_case(value))),
    })
}

/// Members without those whose value is empty; tags stay.
fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| [json!(""), json!([]), json!({})].contains(value);
    members(value, &|(member, value)| match member.as_str() {
        "tags" => Some((member, value)),
        _ => Some((member, without_empty(value))).filter(|(_, value)| !is_empty(value)),
    })
}

/// Members without those that are false.
fn without_false(value: Value) -> Value {
    members(value, &|(member, value)| Some((member, without_false(value))).filter(|(_, value)| *value != json!(false)))
}

/// Every text with question marks for the characters that are not ASCII.
fn in_ascii(value: Value) -> Value {
    let ascii =
        |text: String| text.chars().map(|letter| if letter.is_ascii() { letter } else { '?' }).collect::<String>();
    match value {
        Value::String(text) => Value::String(ascii(text)),
        Value::Array(all) => all.into_iter().map(in_ascii).collect(),
        value => members(value, &|(member, value)| Some((ascii(member), in_ascii(value)))),
    }
}

/// Every list with its first item once more at the end.
fn with_an_item_twice(output: Value) -> Value {
    members(output, &|(member, mut value)| {
        if let Some(items) = value.as_array_mut() {
            items.extend(items.first().cloned());
        }
        Some((member, value))
    })
}

type Member = (String, Value);

fn members(value: Value, change: &dyn Fn(Member) -> Option<Member>) -> Value {
    match value {
        Value::Object(all) => Value::Object(all.into_iter().filter_map(change).collect::<Map<String, Value>>()),
        Value::Array(all) => Value::Array(all.into_iter().map(|element| members(element, change)).collect()),
        value => value,
    }
}

#[tokio::test]
async fn members_in_snake_case_are_one_cause() {
    let causes = causes(&[], in_snake_case).await;
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert!(causes[0].contains("operations return members under other names"), "{causes:?}");
}

#[tokio::test]
async fn output_inside_of_one_member_is_one_cause() {
    assert_one_cause(|output| json!({"result": output}), "return the documented members inside of a member `result`.")
        .await;
}

#[tokio::test]
async fn output_in_a_list_is_one_cause() {
    assert_one_cause(|output| json!([output]), "respond with a body that is not a JSON object.").await;
}

#[tokio::test]
async fn members_that_are_left_out_where_they_are_empty_are_one_cause() {
    assert_one_cause(without_empty, "leave out members whose value is empty.").await;
}

#[tokio::test]
async fn what_is_wrong_beside_the_form_is_a_cause_of_its_own() {
    let faults = ["default:ListChannels.maxResults=2", "lose-update:UpdateChannel.insecureIngest"];
    let causes = causes(&faults, without_empty).await;
    assert_eq!(causes.len(), 3, "{causes:#?}");
    let has = |title: &str| causes.iter().any(|cause| cause.contains(title));
    assert!(has("leave out members whose value is empty."), "{causes:#?}");
    assert!(has("ListChannels breaks the rule: Without maxResults a page holds up to 100."), "{causes:#?}");
    assert!(has("GetChannel breaks the rule: "), "{causes:#?}");
}

#[tokio::test]
async fn arns_of_another_form_hide_no_item_that_a_page_loses() {
    let causes = causes(&["systemic:other-ids", "page:ListChannels=skip"], |output| output).await;
    assert_eq!(causes.len(), 2, "{causes:#?}");
    assert!(causes[0].ends_with("that does not match its pattern."), "{causes:?}");
    assert!(causes[1].starts_with("ListChannels breaks the rule: "), "{causes:?}");
}

#[tokio::test]
async fn names_that_are_dropped_hide_neither_another_member_nor_a_page() {
    let faults = ["systemic:creates-drop=name", "forget:CreateChannel.authorized", "page:ListChannels=skip"];
    let record = record(&faults, |output| output).await;
    let clauses: Vec<&str> = record.causes.iter().map(|cause| cause.id.as_str()).collect();
    let kept = "rule.get-returns-what-create-answered@CreateChannel#";
    let lost = "rule.pages-are-disjoint-and-complete@ListChannels:wrong_behaviour";
    assert_eq!(clauses.len(), 3, "{clauses:#?}");
    assert!(clauses.contains(&format!("{kept}authorized:wrong_behaviour").as_str()), "{clauses:#?}");
    assert!(clauses.contains(&lost), "{clauses:#?}");
}

#[tokio::test]
async fn a_member_that_no_response_has_is_one_cause() {
    let causes = causes(&["lose-update:UpdateChannel.insecureIngest"], without_tags).await;
    assert_eq!(causes.len(), 2, "{causes:#?}");
    assert!(causes[0].ends_with("operations leave out `tags` in every response."), "{causes:?}");
    assert!(causes[1].starts_with("GetChannel breaks the rule: "), "{causes:?}");
}

#[tokio::test]
async fn what_is_gone_is_not_left_although_the_target_says_it_in_its_own_way() {
    let faults = ["error-code:ResourceNotFoundException=Gone", "error-status:*=400"];
    let record = record(&faults, |output| output).await;
    assert!(record.left.is_empty(), "{:?}", record.left);
    let titles: Vec<&str> = record.causes.iter().map(|cause| cause.title.as_str()).collect();
    assert!(titles.iter().any(|title| title.ends_with("in place of ResourceNotFoundException.")), "{titles:?}");
}

#[tokio::test]
async fn errors_with_a_status_of_success_are_one_cause_and_hide_no_other() {
    let record = record(&["error-status:*=200", "lose-update:UpdateChannel.insecureIngest"], |output| output).await;
    assert!(record.left.is_empty(), "{:?}", record.left);
    let titles: Vec<&str> = record.causes.iter().map(|cause| cause.title.as_str()).collect();
    assert_eq!(titles.len(), 2, "{titles:#?}");
    assert!(titles[0].ends_with("report errors with status 200."), "{titles:?}");
    assert!(titles[1].starts_with("GetChannel breaks the rule: "), "{titles:?}");
}

#[tokio::test]
async fn members_that_are_left_out_where_they_are_false_are_one_cause() {
    assert_one_cause(without_false, "leave out members whose value is false.").await;
}

#[tokio::test]
async fn characters_that_are_replaced_are_one_cause() {
    assert_one_cause(in_ascii, "operations garble characters that are not ASCII.").await;
}

#[tokio::test]
async fn items_that_are_listed_twice_are_one_cause() {
    assert_one_cause(with_an_item_twice, "operations list items twice.").await;
}

#[tokio::test]
async fn operations_that_say_of_resources_what_the_target_says_of_paths_are_not_missing() {
    let record = record_behind(&[], Arc::new(WithoutCodes)).await;
    assert_eq!((record.summary.operations.implemented, record.summary.operations.total), (35, 35));
    let titles: Vec<&str> = record.causes.iter().map(|cause| cause.title.as_str()).collect();
    assert!(titles.iter().any(|title| title.ends_with("operations report errors without a code.")), "{titles:#?}");
}
