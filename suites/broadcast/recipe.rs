//! The recipe of `docs/account.md`, word for word but for address and trust: ffmpeg sends a stream over TLS, as the service
//! takes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use crate::broadcast::ingest::Ingest;
use crate::broadcast::{channel_of, set};
use crate::common::http::world;
use crate::common::{Scratch, Target, assert_exit, conformance, report};

const DOCUMENTATION: &str = include_str!("../../docs/account.md");
const UPHELD: [&str; 2] = ["GetStream.status", "GetStream.output.stream.state.enum"];

/// The command of the documentation.
fn recipe() -> &'static str {
    let (_, rest) = DOCUMENTATION.split_once("--broadcast-command '").expect("docs/account.md has a recipe");
    rest.split_once('\'').expect("the recipe ends").0
}

/// The recipe for an ingest server on this machine.
fn recipe_for(ingest: &Ingest) -> String {
    let address = format!("rtmps://localhost:{}/app/", ingest.port);
    let recipe = recipe().replace("rtmps://{ingest-endpoint}:443/app/", &address);
    assert!(recipe.contains(&address), "{recipe}");
    recipe
}

/// Runs what needs a live stream, and gives back the report.
fn run(target: &Target, scratch: &Scratch, recipe: &str, code: i32) -> serde_json::Value {
    let file = scratch.file("report.json");
    let only = UPHELD.map(|clause| format!("--only={clause}"));
    let more = ["--profile=quick", "--jobs=1", "--broadcast-command", recipe, &format!("--report=json={file}")];
    let output = conformance(
        &[&["run", "--endpoint", &target.endpoint][..], &more, &only.each_ref().map(String::as_str)].concat(),
    );
    assert_exit(&output, code);
    report(&file)
}

fn streams_of(recording: &Path) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-loglevel", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"]).arg(recording);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
#[ignore = "needs ffmpeg and some ten seconds: .ci/run has both"]
fn the_recipe_of_the_documentation_sends_over_tls() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let folder = scratch.file("ingest");
    std::fs::create_dir(&folder).unwrap();
    let (endpoint, opened) = (target.endpoint.clone(), Mutex::new(BTreeMap::new()));
    let ingest = Ingest::start(Path::new(&folder), move |key, state| {
        // When the stream ends, its key may be gone.
        let mut opened = opened.lock().unwrap();
        if let Some(channel) = opened.get(key).cloned().or_else(|| channel_of(&endpoint, key)) {
            set(&endpoint, &channel, state);
            opened.insert(key.to_owned(), channel);
        }
    });
    let trust = format!("-tls_verify 1 -ca_file {}", ingest.certificate.display());
    let recipe = recipe_for(&ingest).replace("-tls_verify 1", &trust);
    let report = run(&target, &scratch, &recipe, 0);
    for id in UPHELD {
        let clause = report["clauses"].as_array().unwrap().iter().find(|clause| clause["id"] == id).unwrap();
        assert_eq!(clause["verdict"], "upheld", "{clause}");
    }
    assert_eq!(world(&target.endpoint), Default::default(), "nothing is left");
    let streams = streams_of(&Path::new(&folder).join("recording-0.flv"));
    assert!(streams.contains("h264") && streams.contains("aac"), "{streams:?}");
}

#[test]
#[ignore = "needs ffmpeg and some ten seconds: .ci/run has both"]
fn the_recipe_of_the_documentation_gives_no_key_to_who_proves_nothing() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let heard = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let hears = std::sync::Arc::clone(&heard);
    let ingest = Ingest::start(Path::new(&scratch.file("")), move |_, _| {
        hears.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    });
    let report = run(&target, &scratch, &recipe_for(&ingest), 3);
    assert_eq!(report["summary"]["clauses"]["upheld"], 0, "{}", report["summary"]);
    assert!(report.to_string().contains("broadcast command ended by itself"), "{}", report["cases"]);
    assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[test]
fn the_documentation_has_the_recipe() {
    let placeholders = ["{ingest-endpoint}", "{stream-key}", "{duration}"];
    assert!(placeholders.iter().all(|placeholder| recipe().contains(placeholder)), "{}", recipe());
}
