//! Contracts of other restJson1 services, as AWS publishes them, load unchanged and yield requests.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use ivs_conformance::generate::{Generator, runner};
use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::spec;

#[test]
#[ignore = "needs the official models: set IVS_CONFORMANCE_SMITHY_MODELS to their directory"]
fn official_models_yield_cases_and_requests() {
    let directory = std::env::var_os("IVS_CONFORMANCE_SMITHY_MODELS").expect("the variable names a directory");
    let mut models = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        models += 1;
        let contract = Arc::new(spec::load_file(&path).unwrap_or_else(|error| panic!("{error:?}")));
        let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        let mut drawn = 0;
        let mut barren = Vec::new();
        for case in &plan.cases {
            let operation = case.operation.as_deref().and_then(|name| contract.operation(name));
            let families = generator.families(case);
            let (Some(operation), false) = (operation, families.is_empty()) else { continue };
            let mut runner = runner(1, &case.id);
            match families.iter().any(|family| generator.draw(operation, family, &mut runner).is_some()) {
                true => drawn += 1,
                false => barren.push(case.id.as_str()),
            }
        }
        println!(
            "{}: {} operations, {} clauses, {} cases, requests for {drawn}, none for {}",
            path.display(),
            contract.operations.len(),
            contract.clauses.len(),
            plan.cases.len(),
            barren.len()
        );
        assert!(drawn > 200, "{}: {drawn}", path.display());
        assert!(barren.len() * 10 < drawn, "{}: {barren:?}", path.display());
    }
    assert!(models > 0);
}
