//! `compare`: two targets that conform respond alike, and one with a fault of behaviour is told from one without, by
//! requests alone.
//!
//! `IVS_CONFORMANCE_COMPARE_SEEDS` sets how many seeds are tried (1 without it), `IVS_CONFORMANCE_COMPARE_FAULTS` which
//! faults the measurement takes, as a glob (all state faults without it), `IVS_CONFORMANCE_COMPARE_SAMPLE` how many of
//! them, `IVS_CONFORMANCE_COMPARE_JOBS` how many comparisons run at once (2 without it):
//! `cargo test --release --test integration -- compare:: --include-ignored --nocapture`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common;
use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::compare::{self, Comparison, Supports};
use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::reference::{self, Config, Fault, Variant};
use ivs_conformance::run::settings::{Profile, Settings};
use ivs_conformance::selftest::Catalogue;
use ivs_conformance::spec::{self, Contract};

struct Bench {
    contract: Arc<Contract>,
    plan: Arc<Plan>,
    settings: Settings,
    config: Config,
}

/// When a comparison ends.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    End,
    FirstDifference,
}

impl Bench {
    fn new(only: &[&str]) -> Bench {
        Bench::without(only, &[])
    }

    fn without(only: &[&str], skip: &[&str]) -> Bench {
        let contract = Arc::new(spec::builtin().unwrap());
        let globs = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect();
        let filter = Filter { only: globs(only), skip: globs(skip), ..Filter::default() };
        let plan = Arc::new(plan::plan(&contract, &Suites::builtin().unwrap(), &filter).unwrap());
        let mut settings = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
        settings.request_timeout = Duration::from_secs(120);
        settings.jobs = 1;
        settings.profile = Profile::Quick;
        let config = embedded::prepare(&mut settings);
        Bench { contract, plan, settings, config }
    }

    /// Compares a plain server with another one.
    async fn compare(&self, other: Config, seed: u64, until: Until) -> Comparison {
        let plain = reference::start(Config { seed: seed + 1, ..self.config.clone() }).await.unwrap();
        let other = reference::start(other).await.unwrap();
        let settings = |address: std::net::SocketAddr| Settings {
            endpoint: format!("http://{address}"),
            seed,
            ..self.settings.clone()
        };
        let (a, b) = (settings(plain.address()), settings(other.address()));
        let found = AtomicUsize::new(0);
        let observe = |step: compare::Progress| found.store(step.differences, Ordering::Relaxed);
        let interrupt = async {
            while until == Until::End || found.load(Ordering::Relaxed) == 0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            "a difference was found".to_owned()
        };
        let comparison = compare::compare(&self.contract, &self.plan, (&a, &b), &observe, interrupt).await.unwrap();
        plain.stop().await;
        other.stop().await;
        comparison
    }

    /// Differences that count between the plain server and one with these variants, one line each.
    async fn false_alarms(&self, variants: &[Variant], seed: u64) -> Vec<String> {
        let other = Config { variants: variants.to_vec(), seed: seed + 2, ..self.config.clone() };
        let comparison = self.compare(other, seed, Until::End).await;
        assert!(comparison.summary.operations > 10, "{:?}", comparison.summary);
        println!("{variants:?} seed {seed}: {:?}", comparison.summary);
        let counted = comparison.differences.iter().filter(|one| one.supports != Supports::Both);
        counted
            .map(|one| {
                format!(
                    "{variants:?} {seed}: {} {:?} {} | {} | A {} B {} | {:?}",
                    one.title, one.supports, one.reason, one.found_by, one.a.value, one.b.value, one.steps
                )
            })
            .collect()
    }

    /// What first tells a server with a fault from the plain one.
    async fn tells(&self, fault: &str, seed: u64) -> Option<compare::Difference> {
        let fault: Fault = fault.parse().unwrap();
        let other = Config { faults: vec![fault], seed: seed + 2, ..self.config.clone() };
        let comparison = self.compare(other, seed, Until::FirstDifference).await;
        comparison.differences.into_iter().find(|one| one.supports != Supports::Both)
    }
}

fn seeds() -> u64 {
    let number = std::env::var("IVS_CONFORMANCE_COMPARE_SEEDS");
    number.map_or(1, |text| text.parse().expect("IVS_CONFORMANCE_COMPARE_SEEDS is a number"))
}

/// Random programs alone: no case and no scenario tells what to look for.
const RANDOM: &[&str] = &["sequence/*"];

#[tokio::test]
async fn the_reference_server_and_itself_respond_alike() {
    for seed in 0..seeds() {
        assert_alike(&[], seed).await;
    }
}

