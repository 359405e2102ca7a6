#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use serde_json::{Value, json};

use crate::plan::{PlanError, Suites};

/// The suites of a file, or what is wrong with it, as `LINE: MESSAGE`.
fn read(text: &str) -> Result<Suites, Vec<String>> {
    Suites::parse(Path::new("mine.toml"), text).map_err(|error| match error {
        PlanError::Suites(error) => {
            let line = |problem: &crate::spec::Problem| format!("{}: {}", problem.line, problem.message);
            assert!(error.problems.iter().all(|problem| !problem.help.is_empty()));
            error.problems.iter().map(line).collect()
        }
        other => panic!("{other}"),
    })
}

#[track_caller]
fn assert_wrong(text: &str, expected: &[&str]) {
    match read(text) {
        Ok(suites) => panic!("it is read: {suites:#?}"),
        Err(problems) => assert_eq!(problems, expected, "{text}"),
    }
}

/// The calls of a scenario with their inputs.
fn calls(suites: &Suites, scenario: usize) -> Vec<(String, Value)> {
    let calls = suites.scenarios[scenario].steps.iter();
    calls.map(|step| (step.call.clone().unwrap_or_default(), step.input.clone())).collect()
}

/// Operation and rule of every assertion of a scenario.
fn rules(suites: &Suites, scenario: usize) -> Vec<&str> {
    let asserts = suites.scenarios[scenario].steps.iter().flat_map(|step| &step.asserts);
    asserts.map(|assert| assert.rule.as_str()).collect()
}

#[test]
fn one_scenario_stands_for_all_its_cases() {
    let text = r#"
[[scenario]]
name = "get-<kind>"
summary = "A <kind> is shown."
cases = [
  { kind = "channel", get = "GetChannel", input = { arn = "${channel}" } },
  { kind = "key", get = "GetStreamKey", input = { arn = "${stream-key}", deep = [1] } },
]
steps = [{ call = "<get>", input = "<input>", assert = [{ rule = "r", at = "<kind>.arn", length = 3 }] }]
"#;
    let suites = read(text).unwrap();
    let names: Vec<&str> = suites.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names, ["get-channel", "get-key"]);
    assert_eq!(suites.scenarios[1].summary, "A key is shown.");
    assert_eq!(calls(&suites, 1), [("GetStreamKey".to_owned(), json!({"arn": "${stream-key}", "deep": [1]}))]);
    assert_eq!(suites.scenarios[1].steps[0].asserts[0].at, "key.arn");
}

#[test]
fn a_row_names_its_case_where_the_scenario_does_not() {
    let text = r#"
[tables]
sizes = [{ name = "small", size = 1 }, { name = "large", size = 100 }]

[[scenario]]
summary = "Pages of <size>."
cases = "sizes"
steps = [{ call = "ListChannels", input = { maxResults = "<size>" }, rule = "r" }]
"#;
    let suites = read(text).unwrap();
    let names: Vec<&str> = suites.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names, ["small", "large"]);
    assert_eq!(calls(&suites, 1)[0].1, json!({"maxResults": 100}));
}

#[test]
fn loops_repeat_steps_and_assertions() {
    let text = r#"
[[scenario]]
name = "mine"
summary = "x"
rule = "r"
steps = [
  { for = { n = "1..3" }, call = "CreateChannel", save = { "channel-<n>" = "channel.arn" } },
  { for = { size = [1, 50] }, walk = "ListChannels", input = { maxResults = "<size>" }, assert = [
    { for = { n = "1..3" }, at = "items", contains = { arn = "${channel-<n>}" } },
    { at = "pages", each_at_most = "<size>" },
  ] },
]
"#;
    let suites = read(text).unwrap();
    let steps = &suites.scenarios[0].steps;
    assert_eq!(steps.len(), 5);
    assert_eq!(steps[2].save.keys().collect::<Vec<_>>(), ["channel-3"]);
    assert_eq!(steps[4].input, json!({"maxResults": 50}));
    assert_eq!(steps[4].asserts.len(), 4);
    assert_eq!(steps[4].asserts[2].contains, Some(json!({"arn": "${channel-3}"})));
    assert_eq!(steps[4].asserts[3].each_at_most, Some(50));
}

