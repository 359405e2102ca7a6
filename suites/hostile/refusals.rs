//! Targets that response properly and uselessly, with certificates, errors or pages without end.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::hostile::run::{run, run_impatiently, start, start_as};
use crate::hostile::server::{Server, Then, answer};

#[test]
fn only_500s_are_findings() {
    let server = Server::only(500, "InternalServerException");
    let finished = run(&server.url).exits(1).within(60).found("server_error", "InternalServerException (500)");
    assert!(finished.findings().iter().all(|finding| finding["kind"] == "server_error"), "{}", finished.said);
}

#[test]
fn a_session_token_that_expires_stops_the_run() {
    // The whole run sends about 90 requests; late ones are deletions, which are no finding.
    let expiring = |after: usize| {
        Server::new(move |seen, stream| {
            if seen.number < after {
                return Then::Forward;
            }
            let _ = stream.write_all(&answer(403, "x-amzn-errortype: ExpiredTokenException\r\n", b"{}"));
            Then::Answered
        })
    };
    let token = [
        ("AWS_ACCESS_KEY_ID", "ASIATOKENTHATEXPIRES"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-the-token"),
        ("AWS_SESSION_TOKEN", "token-that-expires"),
    ];
    let finished = start_as(&expiring(40).url, &[], &token).finish().exits(3).within(15);
    let finished = finished.stopped("the temporary credentials of the run have expired");
    assert!(finished.findings().is_empty(), "that is no fault of the target: {}", finished.said);
    // Keys without a token do not expire: who says so all the same diverges.
    let finished = run(&expiring(40).url).exits(3);
    assert!(!finished.findings().is_empty(), "{}", finished.said);
    // Deletions are refused too.
    assert!(finished.said.contains("left on the target: arn:aws:ivs:"), "{}", finished.said);
}

#[test]
fn pages_without_end_are_one_finding_and_followed_once() {
    let server = Server::new(|seen, stream| match seen.path.as_str() {
        "/ListChannels" => {
            let body = format!(r#"{{"channels": [], "nextToken": "page-{}"}}"#, seen.number);
            let _ = stream.write_all(&answer(200, "content-type: application/json\r\n", body.as_bytes()));
            Then::Answered
        }
        _ => Then::Forward,
    });
    let finished = start(&server.url, &["--only", "ListChannels.*", "--only", "scenario/channel-pages*"]).finish();
    let finished = finished.exits(1).within(90);
    assert_eq!(finished.report["stopped_early"], Value::Null);
    let is_endless = |finding: &&&Value| crate::hostile::run::text(&finding["observed"]).contains("for ever");
    assert!(finished.findings().iter().any(|finding| is_endless(&finding)), "{}", finished.said);
    let calls = server.count("/ListChannels");
    // A hundred for each of the four workers that may have followed them at once, and single calls.
    assert!((100..1_500).contains(&calls), "{calls} calls");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_named() {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
        }
    });
    run(&url).exits(3).within(15).says("the certificate is not trusted: self-signed; --ca-cert FILE");
}

#[test]
fn https_where_http_is_spoken_is_named() {
    let server = Server::new(|_, _| Then::Forward);
    run_impatiently(&server.url.replace("http://", "https://")).exits(3).within(15).says("cannot be reached");
}

#[test]
fn a_secret_in_a_broken_answer_is_not_shown() {
    let secret = "sk_us-east-1_HostileSecret0123456789";
    let server = Server::new(move |seen, stream| match seen.path.as_str() {
        "/GetStreamKey" => {
            let whole = json!({"streamKey": {"value": secret}}).to_string();
            let _ = stream.write_all(&answer(
                200,
                "content-type: application/json\r\n",
                &whole.as_bytes()[..whole.len() - 2],
            ));
            Then::Answered
        }
        _ => Then::Forward,
    });
    let finished = start(&server.url, &["--only", "GetStreamKey.*", "--skip", "scenario/*"]).finish().exits(1);
    assert!(!finished.findings().is_empty());
    assert!(!finished.said.contains("HostileSecret"), "{}", finished.said);
    assert!(!finished.report.to_string().contains("HostileSecret"));
}

#[test]
fn a_valid_signature_that_makes_the_target_fail_is_a_finding_though_it_verifies_none() {
    let fails = |status: u16| {
        Server::new(move |seen, stream| {
            if !seen.path.contains("X-Amz-Signature") {
                return Then::Forward;
            }
            let _ = stream.write_all(&answer(status, "content-type: application/json\r\n", b"{}"));
            Then::Answered
        })
    };
    let only = ["--only", "auth.*"];
    let finished = start(&fails(500).url, &only).finish().exits(1);
    let ids: Vec<String> = finished.findings().iter().map(|finding| finding["id"].to_string()).collect();
    assert!(ids.iter().any(|id| id.contains("auth.query-signature-is-accepted@GetChannel:server_error")), "{ids:?}");
    let clauses = finished.report["clauses"].as_array().unwrap();
    let verdict = |id: &str| clauses.iter().find(|clause| clause["id"] == id).map(|clause| clause["verdict"].clone());
    // That it serves a request says nothing of a target that serves all of them.
    assert_eq!(verdict("auth.header-signature-is-accepted"), Some(json!("untested")));
    assert_eq!(verdict("auth.unsigned-request-is-refused"), Some(json!("untested")));
    let refused = start(&fails(403).url, &only).finish().exits(1);
    let ids: Vec<String> = refused.findings().iter().map(|finding| finding["id"].to_string()).collect();
    assert!(ids.iter().any(|id| id.contains("auth.query-signature-is-accepted@GetChannel")), "{ids:?}");
}

#[test]
fn what_is_accepted_without_the_state_that_it_needs_breaks_its_constraint() {
    let server = Server::new(|seen, stream| {
        if seen.path != "/PutMetadata" {
            return Then::Forward;
        }
        let _ = stream.write_all(b"HTTP/1.1 204 Answer\r\n\r\n");
        Then::Answered
    });
    let finished = start(&server.url, &["--only", "PutMetadata.input.*"]).finish().exits(1);
    let ids: Vec<&str> = finished.findings().iter().filter_map(|finding| finding["id"].as_str()).collect();
    assert!(ids.contains(&"PutMetadata.input.metadata.length.min:accepted_invalid"), "{ids:?}");
    // That the reference refuses the same request shows nothing, for no channel is live.
    let honest = start(&Server::new(|_, _| Then::Forward).url, &["--only", "PutMetadata.input.metadata.*"]).finish();
    assert!(honest.findings().is_empty(), "{}", honest.said);
    let clauses = honest.report["clauses"].as_array().unwrap();
    let length = clauses.iter().find(|clause| clause["id"] == "PutMetadata.input.metadata.length.min").unwrap();
    assert_eq!(length["verdict"], "untested", "{length}");
}