#[tokio::test]
#[ignore = "every case and scenario: minutes in a debug build"]
async fn the_reference_server_and_itself_respond_alike_to_every_case() {
    let bench = Bench::new(&[]);
    for seed in 0..seeds() {
        let found = bench.false_alarms(&[], seed).await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// The variants are in two mixtures because some exclude each other.
const EXCLUDED: [[Variant; 3]; 2] = [
    [Variant::MessageOnly, Variant::LongErrorType, Variant::ExtraMembers],
    [Variant::ExceptionMessageOnly, Variant::CodeInBodyOnly, Variant::EmptyObjectOnEmpty200],
];

fn mixtures() -> [Vec<Variant>; 2] {
    EXCLUDED.map(|left_out| Variant::ALL.iter().copied().filter(|variant| !left_out.contains(variant)).collect())
}

/// Compares by random programs with a server that has the variants.
async fn assert_alike(variants: &[Variant], seed: u64) {
    let found = Bench::new(RANDOM).false_alarms(variants, seed).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn variants_differ_only_where_the_contract_leaves_it_open() {
    let [mixture, _] = mixtures();
    assert_alike(&mixture, 100).await;
}

#[tokio::test]
async fn variants_of_the_other_mixture_differ_only_where_the_contract_leaves_it_open() {
    let [_, mixture] = mixtures();
    assert_alike(&mixture, 101).await;
}

#[tokio::test]
#[ignore = "every case and scenario: minutes in a debug build"]
async fn variants_differ_only_where_the_contract_leaves_it_open_in_every_case() {
    let bench = Bench::new(&[]);
    let mut all = Vec::new();
    for seed in 200..200 + seeds() {
        for mixture in mixtures() {
            all.extend(bench.false_alarms(&mixture, seed).await);
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Kinds of faults of what a server keeps and does, as against the form of a single request or response.
const OF_STATE: [&str; 15] = [
    "state",
    "tags",
    "stream",
    "cross",
    "keep-deleted",
    "lose-update",
    "reset-update",
    "forget",
    "default",
    "page",
    "list",
    "batch",
    "leak",
    "stale",
    "neighbour",
];

/// The faults of these kinds in the self-test's catalogue, by kind. Faults that only calls in flight at once show are left
/// out: a comparison sends one call after another.
fn state_faults(bench: &Bench) -> BTreeMap<String, Vec<String>> {
    let wanted = std::env::var("IVS_CONFORMANCE_COMPARE_FAULTS").unwrap_or_else(|_| "*".to_owned());
    let wanted = globset::Glob::new(&wanted).unwrap().compile_matcher();
    let catalogue = Catalogue::of(&bench.contract, &bench.plan.cases).unwrap();
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in catalogue.mutants.into_iter().map(|mutant| mutant.id).collect::<BTreeSet<_>>() {
        let kind = id.split(':').next().unwrap_or_default().to_owned();
        if OF_STATE.contains(&kind.as_str()) && !id.contains("concurrent") && wanted.is_match(&id) {
            kinds.entry(kind).or_default().push(id);
        }
    }
    kinds
}

/// So many of the faults, chosen by a seed; the kinds take turns.
fn sampled(mut kinds: BTreeMap<String, Vec<String>>, size: usize, seed: u64) -> Vec<String> {
    let drawn = |id: &String| {
        let mut hasher = DefaultHasher::new();
        (seed, id).hash(&mut hasher);
        hasher.finish()
    };
    kinds.values_mut().for_each(|faults| faults.sort_by_key(drawn));
    let mut sample = Vec::new();
    while sample.len() < size && kinds.values().any(|faults| !faults.is_empty()) {
        sample.extend(kinds.values_mut().filter_map(Vec::pop));
    }
    sample.truncate(size);
    sample
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Compares with a server that has the fault, until it is told.
async fn assert_told(fault: &str) {
    let Some(found) = Bench::new(RANDOM).tells(fault, 7).await else { panic!("{fault} was not told") };
    println!("{fault}: {} {:?} {:?}", found.title, found.supports, found.steps);
    assert!(found.steps.len() <= 4, "{fault}: {found:?}");
    assert_eq!(found.supports, Supports::A, "{fault}: {found:?}");
}

#[tokio::test]
async fn a_lost_update_is_told_without_a_rule() {
    assert_told("lose-update:UpdateChannel.name").await;
}

#[tokio::test]
async fn a_kept_resource_is_told_without_a_rule() {
    assert_told("keep-deleted:DeleteChannel").await;
}

#[tokio::test]
async fn removed_tags_are_told_without_a_rule() {
    assert_told("tags:untag-all").await;
}

/// It shows the first that was deleted: for most programs something that an earlier one deleted.
#[tokio::test]
async fn a_list_of_deleted_resources_is_told_without_a_rule() {
    assert_told("list:ListPlaybackKeyPairs=shows-deleted").await;
}

/// Both sides show everything, one of them something twice.
#[tokio::test]
async fn an_overlap_of_pages_is_told_without_a_rule() {
    assert_told("page:ListChannels=overlap").await;
}

#[test]
#[ignore = "a comparison for each fault: minutes"]
fn state_faults_are_told_without_a_rule() {
    let bench = Bench::new(RANDOM);
    // Inputs drawn from the contract's shapes, and no scenario.
    let cases = Bench::without(&[], &["scenario/*"]);
    let kinds = state_faults(&Bench::new(&[]));
    let of = kinds.values().map(Vec::len).sum::<usize>();
    let sample = sampled(kinds, number("IVS_CONFORMANCE_COMPARE_SAMPLE", usize::MAX), 7);
    let (next, told, missed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        while let Some(fault) = sample.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = runtime.block_on(async {
                match bench.tells(fault, 7).await {
                    None => cases.tells(fault, 7).await,
                    found => found,
                }
            });
            let Some(found) = found else {
                println!("MISSED {fault}");
                missed.lock().unwrap().push(fault.clone());
                continue;
            };
            told.fetch_add(1, Ordering::Relaxed);
            let (steps, by) = (found.steps.len(), found.found_by);
            println!("told   {fault}: {} ({:?}, {steps} steps, {by})", found.title, found.supports);
        }
    };
    std::thread::scope(|scope| {
        (0..number("IVS_CONFORMANCE_COMPARE_JOBS", 2)).for_each(|_| {
            scope.spawn(work);
        });
    });
    let (told, missed) = (told.into_inner(), missed.into_inner().unwrap());
    println!("{told} of {} state faults are told, of {of} in the catalogue", sample.len());
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

const SCHEMA: &str = include_str!("../specs/comparison.schema.json");

/// Runs the program, and reads the JSON report.
fn report(arguments: &[&str], code: i32) -> serde_json::Value {
    let scratch = common::Scratch::new();
    let file = scratch.file("comparison.json");
    let target = format!("json={file}");
    let output = common::conformance(&[&["compare"], arguments, &["--report", target.as_str()]].concat());
    common::assert_exit(&output, code);
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    report
}

#[test]
fn the_program_ends_with_0_where_targets_agree_and_with_1_where_they_do_not() {
    let only = ["--profile", "quick", "--only", "PutMetadata.*", "--only", "GetChannel.*"];
    let alike = report(&only, 0);
    assert_eq!(alike["differences"], serde_json::json!([]));
    assert!(alike["a"]["embedded"] == true && alike["b"]["embedded"] == true);
    let target = common::Target::with(&["ignore:GetChannel.input.arn.required"]);
    let different = report(&[&only[..], &["--against", &target.endpoint]].concat(), 1);
    let found = &different["differences"][0];
    assert_eq!((found["supports"].as_str(), found["operation"].as_str()), (Some("a"), Some("GetChannel")), "{found:#}");
    assert!(found["clauses"].as_array().unwrap().contains(&"GetChannel.input.arn.required".into()), "{found:#}");
    assert!(different["differences"].as_array().unwrap().len() < 4, "{different:#}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let compare = |arguments: &[&str], code: i32, word: &str| {
        let output = common::conformance(&[&["compare", "--only", "GetChannel.*"], arguments].concat());
        common::assert_exit(&output, code);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(word), "{said}");
    };
    compare(&["--endpoint", "http://127.0.0.1:9"], 3, "does not respond");
    compare(&["--endpoint", "https://ivs.us-east-1.amazonaws.com"], 2, "--endpoint is not on this machine");
    compare(&["--against", "nowhere"], 2, "--against `nowhere`");
    compare(&["--report", "sarif=x"], 2, "no sarif report");
    compare(&["--deadline", "0"], 2, "--deadline");
}

#[test]
fn more_requests_in_flight_change_nothing_but_the_time() {
    let target = common::Target::with(&["lose-update:UpdateChannel.name"]);
    let compared = |jobs: &str| {
        let arguments = ["--profile", "quick", "--only", "scenario/*update*", "--jobs", jobs];
        let report = report(&[&arguments[..], &["--against", &target.endpoint]].concat(), 1);
        let differences = report["differences"].as_array().unwrap().iter();
        let told: Vec<String> = differences.map(|one| format!("{} {}", one["id"], one["steps"])).collect();
        (told, report["summary"].clone(), report["a"]["requests"].clone())
    };
    assert_eq!(compared("1"), compared("8"));
    let alike = report(&["--profile", "quick", "--only", "sequence/*", "--jobs", "8"], 0);
    assert_eq!(alike["differences"], serde_json::json!([]));
}

/// A web server that has no operation: every request is 404.
fn web_server(requests: Arc<AtomicUsize>) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            requests.fetch_add(1, Ordering::Relaxed);
            let _ = std::io::Read::read(&mut stream, &mut [0; 1 << 16]);
            let response = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = std::io::Write::write_all(&mut stream, response);
        }
    });
    address
}

#[test]
fn a_target_that_is_not_the_api_ends_the_comparison_early() {
    let requests = Arc::new(AtomicUsize::new(0));
    let endpoint = format!("http://{}", web_server(Arc::clone(&requests)));
    let output = common::conformance(&["compare", "--endpoint", &endpoint]);
    common::assert_exit(&output, 3);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("nothing was compared"), "{said}");
    let requests = requests.load(Ordering::Relaxed);
    assert!(requests < 1_000, "{requests} requests");
}