#[test]
fn a_fixture_is_used_in_one_line_that_can_add_to_it() {
    let text = r#"
[[fixture]]
name = "channel"
summary = "A channel."
defaults = { as = "channel" }
steps = [{ call = "CreateChannel", input = { type = "BASIC" }, save = { "<as>" = "channel.arn" } }]

[[fixture]]
name = "live"
summary = "A channel that is live."
needs = ["broadcast"]
steps = [{ use = "channel" }, { call = "GetStream", input = { channelArn = "${channel}" }, eventually = true }]

[[scenario]]
name = "mine"
summary = "x"
steps = [
  { use = "live", save = { stream = "stream" }, assert = [{ rule = "r", at = "stream", present = true }] },
  { use = "channel", with = { as = "other" }, input = { name = "n" } },
]

[[state]]
name = "live"
resource = "channel"
reach = [{ use = "live" }]
"#;
    let suites = read(text).unwrap();
    let scenario = &suites.scenarios[0];
    let names: Vec<&str> = scenario.steps.iter().filter_map(|step| step.call.as_deref()).collect();
    assert_eq!(names, ["CreateChannel", "GetStream", "CreateChannel"]);
    assert_eq!(scenario.needs.len(), 1);
    assert!(scenario.steps[1].eventually && scenario.steps[1].asserts.len() == 1);
    assert_eq!(scenario.steps[2].save.keys().collect::<Vec<_>>(), ["other"]);
    assert_eq!(scenario.steps[2].input, json!({"name": "n", "type": "BASIC"}));
    assert_eq!(suites.states[0].reach.len(), 2);
    assert_eq!(suites.states[0].needs.len(), 1);
}

#[test]
fn assertions_take_the_rule_of_their_step_and_then_of_the_scenario() {
    let text = r#"
[[scenario]]
name = "mine"
summary = "x"
rule = "scenario"
steps = [
  { call = "GetChannel", assert = [{ at = "a", length = 1 }, { rule = "own", at = "a", length = 1 }] },
  { call = "GetChannel", rule = "step", assert = [{ at = "a", length = 1 }] },
]
"#;
    let suites = read(text).unwrap();
    assert_eq!(rules(&suites, 0), ["scenario", "own", "step"]);
    assert_eq!(suites.scenarios[0].steps[0].rule, None, "the scenario's rule is for assertions");
}

#[test]
fn members_are_one_assertion_each_in_the_order_written() {
    let text = r#"
[[scenario]]
name = "mine"
summary = "x"
steps = [
  { call = "GetChannel", rule = "r", assert = [
    { at = "channel", members = { type = "BASIC", name = "n", "srt.endpoint" = "e" }, inferred = true },
    { members = { "items[0].arn" = "a" } },
  ] },
]
"#;
    let suites = read(text).unwrap();
    let asserts = &suites.scenarios[0].steps[0].asserts;
    let shown: Vec<_> = asserts.iter().map(|assert| (assert.at.as_str(), assert.equals.clone().unwrap())).collect();
    let expected = [
        ("channel.type", json!("BASIC")),
        ("channel.name", json!("n")),
        ("channel.srt.endpoint", json!("e")),
        ("items[0].arn", json!("a")),
    ];
    assert_eq!(shown, expected);
    assert!(asserts[0].inferred && !asserts[3].inferred);
}

/// A scenario whose cases begin on line 4 and whose steps on line 5.
fn with_cases(name: &str, cases: &str, steps: &str) -> String {
    format!("[[scenario]]\n{name}\nsummary = \"x\"\ncases = {cases}\nsteps = {steps}\n")
}

#[test]
fn what_is_wrong_with_cases_is_shown_where_it_stands() {
    let named = "name = \"mine-<kind>\"";
    let steps = "[{ call = \"<b>\" }]";
    let cases = [
        (
            with_cases(named, "[{ kind = \"1\", b = \"X\", c = 2 }]", steps),
            "4: the scenario does not use the parameter `c`",
        ),
        (with_cases(named, "[{ kind = \"1\", bb = \"X\" }]", steps), "4: the scenario does not use the parameter `bb`"),
        (with_cases("slow = true", "[{ b = \"X\" }]", steps), "4: the case has no name"),
        (with_cases(named, "[]", steps), "4: the scenario has no cases"),
        (with_cases(named, "\"rows\"", steps), "4: the file has no table `rows`"),
        (with_cases(named, "[7]", steps), "4: the case is not a table"),
        (with_cases(named, "7", steps), "4: `cases` is not a list"),
        (
            with_cases(named, "[{ kind = \"1\", b = [1] }]", "[{ call = \"Get<b>\" }]"),
            "5: `<b>` is a list or a table and cannot stand within a text",
        ),
    ];
    for (text, expected) in cases {
        let problems = read(&text).unwrap_err();
        assert!(problems.contains(&expected.to_owned()), "{problems:?} of {text}");
    }
    assert_wrong(
        &with_cases(named, "[{ kind = \"1\" }]", "[{ call = \"Get<kint>\" }]"),
        &["5: the case has no parameter `kint`; did you mean `kind`?"],
    );
    assert_wrong(
        "[[scenario]]\nname = \"mine\"\nsummary = \"<a>\"\nsteps = []\n",
        &["3: a scenario without `cases` has no parameter `a`"],
    );
    let table = "[tables]\nrows = [{ name = \"x\", a = 1 }]\nnone = [{ a = 1 }]\n\n";
    let uses = "[[scenario]]\nsummary = \"x\"\ncases = \"rows\"\nsteps = []\n";
    assert_wrong(
        &format!("{table}{uses}"),
        &["2: nothing uses the parameter `a` of the table `rows`", "3: nothing uses the table `none`"],
    );
}

