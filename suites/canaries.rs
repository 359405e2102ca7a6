//! Secrets never leave: canaries are planted in everything that is secret, targets give back all that they get, and every
//! output is searched.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::{Arc, Mutex};

use base64::Engine;
use regex::Regex;
use serde_json::{Value, json};

use crate::common::{Scratch, Target, program};

const KEY_ID: &str = "AKIDCANARYCANARYCANA";
const SECRET: &str = "canary/secret+access=key\"of'the account";
const TOKEN: &str = "canary-session-token/with+all=sorts&of%characters\"";

/// Answers every request with all that it said, in headers and body, and remembers the signatures.
struct Echo {
    endpoint: String,
    signatures: Arc<Mutex<Vec<String>>>,
}

/// How an echo answers.
#[derive(Clone, Copy)]
enum Manner {
    /// 200, with the echo in the members of a document.
    Success,
    /// 400, with the echo as the error's code and message.
    Refusal,
    /// 200, with an ARN that holds the echo where a new resource's should stand.
    Arn,
    /// 200 and no JSON at all.
    Garbage,
}

impl Echo {
    fn start(manner: Manner) -> Echo {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let signatures: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&signatures);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(stream, manner, &seen));
            }
        });
        Echo { endpoint, signatures }
    }
}

fn serve(mut stream: TcpStream, manner: Manner, seen: &Mutex<Vec<String>>) {
    let signature = Regex::new("[0-9a-f]{64}").unwrap();
    let mut received = Vec::new();
    let mut chunk = [0; 65536];
    loop {
        let end = received.windows(4).position(|window| window == b"\r\n\r\n");
        let whole = end.map(|end| {
            let head = String::from_utf8_lossy(&received[..end]).into_owned();
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
            (head, end + 4 + length.and_then(|length| length.trim().parse().ok()).unwrap_or(0))
        });
        match whole {
            Some((head, length)) if received.len() >= length => {
                let all = String::from_utf8_lossy(&received[..length]).into_owned();
                seen.lock().unwrap().extend(signature.find_iter(&head).map(|found| found.as_str().to_owned()));
                received.drain(..length);
                if stream.write_all(answer(manner, &head, &all).as_bytes()).is_err() {
                    return;
                }
            }
            _ => match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(read) => received.extend_from_slice(&chunk[..read]),
            },
        }
    }
}

fn answer(manner: Manner, head: &str, all: &str) -> String {
    let header = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned)).unwrap_or_default()
    };
    let (authorization, token) = (header("authorization"), header("x-amz-security-token"));
    let signature = authorization.rsplit('=').next().unwrap_or_default().to_owned();
    let arn = format!("arn:aws:ivs:us-east-1:123456789012:channel/{KEY_ID}{signature}");
    let (status, body) = match manner {
        // One operation is served, or the pre-flight check would not let the run begin.
        Manner::Refusal | Manner::Garbage if head.starts_with("POST /ListPlaybackKeyPairs ") => {
            ("200 OK", json!({"keyPairs": []}).to_string())
        }
        Manner::Success => {
            ("200 OK", json!({"echo": all, "authorization": authorization, &token: all, "name": KEY_ID}).to_string())
        }
        Manner::Refusal => ("400 Bad Request", json!({"message": all, "__type": token}).to_string()),
        Manner::Arn => (
            "200 OK",
            json!({"channel": {"arn": arn, "name": all}, "streamKey": {"arn": arn, "value": SECRET}}).to_string(),
        ),
        Manner::Garbage => ("200 OK", format!("<p>{all} {SECRET} {TOKEN} {arn}")),
    };
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-amzn-errortype: {authorization}\r\nx-token: {token}\r\n\
         authorization: {authorization}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Runs the program with canaries for credentials.
fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(scratch.file("")).args(arguments);
    command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_SESSION_TOKEN", TOKEN);
    command.env("IVS_CONFORMANCE_STATE_DIR", scratch.file("state")).env("RUST_BACKTRACE", "1").output().unwrap()
}

/// Every form in which a canary could be hidden.
fn forms(canary: &str) -> Vec<String> {
    let json = Value::from(canary).to_string();
    let percent = percent_encoding::utf8_percent_encode(canary, percent_encoding::NON_ALPHANUMERIC).to_string();
    let html = canary.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#x27;").replace('/', "&#x2f;");
    let debug = format!("{canary:?}");
    let base64 = base64::engine::general_purpose::STANDARD.encode(canary);
    vec![
        canary.to_owned(),
        json.trim_matches('"').to_owned(),
        Value::from(json.trim_matches('"')).to_string().trim_matches('"').to_owned(),
        percent,
        html,
        debug.trim_matches('"').to_owned(),
        base64,
    ]
}

/// All that a run left behind and said.
fn outputs(scratch: &Scratch, said: &[Output]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all: Vec<(String, String)> = Vec::new();
    for output in said {
        assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
        all.push(("stdout".to_owned(), text(&output.stdout)));
        all.push(("stderr".to_owned(), text(&output.stderr)));
    }
    let kept: Vec<_> = std::fs::read_dir(scratch.file("state/runs")).unwrap().collect();
    assert_eq!(kept.len(), 1, "the run was kept");
    for entry in std::fs::read_dir(scratch.file("")).unwrap().chain(kept) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        all.push((path.display().to_string(), text(&std::fs::read(&path).unwrap())));
    }
    all
}

