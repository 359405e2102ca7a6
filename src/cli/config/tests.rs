use std::time::Duration;

use super::*;

fn parse(text: &str) -> Result<Config, FileError> {
    Config::parse(Path::new("ci/ivs-conformance.toml"), text)
}

const FULL: &str = r#"
    endpoint = "http://127.0.0.1:5000"
    auth = "none"
    region = "eu-west-1"
    aws-profile = "test"
    proxy = "http://proxy.example:3128"
    ca-cert = ["ca.pem"]
    broadcast = "/live"
    spec = "model.json"
    only = ["CreateChannel.*"]
    skip = ["*.pattern"]
    operation = ["GetChannel"]
    shard = "1/2"
    profile = "deep"
    cases = 20000
    seed = 9
    jobs = 3
    rate = 2.5
    request-timeout = 1.5
    deadline = "1m"
    wait = 5
    report = ["json=-", "html=out/report.html"]
    baseline = "baseline.toml"
    strict = true
    implemented = true
    history = false
    record = "run.har"
    journal = "run.journal"
    throttling = true
    quotas = false
    verbose = true
    quiet = false
    color = "never"

    [operations.StopStream]
    expect = "not_implemented"
    reason = "no streams here"

    [operations.GetChannel]
    expect = "implemented"
"#;

#[test]
fn every_flag_of_run_can_stand_in_the_file() {
    let config = parse(FULL).unwrap();
    assert_eq!(config.expected_absent().len(), 1);
    let run = config.under(RunArgs::default());
    assert_eq!(run.target.endpoint.as_deref(), Some("http://127.0.0.1:5000"));
    assert_eq!(run.target.proxy.as_deref(), Some("http://proxy.example:3128"));
    assert_eq!(run.plan.shard, Some(Shard { index: 1, count: 2 }));
    assert_eq!(run.effort.profile, Some(Profile::Deep));
    assert_eq!(run.effort.deadline, Some(Span(Duration::from_secs(60))));
    assert_eq!(run.target.wait, Some(Span(Duration::from_secs(5))));
    assert_eq!((run.verdict.strict, run.verdict.history), (Some(true), Some(false)));
    assert_eq!(run.plan.selection.operation, ["GetChannel"]);
    assert_eq!((run.console.verbose, run.console.quiet), (Some(true), Some(false)));
    assert_eq!(run.console.color, Some(ColorMode::Never));
}

#[test]
fn paths_are_relative_to_the_file() {
    let run = parse(FULL).unwrap().under(RunArgs::default());
    assert_eq!(run.plan.selection.spec, Some(PathBuf::from("ci/model.json")));
    assert_eq!(run.verdict.baseline, Some(PathBuf::from("ci/baseline.toml")));
    assert_eq!(run.target.ca_cert, [PathBuf::from("ci/ca.pem")]);
    assert_eq!(run.account.journal, Some(PathBuf::from("ci/run.journal")));
    assert_eq!((run.account.throttling, run.account.quotas), (Some(true), Some(false)));
    assert_eq!(run.verdict.report[0].file, None);
    assert_eq!(run.verdict.report[1].file, Some(PathBuf::from("ci/out/report.html")));
}

#[test]
fn flags_win_over_the_file() {
    let mut flags = RunArgs::default();
    flags.effort.seed = Some(1);
    flags.plan.selection.only = vec!["GetChannel.*".to_owned()];
    flags.verdict.strict = Some(false);
    let run = parse(FULL).unwrap().under(flags);
    assert_eq!(run.effort.seed, Some(1));
    assert_eq!(run.plan.selection.only, ["GetChannel.*"]);
    assert_eq!(run.plan.selection.skip, ["*.pattern"]);
    assert_eq!(run.verdict.strict, Some(false));
}

#[test]
fn what_is_wrong_is_refused_with_its_line() {
    for (text, line, word) in [
        ("seed = 1\nsede = 2\n", 2, "did you mean `seed`?"),
        ("profile = \"depe\"\n", 1, "did you mean `deep`?"),
        ("\nauth = \"sigv\"\n", 2, "did you mean `sigv4`?"),
        ("seed = 1\nreport = [\"json=-\",\n \"jnuit=x\"]\n", 2, "did you mean `junit`?"),
        ("seed = 1\nrate = 0.0\n", 2, "`rate` 0 is no number"),
        ("\n\njobs = 0\n", 3, "`jobs` 0 would send nothing"),
        ("deadline = \"0s\"\n", 1, "`deadline` 0 leaves no time"),
        ("deadline = \"soon\"\n", 1, "no span of time"),
        ("\nendpoint = \"localhost:1\"\n", 2, "names no host"),
        ("broadcast = \"live\"\n", 1, "begins with `/`"),
        ("only = [\"a[\"]\n", 1, "glob"),
        ("quiet = true\nverbose = true\n", 2, "leave one out"),
        ("strict = \"yes\"\n", 1, "expected a boolean"),
        ("profile = \"slow\"\n", 1, "slow"),
        ("seed = 1\n\nreport = [\"pdf=x\"]\n", 3, "pdf"),
        ("[operations.StopStream]\nexpect = \"maybe\"\n", 2, "maybe"),
        ("seed = \n", 1, ""),
    ] {
        let damaged = parse(text).unwrap_err();
        assert_eq!(damaged.line, line, "{damaged}");
        assert!(damaged.to_string().contains(word), "{damaged}");
    }
}

#[test]
fn an_unknown_operation_is_refused_with_its_line() {
    let config = parse("seed = 1\n\n[operations.StopStraem]\nexpect = \"not_implemented\"\n").unwrap();
    let damaged = config.check_operations(&["StopStream", "GetChannel"]).unwrap_err();
    assert_eq!(damaged.line, 3);
    assert!(damaged.to_string().contains("did you mean `StopStream`?"), "{damaged}");
    assert!(config.check_operations(&["StopStraem"]).is_ok());
}

#[test]
fn the_list_of_keys_is_that_of_the_file() {
    let said = parse("no-such-key = 1").unwrap_err().problem;
    let (_, known) = said.split_once("expected one of ").unwrap();
    let known: Vec<&str> = known.split(", ").map(|name| name.trim_matches('`')).collect();
    assert_eq!(known, [KEYS, &["operations"]].concat());
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    assert!(Config::load(Some(Path::new("/nowhere/config.toml"))).is_err());
}
