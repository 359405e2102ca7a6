//! Nothing that conforms is accused: neither the reference server under any seed and profile, nor one that uses the
//! room that the contract leaves.
//!
//! `IVS_CONFORMANCE_SOUNDNESS_SEEDS` sets how many seeds are tried (1 without it): that many with the profiles quick and
//! standard against the plain server and against both mixtures of variants, a tenth of them with each variant alone,
//! and a twentieth with the profile deep; each share is at least one. What was tried is printed
//! (`cargo test --release --test integration -- soundness:: --include-ignored --nocapture`).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::reference::{self, Config, Variant};
use ivs_conformance::run::settings::{Profile, Settings};
use ivs_conformance::run::{CaseOutcome, CaseResult};
use ivs_conformance::spec::{self, Contract};

fn seeds() -> u64 {
    let number = std::env::var("IVS_CONFORMANCE_SOUNDNESS_SEEDS");
    number.map_or(1, |text| text.parse().expect("IVS_CONFORMANCE_SOUNDNESS_SEEDS is a number"))
}

struct Bench {
    contract: Arc<Contract>,
    plan: Plan,
    settings: Settings,
    config: Config,
}

impl Bench {
    fn new() -> Bench {
        let contract = Arc::new(spec::builtin().unwrap());
        let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let mut settings = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
        // A machine that stands still for a while says nothing of the target.
        settings.request_timeout = Duration::from_secs(120);
        let config = embedded::prepare(&mut settings);
        Bench { contract, plan, settings, config }
    }

    /// How many requests a run against a server with these variants sent, and its findings, one line each.
    async fn findings(&self, variants: &[Variant], profile: Profile, seed: u64) -> (u64, Vec<String>) {
        let config = Config { variants: variants.to_vec(), seed, ..self.config.clone() };
        let server = reference::start(config).await.unwrap();
        let endpoint = format!("http://{}", server.address());
        let settings = Settings { endpoint, profile, seed, ..self.settings.clone() };
        let never = std::future::pending();
        let outcome = ivs_conformance::run::run(&self.contract, &self.plan, &settings, &|_| {}, never).await.unwrap();
        server.stop().await;
        assert_eq!(outcome.cases.len(), self.plan.cases.len(), "every case was run");
        if variants.is_empty() && profile == Profile::Standard {
            let undecided = |result: &&CaseResult| matches!(result.verdict, CaseOutcome::Inconclusive { .. });
            let undecided: Vec<&CaseResult> = outcome.cases.iter().filter(undecided).collect();
            assert!(undecided.is_empty(), "every case is decided on the reference server: {undecided:#?}");
        }
        let line = |found: &ivs_conformance::run::Found| {
            let clause = &self.contract.clauses.get(found.violation.clause).id;
            let names: Vec<&str> = variants.iter().map(|variant| variant.name()).collect();
            format!(
                "[{}] {profile} {seed}: {clause} of {}: {} {} ({:?})",
                names.join(" "),
                found.violation.operation,
                found.violation.expected,
                found.violation.observed,
                found.exchange.request
            )
        };
        (outcome.requests, outcome.findings.values().map(line).collect())
    }
}

/// What was tried, in one line at the end of a test.
#[derive(Default)]
struct Tried {
    runs: u64,
    requests: u64,
    findings: Vec<String>,
}

impl Tried {
    async fn try_on(&mut self, bench: &Bench, variants: &[Variant], profile: Profile, seeds: std::ops::Range<u64>) {
        for seed in seeds {
            let (requests, findings) = bench.findings(variants, profile, seed).await;
            findings.iter().for_each(|finding| println!("{finding}"));
            self.runs += 1;
            self.requests += requests;
            self.findings.extend(findings);
        }
    }

    fn assert_none(self, what: &str) {
        let Tried { runs, requests, findings } = self;
        println!("{what}: {runs} runs with {requests} requests, {} false alarms", findings.len());
        assert!(runs > 0, "nothing was tried");
        assert!(findings.is_empty(), "{} false alarms:\n{}", findings.len(), findings.join("\n"));
    }
}

/// A share of the seeds, at least one.
fn one_in(share: u64) -> u64 {
    (seeds() / share).max(1)
}

#[tokio::test]
async fn the_reference_server_is_not_accused_under_any_seed() {
    let bench = Bench::new();
    let mut tried = Tried::default();
    tried.try_on(&bench, &[], Profile::Quick, 0..seeds()).await;
    tried.try_on(&bench, &[], Profile::Standard, 1000..1000 + seeds()).await;
    tried.assert_none("the reference server, quick and standard");
}

#[tokio::test]
#[ignore = "ten times as many requests as the other profiles: run with --release -- --include-ignored"]
async fn the_reference_server_is_not_accused_by_a_deep_run() {
    let bench = Bench::new();
    let mut tried = Tried::default();
    tried.try_on(&bench, &[], Profile::Deep, 2000..2000 + one_in(20)).await;
    tried.assert_none("the reference server, deep");
}

#[tokio::test]
#[ignore = "minutes in a debug build, and the mixtures have all variants: run with --release -- --include-ignored"]
async fn no_variant_is_accused() {
    let bench = Bench::new();
    let mut tried = Tried::default();
    for variant in Variant::ALL {
        tried.try_on(&bench, &[*variant], Profile::Quick, 3000..3000 + one_in(10)).await;
        tried.try_on(&bench, &[*variant], Profile::Standard, 4000..4000 + one_in(10)).await;
    }
    tried.assert_none("each variant alone, quick and standard");
}

/// The variants are in two mixtures because some exclude each other: where the message of an error stands, where its
/// code stands, and an empty object that would not be empty.
const EXCLUDED: [[Variant; 3]; 2] = [
    [Variant::MessageOnly, Variant::LongErrorType, Variant::ExtraMembers],
    [Variant::ExceptionMessageOnly, Variant::CodeInBodyOnly, Variant::EmptyObjectOnEmpty200],
];

fn mixtures() -> impl Iterator<Item = Vec<Variant>> {
    EXCLUDED.iter().map(|left_out| Variant::ALL.iter().copied().filter(|variant| !left_out.contains(variant)).collect())
}

#[tokio::test]
async fn no_mixture_of_variants_is_accused() {
    let bench = Bench::new();
    let mut tried = Tried::default();
    for mixture in mixtures() {
        tried.try_on(&bench, &mixture, Profile::Standard, 5000..5000 + seeds()).await;
    }
    tried.assert_none("mixtures of variants, standard");
}

#[tokio::test]
#[ignore = "the standard profile sends all that this one sends: run with --release -- --include-ignored"]
async fn no_mixture_of_variants_is_accused_by_a_quick_or_deep_run() {
    let bench = Bench::new();
    let mut tried = Tried::default();
    for mixture in mixtures() {
        tried.try_on(&bench, &mixture, Profile::Quick, 6000..6000 + seeds()).await;
        tried.try_on(&bench, &mixture, Profile::Deep, 7000..7000 + one_in(50)).await;
    }
    tried.assert_none("mixtures of variants, quick and deep");
}
