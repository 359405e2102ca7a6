//! A server on a socket of its own that responds as a test says, and passes on to the reference server what the test
//! leaves alone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ivs_conformance::reference::{self, Auth};
use ivs_conformance::run::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use tokio::runtime::Runtime;

/// A request as it arrived.
pub struct Seen {
    /// How many came before it, on any connection.
    pub number: usize,
    /// How many came before it on its connection.
    pub on_connection: usize,
    pub path: String,
    raw: Vec<u8>,
}

impl Seen {
    /// Whether head or body has a text.
    pub fn has(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.raw).contains(text)
    }
}

/// What to do with a request.
pub enum Then {
    /// Let the reference server answer.
    Forward,
    /// Let it answer, and send something else for a success: this is made of its body.
    Instead(fn(&str) -> Vec<u8>),
    /// It was answered; the connection stays open.
    Answered,
    /// Close the connection.
    Close,
    /// Close it in such a way that the other side gets a reset.
    Reset,
    /// Keep it open and say nothing until the other side closes it.
    Silence,
}

type Behaviour = dyn Fn(&Seen, &mut TcpStream) -> Then + Send + Sync;

/// A running server. It ends with the process; the reference server behind it ends with it.
pub struct Server {
    pub url: String,
    calls: Arc<Mutex<Vec<String>>>,
    reference: Option<reference::Server>,
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

impl Server {
    /// Listens on a free port of 127.0.0.1.
    pub fn new(behaviour: impl Fn(&Seen, &mut TcpStream) -> Then + Send + Sync + 'static) -> Server {
        Server::on("127.0.0.1:0", behaviour)
    }

    /// Listens on an address.
    pub fn on(address: &str, behaviour: impl Fn(&Seen, &mut TcpStream) -> Then + Send + Sync + 'static) -> Server {
        Server::before(reference::Config::default(), address, behaviour)
    }

    /// The same before a server that verifies the signatures of the test credentials.
    pub fn verifying(behaviour: impl Fn(&Seen, &mut TcpStream) -> Then + Send + Sync + 'static) -> Server {
        let auth = Auth::SigV4 {
            access_key_id: TEST_ACCESS_KEY_ID.to_owned(),
            secret_access_key: TEST_SECRET_ACCESS_KEY.to_owned(),
            session_token: None,
        };
        Server::before(reference::Config { auth, ..reference::Config::default() }, "127.0.0.1:0", behaviour)
    }

    fn before(
        config: reference::Config,
        address: &str,
        behaviour: impl Fn(&Seen, &mut TcpStream) -> Then + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let reference = runtime().block_on(reference::start(config)).unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let served = Served { behaviour: Box::new(behaviour), behind: reference.address(), calls: Arc::clone(&calls) };
        let served = Arc::new((served, AtomicUsize::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || served.0.connection(stream, &served.1));
            }
        });
        Server { url, calls, reference: Some(reference) }
    }

    /// Answers everything with one error.
    pub fn only(status: u16, code: &'static str) -> Server {
        Server::new(move |_, stream| {
            let header = format!("content-type: application/json\r\nx-amzn-errortype: {code}\r\n");
            let _ = stream.write_all(&answer(status, &header, b"{}"));
            Then::Answered
        })
    }

    /// Paths of the requests so far.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// How many requests had this path.
    pub fn count(&self, path: &str) -> usize {
        self.calls().iter().filter(|call| *call == path).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(reference) = self.reference.take() {
            let _inside = runtime().enter();
            drop(reference);
        }
    }
}

struct Served {
    behaviour: Box<Behaviour>,
    behind: SocketAddr,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Served {
    fn connection(&self, mut stream: TcpStream, counter: &AtomicUsize) {
        let _ = stream.set_nodelay(true);
        let mut behind = None;
        for on_connection in 0.. {
            let Some(mut seen) = request(&mut stream) else { return };
            (seen.number, seen.on_connection) = (counter.fetch_add(1, Ordering::SeqCst), on_connection);
            self.calls.lock().unwrap().push(seen.path.clone());
            let goes_on = match (self.behaviour)(&seen, &mut stream) {
                Then::Forward => {
                    let (head, body) = self.forward(&mut behind, &seen);
                    stream.write_all(&[head, body].concat()).is_ok()
                }
                Then::Instead(make) => {
                    let (head, body) = self.forward(&mut behind, &seen);
                    let answer = match head.starts_with(b"HTTP/1.1 200 ") {
                        true => make(&String::from_utf8(body).unwrap()),
                        false => [head, body].concat(),
                    };
                    stream.write_all(&answer).is_ok()
                }
                Then::Answered => true,
                Then::Close => false,
                Then::Reset => {
                    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                    false
                }
                Then::Silence => {
                    wait_for_close(&mut stream);
                    false
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    fn forward(&self, behind: &mut Option<TcpStream>, seen: &Seen) -> (Vec<u8>, Vec<u8>) {
        let stream = behind.get_or_insert_with(|| TcpStream::connect(self.behind).unwrap());
        stream.write_all(&seen.raw).unwrap();
        message(stream).unwrap()
    }
}

/// Reads until the other side closes the connection.
pub fn wait_for_close(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
}

/// Writes pieces one after another, as long as the other side reads.
pub fn drip(stream: &mut TcpStream, piece: &[u8], every: Duration) -> Then {
    while stream.write_all(piece).is_ok() {
        std::thread::sleep(every);
    }
    Then::Close
}

fn request(stream: &mut TcpStream) -> Option<Seen> {
    let (head, body) = message(stream)?;
    let text = String::from_utf8_lossy(&head).into_owned();
    let path = text.split(' ').nth(1)?.to_owned();
    Some(Seen { number: 0, on_connection: 0, path, raw: [head, body].concat() })
}

/// Head and body of a message whose length its head names.
fn message(stream: &mut TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    let mut reader = std::io::BufReader::with_capacity(1 << 16, stream);
    while !head.ends_with(b"\r\n\r\n") {
        reader.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    // One request at a time: nothing is left in the buffer.
    Some((head, body))
}

/// A response with a JSON body.
pub fn json(status: u16, body: &[u8]) -> Vec<u8> {
    answer(status, "content-type: application/json\r\n", body)
}

/// A response with headers, each with its line break.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} Answer\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}
