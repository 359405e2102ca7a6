//! Credentials from every place where the SDKs look: the program finds them, signs with them, and the target, which
//! checks signatures and session tokens, serves it.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Scratch, Target, assert_exit, program, report};
use crate::issuers::{self, CredentialsProvider};

/// Credentials that one target knows.
#[derive(Clone, Copy)]
pub struct Keys {
    pub id: &'static str,
    pub secret: &'static str,
    pub token: &'static str,
}

/// Of a target that knows no others.
const KEYS: Keys =
    Keys { id: "ASIACHAINCHAINCHAIN0", secret: "secret-of-the-chain/0+", token: "token-of-the-chain/0+==" };
/// Of nobody.
const OTHERS: Keys =
    Keys { id: "ASIACHAINCHAINCHAIN1", secret: "secret-of-the-chain/1+", token: "token-of-the-chain/1+==" };
const REPORTS: [&str; 5] =
    ["json=report.json", "junit=report.xml", "html=report.html", "markdown=report.md", "sarif=report.sarif"];

/// A target that serves only who signs with [`KEYS`], at an address that does not say that it is on this machine.
fn guarded() -> (Target, String) {
    let variables =
        [("AWS_ACCESS_KEY_ID", KEYS.id), ("AWS_SECRET_ACCESS_KEY", KEYS.secret), ("AWS_SESSION_TOKEN", KEYS.token)];
    let target = Target::told(&["--auth", "sigv4"], &variables);
    let endpoint = target.endpoint.replace("127.0.0.1", "0.0.0.0");
    (target, endpoint)
}

/// Runs a few cases in a directory of its own, with these variables and no others, and never asks what the machine's own
/// network offers.
fn run(scratch: &Scratch, endpoint: &str, variables: &[(&str, &str)], more: &[&str]) -> Output {
    let mut command = program();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", scratch.file("")).env("NO_COLOR", "1").env("AWS_EC2_METADATA_DISABLED", "true");
    for (name, value) in variables {
        match *value {
            "" => command.env_remove(name),
            value => command.env(name, value),
        };
    }
    command.current_dir(scratch.file(""));
    command.args(["run", "--yes", "--endpoint", endpoint, "--profile", "quick", "--quotas=false", "--skip=scenario/*"]);
    command.args(REPORTS.iter().map(|report| format!("--report={report}"))).args(more).output().unwrap()
}

const FEW: [&str; 3] = ["--region=us-east-1", "--only=GetChannel.status", "--only=DeleteChannel.status"];

/// Runs with credentials that the target knows: all is well, and no word of them is shown.
#[track_caller]
fn is_served(scratch: &Scratch, variables: &[(&str, &str)], more: &[&str]) {
    let (_target, endpoint) = guarded();
    let output = run(scratch, &endpoint, variables, &[&FEW[..], more].concat());
    assert_exit(&output, 0);
    let report = report(&scratch.file("report.json"));
    assert_eq!(report["summary"]["clauses"]["upheld"], 2, "{}", report["summary"]);
    assert_secret(scratch, &output);
}

/// Nothing that the run said or wrote shows a secret. What a test put there itself does not count.
#[track_caller]
fn assert_secret(scratch: &Scratch, output: &Output) {
    let mut texts = vec![output.stdout.clone(), output.stderr.clone()];
    let mut files = 0;
    for entry in std::fs::read_dir(scratch.file("")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("report.") || name.ends_with(".journal") {
            texts.push(std::fs::read(&path).unwrap());
            files += 1;
        }
    }
    assert_eq!(files, REPORTS.len() + 1, "five reports and a journal");
    for text in texts.iter().map(|bytes| String::from_utf8_lossy(bytes)) {
        for secret in [KEYS, OTHERS].iter().flat_map(|keys| [keys.id, keys.secret, keys.token]) {
            assert!(!text.contains(secret), "{secret} is shown: {text}");
        }
    }
}

