#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::send::failure::End;
use crate::wire::Request;

/// A target that reads the head of one request on each connection, responds with these pieces, one after another, then
/// closes if it should.
async fn answering(pieces: Vec<Vec<u8>>, closes: bool) -> (Http, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let pieces = pieces.clone();
            tokio::spawn(async move {
                stream.set_nodelay(true).unwrap();
                until_blank_line(&mut stream).await;
                for piece in pieces {
                    if stream.write_all(&piece).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                if !closes {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            });
        }
    });
    (Http::new(&endpoint, &Network::default()).unwrap(), endpoint)
}

/// Reads a head; false if the connection ends before.
async fn until_blank_line(stream: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut seen).await.is_ok_and(|length| length > 0) {
            continue;
        }
        return false;
    }
    true
}

fn message(endpoint: &Endpoint, body: &'static [u8]) -> Message {
    let request =
        Request { method: "POST".into(), target: "/".into(), headers: Vec::new(), body: Bytes::from_static(body) };
    Message::new(&request, endpoint).unwrap()
}

fn byte_by_byte(text: &str) -> Vec<Vec<u8>> {
    text.bytes().map(|byte| vec![byte]).collect()
}

async fn answer(pieces: Vec<Vec<u8>>, closes: bool) -> Result<Response, Failure> {
    let (http, endpoint) = answering(pieces, closes).await;
    http.send(message(&endpoint, b""), Connections::Kept).await
}

#[tokio::test]
async fn answers_in_every_framing_arrive_whole_in_whatever_pieces_they_come() {
    let framed = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", false),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", false),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\na: b\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\n\r\nabc", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc", true),
        ("HTTP/1.0 200 OK\r\n\r\nabc", true),
    ];
    for (text, closes) in framed {
        for pieces in [vec![text.as_bytes().to_vec()], byte_by_byte(text)] {
            let response = answer(pieces, closes).await.unwrap();
            assert_eq!((response.status, &response.body[..]), (200, &b"abc"[..]), "{text}");
            assert!(!response.is_truncated, "{text}");
        }
    }
}

#[tokio::test]
async fn headers_are_kept_as_they_came_with_names_in_lower_case() {
    let head =
        "HTTP/1.1 999 Odd\r\nX-B: 1\r\nContent-Type: a/b\r\nx-b: 2\r\nx-raw: \u{e9}\r\ncontent-length: 0\r\n\r\n";
    let response = answer(vec![head.chars().map(|c| c as u8).collect()], false).await.unwrap();
    let shown: Vec<(&str, &str)> =
        response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected =
        [("x-b", "1"), ("x-b", "2"), ("content-type", "a/b"), ("x-raw", "\u{fffd}"), ("content-length", "0")];
    assert_eq!((response.status, &shown[..]), (999, &expected[..]));
}

#[tokio::test]
async fn broken_answers_are_told_from_missing_ones() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let broken = [
        format!("{chunked}x\r\n"),
        format!("{chunked}1\r\nabc"),
        "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
        "HTTP/1.1 099 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\na b: c\r\n\r\n".to_owned(),
    ];
    for text in broken {
        let failure = answer(vec![text.as_bytes().to_vec()], true).await.unwrap_err();
        assert!(matches!(failure, Failure::Protocol(_)), "{text}: {failure:?}");
    }
    let cut = [
        (String::new(), Reuse::First),
        ("HTTP/1.1 200 OK\r\ncontent-len".to_owned(), Reuse::First),
        ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc".to_owned(), Reuse::Begun),
        (format!("{chunked}3\r\nab"), Reuse::Begun),
        (format!("{chunked}3\r\nabc\r\n"), Reuse::Begun),
    ];
    for (text, reuse) in cut {
        let failure = answer(vec![text.as_bytes().to_vec()], true).await.unwrap_err();
        assert_eq!(failure, Failure::Closed(End::Close, reuse), "{text}");
    }
}

#[tokio::test]
async fn nothing_goes_on_without_end() {
    let line = format!("a: {}\r\n", "b".repeat(1000));
    let endless = |start: &str, unit: &str| vec![start.as_bytes().to_vec(), unit.repeat(1200).into_bytes()];
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let cases = [
        endless("HTTP/1.1 200 OK\r\n", &line),
        endless(&format!("{chunked}1;"), &"x".repeat(1000)),
        endless(&format!("{chunked}0\r\n"), &line),
    ];
    for pieces in cases {
        let failure = answer(pieces, false).await.unwrap_err();
        assert!(matches!(failure, Failure::Protocol(_)), "{failure:?}");
    }
    let many = |count: usize| format!("HTTP/1.1 204 OK\r\n{}\r\n", "a: b\r\n".repeat(count)).into_bytes();
    assert_eq!(answer(vec![many(MOST_HEADERS)], false).await.unwrap().headers.len(), MOST_HEADERS);
    assert!(matches!(answer(vec![many(MOST_HEADERS + 1)], false).await.unwrap_err(), Failure::Protocol(_)));
}

