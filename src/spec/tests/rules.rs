//! Rules: how they are refused, derived and extended.

use serde_json::{Value, json};

use super::super::rules::{ExpectedError, Scope};
use super::super::*;
use super::model::model;

const HEAD: &str = "schema = \"ivs-conformance/rules/2\"\npublished = \"2025-01-01\"\n";

/// One operation `Do` with the members `a` and `tags`, which documents the error `Bad` with status 409.
fn small() -> String {
    let members = json!({
        "a": {"target": "smithy.api#String"},
        "tags": {"target": "x#Tags"},
    });
    let bad = json!({"type": "structure", "traits": {"smithy.api#error": "client", "smithy.api#httpError": 409}});
    let tags = json!({
        "type": "map", "key": {"target": "smithy.api#String"}, "value": {"target": "smithy.api#String"}
    });
    let mut model = model(members.clone(), members, json!({"x#Bad": bad, "x#Tags": tags}));
    model["shapes"]["x#Do"]["errors"] = json!([{"target": "x#Bad"}]);
    model.to_string()
}

fn load_rules(rules: &str) -> Result<Contract, SpecError> {
    load("model.json", &small(), Some(("m.rules.toml", rules)))
}

fn contract(rules: &str) -> Contract {
    load_rules(&format!("{HEAD}{rules}")).unwrap_or_else(|error| panic!("{:#?}", lines(&error)))
}

fn lines(error: &SpecError) -> Vec<String> {
    error.problems.iter().map(ToString::to_string).collect()
}

/// The rules are refused at that line and column.
#[track_caller]
fn refuses(rules: &str, place: &str, message: &str) {
    let found = lines(&load_rules(rules).unwrap_err());
    let is_it = |line: &String| line.contains(message) && line.starts_with(&format!("m.rules.toml:{place}:"));
    assert!(found.iter().any(is_it), "{found:#?}");
}

#[test]
fn rules_that_do_not_fit_are_refused_where_they_stand() {
    let with = |rules: &str| format!("{HEAD}{rules}");
    refuses("schema = ", "1:10", "");
    refuses(&with("odd = 1\n"), "3:1", "unknown field `odd`");
    refuses(&HEAD.replace("rules/2", "rules/9"), "1:10", "of the form `ivs-conformance/rules/9`");
    refuses("schema = \"ivs-conformance/rules/2\"\n", "1:1", "do not say of which day");
    refuses(&with("distinct = [\"Do.input.no\"]\n"), "3:13", "`Do.input.no` is not a member");
    refuses(&with("distinct = [\n    \"*.input.no\",\n]\n"), "4:5", "`*.input.no` matches no member");
    refuses(
        &with("quotas = [{ per_second = 5, operations = [\"No\"] }]\n"),
        "3:43",
        "the operation `No` does not exist",
    );
    refuses(&with("quotas = [{ per_second = 5, per = \"b\", operations = [\"Do\"] }]\n"), "3:35", "has no `b`");
    let clause = "[[rule.scenario]]\nid = \"rule.a\"\nstatement = \"s\"\n";
    refuses(&with(&format!("[[rule]]\n{clause}{clause}")), "8:6", "is defined a second time");
    let input =
        "[[rule]]\n[[rule.input]]\nid = \"rule.a\"\nstatement = \"s\"\npaths = [\"Do.input.a\"]\nerrors = [\"No\"]\n";
    refuses(&with(input), "8:11", "no operation documents `No`");
    let default = "[[rule]]\n[[rule.default]]\nid = \"rule.a\"\nof = \"Do.input.no\"\n";
    refuses(&with(default), "6:6", "which member of the response shows it");
    refuses(&with("[[error]]\ncode = \"Bad\"\n"), "3:1", "must have `cause` or `untestable`");
}

#[test]
fn rules_in_json_are_refused_with_their_pointer() {
    let text = json!({"schema": "ivs-conformance/rules/2", "published": "2025-01-01", "distinct": ["Do.input.no"]});
    let error = load("model.json", &small(), Some(("m.rules.json", &text.to_string()))).unwrap_err();
    assert_eq!(error.problems[0].pointer, "/distinct/0");
    assert!(load("model.json", &small(), Some(("m.rules.json", "{"))).is_err());
}

#[test]
fn what_is_left_out_is_derived() {
    let contract = contract(
        r#"
        invalid_input = ["Bad"]
        distinct = ["*.input.tags"]
        quotas = [{ per_second = 5, per = "a", operations = ["D*"] }]
        [[error]]
        code = "Bad"
        cause = "invalid_input"
        [[rule]]
        number = 7
        sections = ["Do"]
        statement = "s"
        [rule.erratum]
        id = "erratum.e"
        where = ["*.status"]
        literal = "l"
        reading = "r"
        why = "w"
        [[rule.input]]
        id = "rule.long"
        statement = "s"
        paths = ["*.input.tags.key"]
        violating = ["${repeat:3:ab}"]
        [[rule.default]]
        id = "rule.default-a"
        of = "Do.input.a"
        "#,
    );
    let rules = &contract.rules;
    let bad = ExpectedError { code: "Bad".to_owned(), status: 409 };
    assert_eq!(rules.distinct, ["Do.input.tags"]);
    assert_eq!((&rules.quotas[0].operations[0][..], &rules.quotas[0].per), ("Do", &Scope::Member("a".to_owned())));
    assert_eq!((&rules.error_triggers[0].operation[..], rules.error_triggers[0].status), ("Do", 409));
    let input = &rules.input_rules[0];
    assert_eq!(
        (&input.paths[0][..], &input.errors[0], &input.violating[0]),
        ("Do.input.tags.key", &bad, &json!("ababab"))
    );
    assert_eq!((&input.sections[..], &input.rules[..]), (&["Do".to_owned()][..], &[7][..]));
    assert_eq!((&rules.defaults[0].output[..], &rules.defaults[0].value), ("a", &Value::Null));
    let numbered = &rules.rules[0];
    assert_eq!(
        (&numbered.reading[..], &numbered.ids[..]),
        ("r", &["erratum.e", "rule.long", "rule.default-a"].map(str::to_owned)[..])
    );
}

