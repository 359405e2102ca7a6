//! A proxy and a TLS server in front of the reference server.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ivs_conformance::reference;
use tokio::runtime::Runtime;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// Starts a reference server, which ends with the process.
fn reference() -> SocketAddr {
    let server = runtime().block_on(reference::start(reference::Config::default())).unwrap();
    let address = server.address();
    std::mem::forget(server);
    address
}

/// The head of a request as a proxy saw it.
#[derive(Clone)]
pub struct Head {
    /// The second word of its first line.
    pub target: String,
    lines: Vec<String>,
}

impl Head {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ String| line.to_lowercase().starts_with(&format!("{name}:"));
        self.lines.iter().find(|text| line(text)).map(|text| text.split_once(':').unwrap().1.trim())
    }
}

/// How the body of a response is encoded.
pub type Encoding = fn(&[u8]) -> Vec<u8>;

/// Passes requests on to a reference server, whatever host they name.
pub struct Proxy {
    pub url: String,
    heads: Arc<Mutex<Vec<Head>>>,
}

impl Proxy {
    /// A proxy that encodes as gzip what it is told to.
    pub fn new(encoding: impl Fn(&Head) -> Option<Encoding> + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<Head>>> = Arc::default();
        let (seen, encoding, behind) = (Arc::clone(&heads), Arc::new(encoding), reference());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, encoding) = (Arc::clone(&seen), Arc::clone(&encoding));
                std::thread::spawn(move || pass_on(stream, behind, &seen, encoding.as_ref()));
            }
        });
        Proxy { url, heads }
    }

    /// What came so far.
    pub fn heads(&self) -> Vec<Head> {
        self.heads.lock().unwrap().clone()
    }
}

fn pass_on(
    mut client: TcpStream,
    behind: SocketAddr,
    seen: &Mutex<Vec<Head>>,
    encoding: &dyn Fn(&Head) -> Option<Encoding>,
) -> Option<()> {
    let mut server = TcpStream::connect(behind).ok()?;
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    loop {
        let (lines, body) = message(&mut client)?;
        let target = lines[0].split(' ').nth(1)?.to_owned();
        let head = Head { target: target.clone(), lines: lines.clone() };
        seen.lock().unwrap().push(head.clone());
        let path = match target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
            None => &target,
        };
        let first = lines[0].replacen(&target, path, 1);
        server.write_all(&[(first + &lines[1..].concat()).as_bytes(), &body].concat()).ok()?;
        let (mut lines, mut body) = message(&mut server)?;
        if let Some(encode) = encoding(&head).filter(|_| !body.is_empty()) {
            body = encode(&body);
            lines.retain(|line| !line.to_lowercase().starts_with("content-length"));
            let length = format!("content-encoding: gzip\r\ncontent-length: {}\r\n", body.len());
            lines.insert(1, length);
        }
        client.write_all(&[lines.concat().as_bytes(), &body].concat()).ok()?;
    }
}

/// The lines of a head, and the body of which it names the length.
fn message(stream: &mut TcpStream) -> Option<(Vec<String>, Vec<u8>)> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let lines: Vec<String> = text.split_inclusive("\r\n").map(str::to_owned).collect();
    let length = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((lines, body))
}

/// A TLS server for `localhost` with a certificate that it signed itself.
pub struct Tls {
    pub url: String,
    /// Its certificate.
    pub pem: String,
}

impl Tls {
    /// A server whose certificate says that it is one of an authority, or not.
    pub fn new(is_authority: bool) -> Tls {
        let (config, pem) = config(is_authority);
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let behind = reference();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                std::thread::spawn(move || decrypt(stream, config, behind));
            }
        });
        Tls { url, pem }
    }
}

/// A configuration with a certificate that it signed itself, and that certificate.
fn config(is_authority: bool) -> (rustls::ServerConfig, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    if is_authority {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let der = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let chain = vec![certificate.der().clone()];
    (builder.unwrap().with_no_client_auth().with_single_cert(chain, der).unwrap(), certificate.pem())
}

/// A TLS server that offers these protocols, and its certificate. Its responses say what it saw: version, method, path,
/// encodings, and the length of the body.
pub async fn versions(protocols: &[&str]) -> (String, String) {
    let (mut config, pem) = config(false);
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let is_2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let stream = TokioIo::new(stream);
                let service = hyper::service::service_fn(|request: hyper::Request<Incoming>| async move {
                    let (method, uri, version) = (request.method().clone(), request.uri().clone(), request.version());
                    let encodings = request.headers()["accept-encoding"].to_str().unwrap().to_owned();
                    let length = request.headers()["content-length"].to_str().unwrap().to_owned();
                    let path = uri.path_and_query().unwrap().clone();
                    let seen = format!("{version:?} {method} {path} {encodings} {length}");
                    Ok::<_, Infallible>(hyper::Response::builder().header("x-seen", seen).body(String::new()).unwrap())
                });
                let _ = match is_2 {
                    true => http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await,
                    false => http1::Builder::new().serve_connection(stream, service).await,
                };
            });
        }
    });
    (url, pem)
}

/// One request and response after another.
fn decrypt(stream: TcpStream, config: Arc<rustls::ServerConfig>, behind: SocketAddr) -> Option<()> {
    let mut client = rustls::StreamOwned::new(rustls::ServerConnection::new(config).ok()?, stream);
    let mut server = TcpStream::connect(behind).ok()?;
    server.set_nodelay(true).ok()?;
    let mut buffer = vec![0; 1 << 16];
    let mut request = Vec::new();
    loop {
        let length = client.read(&mut buffer).ok().filter(|length| *length > 0)?;
        request.extend_from_slice(&buffer[..length]);
        if !is_whole(&request) {
            continue;
        }
        server.write_all(&request).ok()?;
        request.clear();
        let (lines, body) = message(&mut server)?;
        client.write_all(&[lines.concat().as_bytes(), &body].concat()).ok()?;
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    request.len() >= end + 4 + length.unwrap_or(0)
}
