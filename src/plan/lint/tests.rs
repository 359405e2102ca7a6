#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::LazyLock;

use crate::plan::{Filter, PlanError, Suites, plan};
use crate::spec::{self, Contract};

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| spec::builtin().unwrap());
static SUITES: LazyLock<Suites> = LazyLock::new(|| Suites::builtin().unwrap());

/// What is wrong with a suite file beside the built-in ones, as `LINE: MESSAGE`.
fn problems(text: &str) -> Vec<String> {
    let mut suites = SUITES.clone();
    match Suites::parse(Path::new("mine.toml"), text) {
        Ok(mine) => suites.extend(mine),
        Err(PlanError::Suites(error)) => return lines(&error.problems),
        Err(other) => panic!("{other}"),
    }
    match plan(&CONTRACT, &suites, &Filter::default()) {
        Ok(_) => Vec::new(),
        Err(PlanError::Suites(error)) => lines(&error.problems),
        Err(other) => panic!("{other}"),
    }
}

fn lines(problems: &[spec::Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            assert_eq!(problem.file, "mine.toml", "{problem}");
            assert!(!problem.help.is_empty());
            format!("{}: {}", problem.line, problem.message)
        })
        .collect()
}

/// A scenario with one step, which begins on line 4.
fn step(lines: &str) -> String {
    format!("[[scenario]]\nname = \"mine\"\nsummary = \"x\"\n[[scenario.steps]]\n{lines}\n")
}

const DECISIVE: &str = "rule = \"rule.tags-of-create-appear-everywhere\"";

#[track_caller]
fn assert_wrong(text: &str, expected: &[&str]) {
    assert_eq!(problems(text), expected, "{text}");
}

#[test]
fn a_step_that_fits_is_not_wrong() {
    let text = step(
        "call = \"GetChannel\"\ninput = { arn = \"${channel}\" }\nexpect = [\"success\", \"ResourceNotFoundException\"]\n\
         save = { name = \"channel.name\" }\nrule = \"rule.get-returns-what-create-answered\"",
    );
    assert_wrong(&text, &[]);
}

#[test]
fn names_of_a_step_must_be_known() {
    let cases = [
        ("call = \"GetChanel\"", "5: the contract has no operation `GetChanel`; did you mean `GetChannel`?"),
        ("walk = \"GetChannel\"", "5: GetChannel has no pages"),
        (
            "call = \"GetChannel\"\nexpect = \"ResourceNotFound\"",
            "6: GetChannel does not respond with the error `ResourceNotFound`; did you mean `ResourceNotFoundException`?",
        ),
        (
            "call = \"GetChannel\"\nexpect = [\"success\", \"sucess\"]",
            "6: GetChannel does not respond with the error `sucess`; did you mean `success`?",
        ),
        (
            "call = \"CreateChannel\"\ninput = { nmae = \"x\" }",
            "6: `nmae` is not a member of the request; did you mean `name`?",
        ),
        (
            "call = \"CreateChannel\"\nsave = { arn = \"chanel.arn\" }",
            "6: the output has no member `chanel`; did you mean `channel`?",
        ),
        ("walk = \"ListChannels\"\nsave = { arn = \"items[0].arm\" }", "6: `channels.member` has no member `arm`"),
        (
            "call = \"GetChannel\"\ninput = { arn = \"${chanel}\" }",
            "6: `${chanel}` stands for nothing: no step before saves it, and it is not a resource type; did you mean \
             `channel`?",
        ),
        (
            "call = \"GetChannel\"\ninput = { arn = \"${alive:channel}\" }",
            "6: `${alive:channel}` stands for nothing: the suites have no state `alive` of a `channel`; did you mean \
             `live`?",
        ),
        ("call = \"GetChannel\"\namong = [\"success\"]", "6: `among` has no effect here"),
        (
            "call = \"CreateChannel\"\nconcurrent = true\ngather = { a = \"output.chanel\" }",
            "7: the output has no member `chanel`; did you mean `channel`?",
        ),
    ];
    for (lines, expected) in cases {
        assert_wrong(&step(&format!("{lines}\n{DECISIVE}")), &[expected]);
    }
    assert_wrong(
        &step("call = \"GetChannel\"\nrule = \"rule.no-such\""),
        &["6: the contract has no clause `rule.no-such`"],
    );
    let unknown = format!("call = \"GetChannel\"\ninput = {{ Arn = \"x\" }}\nunknown = [\"arn\"]\n{DECISIVE}");
    assert_wrong(
        &step(&unknown),
        &[
            "6: `Arn` is not a member of the request; did you mean `arn`?",
            "7: `arn` is not a member of `input` that GetChannel does not have",
        ],
    );
    assert_wrong(&step(&unknown.replace("[\"arn\"]", "[\"Arn\"]")), &[]);
    assert_wrong(&step(DECISIVE), &["4: the step does nothing, or several things"]);
}

#[test]
fn a_scenario_that_decides_nothing_is_refused() {
    assert_wrong(&step("call = \"ListChannels\""), &["2: the scenario `mine` decides no clause and would never run"]);
}