#[tokio::test]
async fn a_long_body_is_cut() {
    let body = vec![b'x'; BODY_LIMIT + 1];
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body].concat();
    let heads = [
        (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()), body.clone(), true),
        ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), body.clone(), true),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), chunk, true),
        (format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY_LIMIT}\r\n\r\n"), body[1..].to_vec(), false),
    ];
    for (head, body, is_truncated) in heads {
        let response = answer(vec![head.clone().into_bytes(), body], false).await.unwrap();
        assert_eq!((response.body.len(), response.is_truncated), (BODY_LIMIT, is_truncated), "{head}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_through_counts() {
    static HUGE: [u8; 64 << 20] = [b'x'; 64 << 20];
    let head = b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n".to_vec();
    let (http, endpoint) = answering(vec![head], false).await;
    let response = http.send(message(&endpoint, &HUGE), Connections::Kept).await.unwrap();
    assert_eq!(response.status, 413);
}

/// A target that responds so many requests on each connection, then does something else with the next one.
async fn answering_on_kept_connections(requests: usize, last: fn(TcpStream)) -> (Http, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                for _ in 0..requests {
                    if !until_blank_line(&mut stream).await {
                        return;
                    }
                    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                }
                if until_blank_line(&mut stream).await {
                    last(stream);
                }
            });
        }
    });
    (Http::new(&endpoint, &Network::default()).unwrap(), endpoint)
}

#[tokio::test]
async fn a_kept_connection_that_breaks_under_a_request_is_told_from_a_new_one() {
    let ways: [(fn(TcpStream), End); 2] = [
        (drop, End::Close),
        (|stream| socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap(), End::Reset),
    ];
    for (last, end) in ways {
        let (http, endpoint) = answering_on_kept_connections(2, last).await;
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(http.send(message(&endpoint, b""), Connections::Kept).await.map(|response| response.status));
        }
        let dropped = || Err(Failure::Closed(end, Reuse::Kept));
        assert_eq!(seen, [Ok(204), Ok(204), dropped(), Ok(204), Ok(204), dropped()]);
        let (http, endpoint) = answering_on_kept_connections(0, last).await;
        let failure = http.send(message(&endpoint, b""), Connections::Kept).await.unwrap_err();
        assert_eq!(failure, Failure::Closed(end, Reuse::First));
    }
}

#[tokio::test]
async fn what_takes_too_long_to_connect_or_is_refused_is_told_in_words() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = Endpoint::parse(&format!("http://{free}")).unwrap();
    let http = Http::new(&endpoint, &Network::default()).unwrap();
    let failure = http.send(message(&endpoint, b""), Connections::Kept).await.unwrap_err();
    assert!(matches!(&failure, Failure::Connect(words) if words.contains("refused")), "{failure:?}");
}

#[tokio::test]
async fn connections_that_the_target_closes_between_requests_are_counted_and_lose_nothing() {
    let head = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let (http, endpoint) = answering(vec![head], true).await;
    for _ in 0..5 {
        assert_eq!(http.send(message(&endpoint, b""), Connections::Kept).await.unwrap().status, 204);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(http.fork().closed_between_requests(), 4);
    let said = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec();
    let (http, endpoint) = answering(vec![said], true).await;
    for _ in 0..5 {
        http.send(message(&endpoint, b""), Connections::Kept).await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(http.closed_between_requests(), 0);
}

#[tokio::test]
async fn connections_that_the_client_closes_are_not_counted() {
    let (http, endpoint) = answering_on_kept_connections(9, drop).await;
    for pause in [Duration::ZERO, Duration::ZERO, IDLE + MARGIN, Duration::ZERO] {
        tokio::time::sleep(pause).await;
        assert_eq!(http.send(message(&endpoint, b""), Connections::Kept).await.unwrap().status, 204);
    }
    assert_eq!(http.closed_between_requests(), 0);
    assert_eq!(http.use_of.lock().answered.len(), 2);
}

#[tokio::test]
async fn a_connection_that_answers_again_was_not_closed() {
    let (http, _) = answering_on_kept_connections(9, drop).await;
    let [old, new] = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    assert!(http.is_new(old, None) && http.is_new(new, Some(old)));
    assert_eq!(http.closed_between_requests(), 1);
    assert!(!http.is_new(old, Some(new)));
    assert_eq!(http.closed_between_requests(), 0);
}

#[test]
fn connections_that_take_a_second_longer_than_others_have_stalled() {
    let counts = Counts::default();
    for (milliseconds, stalled) in [(1200, 0), (300, 0), (1100, 0), (1200, 1), (2, 1), (902, 2), (901, 2)] {
        counts.note_opening(Duration::from_millis(milliseconds));
        assert_eq!(counts.stalled_openings.load(Ordering::Relaxed), stalled, "{milliseconds}");
    }
}