#[track_caller]
fn assert_absent(canaries: &[String], outputs: &[(String, String)]) {
    for (name, text) in outputs {
        for canary in canaries {
            if let Some(at) = text.find(canary.as_str()) {
                let start = text[..at].char_indices().rev().nth(80).map_or(0, |(index, _)| index);
                panic!("{name} shows {canary:?}: …{}", &text[start..at + canary.len()]);
            }
        }
    }
}

/// Every command with every report, against one endpoint.
fn everything(scratch: &Scratch, endpoint: &str, only: &[&str]) -> Vec<Output> {
    let mut arguments = vec!["run", "--endpoint", endpoint, "--profile", "quick", "--journal", "run.journal"];
    arguments.extend(["--broadcast", "/_reference/broadcast", "--baseline", "known.toml", "--update-baseline"]);
    for report in [
        "json=report.json",
        "junit=report.xml",
        "html=report.html",
        "markdown=report.md",
        "sarif=report.sarif",
        "badge=badge.json",
    ] {
        arguments.extend(["--report", report]);
    }
    arguments.extend(["--record", "run.har"]);
    arguments.extend(only);
    let mut said = vec![run(scratch, &arguments)];
    said.push(run(scratch, &["clean", "run.journal"]));
    said.push(run(scratch, &["replay", "report.json", "--endpoint", endpoint]));
    said.push(run(scratch, &["judge", "run.har", "--report", "json=judged.json", "--report", "html=judged.html"]));
    said.push(run(scratch, &["merge", "report.json", "--report", "markdown=merged.md"]));
    said.push(run(scratch, &["report", "latest", "--report", "html=again.html"]));
    said.push(run(scratch, &["diff", "report.json", "latest"]));
    said.push(run(scratch, &["run", "--plan", "--endpoint", endpoint, "--only", "GetChannel.*"]));
    said
}

#[test]
fn nothing_secret_leaves_whatever_a_target_gives_back() {
    // Side by side: against most of them a run waits for what may come late.
    std::thread::scope(|scope| {
        for manner in [Manner::Success, Manner::Refusal, Manner::Arn, Manner::Garbage] {
            scope.spawn(move || nothing_leaves_to(manner));
        }
    });
}

#[track_caller]
fn nothing_leaves_to(manner: Manner) {
    let echo = Echo::start(manner);
    let scratch = Scratch::new();
    let only = ["--only", "CreateChannel.*", "--only", "PutMetadata.*", "--only", "ListChannels.*", "--only", "auth.*"];
    let said = everything(&scratch, &echo.endpoint, &only);
    let outputs = outputs(&scratch, &said);
    let report = outputs.iter().find(|(name, _)| name.ends_with("report.json")).expect("the report was written");
    assert!(report.1.contains("[redacted]"), "nothing was given back");
    let recording = outputs.iter().find(|(name, _)| name.ends_with("run.har")).expect("the run was recorded");
    assert!(recording.1.len() > 10_000 && !recording.1.to_lowercase().contains("\"authorization\",\"value"));
    let mut canaries: Vec<String> = [KEY_ID, SECRET, TOKEN].iter().flat_map(|canary| forms(canary)).collect();
    let signatures = echo.signatures.lock().unwrap().clone();
    assert!(signatures.len() > 10);
    canaries.extend(signatures);
    assert_absent(&canaries, &outputs);
}

#[test]
fn nothing_that_a_target_keeps_secret_is_shown() {
    // A server with defects on all operations that have secrets in them, so that findings show their responses.
    let target = Target::with(&[
        "status:CreateChannel=202",
        "status:GetStreamKey=202",
        "status:CreateStreamKey=202",
        "status:BatchGetStreamKey=202",
        "status:GetChannel=202",
        "status:PutMetadata=202",
    ]);
    let scratch = Scratch::new();
    let only = [
        "--only",
        "CreateChannel.*",
        "--only",
        "*StreamKey.*",
        "--only",
        "GetChannel.*",
        "--only",
        "PutMetadata.*",
        "--only",
        "rule.*metadata*",
    ];
    let said = everything(&scratch, &target.endpoint, &only);
    let outputs = outputs(&scratch, &said);
    let report = outputs.iter().find(|(name, _)| name.ends_with("report.json")).unwrap();
    for operation in ["CreateChannel", "GetStreamKey", "CreateStreamKey", "PutMetadata", "GetChannel"] {
        assert!(report.1.contains(&format!("\"{operation}.status:wrong_status\"")), "{operation}");
    }
    let stream_key = Regex::new("sk_[a-z0-9-]+_[A-Za-z0-9]+_[A-Za-z0-9]+").unwrap();
    let shown = Regex::new(r#"\\*"(?:passphrase|metadata|value)\\*"\s*:\s*\\*"([^"\\]*)"#).unwrap();
    for (name, text) in &outputs {
        assert!(!stream_key.is_match(text), "{name} shows {}", stream_key.find(text).unwrap().as_str());
        for found in shown.captures_iter(text) {
            let value = &found[1];
            // A recording has placeholders, which have the length of what they stand for, and headers with values.
            let is_header = !found[0].starts_with('\\');
            // One that is not ASCII has no such mark, but other characters than those that were sent: the same one again.
            let is_placeholder = value.starts_with("redacted") || value.chars().any(|c| !c.is_ascii() && c != 'é');
            if name.ends_with(".har") && (is_header || value.len() < 20 || is_placeholder) {
                continue;
            }
            assert!(["[redacted]", ""].contains(&value) || value.starts_with("'"), "{name} shows {}", &found[0]);
        }
    }
    assert_absent(&[KEY_ID, SECRET, TOKEN].iter().flat_map(|canary| forms(canary)).collect::<Vec<_>>(), &outputs);
}
