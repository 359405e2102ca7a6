//! An ingest server for RTMP over TLS, on a socket of this machine. ffmpeg speaks RTMP behind it and records what it
//! gets; in front of it a certificate of its own proves the name `localhost`.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use regex::bytes::Regex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_rustls::TlsAcceptor;

/// A stream key in the first command of RTMP that names it: a string, its length, and the key in one piece.
const KEY: &str = "(?s-u)\\x02\\x00(.)(sk_[A-Za-z0-9_-]+)";

/// Bytes of a second or so of the recipe's stream.
const ENOUGH: usize = 150_000;

/// Told of a stream key and its state, `live` or `offline`.
pub type Heard = dyn Fn(&str, &str) + Send + Sync;

/// A running ingest server, until it is dropped.
pub struct Ingest {
    pub port: u16,
    /// The certificate that must be trusted, as PEM.
    pub certificate: PathBuf,
    _runtime: tokio::runtime::Runtime,
}

impl Ingest {
    /// Starts it; what it records and its certificate are in this folder.
    pub fn start(folder: &Path, heard: impl Fn(&str, &str) + Send + Sync + 'static) -> Ingest {
        let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate = folder.join("certificate.pem");
        std::fs::write(&certificate, pem(signed.cert.der())).unwrap();
        let acceptor = acceptor(&signed);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (folder, heard): (PathBuf, Arc<Heard>) = (folder.to_owned(), Arc::new(heard));
        runtime.spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, heard) = (acceptor.clone(), Arc::clone(&heard));
                let recording = folder.join(format!("recording-{number}.flv"));
                tokio::spawn(async move {
                    // Who does not trust the certificate goes away again.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        record(stream, &recording, &*heard).await;
                    }
                });
            }
        });
        Ingest { port, certificate, _runtime: runtime }
    }
}

/// A certificate as text, in lines of 64 characters.
fn pem(certificate: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn acceptor(signed: &rcgen::CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Passes a connection on to a recorder, until the broadcaster ends it.
async fn record(stream: tokio_rustls::server::TlsStream<TcpStream>, recording: &Path, heard: &Heard) {
    let (mut recorder, behind) = recorder(recording).await;
    let (mut from_broadcaster, mut to_broadcaster) = tokio::io::split(stream);
    let (mut from_recorder, mut to_recorder) = behind.into_split();
    let answers = tokio::spawn(async move { tokio::io::copy(&mut from_recorder, &mut to_broadcaster).await });
    let key = pass_on(&mut from_broadcaster, &mut to_recorder, heard).await;
    drop(to_recorder);
    answers.abort();
    if let Some(key) = key {
        heard(&key, "offline");
    }
    let _ = tokio::time::timeout(Duration::from_secs(5), recorder.wait()).await;
}

/// Passes on what a broadcaster says until it is silent; the key that it named. It is live once sound and images came.
async fn pass_on(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut tokio::net::tcp::OwnedWriteHalf,
    heard: &Heard,
) -> Option<String> {
    let (mut key, mut said, mut piece) = (None, Vec::new(), vec![0; 1 << 16]);
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        if to.write_all(&piece[..length]).await.is_err() {
            break;
        }
        if key.is_none() {
            said.extend_from_slice(&piece[..length]);
            key = key_in(&said).filter(|_| said.len() > ENOUGH);
            key.iter().for_each(|key| heard(key, "live"));
        }
    }
    key
}

fn key_in(said: &[u8]) -> Option<String> {
    let found = Regex::new(KEY).unwrap().captures(said)?;
    let length = usize::from(*found[1].first()?);
    Some(String::from_utf8_lossy(found[2].get(..length)?).into_owned())
}

/// A recorder that speaks RTMP, and the one connection that it takes.
async fn recorder(recording: &Path) -> (Child, TcpStream) {
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "quiet", "-listen", "1", "-i", &format!("rtmp://{free}/app/any"), "-c", "copy"]);
    command.arg(recording).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    let recorder = command.spawn().unwrap();
    for _ in 0..500 {
        match TcpStream::connect(free).await {
            Ok(stream) => return (recorder, stream),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("ffmpeg does not listen on {free}");
}
