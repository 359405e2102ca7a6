//! A proxy in front of a conforming server: it changes what a client must not care about, and fails now and then.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::common::message::{Message, read};

/// What the proxy does; numbers are per thousand requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noise {
    /// Answers 500 with an HTML page instead of asking the server.
    pub errors: u64,
    /// Answers 503 instead of asking the server.
    pub busy: u64,
    /// Answers 200 with an HTML page instead of asking the server.
    pub pages: u64,
    /// Closes the connection instead of answering.
    pub drops: u64,
    /// Asks the server twice and answers with its second response.
    pub doubles: u64,
    /// Answers with the response to an earlier request of any connection, and keeps this one for a later request.
    pub mixes: u64,
    /// Answers 404 with ResourceNotFoundException instead of asking the server.
    pub refusals: u64,
    /// Asks another server, which has a state of its own, every second time.
    pub other: Option<SocketAddr>,
    /// Answers 403 with an HTML page where a body has this text, instead of asking the server.
    pub blocks: Option<&'static str>,
    /// Answers a read with the response to the same read, if that came less than so long ago.
    pub caches: Duration,
    /// Closes the connection after the response, without saying so.
    pub closes: u64,
    /// Answers some milliseconds later.
    pub delays: u64,
    /// Sends the response in chunks, its JSON indented and with members that nobody knows, its header names in capitals.
    pub reshapes: u64,
}

/// Head and body of a response of the proxy.
type Own = (&'static str, &'static str);
const PAGE: Own = ("content-type: text/html", "<h1>Sorry.</h1>");
const NOT_FOUND: Own = (
    "content-type: application/json\r\nx-amzn-errortype: ResourceNotFoundException",
    r#"{"exceptionMessage":"Resource not found"}"#,
);

/// A running proxy; it ends with the runtime.
pub struct Proxy {
    /// Its base URL.
    pub endpoint: String,
    state: Arc<State>,
}

struct State {
    behind: SocketAddr,
    noise: Noise,
    number: AtomicU64,
    failures: AtomicU64,
    /// A response that another request gets.
    kept: Mutex<Option<Message>>,
    /// When each read was last asked, and what came back.
    cached: Mutex<HashMap<Vec<u8>, (Instant, Message)>>,
}

impl Proxy {
    /// Starts a proxy on a free port of this machine.
    pub async fn start(behind: SocketAddr, noise: Noise) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            behind,
            noise,
            number: AtomicU64::default(),
            failures: AtomicU64::default(),
            kept: Mutex::default(),
            cached: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { serve(&state, stream).await });
            }
        });
        Proxy { endpoint, state }
    }

    /// Requests that it answered with an error of its own, with another's response or not at all, or sent twice.
    pub fn failures(&self) -> u64 {
        self.state.failures.load(Ordering::Relaxed)
    }
}

impl State {
    /// Whether one kind of noise falls on a request. The numbers are spread evenly, so that a run of some size meets all.
    fn falls(&self, number: u64, kind: u64, per_thousand: u64) -> bool {
        let mixed = (number * 8 + kind).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40 < (per_thousand << 24) / 1000
    }

    /// A response to the same read that is not too old.
    fn cached(&self, request: &Message) -> Option<Message> {
        let cached = self.cached.lock().unwrap();
        let (since, response) = cached.get(&key(request)?)?;
        (since.elapsed() < self.noise.caches).then(|| response.clone())
    }

    fn cache(&self, request: &Message, response: &Message) {
        if let Some(key) = key(request).filter(|_| !self.noise.caches.is_zero()) {
            self.cached.lock().unwrap().insert(key, (Instant::now(), response.clone()));
        }
    }
}

/// What is the same in all requests for a read: not when they were signed. `None` for what is not a read.
fn key(request: &Message) -> Option<Vec<u8>> {
    let (method, target) = request.head.first()?.split_once(' ')?;
    let is_read = method == "GET" || ["/Get", "/List", "/BatchGet"].iter().any(|read| target.starts_with(read));
    let is_of_signature =
        |line: &&String| ["authorization:", "x-amz-date:"].iter().any(|name| line.to_lowercase().starts_with(name));
    let head: String = request.head.iter().filter(|line| !is_of_signature(line)).map(String::as_str).collect();
    is_read.then(|| [head.as_bytes(), &request.body].concat())
}