/// What a credential process prints.
fn printed(keys: Keys, expires: Option<Duration>) -> String {
    let mut document = json!({
        "Version": 1, "AccessKeyId": keys.id, "SecretAccessKey": keys.secret, "SessionToken": keys.token,
    });
    if let Some(span) = expires {
        let at = jiff::Timestamp::try_from(std::time::SystemTime::now() + span).unwrap();
        document["Expiration"] = Value::from(at.to_string());
    }
    document.to_string()
}

/// The configuration file with a profile whose credentials a command prints; the name of the file.
fn with_process(scratch: &Scratch, command: &str) -> String {
    let file = scratch.file("config");
    std::fs::write(&file, format!("[profile printed]\nregion = us-east-1\ncredential_process = {command}\n")).unwrap();
    file
}

/// A command that prints one document the first time, and another from then on.
fn first_then(scratch: &Scratch, first: &str, then: &str) -> String {
    let folder = scratch.file("");
    std::fs::write(scratch.file("first"), first).unwrap();
    std::fs::write(scratch.file("then"), then).unwrap();
    let script = scratch.file("issue.sh");
    std::fs::write(&script, format!("cd {folder}; echo >>asked; mkdir once 2>/dev/null && cat first || cat then\n"))
        .unwrap();
    format!("sh {script}")
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
fn variables_with_a_session_token() {
    let variables =
        [("AWS_ACCESS_KEY_ID", KEYS.id), ("AWS_SECRET_ACCESS_KEY", KEYS.secret), ("AWS_SESSION_TOKEN", KEYS.token)];
    is_served(&Scratch::new(), &variables, &[]);
    // The target did look at the token: with another one nobody is served.
    let (_target, endpoint) = guarded();
    let scratch = Scratch::new();
    let variables = [variables[0], variables[1], ("AWS_SESSION_TOKEN", OTHERS.token)];
    let output = run(&scratch, &endpoint, &variables, &FEW);
    assert_exit(&output, 3);
    assert!(String::from_utf8_lossy(&output.stderr).contains("access is refused"), "{output:?}");
    assert_secret(&scratch, &output);
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
fn a_profile_of_the_credentials_file() {
    let section = |name: &str, keys: Keys| {
        format!(
            "[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
            keys.id, keys.secret, keys.token
        )
    };
    let scratch = Scratch::new();
    let file = scratch.file("credentials");
    std::fs::write(&file, section("default", OTHERS) + &section("ours", KEYS)).unwrap();
    let in_file = ("AWS_SHARED_CREDENTIALS_FILE", file.as_str());
    is_served(&scratch, &[in_file, ("AWS_PROFILE", "ours")], &[]);
    // A flag wins over variables with keys.
    let others = [("AWS_ACCESS_KEY_ID", OTHERS.id), ("AWS_SECRET_ACCESS_KEY", OTHERS.secret)];
    let (_target, endpoint) = guarded();
    let asked_for = [&FEW[..], &["--aws-profile=ours"]].concat();
    assert_exit(&run(&scratch, &endpoint, &[&[in_file], &others[..]].concat(), &asked_for), 0);
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
#[cfg(unix)]
fn a_profile_with_a_credential_process() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file("printed"), printed(KEYS, None)).unwrap();
    let config = with_process(&scratch, &format!("cat {}", scratch.file("printed")));
    is_served(&scratch, &[("AWS_CONFIG_FILE", &config)], &["--aws-profile=printed"]);
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
fn a_container() {
    let issuer = issuers::of_containers(KEYS, "/v1/credentials", "the word");
    let uri = format!("{}/v1/credentials", issuer.url);
    let variables =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the word")];
    is_served(&Scratch::new(), &variables, &[]);
    assert!(!issuer.asked().is_empty());
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
fn an_instance() {
    let issuer = issuers::of_instances(KEYS);
    let variables =
        [("AWS_EC2_METADATA_SERVICE_ENDPOINT", issuer.url.as_str()), ("AWS_EC2_METADATA_DISABLED", "false")];
    is_served(&Scratch::new(), &variables, &[]);
    let lines: Vec<String> = issuer.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines.first().map(String::as_str), Some("PUT /latest/api/token"), "{lines:?}");
}

/// No credentials: what is missing is said within seconds, and nothing was sent.
#[track_caller]
fn is_without(variables: &[(&str, &str)], more: &[&str], words: &[&str]) {
    let (_target, endpoint) = guarded();
    let scratch = Scratch::new();
    let started = Instant::now();
    let output = run(&scratch, &endpoint, variables, more);
    let elapsed = started.elapsed();
    assert_exit(&output, 2);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
    assert!(elapsed < Duration::from_secs(8), "{elapsed:?}");
    assert!(!Path::new(&scratch.file("report.json")).exists());
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
fn none_at_all() {
    let advice = ["AWS_ACCESS_KEY_ID", "--aws-profile", "--auth none"];
    is_without(&[], &FEW, &advice);
    // Where an instance would be asked, nobody listens, or somebody who says nothing.
    let silence = CredentialsProvider::start(|_| None);
    for url in ["http://127.0.0.1:1", &silence.url] {
        let asks = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url), ("AWS_EC2_METADATA_DISABLED", "false")];
        is_without(&asks, &FEW, &advice);
        is_without(&asks, &FEW[1..], &advice);
    }
    assert!(!silence.asked().is_empty());
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
#[cfg(unix)]
fn a_credential_process_that_fails_is_named_and_not_quoted() {
    let scratch = Scratch::new();
    let config = with_process(&scratch, &format!("sh -c 'echo {0}; echo {0} >&2; exit 1'", KEYS.secret));
    let (_target, endpoint) = guarded();
    let output = run(&scratch, &endpoint, &[("AWS_CONFIG_FILE", &config), ("AWS_PROFILE", "printed")], &FEW);
    assert_exit(&output, 2);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot be had") && said.contains("aws sts get-caller-identity"), "{said}");
    assert!(!said.contains(KEYS.secret), "{said}");
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
#[cfg(unix)]
fn what_expires_soon_is_replaced() {
    let scratch = Scratch::new();
    // The target knows only what is given out the second time.
    let (first, then) = (Duration::from_secs(60), Duration::from_secs(3600));
    let command = first_then(&scratch, &printed(OTHERS, Some(first)), &printed(KEYS, Some(then)));
    let config = with_process(&scratch, &command);
    is_served(&scratch, &[("AWS_CONFIG_FILE", &config)], &["--aws-profile=printed", "--jobs=4"]);
    let asked = std::fs::read_to_string(scratch.file("asked")).unwrap().lines().count();
    assert_eq!(asked, 2, "it was asked once at first and once again");
}

#[test]
#[cfg_attr(not(feature = "aws-config"), ignore = "needs a program with the feature aws-config: .ci/run has one")]
#[cfg(unix)]
fn what_expired_and_cannot_be_replaced_ends_the_run_and_not_what_can_be_cleaned() {
    let (_target, endpoint) = guarded();
    let scratch = Scratch::new();
    let command = first_then(&scratch, &printed(KEYS, Some(Duration::from_secs(5))), "no credentials");
    let config = with_process(&scratch, &command);
    // Long enough that they expire meanwhile.
    let slow = ["--aws-profile=printed", "--only=*Channel.*", "--rate=10", "--journal=run.journal"];
    let output = run(&scratch, &endpoint, &[("AWS_CONFIG_FILE", &config)], &slow);
    assert_exit(&output, 3);
    let report = report(&scratch.file("report.json"));
    let reason = report["stopped_early"].as_str().unwrap();
    assert!(reason.contains("credentials have expired"), "{reason}");
    assert_eq!(report["findings"], json!([]), "that is no fault of the target");
    assert_secret(&scratch, &output);

    let mut clean = program();
    clean.env("AWS_ACCESS_KEY_ID", KEYS.id).env("AWS_SECRET_ACCESS_KEY", KEYS.secret);
    clean.env("AWS_SESSION_TOKEN", KEYS.token).current_dir(scratch.file(""));
    let cleaned = clean.args(["clean", "run.journal"]).output().unwrap();
    assert_exit(&cleaned, 0);
    let said = String::from_utf8_lossy(&cleaned.stdout).into_owned();
    assert!(said.contains("deleted  arn:aws:ivs:"), "{said}");
}
