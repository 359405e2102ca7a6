//! Targets that say that they are busy and nothing else. These tests wait longest, so they stand where they begin first.

use std::io::Write;

use crate::hostile::run::{SPOILED, run};
use crate::hostile::server::{Server, Then, answer};

#[test]
fn only_429s_stop_the_run() {
    let server = Server::only(429, "ThrottlingException");
    let finished = run(&server.url).exits(3).within(60).stopped("busy (status 429) and nothing else");
    assert!(finished.findings().is_empty(), "{}", finished.said);
}

#[test]
fn one_operation_that_is_always_busy_decides_nothing_about_itself() {
    let server = Server::new(|seen, stream| match seen.path.as_str() {
        SPOILED => {
            let _ = stream.write_all(&answer(429, "x-amzn-errortype: ThrottlingException\r\n", b"{}"));
            Then::Answered
        }
        _ => Then::Forward,
    });
    run(&server.url).within(60).undecided("the target was busy").others_are_upheld();
}
