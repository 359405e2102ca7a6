//! HTTP/1.1 messages as the proxies of the tests pass them on.

#![allow(dead_code)]

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpStream;

/// A request or a response.
#[derive(Clone)]
pub struct Message {
    /// The lines of its head with their ends, the empty one included.
    pub head: Vec<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Reads one message with its body, as its content length says. `None` if the connection ends before.
pub async fn read(from: &mut BufReader<TcpStream>) -> Option<Message> {
    let mut head = Vec::new();
    while !is_complete(&head) {
        let mut line = String::new();
        if from.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        head.push(line);
    }
    let mut body = vec![0; content_length(&head)?];
    from.read_exact(&mut body).await.ok()?;
    Some(Message { head, body })
}

/// The same on a connection of the standard library.
pub fn read_blocking(from: &mut impl std::io::BufRead) -> Option<Message> {
    let mut head = Vec::new();
    while !is_complete(&head) {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        head.push(line);
    }
    let mut body = vec![0; content_length(&head)?];
    from.read_exact(&mut body).ok()?;
    Some(Message { head, body })
}

fn is_complete(head: &[String]) -> bool {
    head.last().is_some_and(|line| line == "\r\n")
}

/// The length of the body; 0 if the head does not say it, `None` if it says nonsense.
fn content_length(head: &[String]) -> Option<usize> {
    let fields = head.iter().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().map_or(Some(0), |(_, length)| length.trim().parse().ok())
}
