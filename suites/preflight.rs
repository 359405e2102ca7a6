//! No green that lies, and no red that lies before the first case: a target on which the contract cannot be tested is
//! exit code 3, with the reason and what to do.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::sync::Arc;

use crate::common::http;
use crate::common::{Scratch, Target, assert_exit, conformance, program, report};
use crate::hostile::server::{Server, Then, answer, json};

/// Asserts that nothing was tested, and that this was said about it.
#[track_caller]
fn could_not_test(output: &Output, words: &[&str]) {
    assert_exit(output, 3);
    let said = String::from_utf8_lossy(&output.stderr);
    for word in words {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
}

fn run(url: &str, arguments: &[&str]) -> Output {
    let arguments = [&["run", "--endpoint", url, "--profile", "quick"], arguments].concat();
    conformance(&arguments)
}

/// Answers every request with this.
fn always(response: Vec<u8>) -> Server {
    Server::new(move |_, stream| {
        let _ = stream.write_all(&response);
        Then::Answered
    })
}

fn page(status: u16) -> Vec<u8> {
    answer(status, "content-type: text/html\r\nlocation: /login\r\n", b"<html>Some other site</html>")
}

const DENIED: &[u8] = br#"{"__type": "AccessDeniedException", "message": "not permitted"}"#;

#[test]
fn a_web_server_that_is_not_the_api_is_no_verdict() {
    for status in [200, 302, 400, 403, 404, 405, 500, 501] {
        let server = always(page(status));
        let seen = format!("answered with status {status} (text/html)");
        let words = ["this is not the API: none of its 35 operations", &seen, "Some other site", "base path"];
        could_not_test(&run(&server.url, &["--implemented"]), &words);
        could_not_test(&run(&server.url, &[]), &words);
    }
    let server = always(page(404));
    could_not_test(&run(&server.url, &["--only", "StopStream.status"]), &["this is not the API"]);
}

#[test]
fn a_wrong_base_path_of_the_right_server_is_no_verdict() {
    let server = Server::new(|_, _| Then::Forward);
    let output = run(&format!("{}/v1", server.url), &["--implemented"]);
    could_not_test(&output, &["this is not the API", "UnknownOperationException", "base path"]);
}

#[test]
fn an_api_without_the_operations_that_are_asked_for_is_the_api() {
    let server = Server::new(|seen, stream| {
        if seen.path != "/StopStream" {
            return Then::Forward;
        }
        let _ = stream.write_all(&json(404, br#"{"__type": "UnknownOperationException"}"#));
        Then::Answered
    });
    let only = ["--only", "StopStream.input.*"];
    assert_exit(&run(&server.url, &only), 1);
    let output = run(&server.url, &[&only[..], &["--implemented"]].concat());
    assert_exit(&output, 3);
    assert!(String::from_utf8_lossy(&output.stdout).contains("nothing was tested"), "{output:?}");
}

#[test]
fn a_target_that_refuses_all_access_is_no_verdict() {
    let server = always(json(403, DENIED));
    could_not_test(&run(&server.url, &[]), &["access is refused", "403 AccessDeniedException (not permitted)"]);
    could_not_test(&run(&server.url, &["--only", "GetChannel.status"]), &["access is refused"]);
    let serving = Target::told(&["--auth", "sigv4"], &[]);
    could_not_test(&run(&serving.endpoint, &["--auth", "none"]), &["access is refused", "(--auth sigv4)"]);
    let mut command = program();
    command.args(["run", "--endpoint", &serving.endpoint]).env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    let output = command.env("AWS_SECRET_ACCESS_KEY", "another").output().unwrap();
    could_not_test(&output, &["access is refused", "InvalidSignatureException", "check the credentials"]);
}

#[test]
fn operations_that_refuse_access_are_untested_and_the_others_are_tested() {
    let scratch = Scratch::new();
    let server = Server::new(|seen, stream| {
        if seen.path != "/UpdateChannel" {
            return Then::Forward;
        }
        let _ = stream.write_all(&json(403, DENIED));
        Then::Answered
    });
    let file = scratch.file("report.json");
    let target = format!("json={file}");
    let only = ["--only", "UpdateChannel.*", "--only", "GetChannel.*", "--report", &target];
    assert_exit(&run(&server.url, &only), 0);
    let report = report(&file);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{}", report["findings"]);
    let of = |operation: &str, verdict: &str| {
        let clauses = report["clauses"].as_array().unwrap().iter();
        clauses.filter(|clause| clause["operation"] == operation && clause["verdict"] == verdict).count()
    };
    assert!(of("UpdateChannel", "untested") > 20 && of("UpdateChannel", "upheld") == 0);
    assert!(of("GetChannel", "upheld") > 20);
    let reasons = report["clauses"].to_string();
    assert!(reasons.contains("access to UpdateChannel is refused: 403 AccessDeniedException"), "{reasons}");
    assert!(report["notes"].to_string().contains("Access to 1 operation is refused"), "{}", report["notes"]);
}

const MISMATCH: &[u8] = br#"{"__type": "InvalidSignatureException", "message": "does not match"}"#;

#[test]
fn operations_that_refuse_signatures_which_others_accept_diverge() {
    let scratch = Scratch::new();
    let server = Server::verifying(|seen, stream| {
        if !["/UpdateChannel", "/GetStreamKey"].contains(&seen.path.as_str()) {
            return Then::Forward;
        }
        let _ = stream.write_all(&json(403, MISMATCH));
        Then::Answered
    });
    let file = scratch.file("report.json");
    let target = format!("json={file}");
    let only = ["UpdateChannel.*", "GetChannel.*", "GetStreamKey.*"].map(|glob| ["--only", glob]).concat();
    assert_exit(&run(&server.url, &[&only[..], &["--report", &target]].concat()), 1);
    let report = report(&file);
    let causes = report["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1, "{causes:#?}");
    let title = "GetStreamKey and UpdateChannel refuse correct signatures, which other operations accept.";
    assert_eq!(causes[0]["title"], title);
    assert!(!report["notes"].to_string().contains("Access"), "{}", report["notes"]);
}

#[test]
fn signatures_that_are_no_longer_accepted_end_the_run_and_are_no_divergence() {
    let scratch = Scratch::new();
    let server = Server::verifying(|seen, stream| {
        if seen.number < 200 {
            return Then::Forward;
        }
        let _ = stream.write_all(&json(403, MISMATCH));
        Then::Answered
    });
    let file = scratch.file("report.json");
    let output = run(&server.url, &["--jobs", "4", "--report", &format!("json={file}")]);
    assert_exit(&output, 3);
    assert_eq!(report(&file)["findings"], serde_json::json!([]));
}

#[test]
fn access_that_is_withdrawn_along_the_way_ends_the_run() {
    let server = Server::new(|seen, stream| {
        if seen.number < 200 {
            return Then::Forward;
        }
        let _ = stream.write_all(&json(403, DENIED));
        Then::Answered
    });
    let output = run(&server.url, &["--jobs", "4"]);
    assert_exit(&output, 3);
    assert!(String::from_utf8_lossy(&output.stdout).contains("access is refused since a while"), "{output:?}");
}

#[test]
fn a_wrong_control_path_is_no_verdict_if_any_case_needs_it() {
    let server = Target::with(&[]);
    let words = ["has no control path /broadcast", "status 404", "--broadcast"];
    could_not_test(&run(&server.endpoint, &["--broadcast", "/broadcast"]), &words);
    assert!(http::world(&server.endpoint).is_empty(), "what the pre-flight check made is deleted");
    let only = ["--only", "GetStream.*"];
    could_not_test(
        &run(&server.endpoint, &[&only[..], &["--broadcast", "/GetStreams"]].concat()),
        &["no control path"],
    );
    assert_exit(&run(&server.endpoint, &[&only[..], &["--broadcast", "/_reference/broadcast"]].concat()), 0);
    assert_exit(&run(&server.endpoint, &["--only", "ListChannels.*", "--broadcast", "/broadcast"]), 0);
}

#[test]
fn a_port_that_speaks_something_else_is_no_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().for_each(drop));
    could_not_test(&run(&url, &[]), &["does not speak HTTP", "another service"]);
    let url = tls();
    could_not_test(&run(&url, &[]), &["does not speak HTTP", "it looks like TLS: use https://"]);
    let server = Server::new(|_, _| Then::Forward);
    let output = run(&server.url.replace("http://", "https://"), &["--request-timeout", "2"]);
    could_not_test(&output, &["cannot be reached with TLS", "use http://"]);
}

/// A port that speaks TLS, by an `http` URL.
fn tls() -> String {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
        }
    });
    url
}

