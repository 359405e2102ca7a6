//! Runs that are ended, with requests under way that nobody answers: soon, cleaned up, with a report.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::hostile::run::{SPOILED, start};
use crate::hostile::server::{Server, Then};

/// One operation is silent from its second call on; all others work.
fn silent_in_one() -> Server {
    let calls = AtomicUsize::new(0);
    Server::new(move |seen, _| match seen.path == SPOILED && calls.fetch_add(1, Ordering::SeqCst) > 0 {
        true => Then::Silence,
        false => Then::Forward,
    })
}

/// Every resource that was made was deleted, or its deletion was asked for.
fn assert_cleaned_up(server: &Server) {
    let (made, deleted) = (server.count("/CreateChannel"), server.count("/DeleteChannel"));
    assert!(made > 0 && deleted >= made, "{made} made, {deleted} deleted");
}

#[test]
fn a_deadline_ends_a_run_that_waits() {
    let server = silent_in_one();
    let arguments =
        ["--request-timeout", "60", "--deadline", "2", "--only", "GetChannel.*", "--only", "ListChannels.*"];
    let finished = start(&server.url, &arguments).finish().exits(3).stopped("the deadline of 2 s was reached");
    let finished = finished.within(15);
    assert!(finished.elapsed > Duration::from_secs(2), "{:?}", finished.elapsed);
    assert!(finished.findings().is_empty(), "what was given up is no finding: {}", finished.said);
    assert_cleaned_up(&server);
}

#[test]
fn an_interrupt_ends_a_run_that_waits() {
    let server = silent_in_one();
    let arguments = ["--request-timeout", "60", "--only", "GetChannel.*", "--only", "ListChannels.*"];
    let running = start(&server.url, &arguments);
    let started = Instant::now();
    while server.count("/CreateChannel") < 2 || server.count(SPOILED) < 2 {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
    let sent = Instant::now();
    assert!(Command::new("kill").args(["-INT", &running.child.id().to_string()]).status().unwrap().success());
    running.finish().exits(3).stopped("interrupted");
    assert!(sent.elapsed() < Duration::from_secs(4), "{:?}", sent.elapsed());
    assert_cleaned_up(&server);
}

#[test]
fn a_deadline_ends_even_a_run_that_found_nobody_yet() {
    let server = Server::new(|_, _| Then::Silence);
    let finished = start(&server.url, &["--request-timeout", "60", "--deadline", "1"]).finish();
    finished.exits(3).within(15).stopped("the deadline of 1 s was reached");
}
