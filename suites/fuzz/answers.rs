//! A server on a socket that answers one request after another with the bytes that it was given, and closes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use ivs_conformance::send::{Network, Sender};
use ivs_conformance::wire::{Exchange, Request};
use tokio::runtime::Runtime;

/// So long that no machine is too busy: the server never keeps anyone waiting.
const PATIENCE: Duration = Duration::from_secs(300);

struct Answering {
    next: Arc<Mutex<Vec<u8>>>,
    runtime: Runtime,
    sender: Sender,
}

static SERVER: LazyLock<Mutex<Answering>> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let next: Arc<Mutex<Vec<u8>>> = Arc::default();
    let answers = Arc::clone(&next);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answers.lock().unwrap().clone();
            // Whoever asked may be content with less.
            let _ = serve(stream, &answer);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    Mutex::new(Answering { next, runtime, sender: Sender::new(&endpoint, PATIENCE, &Network::default()).unwrap() })
});

fn serve(mut stream: TcpStream, answer: &[u8]) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    stream.write_all(answer)
}

/// What comes of a request by this method that is answered so.
pub fn exchange(method: &str, answer: &[u8]) -> Exchange {
    // A test that failed with it leaves it as good as it was.
    let server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *server.next.lock().unwrap() = answer.to_vec();
    let request =
        Request { method: method.into(), target: "/GetChannel".into(), headers: Vec::new(), body: Default::default() };
    // The server closes without saying so: a kept connection might break under the next request.
    server.runtime.block_on(server.sender.send_on_fresh_connection(&request, None))
}
