//! What gives out credentials to containers and to instances, on a socket of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::credentials::Keys;

/// A request as an issuer got it: its method and path, and all of its head.
#[derive(Clone)]
pub struct Asked {
    pub line: String,
    pub head: String,
}

impl Asked {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Status and body of a response; nothing is said without one.
type Answer = Option<(u16, String)>;

/// A running issuer. It ends with the process.
pub struct CredentialsProvider {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl CredentialsProvider {
    /// Answers as it is told.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> CredentialsProvider {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        CredentialsProvider { url, asked }
    }

    /// All that it was asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let asked = Asked { line, head };
    seen.lock().unwrap().push(asked.clone());
    match answer(&asked) {
        Some((status, body)) => {
            // The time to live belongs to tokens and harms nothing else.
            let _ = write!(
                stream,
                "HTTP/1.1 {status} Answer\r\nconnection: close\r\ncontent-type: application/json\r\n\
                 x-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
        None => {
            let _ = reader.read(&mut [0]);
        }
    }
}

/// The document in which both kinds give out credentials.
fn document(keys: &Keys) -> String {
    let document = json!({
        "Code": "Success",
        "Type": "AWS-HMAC",
        "LastUpdated": "2026-01-01T00:00:00Z",
        "AccessKeyId": keys.id,
        "SecretAccessKey": keys.secret,
        "Token": keys.token,
        "Expiration": "2099-01-01T00:00:00Z",
    });
    document.to_string()
}

/// What a container asks: one path, with a word that proves who asks.
pub fn of_containers(keys: Keys, path: &'static str, word: &'static str) -> CredentialsProvider {
    CredentialsProvider::start(move |asked| {
        let is_right = asked.line == format!("GET {path}") && asked.header("authorization") == Some(word);
        Some(if is_right { (200, document(&keys)) } else { (403, String::new()) })
    })
}

/// What an instance asks: first for a token, then with it for the name of its role, then for the role's credentials.
pub fn of_instances(keys: Keys) -> CredentialsProvider {
    const ROLES: &str = "GET /latest/meta-data/iam/security-credentials/";
    CredentialsProvider::start(move |asked| {
        if asked.line == "PUT /latest/api/token" {
            return Some((200, "metadata-token".to_owned()));
        }
        if asked.header("x-aws-ec2-metadata-token") != Some("metadata-token") {
            return Some((401, String::new()));
        }
        Some(match asked.line.strip_prefix(ROLES) {
            Some("") => (200, "the-role".to_owned()),
            Some("the-role") => (200, document(&keys)),
            _ => (404, String::new()),
        })
    })
}