#[test]
fn another_region_than_the_targets_is_no_verdict() {
    let server = Target::with(&[]);
    let output = run(&server.endpoint, &["--auth", "none", "--region", "eu-west-1"]);
    could_not_test(&output, &["is in the region us-east-1", "signs for eu-west-1", "use --region us-east-1"]);
    assert!(http::world(&server.endpoint).is_empty(), "what the pre-flight check made is deleted");
    let refusing = always(json(
        403,
        br#"{"__type": "InvalidSignatureException", "message": "Credential should be scoped to us-west-2."}"#,
    ));
    could_not_test(&run(&refusing.url, &[]), &["is in the region us-west-2", "use --region us-west-2"]);
}

#[test]
fn every_region_of_the_reference_server_conforms() {
    let serving = Target::told(&["--auth", "sigv4"], &[]);
    let output = run(&serving.endpoint, &["--region", "eu-west-1", "--only", "auth.*"]);
    assert_exit(&output, 0);
}

#[test]
fn the_command_that_serve_prints_conforms() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAOWN"), ("AWS_SECRET_ACCESS_KEY", "own-secret")];
    for (arguments, variables) in [(&[][..], &[][..]), (&[], &keys), (&["--auth", "none"], &[]), (&[], &[REGION])] {
        let mut command = program();
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
            command.env_remove(name);
        }
        command.arg("serve").args(arguments).envs(variables.iter().copied());
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(server.stderr.take().unwrap()).read_line(&mut said).unwrap();
        let words = said.trim().strip_prefix("check it with: ivs-conformance ").expect(&said);
        let words = words.split(" (").next().unwrap();
        let is_region = |(name, _): &&(&str, &str)| *name != REGION.0;
        let mut check = program();
        check.args(words.split(' ')).args(["--only", "auth.*", "--only", "GetStream.*", "--only", "ListChannels.*"]);
        let output = check.envs(variables.iter().filter(is_region).copied()).output().unwrap();
        let _ = server.kill();
        let _ = server.wait();
        assert_exit(&output, 0);
        let has_broadcast = !String::from_utf8_lossy(&output.stdout).contains("no way to start a broadcast");
        assert!(has_broadcast, "{output:?}");
    }
}

const REGION: (&str, &str) = ("AWS_REGION", "ap-south-1");
