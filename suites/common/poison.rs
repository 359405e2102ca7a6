//! A target that a request can damage: a proxy in front of the reference server. A creating request with values of wrong
//! types makes something and is answered with 500; what it made can break the lists that show it.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use super::message::{Message, read_blocking as read};

/// How a target behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Lists show what failed requests made.
    MakesInSpiteOfErrors,
    /// Lists answer 500 as long as anything is there that a failed request made.
    BreaksLists,
    /// The first deletion of every channel is answered with 500, and deletes nothing.
    FailsToDeleteOnce,
    /// Every deletion of a channel is.
    NeverDeletes,
    /// The list of channels always answers 500.
    NeverLists,
}

/// A running proxy; it ends with the process.
pub struct Weak {
    /// Its base URL.
    pub endpoint: String,
    state: Arc<State>,
}

struct State {
    behind: String,
    weakness: Weakness,
    /// Channels that failed requests made and that are there still.
    hidden: Mutex<BTreeSet<String>>,
    /// Channels whose deletion failed.
    failed: Mutex<BTreeSet<String>>,
    made: Mutex<u64>,
}

impl Weak {
    /// Starts a proxy in front of a server, by its base URL.
    pub fn in_front_of(server: &str, weakness: Weakness) -> Weak {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let behind = server.strip_prefix("http://").unwrap().to_owned();
        let state =
            State { behind, weakness, hidden: Mutex::default(), failed: Mutex::default(), made: Mutex::default() };
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(&state, stream));
            }
        });
        Weak { endpoint, state }
    }

    /// How many channels failed requests made.
    pub fn made(&self) -> u64 {
        *self.state.made.lock().unwrap()
    }

    /// Channels that failed requests made and that are there still.
    pub fn hidden(&self) -> BTreeSet<String> {
        self.state.hidden.lock().unwrap().clone()
    }
}

fn serve(state: &State, stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut client = BufReader::new(stream);
    let mut server: Option<BufReader<TcpStream>> = None;
    loop {
        let request = read(&mut client)?;
        let path = request.head.first()?.split(' ').nth(1)?.to_owned();
        let body: Option<Value> = serde_json::from_slice(&request.body).ok();
        if server.is_none() {
            let stream = TcpStream::connect(&state.behind).ok()?;
            stream.set_nodelay(true).ok()?;
            server = Some(BufReader::new(stream));
        }
        let behind = server.as_mut()?;
        let answer = match path.as_str() {
            "/CreateChannel" if body.as_ref().is_none_or(is_damaging) => {
                make(state, behind, &request, body.as_ref())?;
                failure()
            }
            "/ListChannels" if state.weakness == Weakness::NeverLists => failure(),
            "/ListChannels" if state.weakness == Weakness::BreaksLists && !state.hidden.lock().unwrap().is_empty() => {
                failure()
            }
            "/DeleteChannel" if state.refuses_to_delete(body.as_ref()) => failure(),
            _ => {
                let response = forward(behind, &request.head, &request.body)?;
                if let ("/DeleteChannel", Some(arn)) = (path.as_str(), arn_of(body.as_ref())) {
                    state.hidden.lock().unwrap().remove(arn);
                }
                [response.head.concat().as_bytes(), &response.body].concat()
            }
        };
        client.get_mut().write_all(&answer).ok()?;
    }
}

impl State {
    fn refuses_to_delete(&self, body: Option<&Value>) -> bool {
        let Some(arn) = arn_of(body) else { return false };
        match self.weakness {
            Weakness::MakesInSpiteOfErrors | Weakness::BreaksLists | Weakness::NeverLists => false,
            Weakness::FailsToDeleteOnce => self.failed.lock().unwrap().insert(arn.to_owned()),
            Weakness::NeverDeletes => true,
        }
    }
}

fn arn_of(body: Option<&Value>) -> Option<&str> {
    body?.get("arn")?.as_str()
}

/// Whether the values are of types that this target cannot handle.
fn is_damaging(body: &Value) -> bool {
    let Value::Object(members) = body else { return true };
    let is_wrong = |(name, value): (&String, &Value)| match name.as_str() {
        "name" => !value.is_string(),
        "tags" => value.as_object().is_none_or(|tags| tags.values().any(|value| !value.is_string())),
        "authorized" | "insecureIngest" => !value.is_boolean(),
        _ => false,
    };
    members.iter().any(is_wrong)
}

/// Makes a channel with what is sound in a request.
fn make(state: &State, behind: &mut BufReader<TcpStream>, request: &Message, body: Option<&Value>) -> Option<()> {
    let mut sound = body.and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    sound.retain(|name, value| {
        let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        matches!(name.as_str(), "name" | "tags") && !is_damaging(&alone)
    });
    let sound = Value::Object(sound).to_string().into_bytes();
    let is_kept = |line: &&String| !line.to_ascii_lowercase().starts_with("content-") || line == &"\r\n";
    let mut head: Vec<String> = request.head.iter().filter(is_kept).cloned().collect();
    head.insert(1, format!("content-length: {}\r\ncontent-type: application/json\r\n", sound.len()));
    let response = forward(behind, &head, &sound)?;
    let made: Value = serde_json::from_slice(&response.body).ok()?;
    if let Some(arn) = made["channel"]["arn"].as_str() {
        state.hidden.lock().unwrap().insert(arn.to_owned());
        *state.made.lock().unwrap() += 1;
    }
    Some(())
}

fn failure() -> Vec<u8> {
    let body = r#"{"__type":"InternalServerException","message":"unexpected type"}"#;
    let head = "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: ";
    format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes()
}

fn forward(behind: &mut BufReader<TcpStream>, head: &[String], body: &[u8]) -> Option<Message> {
    behind.get_mut().write_all(&[head.concat().as_bytes(), body].concat()).ok()?;
    read(behind)
}
