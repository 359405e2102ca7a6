//! What lies between the program and its target: proxies, certificates, encodings.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod servers;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use ivs_conformance::send::{Network, Sender};
use ivs_conformance::wire::Request;
use servers::{Head, Proxy, Tls};

/// A name that leads nowhere without a proxy. Source: RFC 6761, section 6.4.
const ELSEWHERE: &str = "http://ivs.invalid:8080";

/// Runs a few cases; no variable of this machine has a say.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ivs-conformance"));
    for (name, _) in std::env::vars() {
        let upper = name.to_uppercase();
        if upper.starts_with("AWS_") || upper.ends_with("_PROXY") || upper == "SSL_CERT_FILE" {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).env("NO_COLOR", "1");
    command
        .env("IVS_CONFORMANCE_STATE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"))
        .envs(variables.iter().copied());
    if !arguments.contains(&"--only") {
        command.arg("run").args(["--only", "GetChannel.*", "--profile", "quick"]);
    } else {
        command.arg("run");
    }
    command.args(arguments).output().unwrap()
}

/// The same on a target that is not on this machine.
fn run_elsewhere(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let journal = file(&format!("{}.journal", arguments.len() + 10 * variables.len()));
    let _ = std::fs::remove_file(&journal);
    let journal = format!("--journal={}", journal.display());
    let fixed = ["--endpoint", ELSEWHERE, "--yes", "--auth", "none", "--quotas=false", &journal];
    run(&[&fixed, arguments].concat(), variables)
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("network-{}-{name}", std::process::id()))
}

#[track_caller]
fn assert_exit(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no `{word}` in {said}");
    }
}

#[test]
fn a_proxy_leads_to_a_target_that_is_elsewhere() {
    let through = |arguments: &dyn Fn(&str) -> Vec<String>, variables: &[&str]| {
        let proxy = Proxy::new(|_| None);
        let arguments = arguments(&proxy.url);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let variables: Vec<(&str, &str)> = variables.iter().map(|name| (*name, proxy.url.as_str())).collect();
        assert_exit(&run_elsewhere(&arguments, &variables), 0, &["conforms"]);
        let heads = proxy.heads();
        assert!(heads.len() > 20, "{} requests", heads.len());
        for head in heads {
            assert!(head.target.starts_with(ELSEWHERE), "{}", head.target);
            assert_eq!(head.header("host"), Some("ivs.invalid:8080"));
        }
    };
    through(&|url| vec![format!("--proxy={url}")], &[]);
    through(&|_| Vec::new(), &["HTTP_PROXY"]);
    through(&|_| Vec::new(), &["ALL_PROXY"]);
}

