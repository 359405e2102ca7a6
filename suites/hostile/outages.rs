//! Targets that go away, by themselves or because of a request, and come back or do not.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::hostile::run::start;
use crate::hostile::server::{Server, Then};

/// What the bodies of requests have that a target does not survive.
const DEADLY: &str = "\"maxResults\":0";
/// The clause that such requests are about.
const CLAUSE: &str = "ListChannels.input.maxResults.range.min";

#[test]
fn a_target_that_dies_and_does_not_come_back_stops_the_run() {
    let target = Mortal::new();
    let running = start(&target.url, &["--only", "*", "--skip", "scenario*"]);
    target.dies_after(150);
    let died = Instant::now();
    let finished = running.finish().exits(3).stopped("the target is gone");
    assert!(died.elapsed() < Duration::from_secs(12), "{:?}", died.elapsed());
    assert!(finished.report["summary"]["clauses"]["upheld"].as_u64().unwrap() > 20, "what was measured is kept");
    assert!(finished.report["summary"]["requests"].as_u64().unwrap() < 400);
}

#[test]
fn a_target_that_dies_and_comes_back_is_tested_to_the_end() {
    let target = Mortal::new();
    let running = start(&target.url, &[]);
    target.dies_after(60);
    std::thread::sleep(Duration::from_millis(500));
    target.comes_back();
    let finished = running.finish().within(30);
    assert_eq!(finished.report["stopped_early"], serde_json::Value::Null);
    // It has forgotten what it held: nothing but broken connections may be held against it.
    for finding in finished.findings() {
        assert_eq!(finding["kind"], "transport", "{finding:#}");
    }
    for operation in ["GetChannel", "GetStreamKey", "ListChannels"] {
        assert!(finished.upheld(operation) >= 12, "{operation}\n{}", finished.said);
    }
    assert!(finished.said.contains("refused connections"), "{}", finished.said);
}

#[test]
fn a_request_that_takes_the_target_down_is_one_cause_and_everything_else_is_tested() {
    let target = Mortal::that_dies_of(DEADLY, Some(Duration::from_millis(300)));
    let finished = start(&target.url, &["--jobs", "8"]).finish().exits(1).within(90);
    assert_eq!(finished.report["stopped_early"], serde_json::Value::Null);
    let findings = finished.findings();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!((&findings[0]["kind"], &findings[0]["clause"]), (&"transport".into(), &CLAUSE.into()));
    let observed = findings[0]["observed"].as_str().unwrap();
    assert!(observed.ends_with("After that the target was away."), "{observed}");
    for (operation, upheld) in [("GetChannel", 14), ("GetStreamKey", 14), ("ListChannels", 30)] {
        assert!(finished.upheld(operation) >= upheld, "{operation}\n{}", finished.said);
    }
    for clause in finished.report["clauses"].as_array().unwrap() {
        assert!(!clause["reason"].as_str().unwrap_or_default().contains("went away"), "{clause:#}");
    }
}

#[test]
fn a_request_that_takes_the_target_down_for_good_is_found_by_one_job_and_among_several_no_clause_is_blamed() {
    let target = Mortal::that_dies_of(DEADLY, None);
    let alone = start(&target.url, &["--jobs", "1"]).finish().exits(3).stopped("the target is gone");
    let clauses: Vec<_> = alone.findings().iter().map(|finding| finding["clause"].clone()).collect();
    assert_eq!(clauses, [CLAUSE], "{}", alone.said);
    let target = Mortal::that_dies_of(DEADLY, None);
    let several = start(&target.url, &["--jobs", "8"]).finish().exits(3).stopped("the target is gone");
    match several.findings().as_slice() {
        [] => assert!(several.said.contains("--jobs 1"), "{}", several.said),
        [only] => assert_eq!(only["clause"], CLAUSE, "nothing else was under way"),
        more => panic!("{more:#?}"),
    }
}

/// The program's own server behind a door that closes.
struct Mortal {
    url: String,
    address: SocketAddr,
    /// What requests have of which it dies, and who hears of it.
    deadly: Option<(&'static str, Sender<()>)>,
    server: Mutex<Arc<Server>>,
    door: Mutex<Option<Door>>,
}

/// A listener that passes connections on until it is shut; its address refuses connections after that.
struct Door {
    is_shut: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Mortal {
    fn new() -> Mortal {
        Mortal::with(None)
    }

    /// One that a request takes down, and that comes back after a while, if it does.
    fn that_dies_of(text: &'static str, back: Option<Duration>) -> Arc<Mortal> {
        let (sender, dying) = mpsc::channel();
        let mortal = Arc::new(Mortal::with(Some((text, sender))));
        let watched = Arc::downgrade(&mortal);
        std::thread::spawn(move || {
            while dying.recv().is_ok() {
                let Some(mortal) = watched.upgrade() else { return };
                mortal.dies();
                let Some(back) = back else { return };
                std::thread::sleep(back);
                mortal.comes_back();
            }
        });
        mortal
    }

    fn with(deadly: Option<(&'static str, Sender<()>)>) -> Mortal {
        let server = Mortal::server(deadly.clone());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let door = Mutex::new(Some(Door::open(listener, &server.url)));
        Mortal { url: format!("http://{address}"), address, deadly, server: Mutex::new(Arc::new(server)), door }
    }

    fn server(deadly: Option<(&'static str, Sender<()>)>) -> Server {
        let deadly = Mutex::new(deadly);
        Server::new(move |seen, _| match &*deadly.lock().unwrap() {
            Some((text, dying)) if seen.has(text) => {
                dying.send(()).unwrap();
                Then::Silence
            }
            _ => Then::Forward,
        })
    }

    /// Waits for so many requests, then dies.
    fn dies_after(&self, requests: usize) {
        let server = Arc::clone(&self.server.lock().unwrap());
        let started = Instant::now();
        while server.calls().len() < requests {
            assert!(started.elapsed() < Duration::from_secs(30), "the run does not begin");
            std::thread::sleep(Duration::from_millis(2));
        }
        self.dies();
    }

    /// Shuts the door with all that is inside.
    fn dies(&self) {
        self.door.lock().unwrap().take().unwrap().shut(self.address);
    }

    /// Opens again, in front of a server that has forgotten everything.
    fn comes_back(&self) {
        let fresh = Mortal::server(self.deadly.clone());
        let address = socket2::SockAddr::from(self.address);
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.bind(&address).unwrap();
        socket.listen(128).unwrap();
        *self.door.lock().unwrap() = Some(Door::open(TcpListener::from(socket), &fresh.url));
        *self.server.lock().unwrap() = Arc::new(fresh);
    }
}

impl Door {
    fn open(listener: TcpListener, to: &str) -> Door {
        let behind = to.strip_prefix("http://").unwrap().to_owned();
        let is_shut = Arc::new(AtomicBool::new(false));
        let shut = Arc::clone(&is_shut);
        let thread = std::thread::spawn(move || {
            let mut inside: Vec<TcpStream> = Vec::new();
            for stream in listener.incoming().flatten() {
                if shut.load(Ordering::SeqCst) {
                    break;
                }
                let through = TcpStream::connect(&behind).unwrap();
                for (from, to) in [(&stream, &through), (&through, &stream)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let _ = to.set_nodelay(true);
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
                inside.extend([stream, through]);
            }
            for stream in inside {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        });
        Door { is_shut, thread }
    }

    fn shut(self, address: SocketAddr) {
        self.is_shut.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(address);
        self.thread.join().unwrap();
    }
}