async fn serve(state: &State, stream: TcpStream) -> Option<()> {
    let mut client = BufReader::new(stream);
    let mut servers: (Option<BufReader<TcpStream>>, Option<BufReader<TcpStream>>) = (None, None);
    loop {
        let request = read(&mut client).await?;
        let number = state.number.fetch_add(1, Ordering::Relaxed);
        let falls = |kind, per_thousand| state.falls(number, kind, per_thousand);
        if falls(0, state.noise.drops) {
            state.failures.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let is_blocked = state.noise.blocks.is_some_and(|text| String::from_utf8_lossy(&request.body).contains(text));
        let own = [
            (falls(1, state.noise.errors), "500 Internal Server Error", PAGE),
            (falls(2, state.noise.busy), "503 Unavailable", PAGE),
            (falls(6, state.noise.pages), "200 OK", PAGE),
            (falls(9, state.noise.refusals), "404 Not Found", NOT_FOUND),
            (is_blocked, "403 Forbidden", PAGE),
        ];
        if let Some((_, status, (head, body))) = own.into_iter().find(|(falls, ..)| *falls) {
            state.failures.fetch_add(1, Ordering::Relaxed);
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            client.get_mut().write_all(answer.as_bytes()).await.ok()?;
            continue;
        }
        if let Some(cached) = state.cached(&request) {
            state.failures.fetch_add(1, Ordering::Relaxed);
            client.get_mut().write_all(&[cached.head.concat().as_bytes(), &cached.body].concat()).await.ok()?;
            continue;
        }
        let other = state.noise.other.filter(|_| number.is_multiple_of(2));
        let kept = if other.is_some() { &mut servers.1 } else { &mut servers.0 };
        if kept.is_none() {
            *kept = Some(BufReader::new(TcpStream::connect(other.unwrap_or(state.behind)).await.ok()?));
        }
        let behind = kept.as_mut()?;
        behind.get_mut().write_all(&[request.head.concat().as_bytes(), &request.body].concat()).await.ok()?;
        let mut response = read(behind).await?;
        state.cache(&request, &response);
        if falls(7, state.noise.doubles) {
            state.failures.fetch_add(1, Ordering::Relaxed);
            behind.get_mut().write_all(&[request.head.concat().as_bytes(), &request.body].concat()).await.ok()?;
            response = read(behind).await?;
        }
        if falls(8, state.noise.mixes)
            && let Some(earlier) = state.kept.lock().unwrap().replace(response.clone())
        {
            response = earlier;
            state.failures.fetch_add(1, Ordering::Relaxed);
        }
        if falls(3, state.noise.delays) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let answer = match falls(4, state.noise.reshapes) {
            true => reshaped(&response),
            false => [response.head.concat().as_bytes(), &response.body].concat(),
        };
        client.get_mut().write_all(&answer).await.ok()?;
        if falls(5, state.noise.closes) {
            return None;
        }
    }
}

fn reshaped(response: &Message) -> Vec<u8> {
    if response.body.is_empty() {
        return response.head.concat().into_bytes();
    }
    let mut body: Value = serde_json::from_slice(&response.body).unwrap();
    if let Value::Object(members) = &mut body {
        members.insert("xProxy".to_owned(), json!({"seen": [1, 2.5, null]}));
    }
    let mut answer = Vec::new();
    for line in response.head.iter().filter(|line| !line.to_ascii_lowercase().starts_with("content-length")) {
        match line.split_once(": ") {
            Some((name, value)) => answer.extend(format!("{}: {value}", name.to_uppercase()).into_bytes()),
            None if line == "\r\n" => answer.extend(b"Transfer-Encoding: chunked\r\n\r\n"),
            None => answer.extend(line.as_bytes()),
        }
    }
    for chunk in serde_json::to_vec_pretty(&body).unwrap().chunks(70) {
        answer.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\n\r\n");
    answer
}
