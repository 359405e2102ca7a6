//! What each stage costs on its own: load the contract, plan, generate, prove, judge, sign.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use ivs_conformance::generate::{Generator, runner};
use ivs_conformance::judge::Judge;
use ivs_conformance::plan::expectation::Expectation;
use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::protocol;
use ivs_conformance::send::Signer;
use ivs_conformance::spec::{self, Contract};
use ivs_conformance::wire::{Exchange, Reply, Request, Response};
use serde_json::json;

const OPERATION: &str = "CreateChannel";
const CASES: [&str; 3] =
    ["CreateChannel.valid/minimal", "CreateChannel.valid/random", "CreateChannel.input.name.length.max/refuses"];

fn main() {
    divan::main();
}

struct Bench {
    contract: Arc<Contract>,
    plan: Plan,
    generator: Generator,
}

impl Bench {
    fn new() -> Bench {
        let contract = Arc::new(spec::builtin().unwrap());
        let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let states: BTreeSet<_> =
            plan.suites.states.iter().map(|state| (state.name.clone(), state.resource.clone())).collect();
        let generator = Generator::new(Arc::clone(&contract), &states).unwrap();
        Bench { contract, plan, generator }
    }
}

#[divan::bench]
fn load_contract() -> Contract {
    spec::builtin().unwrap()
}

#[divan::bench]
fn load_suites() -> Suites {
    Suites::builtin().unwrap()
}

#[divan::bench]
fn plan_every_case(bencher: Bencher<'_, '_>) {
    let contract = spec::builtin().unwrap();
    let suites = Suites::builtin().unwrap();
    bencher.bench(|| plan::plan(&contract, &suites, &Filter::default()).unwrap());
}

#[divan::bench(args = CASES)]
fn generate_families(bencher: Bencher<'_, '_>, id: &str) {
    let Bench { plan, generator, .. } = Bench::new();
    let case = plan.cases.iter().find(|case| case.id == id).unwrap();
    bencher.bench(|| generator.families(black_box(case)));
}

#[divan::bench(args = CASES)]
fn generate_draw_and_prove(bencher: Bencher<'_, '_>, id: &str) {
    let Bench { contract, plan, generator } = Bench::new();
    let operation = contract.operation(OPERATION).unwrap();
    let case = plan.cases.iter().find(|case| case.id == id).unwrap();
    let families = generator.families(case);
    let mut runner = runner(1, id);
    bencher.bench_local(|| generator.draw(operation, &families[0], &mut runner).unwrap());
}

#[divan::bench]
fn judge_a_created_channel(bencher: Bencher<'_, '_>) {
    let Bench { contract, generator, .. } = Bench::new();
    let operation = contract.operation(OPERATION).unwrap();
    let judge = Judge::new(&contract);
    let arn = "arn:aws:ivs:us-east-1:123456789012:channel/abcdABCDefgh";
    let body = json!({
        "channel": {
            "arn": arn, "authorized": false, "ingestEndpoint": "a1b2c3d4e5f6.global-contribute.live-video.net",
            "insecureIngest": false, "latencyMode": "LOW", "name": "bench", "playbackRestrictionPolicyArn": "",
            "playbackUrl": "https://a1b2c3d4e5f6.us-east-1.playback.live-video.net/api/video/v1/channel.m3u8",
            "preset": "", "recordingConfigurationArn": "", "srt": {"endpoint": "a1b2c3d4e5f6.srt.live-video.net",
            "passphrase": "passphrase"}, "tags": {"a": "b"}, "type": "STANDARD",
        },
        "streamKey": {"arn": arn.replace("channel/", "stream-key/"), "channelArn": arn, "value": "sk_us-east-1_x"},
    });
    let exchange = Exchange {
        request: protocol::request(operation, &generator.minimal_input(operation)),
        reply: Reply::Response(Response {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into(),
            is_truncated: false,
            coding: Default::default(),
        }),
        elapsed: Duration::from_millis(1),
        repeats: 0,
    };
    let expectation = Expectation::success();
    bencher.bench_local(|| judge.exchange(operation, &expectation, operation.status_clause, black_box(&exchange)));
}

fn small_post() -> (Signer, Request) {
    let signer = Signer::new("AKIAIOSFODNN7EXAMPLE", "secret", None, "us-east-1", "ivs");
    let request = Request {
        method: "POST".into(),
        target: "/CreateChannel".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: r#"{"name":"bench"}"#.into(),
    };
    (signer, request)
}

#[divan::bench]
fn sign_a_small_post(bencher: Bencher<'_, '_>) {
    let (signer, request) = small_post();
    bencher.bench_local(|| signer.sign(black_box(&request), "http://127.0.0.1:4566", "127.0.0.1:4566").unwrap());
}

#[divan::bench]
fn sign_a_small_post_by_aws_sigv4_alone(bencher: Bencher<'_, '_>) {
    let (signer, request) = small_post();
    bencher
        .bench_local(|| signer.sign_by_crate(black_box(&request), "http://127.0.0.1:4566", "127.0.0.1:4566").unwrap());
}
