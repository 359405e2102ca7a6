#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::wire::Request;

const LIMIT: Duration = Duration::from_secs(30);

fn within(limit: Duration) -> Deadline {
    Deadline { at: Instant::now() + limit, limit }
}

/// A target that reads a request's head and answers with these pieces, one after another, then closes if it should.
async fn answering(pieces: Vec<Vec<u8>>, closes: bool) -> (Connection, Message) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        until_blank_line(&mut stream).await;
        for piece in pieces {
            stream.write_all(&piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if !closes {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    });
    let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
    (Connection::open(&endpoint, within(LIMIT)).await.unwrap(), message(b"{}"))
}

async fn until_blank_line(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") && stream.read_buf(&mut seen).await.unwrap() > 0 {}
}

fn message(body: &[u8]) -> Message {
    let request =
        Request { method: "POST".into(), target: "/".into(), headers: Vec::new(), body: Bytes::copy_from_slice(body) };
    Message::new(&request, "localhost", "").unwrap()
}

fn byte_by_byte(text: &str) -> Vec<Vec<u8>> {
    text.bytes().map(|byte| vec![byte]).collect()
}

async fn answer(pieces: Vec<Vec<u8>>, closes: bool) -> Result<Answer, Failure> {
    let (mut connection, message) = answering(pieces, closes).await;
    connection.exchange(&message, within(LIMIT)).await
}

#[tokio::test]
async fn answers_in_every_framing_arrive_whole_in_whatever_pieces_they_come() {
    let framed = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", false, true),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", false, true),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\na: b\r\n\r\n",
            false,
            true,
        ),
        ("HTTP/1.1 200 OK\r\n\r\nabc", true, false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc", true, false),
    ];
    for (text, closes, stays_open) in framed {
        for pieces in [vec![text.as_bytes().to_vec()], byte_by_byte(text)] {
            let answer = answer(pieces, closes).await.unwrap();
            assert_eq!((answer.response.status, &answer.response.body[..]), (200, &b"abc"[..]), "{text}");
            assert_eq!((answer.stays_open, answer.response.is_truncated), (stays_open, false), "{text}");
        }
    }
}

#[tokio::test]
async fn broken_answers_are_told_from_missing_ones() {
    let broken = [
        "HTTP/1.1 200 OK\r\ncontent-len",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
        "SSH-2.0-OpenSSH_9.6\r\n",
    ];
    for text in broken {
        let failure = answer(vec![text.as_bytes().to_vec()], true).await.unwrap_err();
        assert!(matches!(failure, Failure::Protocol(_)), "{text}: {failure:?}");
    }
    assert!(matches!(answer(Vec::new(), true).await.unwrap_err(), Failure::Unanswered(_)));
}

#[tokio::test]
async fn nothing_goes_on_without_end() {
    let line = format!("a: {}\r\n", "b".repeat(1000));
    let endless = |start: &str, unit: &str| vec![start.as_bytes().to_vec(), unit.repeat(600).into_bytes()];
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let cases = [
        endless("HTTP/1.1 200 OK\r\n", &line),
        endless("", &format!("HTTP/1.1 103 Early Hints\r\n{line}\r\n")),
        endless(&format!("{chunked}1;"), &"x".repeat(1000)),
        endless(&format!("{chunked}0\r\n"), &line),
    ];
    for pieces in cases {
        let failure = answer(pieces, false).await.unwrap_err();
        assert!(matches!(failure, Failure::Protocol(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn a_long_body_is_cut_and_ends_the_connection() {
    let body = vec![b'x'; BODY_LIMIT + 1];
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body].concat();
    let heads = [
        (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()), body.clone()),
        ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), body.clone()),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), chunk),
    ];
    for (head, body) in heads {
        let answer = answer(vec![head.clone().into_bytes(), body], false).await.unwrap();
        assert_eq!((answer.response.body.len(), answer.response.is_truncated), (BODY_LIMIT, true), "{head}");
        assert!(!answer.stays_open);
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_through_counts() {
    let (mut connection, _) =
        answering(vec![b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n".to_vec()], false).await;
    let answer = connection.exchange(&message(&vec![b'x'; 64 << 20]), within(LIMIT)).await.unwrap();
    assert_eq!((answer.response.status, answer.stays_open), (413, false));
}

#[tokio::test]
async fn a_connection_that_was_closed_or_spoken_on_is_not_used_again() {
    let head = "HTTP/1.1 204 No Content\r\n\r\n";
    let spoken = format!("{head}more");
    for (pieces, closes) in [(vec![head.as_bytes().to_vec()], true), (vec![head.into(), b"more".to_vec()], false)] {
        let (mut connection, message) = answering(pieces, closes).await;
        assert!(connection.exchange(&message, within(LIMIT)).await.unwrap().stays_open);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!connection.is_open().await);
    }
    assert!(!answer(vec![spoken.into_bytes()], false).await.unwrap().stays_open);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up_whatever_trickles_in() {
    let dripping: Vec<Vec<u8>> = byte_by_byte(&format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(1000)));
    for pieces in [Vec::new(), dripping] {
        let (mut connection, message) = answering(pieces, false).await;
        let limit = Duration::from_millis(100);
        let failure = connection.exchange(&message, within(limit)).await.unwrap_err();
        assert!(matches!(failure, Failure::Timeout(known) if known == limit), "{failure:?}");
    }
}