#[test]
fn an_assertion_must_be_able_to_hold() {
    let of = |lines: &str| step(&format!("call = \"GetChannel\"\n[[scenario.steps.assert]]\n{DECISIVE}\n{lines}"));
    let cases = [
        ("at = \"channel\"", "6: the assertion asserts nothing"),
        ("at = \"channel.nmae\"\npresent = true", "8: `channel` has no member `nmae`; did you mean `name`?"),
        ("at = \"channel[0]\"\npresent = true", "8: `[0]` selects from what is not a list"),
        (
            "at = \"channel\"\nequals = { nmae = \"x\" }",
            "9: `nmae` is not a member of the channel; did you mean `name`?",
        ),
        ("at = \"channel\"\ncontains = { name = \"x\" }", "9: `contains` is for lists"),
        (
            "at = \"channel\"\nequals = {}\nignoring = [\"sekret\"]",
            "10: no shape of the contract has a member `sekret`",
        ),
        ("at = \"channel.name\"\nmatches = \"(\"", "9: `(` is not a regular expression"),
    ];
    for (lines, expected) in cases {
        assert_wrong(&of(lines), &[expected]);
    }
    assert_wrong(&of("at = \"channel.tags.anything\"\npresent = true"), &[]);
    let refused = step(&format!(
        "call = \"GetChannel\"\nexpect = \"ResourceNotFoundException\"\n[[scenario.steps.assert]]\n{DECISIVE}\nat = \
         \"channel\"\npresent = true"
    ));
    assert_wrong(&refused, &["7: assertions are made of successes only, and the step expects none"]);
}

#[test]
fn a_probe_is_refused_for_any_word_that_is_not_known() {
    let probe = |clause: &str, operations: &str, accepts: &str| {
        format!(
            "[[probe]]\nclause = \"{clause}\"\nname = \"mine\"\nsummary = \"x\"\noperations = [{operations}]\naccepts = \
             [{accepts}]\n"
        )
    };
    let clause = "protocol.malformed-json-is-refused";
    assert_wrong(&probe(clause, "\"GetChannel\"", "\"4xx\""), &[]);
    assert_wrong(
        &probe(clause, "\"GetChannel\"", "\"4xx\", \"ok\""),
        &["6: GetChannel does not respond with the error `ok`"],
    );
    assert_wrong(
        &probe(clause, "\"GetChanel\"", "\"4xx\""),
        &["5: the contract has no operation `GetChanel`; did you mean `GetChannel`?"],
    );
    assert_wrong(
        &probe(clause, "\"GetChannel\"", "\"ValidationException (403)\""),
        &["6: `ValidationException` has the status 400, and not 403"],
    );
    assert_wrong(&probe(clause, "\"GetChannel\"", ""), &["6: no response is right"]);
    assert_wrong(&probe("auth.nothing", "", "\"4xx\""), &["2: the contract has no clause `auth.nothing`"]);
}

#[test]
fn states_echoes_sequences_and_laws_name_what_is_there() {
    assert_wrong(
        "[[state]]\nname = \"mine\"\nresource = \"chanel\"\nreach = []\n",
        &["3: no operation makes a `chanel`; did you mean `channel`?"],
    );
    assert_wrong(
        "[[echo]]\nrule = \"rule.get-returns-what-create-answered\"\noperations = [\"Create*\", \"Creat*\", \
         \"Make*\"]\nexcept = [\"naem\"]\n",
        &[
            "3: no operation matches `Make*`",
            "4: no request that the echo is about has a member `naem`; did you mean `name`?",
        ],
    );
    assert_wrong(
        "[[agreement]]\nrule = \"rule.get-returns-what-create-answered\"\noperations = [\"CreateChannel\"]\nat = \
         \"channel.arm\"\nequals = \"streamKey.channelArn\"\n",
        &["4: no such response has a member `channel.arm`; did you mean `channel.arn` or `channel.srt` or \
           `channel.name`?"],
    );
    assert_wrong(
        "[[sequence]]\nname = \"mine\"\nsummary = \"x\"\nresources = [\"channel\"]\nleave_out = \
         [\"CreateChannel.nme\"]\nunsettled = [\"channel.nme\"]\n[sequence.states]\nchannel = \"alive\"\n",
        &[
            "5: `CreateChannel.nme` is no member of a request",
            "6: a `channel` has no member `nme`",
            "8: the suites have no state `alive` of a `channel`; did you mean `live`?",
        ],
    );
    assert_wrong(
        "[[law]]\nholds = \"one-at-most\"\nrule = \"rule.nothing\"\nresource = \"channel\"\nerror = \"TooMany\"\n",
        &["3: the contract has no clause `rule.nothing`", "5: no operation that the law is about documents `TooMany`"],
    );
    assert_wrong(
        "[[law]]\nholds = \"created-is-read\"\nrule = \"rule.update-keeps-tags\"\n",
        &["2: an earlier law holds of the same resources: this one would never be used"],
    );
}
