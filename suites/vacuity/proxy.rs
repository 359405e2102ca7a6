//! A proxy in front of the reference server that takes from its responses what a test wants no target to show.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub use crate::common::message::Message;
use crate::common::message::read;

/// What the proxy does with a request and the response to it.
pub trait Veil: Send + Sync + 'static {
    /// The response instead of the server's, if the server is not to be asked: a status and a JSON body.
    fn refuses(&self, _request: &Message) -> Option<(u16, Value)> {
        None
    }

    /// Changes the body of a response to a request for `target`.
    fn changes(&self, _target: &str, _body: &mut Value) {}

    /// Whether errors lose the header with their code.
    fn hides_codes(&self) -> bool {
        false
    }
}

impl Message {
    /// Path and query of a request.
    pub fn target(&self) -> &str {
        self.head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default()
    }

    /// Whether a header is there.
    pub fn has_header(&self, name: &str) -> bool {
        self.head.iter().any(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))
    }
}

/// Starts a proxy on a free port of this machine; it ends with the runtime. Its base URL.
pub async fn start(behind: SocketAddr, veil: Arc<dyn Veil>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let veil = Arc::clone(&veil);
            tokio::spawn(async move { serve(behind, veil, stream).await });
        }
    });
    endpoint
}

async fn serve(behind: SocketAddr, veil: Arc<dyn Veil>, stream: TcpStream) -> Option<()> {
    let mut client = BufReader::new(stream);
    let mut server = BufReader::new(TcpStream::connect(behind).await.ok()?);
    loop {
        let request = read(&mut client).await?;
        let answer = match veil.refuses(&request) {
            Some((status, body)) => {
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                [head.into_bytes(), body.into_bytes()].concat()
            }
            None => {
                let bytes = [request.head.concat().as_bytes(), &request.body].concat();
                server.get_mut().write_all(&bytes).await.ok()?;
                veiled(veil.as_ref(), request.target(), read(&mut server).await?)
            }
        };
        client.get_mut().write_all(&answer).await.ok()?;
    }
}

fn veiled(veil: &dyn Veil, target: &str, response: Message) -> Vec<u8> {
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else {
        return [response.head.concat().as_bytes(), &response.body].concat();
    };
    veil.changes(target, &mut body);
    let body = body.to_string();
    let mut answer = Vec::new();
    let is_hidden = |line: &&String| veil.hides_codes() && line.to_ascii_lowercase().starts_with("x-amzn-errortype:");
    for line in response.head.iter().filter(|line| !is_hidden(line)) {
        match line.to_ascii_lowercase().starts_with("content-length:") {
            true => answer.extend(format!("content-length: {}\r\n", body.len()).into_bytes()),
            false => answer.extend(line.as_bytes()),
        }
    }
    answer.extend(body.into_bytes());
    answer
}