#[test]
fn no_proxy_is_used_where_the_environment_says_so() {
    let proxy = Proxy::new(|_| None);
    let output = run_elsewhere(&[], &[("HTTP_PROXY", &proxy.url), ("NO_PROXY", "ivs.invalid")]);
    assert_exit(&output, 3, &["cannot be reached", "cannot connect"]);
    assert!(proxy.heads().is_empty());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let flag = format!("--proxy=http://user:secret@{nobody}");
    let output = run_elsewhere(&[&flag], &[]);
    assert_exit(&output, 3, &["cannot be reached", &format!("through the proxy {nobody}: Connection refused")]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
}

#[test]
fn no_proxy_stands_before_this_machine() {
    let (proxy, target) = (Proxy::new(|_| None), Proxy::new(|_| None));
    for host in ["127.0.0.1", "localhost"] {
        let endpoint = target.url.replace("127.0.0.1", host);
        let flag = ["--endpoint", &endpoint, "--proxy", &proxy.url];
        assert_exit(&run(&flag, &[("HTTP_PROXY", &proxy.url), ("all_proxy", &proxy.url)]), 0, &["conforms"]);
    }
    assert!(proxy.heads().is_empty() && target.heads().len() > 40);
}

#[test]
fn certificates_are_trusted_that_a_flag_or_a_variable_names() {
    for is_authority in [false, true] {
        let tls = Tls::new(is_authority);
        let pem = file(&format!("{is_authority}.pem"));
        std::fs::write(&pem, &tls.pem).unwrap();
        let pem = pem.to_str().unwrap();
        let endpoint = ["--endpoint", &tls.url];
        let refused = ["cannot be reached", "the certificate is not trusted: self-signed; --ca-cert FILE"];
        assert_exit(&run(&endpoint, &[]), 3, &refused);
        assert_exit(&run(&[&endpoint[..], &["--ca-cert", pem]].concat(), &[]), 0, &["conforms"]);
        assert_exit(&run(&endpoint, &[("AWS_CA_BUNDLE", pem)]), 0, &["conforms"]);
        assert_exit(&run(&endpoint, &[("SSL_CERT_FILE", pem)]), 0, &["conforms"]);
        let other = ["--endpoint", &tls.url.replace("localhost", "127.0.0.1"), "--ca-cert", pem];
        assert_exit(&run(&other, &[]), 3, &["the certificate is not trusted: it is for another name"]);
        std::fs::remove_file(pem).unwrap();
    }
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_sent() {
    let target = Proxy::new(|_| None);
    let endpoint = ["--endpoint", &target.url];
    let missing = file("missing.pem");
    let missing = missing.to_str().unwrap();
    let cargo = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (arguments, words) in [
        (["--ca-cert", missing], [missing, "(--ca-cert) cannot be used: No such file"]),
        (["--ca-cert", cargo], [cargo, "no certificate in PEM form"]),
        (["--proxy", "proxy.example"], ["the proxy `proxy.example` cannot be used", "http://proxy.example:3128"]),
        (["--proxy", "http://user:secret@"], ["the proxy `` cannot be used", "http://proxy.example:3128"]),
    ] {
        assert_exit(&run(&[&endpoint[..], &arguments].concat(), &[]), 2, &words);
    }
    let https = ["--endpoint", "https://localhost:1"];
    assert_exit(&run(&https, &[("AWS_CA_BUNDLE", missing)]), 2, &[missing, "(AWS_CA_BUNDLE) cannot be used"]);
    assert!(target.heads().is_empty());
}

#[tokio::test]
async fn http_2_is_spoken_with_a_target_that_prefers_it() {
    for (protocols, version) in [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")]
    {
        let (url, pem) = servers::versions(protocols).await;
        let trusted = file(&format!("{}.pem", protocols.len()));
        std::fs::write(&trusted, pem).unwrap();
        let network = Network { ca_certs: vec![trusted.clone()], ..Network::default() };
        let sender = Sender::new(&url, std::time::Duration::from_secs(10), &network).unwrap();
        std::fs::remove_file(trusted).unwrap();
        let request =
            Request { method: "DELETE".into(), target: "/a?b".into(), headers: Vec::new(), body: "{}".into() };
        for _ in 0..2 {
            let exchange = sender.send(&request, None).await;
            let seen = exchange.response().and_then(|response| response.header("x-seen"));
            assert_eq!(seen, Some(format!("{version} DELETE /a?b identity 2").as_str()), "{exchange:?}");
        }
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_encoding_is_allowed_only_where_a_request_allows_it() {
    let accepts = |head: &Head| head.header("accept-encoding").unwrap_or("*").to_owned();
    let only = ["--only", "protocol.accept-json-is-served", "--only", "ListChannels.input.*", "--profile", "quick"];
    // Compresses where it may.
    let target = Proxy::new(move |head| accepts(head).contains("gzip").then_some(gzip));
    assert_exit(&run(&[&["--endpoint", &target.url], &only[..]].concat(), &[]), 0, &["conforms"]);
    let seen: Vec<String> = target.heads().iter().map(accepts).collect();
    assert!(seen.iter().any(|value| value == "gzip, deflate") && seen.iter().any(|value| value == "identity"));
    assert!(seen.iter().all(|value| value != "*"), "every request says which encodings it takes");
    // Compresses where it may not.
    let target = Proxy::new(move |head| (head.target == "/GetChannel").then_some(gzip));
    let output = run(&["--endpoint", &target.url, "--only", "GetChannel.input.*", "--profile", "quick"], &[]);
    assert_exit(&output, 1, &["is compressed (content-encoding `gzip`)"]);
}
