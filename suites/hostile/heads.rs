//! Heads of responses that do not end, are no HTTP, or try to deceive a reader.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::hostile::run::{Finished, SPOILED, run, run_impatiently};
use crate::hostile::server::{Server, Then, answer, drip};

fn writing(write: fn(&mut TcpStream) -> Then) -> Finished {
    let server = Server::new(move |seen, stream| if seen.path == SPOILED { write(stream) } else { Then::Forward });
    run(&server.url).within(60).others_are_upheld()
}

#[test]
fn endless_headers_end_at_a_limit() {
    let finished = writing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        drip(stream, "x-more: ".repeat(1_000).as_bytes(), Duration::ZERO)
    });
    finished.exits(1).found("transport", "No response");
}

#[test]
fn endless_interim_answers_are_no_answer() {
    let server = Server::new(|seen, stream| match seen.path == SPOILED {
        true => drip(stream, b"HTTP/1.1 100 Continue\r\n\r\n", Duration::from_millis(1)),
        false => Then::Forward,
    });
    let finished = run_impatiently(&server.url).within(60).others_are_upheld();
    finished.exits(1).found("transport", "no response within");
}

#[test]
fn what_is_no_http_is_named() {
    let finished = writing(|stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n");
        Then::Close
    });
    finished.exits(1).found("transport", "no HTTP");
}

#[test]
fn a_target_that_speaks_something_else_is_no_verdict() {
    let server = Server::new(|_, stream| {
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        Then::Close
    });
    run(&server.url).exits(3).within(60).says("does not speak HTTP");
}

#[test]
fn a_redirect_is_not_followed() {
    let server = Server::new(|seen, stream| match seen.path.as_str() {
        SPOILED => {
            let _ = stream.write_all(&answer(307, "location: /Elsewhere\r\n", b""));
            Then::Answered
        }
        _ => Then::Forward,
    });
    run(&server.url).exits(1).within(60).found("rejected_valid", "status 307, a redirect").others_are_upheld();
    assert_eq!(server.count("/Elsewhere"), 0);
}

#[test]
fn status_999_is_a_finding() {
    let finished = writing(|stream| {
        let _ = stream.write_all(&answer(999, "", b"{}"));
        Then::Answered
    });
    finished.exits(1).found("server_error", "status 999, which HTTP does not have");
}

#[test]
fn a_status_of_four_digits_is_no_http() {
    let finished = writing(|stream| {
        let _ = stream.write_all(&answer(1000, "", b"{}"));
        Then::Close
    });
    finished.exits(1).found("transport", "no HTTP");
}

#[test]
fn an_error_code_cannot_write_on_the_terminal() {
    let finished = writing(|stream| {
        let code = format!("\u{9b}31mValidationException\u{202e}<script>{}", "x".repeat(50_000));
        let _ = stream.write_all(&answer(400, &format!("x-amzn-errortype: {code}\r\n"), b"{}"));
        Then::Answered
    });
    // That nothing raw is printed is checked for every run.
    let finished = finished.exits(1).found("rejected_valid", "ValidationException");
    assert!(finished.findings().iter().all(|finding| crate::hostile::run::text(&finding["observed"]).len() < 500));
    assert!(finished.said.len() < 200_000, "{}", finished.said.len());
}
