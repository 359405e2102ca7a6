//! Connections that close, break, stay silent or are not there.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::hostile::run::{SPOILED, run, run_impatiently, start};
use crate::hostile::server::{Seen, Server, Then, drip};

/// A server that spoils one operation.
fn spoiling(spoil: impl Fn(&mut TcpStream) -> Then + Send + Sync + 'static) -> Server {
    Server::new(move |seen, stream| if seen.path == SPOILED { spoil(stream) } else { Then::Forward })
}

#[test]
fn a_connection_that_closes_is_a_finding() {
    let server = spoiling(|_| Then::Close);
    run(&server.url).exits(1).within(60).found("transport", "No response").others_are_upheld();
}

#[test]
fn a_connection_that_is_reset_is_a_finding() {
    let server = spoiling(|_| Then::Reset);
    run(&server.url).exits(1).within(60).found("transport", "reset").others_are_upheld();
}

#[test]
fn a_silent_operation_is_called_a_few_times_and_no_more() {
    let server = spoiling(|_| Then::Silence);
    let finished = run_impatiently(&server.url).exits(1).within(60).found("transport", "no response within");
    finished.undecided("POST /GetChannel did not respond").others_are_upheld();
    let calls = server.count(SPOILED);
    assert!((3..12).contains(&calls), "{calls} calls");
}

#[test]
fn a_byte_now_and_then_is_no_answer() {
    let server = spoiling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n");
        drip(stream, b" ", Duration::from_millis(300))
    });
    run_impatiently(&server.url).exits(1).within(60).found("transport", "no response within").others_are_upheld();
}

#[test]
fn every_fifteenth_request_unanswered_is_bounded_too() {
    // About 40 of 600 requests; a run gives its target up after 60 of them.
    let server = Server::new(|seen, _| if seen.number % 15 == 14 { Then::Silence } else { Then::Forward });
    let finished = start(&server.url, &["--request-timeout", "1", "--profile", "standard", "--jobs", "12"]);
    let finished = finished.finish().exits(1).within(90);
    assert!(finished.findings().iter().any(|finding| finding["kind"] == "transport"), "{}", finished.said);
    // Which of them go unanswered is chance, and an operation is given up after a few of those; not all three at once.
    let upheld: usize = ["GetChannel", "GetStreamKey", "ListChannels"].map(|name| finished.upheld(name)).iter().sum();
    assert!(upheld > 20, "{}", finished.said);
}

#[test]
fn a_target_that_drops_kept_connections_is_unreliable_and_no_clause_is_blamed() {
    // Every connection serves two requests; then it closes when the third is on its way.
    let server = Server::new(|seen, _| if seen.on_connection == 2 { Then::Close } else { Then::Forward });
    let finished = run(&server.url).exits(1).within(60).says("the target is unreliable").says("went out again");
    for finding in finished.findings() {
        assert!(finding["seen"]["times"].as_u64() < finding["seen"]["of"].as_u64(), "{finding:#}");
    }
    assert_eq!(finished.report["summary"]["clauses"]["violated"], 0);
    for operation in ["GetChannel", "GetStreamKey", "ListChannels"] {
        assert!(finished.upheld(operation) > 15, "{operation}: {}", finished.said);
    }
}

#[test]
fn a_request_that_changes_nothing_goes_out_again_when_a_kept_connection_breaks() {
    let left = AtomicUsize::new(2);
    let drops = move |seen: &Seen| {
        let is_one = seen.on_connection > 0 && seen.path == SPOILED;
        is_one && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    };
    let server = Server::new(move |seen, _| if drops(seen) { Then::Close } else { Then::Forward });
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    let journal = folder.join(format!("repeats-{}.journal", std::process::id()));
    let finished = start(&server.url, &[&format!("--journal={}", journal.display())]).finish().exits(0);
    finished.within(60).others_are_upheld().says("2 requests that change nothing went out again");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::remove_file(&journal).unwrap();
    assert!(text.contains(r#"{"event":"repeated","request":"POST /GetChannel","times":1}"#), "{text}");
}

#[test]
fn a_target_that_is_silent_from_the_start_is_given_up() {
    let server = Server::new(|_, _| Then::Silence);
    run_impatiently(&server.url).exits(3).within(10).says("2 requests got no response").says("no response within");
}

#[test]
fn a_target_that_falls_silent_stops_the_run() {
    let is_silent = |seen: &Seen, _: &mut TcpStream| if seen.number > 100 { Then::Silence } else { Then::Forward };
    let server = Server::new(is_silent);
    // Everything is asked for, so that many operations are left.
    let finished = start(&server.url, &["--only", "*", "--jobs", "16", "--request-timeout", "1"]).finish();
    let finished = finished.exits(3).within(60).stopped("got no response");
    assert!(finished.findings().len() < 60, "{}", finished.findings().len());
}

#[test]
fn a_target_that_is_down_is_exit_3_in_a_second() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let finished = run(&format!("http://{free}")).exits(3).says("cannot be reached").says("POST /");
    // A second on an idle machine; tests run side by side.
    finished.within(4).says(&free.to_string()).says("refused");
}

#[test]
fn a_target_on_ipv6_alone_is_reached() {
    let Ok(probe) = TcpListener::bind("[::1]:0") else {
        eprintln!("this machine has no IPv6");
        return;
    };
    drop(probe);
    let server = Server::on("[::1]:0", |_, _| Then::Forward);
    run(&server.url).exits(0).within(60).others_are_upheld();
}
