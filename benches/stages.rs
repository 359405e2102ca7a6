//! What each stage costs on its own: load the contract, plan, generate, prove, judge, sign.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
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

fn load(criterion: &mut Criterion) {
    criterion.bench_function("load: contract", |bench| bench.iter(|| spec::builtin().unwrap()));
    criterion.bench_function("load: suites", |bench| bench.iter(|| Suites::builtin().unwrap()));
    let contract = spec::builtin().unwrap();
    let suites = Suites::builtin().unwrap();
    criterion.bench_function("plan: every case", |bench| {
        bench.iter(|| plan::plan(&contract, &suites, &Filter::default()).unwrap());
    });
}

fn generate(criterion: &mut Criterion) {
    let Bench { contract, plan, generator } = Bench::new();
    let operation = contract.operation(OPERATION).unwrap();
    for id in CASES {
        let case = plan.cases.iter().find(|case| case.id == id).unwrap();
        criterion.bench_function(&format!("generate: families of {id}"), |bench| {
            bench.iter(|| generator.families(black_box(case)));
        });
        let families = generator.families(case);
        let mut runner = runner(1, id);
        criterion.bench_function(&format!("generate: draw and prove {id}"), |bench| {
            bench.iter(|| generator.draw(operation, &families[0], &mut runner).unwrap());
        });
    }
}

fn judge(criterion: &mut Criterion) {
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
    criterion.bench_function("judge: a created channel", |bench| {
        bench.iter(|| judge.exchange(operation, &expectation, operation.status_clause, black_box(&exchange)));
    });
}

fn sign(criterion: &mut Criterion) {
    let signer = Signer::new("AKIAIOSFODNN7EXAMPLE", "secret", None, "us-east-1", "ivs");
    let request = Request {
        method: "POST".into(),
        target: "/CreateChannel".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: r#"{"name":"bench"}"#.into(),
    };
    criterion.bench_function("sign: a small POST", |bench| {
        bench.iter(|| signer.sign(black_box(&request), "http://127.0.0.1:4566", "127.0.0.1:4566").unwrap());
    });
    criterion.bench_function("sign: a small POST, by aws-sigv4 alone", |bench| {
        bench.iter(|| signer.sign_by_crate(black_box(&request), "http://127.0.0.1:4566", "127.0.0.1:4566").unwrap());
    });
}

criterion_group!(stages, load, generate, judge, sign);
criterion_main!(stages);