#[test]
fn a_wrong_value_of_a_case_is_shown_in_its_row() {
    let steps = "[{ call = \"GetChannel\", assert = [{ rule = \"r\", length = \"<b>\" }] }]";
    let problems =
        read(&with_cases("name = \"mine-<kind>\"", "[\n{ kind = 1, b = 1 },\n{ kind = 2, b = \"x\" },\n]", steps));
    assert_eq!(problems.unwrap_err(), ["6: invalid type: string \"x\", expected u64"]);
}

#[test]
fn what_is_wrong_with_fixtures_is_shown_where_it_stands() {
    let fixture = "[[fixture]]\nname = \"keyless\"\nsummary = \"x\"\nsteps = [{ call = \"<op>\", expect = \"4xx\" }]\n";
    let scenario =
        |steps: &str| format!("{fixture}[[scenario]]\nname = \"mine\"\nsummary = \"x\"\nsteps = [{steps}]\n");
    let good = "{ use = \"keyless\", with = { op = \"GetChannel\" } }";
    assert!(read(&scenario(good)).is_ok());
    assert_wrong(fixture, &["2: nothing uses the fixture `keyless`"]);
    assert_wrong(
        &scenario(&format!("{good}, {{ use = \"keyles\" }}")),
        &["8: `keyles` is not a fixture of this file; did you mean `keyless`?"],
    );
    assert_wrong(&scenario("{ use = \"keyless\" }"), &["4: the fixture `keyless` has no parameter `op`"]);
    assert_wrong(
        &scenario("{ use = \"keyless\", with = { op = \"GetChannel\", po = 1 } }"),
        &["8: the fixture `keyless` does not use the parameter `po`"],
    );
    assert_wrong(
        &scenario("{ use = \"keyless\", with = { op = \"GetChannel\" }, expect = \"success\" }"),
        &["8: the last step of the fixture has a `expect` of its own"],
    );
    assert_wrong(
        &format!("{}{fixture}", scenario(good)),
        &["10: nothing uses the fixture `keyless`", "10: the fixture `keyless` is defined twice"],
    );
    assert_wrong(
        &format!(
            "[[fixture]]\nname = \"loop\"\nsummary = \"x\"\nsteps = [{{ use = \"loop\" }}]\n{}",
            scenario(&format!("{good}, {{ use = \"loop\" }}"))
        ),
        &["4: `loop` is not defined above"],
    );
    assert_wrong(
        "[[fixture]]\nname = \"keyless\"\nstep = []\n",
        &["1: the fixture lacks a `name`, a `summary` or `steps`", "3: a fixture has no `step`"],
    );
}

#[test]
fn what_is_wrong_with_loops_and_rules_is_shown_where_it_stands() {
    let scenario = |steps: &str| format!("[[scenario]]\nname = \"mine\"\nsummary = \"x\"\nsteps = [\n{steps}\n]\n");
    assert_wrong(&scenario("{ for = { n = \"3..1\" }, call = \"X<n>\" }"), &["5: the loop has no values"]);
    assert_wrong(&scenario("{ for = { n = 3 }, call = \"X<n>\" }"), &["5: the loop has no values"]);
    assert_wrong(
        &scenario("{ for = { n = \"1..2\" }, call = \"X\" }"),
        &["5: `<n>` stands nowhere in what is repeated"],
    );
    assert_wrong(&scenario("{ for = 3, call = \"X\" }"), &["5: `for` does not name one variable"]);
    assert_wrong(
        &scenario("{ for = { n = [1] }, call = \"X<n>\", assert = [{ for = { n = [1] }, at = \"<n>\" }] }"),
        &["5: `n` cannot be the variable of a loop"],
    );
    assert_wrong(
        "[[scenario]]\nname = \"mine\"\nsummary = \"x\"\nrule = \"r\"\nsteps = [{ call = \"X\" }]\n",
        &["4: no assertion takes the scenario's rule"],
    );
    assert_wrong(
        &scenario("{ call = \"X\", rule = \"r\", assert = [{ members = {} }] }"),
        &["5: `members` names no member, or stands beside `equals`"],
    );
    assert_wrong(&scenario("{ call = \"X\", assert = [{ at = \"a\" }] }"), &["5: missing field `rule`"]);
}

#[test]
fn a_small_file_does_not_grow_without_end() {
    let mut text = String::new();
    for level in 0..30 {
        let use_last = format!("{{ use = \"f{}\" }}", level - 1);
        let steps = if level == 0 { "{ call = \"X\" }".to_owned() } else { format!("{use_last}, {use_last}") };
        text += &format!("[[fixture]]\nname = \"f{level}\"\nsummary = \"x\"\nsteps = [{steps}]\n");
    }
    text += "[[scenario]]\nname = \"mine\"\nsummary = \"x\"\nsteps = [{ use = \"f29\" }]\n";
    let problems = read(&text).unwrap_err();
    assert!(problems.iter().any(|problem| problem.contains("expands to too many values")), "{problems:?}");
}