const BASE: &str = r#"schema = "ivs-conformance/rules/2"
published = "2025-01-01"
invalid_input = ["Bad"]
[sections]
Do = "Page 1"
[[error]]
code = "Bad"
cause = "state"
[[rule]]
number = 1
statement = "one"
reading = "one"
[[rule.scenario]]
id = "rule.a"
statement = "a"
[[rule.scenario]]
id = "rule.b"
statement = "b"
[[rule]]
number = 2
statement = "two"
[[rule.scenario]]
id = "rule.c"
statement = "c"
"#;

fn bundle(rules: &str) -> (std::path::PathBuf, Result<Contract, SpecError>) {
    let name = format!("ivs-conformance-extends-{}-{:x}", std::process::id(), rules.len());
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("m.json"), small()).unwrap();
    std::fs::write(directory.join("base.rules.toml"), BASE).unwrap();
    std::fs::write(directory.join("m.rules.toml"), rules).unwrap();
    let loaded = load_file(&directory);
    std::fs::remove_dir_all(&directory).unwrap();
    (directory, loaded)
}

#[test]
fn a_file_that_extends_another_adds_replaces_and_drops_entries() {
    let (_, loaded) = bundle(
        r#"schema = "ivs-conformance/rules/2"
extends = "base"
published = "2026-01-01"
drop = ["rule.b"]
[sections]
Do = "Page 9"
[[error]]
code = "Bad"
cause = "invalid_input"
[[rule]]
number = 2
statement = "new two"
[[rule]]
number = 3
statement = "three"
[[rule.scenario]]
id = "rule.d"
statement = "d"
"#,
    );
    let contract = loaded.unwrap();
    let rules = &contract.rules;
    let clauses: Vec<&str> = rules.scenario_rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(clauses, ["rule.a", "rule.d"], "rule 2 was replaced with its clauses, and rule.b dropped");
    let statements: Vec<&str> = rules.rules.iter().map(|rule| rule.statement.as_str()).collect();
    assert_eq!(statements, ["one", "new two", "three"]);
    assert_eq!((rules.published.as_str(), rules.section("Do")), ("2026-01-01", Some("Page 9")));
    assert_eq!(
        (rules.error_triggers.len(), rules.error_triggers[0].cause),
        (1, Some(rules::TriggerKind::InvalidInput))
    );
}

#[test]
fn problems_of_extended_files_name_the_file() {
    let rules = |more: &str| format!("schema = \"ivs-conformance/rules/2\"\nextends = \"base\"\n{more}");
    let (directory, loaded) = bundle(&rules("drop = [\"rule.none\"]\n"));
    let own = format!("{}:3:9: `rule.none` drops nothing", directory.join("m.rules.toml").display());
    let found = lines(&loaded.unwrap_err());
    assert!(found[0].starts_with(&own), "{found:?}");
    let clause = "[[rule]]\n[[rule.scenario]]\nid = \"rule.c\"\nstatement = \"c\"\n";
    assert!(bundle(&rules(clause)).1.is_ok(), "a clause takes the place of the one with its id");
    let (_, loaded) = bundle(&rules("").replace("\"base", "\"none"));
    let found = lines(&loaded.unwrap_err());
    assert!(found[0].contains(":2:11: the rules extend `none`, and neither `none.rules.toml`"), "{found:?}");
}

/// The example of the guide, which drops one clause, one rule, one error and one rate.
#[test]
fn rules_extend_those_that_are_built_in() {
    let guide = include_str!("../../../CONTRIBUTING.md");
    let example = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let model = include_str!("../../../specs/ivs-2026-11.json");
    let some = load("m.json", model, Some(("m.rules.toml", example))).unwrap();
    let all = load("m.json", model, Some(("rules", load::BUILTIN_RULES))).unwrap();
    let (some, all) = (&some.rules, &all.rules);
    assert_eq!(some.published, "2026-11-02");
    assert_eq!((some.rules.len(), &some.sections), (all.rules.len() - 1, &all.sections));
    let ids = |rules: &Rules| rules.scenario_rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
    let mut expected = ids(all);
    expected.retain(|id| id != "rule.default-page-size-is-1");
    expected.push("rule.ad-configurations-need-a-media-tailor-playback".to_owned());
    assert_eq!(ids(some), expected);
    let pending =
        |rules: &Rules| rules.error_triggers.iter().filter(|error| error.code == "PendingVerification").count();
    assert!(pending(all) > 0 && pending(some) == 0);
    assert_eq!(some.quotas.len(), all.quotas.len() - 2);
}

#[test]
fn every_rules_file_of_the_project_has_the_published_form() {
    let told = |error: SpecError| panic!("{:#?}", lines(&error));
    for contract in ["ivs-2020-07-14", "ivs-2026-11", "examples/parcels/contract"] {
        let summary = check_file(std::path::Path::new(contract)).unwrap_or_else(told);
        assert!(summary.clauses > 0, "{contract}");
    }
    let model = include_str!("../../../suites/fuzz/contract.json");
    let rules = include_str!("../../../suites/fuzz/contract.rules.toml");
    check("contract.json", model, Some(("contract.rules.toml", rules))).unwrap_or_else(told);
}
