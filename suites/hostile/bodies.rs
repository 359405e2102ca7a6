//! Bodies that do not end, do not fit, or are not what they should be.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::hostile::run::{Finished, SPOILED, run, start};
use crate::hostile::server::{Server, Then, answer, drip, json};

/// The run against a server whose spoiled operation answers so.
fn answering(make: fn(&str) -> Vec<u8>) -> Finished {
    let server = Server::new(move |seen, _| if seen.path == SPOILED { Then::Instead(make) } else { Then::Forward });
    run(&server.url).within(60).others_are_upheld()
}

/// The same, with the response written by hand.
fn writing(write: fn(&mut TcpStream) -> Then) -> Finished {
    let server = Server::new(move |seen, stream| if seen.path == SPOILED { write(stream) } else { Then::Forward });
    run(&server.url).within(60).others_are_upheld()
}

#[test]
fn an_endless_body_is_read_up_to_the_limit() {
    let finished = writing(|stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        drip(stream, &chunk, Duration::ZERO)
    });
    finished.undecided("longer than the 4194304 bytes that are read");
}

#[test]
fn an_answer_of_20_megabytes_is_read_up_to_the_limit() {
    let finished = answering(|body| {
        let padded = format!("{}{}", " ".repeat(20 << 20), body);
        json(200, padded.as_bytes())
    });
    finished.undecided("longer than the 4194304 bytes that are read");
}

#[test]
fn every_answer_may_be_20_megabytes() {
    let answer = json(200, &vec![b'{'; 20 << 20]);
    let server = Server::new(move |_, stream| {
        // The other side stops reading; that is its right.
        let _ = stream.write_all(&answer);
        Then::Close
    });
    let finished = run(&server.url).within(60);
    assert_eq!(finished.report["stopped_early"], serde_json::Value::Null, "{}", finished.said);
}

#[test]
fn a_body_that_is_shorter_than_announced_is_a_finding() {
    let finished = writing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{}");
        Then::Close
    });
    finished.exits(1).found("transport", "No response");
}

#[test]
fn a_body_that_is_longer_than_announced_is_cut_there() {
    let finished = writing(|stream| {
        let body = br#"{"channel": {"name": "longer than ten bytes"}}"#;
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n";
        let _ = stream.write_all(&[head.as_slice(), body].concat());
        Then::Answered
    });
    finished.exits(1).found("malformed_response", "The body of 10 bytes is no JSON object: EOF while parsing");
}

#[test]
fn two_lengths_are_no_http() {
    let finished = writing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ");
        Then::Close
    });
    finished.exits(1).found("transport", "no HTTP");
}

#[test]
fn bytes_that_are_no_utf_8_are_named() {
    let finished = answering(|_| json(200, b"{\"channel\": {\"name\": \"\xff\xfe\"}}"));
    finished.exits(1).found("malformed_response", "no UTF-8, by the byte 0xff at offset 22");
}

#[test]
fn deep_nesting_decides_nothing() {
    let finished = answering(|_| {
        let deep = "{\"channel\":".repeat(100_000) + "0" + &"}".repeat(100_000);
        json(200, deep.as_bytes())
    });
    finished.undecided("nests deeper than the 127 levels that are read");
}

#[test]
fn a_deep_array_is_no_object() {
    let finished = answering(|_| json(200, "[".repeat(1_000_000).as_bytes()));
    finished.exits(1).found("malformed_response", "array that nests too deep");
}

#[test]
fn millions_of_values_decide_nothing() {
    let finished = answering(|_| {
        let many = format!("{{\"channel\": [{}0]}}", r#"{"a":0},"#.repeat(500_000));
        json(200, many.as_bytes())
    });
    finished.undecided("more than the 250000 values");
}

#[test]
fn a_number_out_of_every_range_is_named() {
    let finished = answering(|_| json(200, br#"{"channel": {"authorized": 1e400}}"#));
    finished.exits(1).found("malformed_response", "number out of range");
}

#[test]
fn an_integer_of_a_hundred_digits_is_of_the_wrong_type() {
    let finished = answering(|body| {
        let number = "9".repeat(100);
        let altered = body.replace("\"type\":\"STANDARD\"", &format!("\"type\":{number}"));
        assert_ne!(altered, body);
        json(200, altered.as_bytes())
    });
    finished.exits(1).found("malformed_response", "`channel.type` is");
}

#[test]
fn duplicate_names_are_an_inferred_finding() {
    let doubled: fn(&str) -> Vec<u8> = |body| {
        let altered = body.replacen("\"arn\":", "\"arn\":\"first\",\"arn\":", 1);
        json(200, altered.as_bytes())
    };
    let server = Server::new(move |seen, _| if seen.path == SPOILED { Then::Instead(doubled) } else { Then::Forward });
    let finished = run(&server.url).within(60).others_are_upheld().exits(0);
    let finished = finished.found("malformed_response", "`arn` occurs twice in one object");
    assert_eq!(finished.findings()[0]["tier"], "inferred");
    start(&server.url, &["--strict"]).finish().exits(1);
}

#[test]
fn a_byte_order_mark_is_named_and_what_stands_behind_it_is_judged() {
    let finished = answering(|body| json(200, format!("\u{feff}{body}").as_bytes()));
    finished.exits(1).found("malformed_response", "It begins with a byte order mark.");
    let finished = answering(|body| {
        let altered = body.replace("\"type\":\"STANDARD\"", "\"type\":1");
        assert_ne!(altered, body);
        json(200, format!("\u{feff}{altered}").as_bytes())
    });
    finished.exits(1).found("malformed_response", "`channel.type` is");
}

#[test]
fn compression_that_nobody_asked_for_is_named() {
    let finished = answering(|_| {
        answer(200, "content-type: application/json\r\ncontent-encoding: gzip\r\n", b"\x1f\x8b\x08\0\0\0\0\0")
    });
    finished.exits(1).found("malformed_response", "compressed (content-encoding `gzip`), which nothing asked for");
}

#[test]
fn a_compression_bomb_is_never_unpacked() {
    let finished = answering(|_| {
        // The same megabyte of zeros again and again would be gigabytes once unpacked; here it is three megabytes.
        answer(200, "content-type: application/json\r\ncontent-encoding: gzip\r\n", &vec![0x1f; 3 << 20])
    });
    finished.exits(1).found("malformed_response", "compressed (content-encoding `gzip`)");
}
