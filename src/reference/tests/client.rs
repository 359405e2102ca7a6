//! A small client, so that the server is tested over HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use super::super::{Config, Server, start};

/// A response.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: String,
}

impl Answer {
    /// The document in the body, or `null`.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header's value, or the empty string.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// Status and error code.
    pub(super) fn error(&self) -> (u16, &str) {
        (self.status, self.header("x-amzn-errortype"))
    }
}

/// A server of its own with a client.
pub(super) struct Client {
    address: SocketAddr,
    /// A region for the credential scope.
    pub(super) region: Option<&'static str>,
    runtime: tokio::runtime::Runtime,
    server: Option<Server>,
}

impl Client {
    /// Starts a server with defaults.
    pub(super) fn new() -> Self {
        Self::with(Config::default())
    }

    /// Starts a server with faults.
    pub(super) fn faulty(faults: &[&str]) -> Self {
        Self::with(Config { faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(), ..Config::default() })
    }

    /// Starts a server.
    pub(super) fn with(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(start(config)).unwrap();
        Self { address: server.address(), region: None, runtime, server: Some(server) }
    }

    /// Sends a request and reads the response.
    pub(super) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let scope = self.region.map_or(String::new(), |region| {
            format!(
                "authorization: AWS4-HMAC-SHA256 Credential=A/20260101/{region}/ivs/aws4_request, \
                 SignedHeaders=host, Signature=0\r\n"
            )
        });
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-length: {length}\r\n{scope}{headers}\r\n{body}",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let (status_line, headers) = head.split_once("\r\n").unwrap();
        Answer {
            status: status_line.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: headers.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Calls an operation.
    pub(super) fn call(&self, operation: &str, input: Value) -> Answer {
        let json = "content-type: application/json\r\n";
        self.send("POST", &format!("/{operation}"), json, &input.to_string())
    }

    /// Calls an operation that must succeed and responses its document.
    #[track_caller]
    pub(super) fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input);
        assert!((200..300).contains(&answer.status), "{operation}: {answer:?}");
        answer.json()
    }

    /// Calls an operation that must fail and checks how.
    #[track_caller]
    pub(super) fn fails(&self, operation: &str, input: Value, status: u16, code: &str) {
        let answer = self.call(operation, input);
        assert_eq!(answer.error(), (status, code), "{operation}: {answer:?}");
    }

    /// Creates a channel and responses its ARN.
    pub(super) fn channel(&self, input: Value) -> String {
        let created = self.ok("CreateChannel", input);
        created["channel"]["arn"].as_str().unwrap().to_owned()
    }

    /// Starts or ends a broadcast.
    pub(super) fn broadcast(&self, channel: &str, state: &str) -> String {
        let input = json!({"channelArn": channel, "state": state});
        let answer = self.send("POST", "/_reference/broadcast", "", &input.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["streamId"].as_str().unwrap().to_owned()
    }

    /// All items of a list, page by page.
    pub(super) fn pages(&self, operation: &str, input: &Value, list: &str) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut input = input.clone();
        while pages.len() < 100 {
            let page = self.ok(operation, input.clone());
            pages.push(page[list].as_array().unwrap().clone());
            match &page["nextToken"] {
                Value::String(token) => input["nextToken"] = json!(token),
                _ => break,
            }
        }
        pages
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}
