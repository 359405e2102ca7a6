//! Nothing that conforms is accused: neither the reference server under any seed and profile, nor one that uses the
//! room that the contract leaves.
//!
//! `IVS_CONFORMANCE_SOUNDNESS_SEEDS` sets how many seeds are tried with each server.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::reference::{self, Config, Variant};
use ivs_conformance::run::settings::{Profile, Settings};
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
        let config = embedded::prepare(&mut settings);
        Bench { contract, plan, settings, config }
    }

    /// The findings against a server with these variants, one line each.
    async fn findings(&self, variants: &[Variant], profile: Profile, seed: u64) -> Vec<String> {
        let config = Config { variants: variants.to_vec(), seed, ..self.config.clone() };
        let server = reference::start(config).await.unwrap();
        let endpoint = format!("http://{}", server.address());
        let settings = Settings { endpoint, profile, seed, ..self.settings.clone() };
        let never = std::future::pending();
        let outcome = ivs_conformance::run::run(&self.contract, &self.plan, &settings, &|_| {}, never).await.unwrap();
        server.stop().await;
        assert_eq!(outcome.cases.len(), self.plan.cases.len(), "every case was run");
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
        outcome.findings.values().map(line).collect()
    }
}

fn assert_none(findings: Vec<String>) {
    assert!(findings.is_empty(), "{} false alarms:\n{}", findings.len(), findings.join("\n"));
}

#[tokio::test]
async fn the_reference_server_is_not_accused_under_any_seed() {
    let bench = Bench::new();
    let mut findings = Vec::new();
    for seed in 0..seeds() {
        findings.extend(bench.findings(&[], Profile::Quick, seed).await);
        findings.extend(bench.findings(&[], Profile::Standard, seed + 1000).await);
    }
    if seeds() > 1 {
        findings.extend(bench.findings(&[], Profile::Deep, 1).await);
    }
    assert_none(findings);
}

#[tokio::test]
#[ignore = "minutes in a debug build, and the mixtures have all variants: run with --release -- --include-ignored"]
async fn no_variant_is_accused() {
    let bench = Bench::new();
    let mut findings = Vec::new();
    for variant in Variant::ALL {
        for seed in 0..seeds().min(10) {
            findings.extend(bench.findings(&[*variant], Profile::Quick, seed).await);
        }
    }
    assert_none(findings);
}

#[tokio::test]
async fn no_mixture_of_variants_is_accused() {
    // These exclude each other: where the message of an error stands, where its code stands, and an empty object that
    // would not be empty.
    let mixtures = [
        [Variant::MessageOnly, Variant::LongErrorType, Variant::ExtraMembers],
        [Variant::ExceptionMessageOnly, Variant::CodeInBodyOnly, Variant::EmptyObjectOnEmpty200],
    ];
    let bench = Bench::new();
    let mut findings = Vec::new();
    for left_out in mixtures {
        let mixture: Vec<Variant> =
            Variant::ALL.iter().copied().filter(|variant| !left_out.contains(variant)).collect();
        for seed in 0..seeds().min(20) {
            findings.extend(bench.findings(&mixture, Profile::Standard, seed).await);
        }
    }
    assert_none(findings);
}
