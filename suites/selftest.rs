//! A sample of the faults of the reference server: each is detected by a clause that it breaks.
//!
//! `IVS_CONFORMANCE_SELFTEST_SAMPLE` sets how many are tried.

use std::sync::Arc;

use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::plan::Suites;
use ivs_conformance::run::settings::{Settings, Shrinking};
use ivs_conformance::selftest::{self, Options};
use ivs_conformance::spec;

const SAMPLE: usize = 60;

#[test]
fn a_sample_of_faults_is_detected() {
    let size = std::env::var("IVS_CONFORMANCE_SELFTEST_SAMPLE");
    let size = size.map_or(SAMPLE, |text| text.parse().expect("IVS_CONFORMANCE_SELFTEST_SAMPLE is a number"));
    let defaults = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
    let mut settings = Settings { jobs: 1, shrinking: Shrinking::Off, ..defaults };
    let config = embedded::prepare(&mut settings);
    let options = Options {
        only: Vec::new(),
        suites: Suites::builtin().unwrap(),
        sample: Some(size),
        jobs: std::thread::available_parallelism().map_or(2, usize::from) * 2,
        settings,
        config,
    };
    let contract = Arc::new(spec::builtin().unwrap());
    let summary = selftest::run(&contract, &options, &mut |_, _| {}).unwrap();
    let survivors: Vec<_> = summary.survivors().collect();
    assert!(survivors.is_empty(), "{survivors:#?}");
    assert!(summary.faults >= size.min(1000), "only {} faults were tried", summary.faults);
}
