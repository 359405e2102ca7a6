//! Contracts that consist of a model alone: no finding goes beyond what the model says, and seeded defects are found.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::judge::FindingKind;
use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::reference;
use ivs_conformance::report::Record;
use ivs_conformance::report::record::{ClauseVerdict, FindingRecord};
use ivs_conformance::run::settings::Settings;
use ivs_conformance::spec::{self, Contract, Tier};

mod server;

use crate::common;
use server::{Defect, Implemented};

const IVS: &str = include_str!("../specs/ivs-2020-07-14.json");
const LIBRARY: &str = include_str!("foreign/library.json");
const SHELVES: Implemented = Implemented {
    resource: "shelf",
    create: "CreateShelf",
    get: "GetShelf",
    list: "ListShelves",
    delete: "DeleteShelf",
};

/// What a run shows.
struct Shown {
    contract: Arc<Contract>,
    record: Record,
}

impl Shown {
    async fn by(contract: Contract, settings: &Settings) -> Shown {
        let contract = Arc::new(contract);
        let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let never = std::future::pending();
        let outcome = ivs_conformance::run::run(&contract, &plan, settings, &|_| {}, never).await.unwrap();
        let record = Record::from_outcome(&contract, &plan, settings, outcome);
        Shown { contract, record }
    }

    async fn of_model(model: &str, implemented: Implemented, defect: Defect) -> Shown {
        let endpoint = server::start(model, implemented, defect).await;
        let contract = spec::load("model.json", model, None).unwrap();
        Shown::by(contract, &Settings { credentials: None, ..Settings::for_loopback(endpoint) }).await
    }

    /// Findings that count, but that operations are missing.
    fn documented(&self) -> Vec<&FindingRecord> {
        let counts =
            |finding: &&FindingRecord| finding.tier == Tier::Documented && finding.kind != FindingKind::NotImplemented;
        self.record.findings.iter().filter(counts).collect()
    }

    /// Ids of the findings that count.
    fn ids(&self) -> Vec<&str> {
        self.documented().into_iter().map(|finding| finding.id.as_str()).collect()
    }

    fn upheld(&self) -> usize {
        self.record.clauses.iter().filter(|clause| clause.verdict == ClauseVerdict::Upheld).count()
    }

    fn verdict(&self, clause: &str) -> ClauseVerdict {
        assert!(self.contract.clauses.find(clause).is_some(), "{clause}");
        self.record.clauses.iter().find(|one| one.id == clause).unwrap().verdict
    }
}

#[tokio::test]
async fn without_rules_the_reference_server_is_not_accused_and_most_clauses_are_decided() {
    let mut settings = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
    let config = embedded::prepare(&mut settings);
    let server = reference::start(config).await.unwrap();
    let settings = Settings { endpoint: format!("http://{}", server.address()), ..settings };
    // Another text than the built-in model's, so that it has no rules.
    let contract = spec::load("other.json", &format!("{IVS}\n"), None).unwrap();
    assert!(contract.is_model_only());
    let shown = Shown::by(contract, &settings).await;
    server.stop().await;
    assert_eq!(shown.ids(), [""; 0]);
    let (upheld, all) = (shown.upheld(), shown.contract.clauses.len());
    println!("{upheld} of {all} clauses upheld, {} inferred findings", shown.record.findings.len());
    assert!(upheld * 10 >= all * 6, "{upheld} of {all} clauses are upheld");
    assert!(shown.record.findings.len() <= 10, "at most one for an operation that needs more than a model says");
}

#[tokio::test]
async fn a_service_with_ids_headers_and_payloads_conforms() {
    let shown = Shown::of_model(LIBRARY, SHELVES, Defect::None).await;
    assert_eq!(shown.ids(), [""; 0], "{:#?}", shown.documented());
    for clause in [
        "CreateShelf.input.label.length.max",
        "CreateShelf.input.label.required",
        "CreateShelf.input.capacity.range.max",
        "CreateShelf.status",
        "GetShelf.output.revision.type",
        "GetShelf.output.revision.range.min",
        "GetShelf.output.shelf.label.required",
        "GetShelf.output.shelf.shelfId.pattern",
        "GetShelf.error.ResourceNotFoundException",
        "DeleteShelf.status",
        "DeleteShelf.empty_body",
        "DeleteShelf.error.ResourceNotFoundException",
        "ListShelves.output.shelves.member.label.length.max",
    ] {
        assert_eq!(shown.verdict(clause), ClauseVerdict::Upheld, "{clause}");
    }
}

#[tokio::test]
async fn seeded_defects_of_a_service_are_found() {
    for (defect, expected) in [
        (Defect::TakesAnything, "CreateShelf.input.label.length.max:accepted_invalid"),
        (Defect::DeletionStatus, "DeleteShelf.status:wrong_status"),
        (Defect::WordInHeader, "GetShelf.output.revision.type:malformed_response"),
    ] {
        let shown = Shown::of_model(LIBRARY, SHELVES, defect).await;
        assert!(shown.ids().contains(&expected), "{defect:?}: {:?}", shown.ids());
    }
}

#[test]
#[ignore = "needs the official models: set IVS_CONFORMANCE_SMITHY_MODELS to their directory"]
fn official_models_judge_a_server_of_one_resource() {
    let directory = std::env::var_os("IVS_CONFORMANCE_SMITHY_MODELS").expect("the variable names a directory");
    let room =
        Implemented { resource: "room", create: "CreateRoom", get: "GetRoom", list: "ListRooms", delete: "DeleteRoom" };
    let stage = Implemented {
        resource: "stage",
        create: "CreateStage",
        get: "GetStage",
        list: "ListStages",
        delete: "DeleteStage",
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (file, implemented) in [("ivschat.json", room), ("ivs-realtime.json", stage)] {
        let model = std::fs::read_to_string(Path::new(&directory).join(file)).unwrap();
        let shown = runtime.block_on(Shown::of_model(&model, implemented, Defect::None));
        println!("{file}: {} of {} clauses upheld", shown.upheld(), shown.contract.clauses.len());
        assert_eq!(shown.ids(), [""; 0], "{:#?}", shown.documented());
        for operation in [implemented.create, implemented.get, implemented.list, implemented.delete] {
            assert_eq!(shown.verdict(&format!("{operation}.status")), ClauseVerdict::Upheld, "{operation}");
        }
        for (defect, expected) in [
            (Defect::TakesAnything, format!("{}.input.name.length.max:accepted_invalid", implemented.create)),
            (Defect::DeletionStatus, format!("{}.status:wrong_status", implemented.delete)),
        ] {
            let shown = runtime.block_on(Shown::of_model(&model, implemented, defect));
            assert!(shown.ids().contains(&expected.as_str()), "{defect:?}: {:?}", shown.ids());
        }
    }
}

#[test]
fn a_contract_of_another_service_asks_for_an_endpoint() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/foreign/library.json");
    for arguments in [vec!["run", "--spec", model], vec!["run", "--spec", model, "--plan"]] {
        let output = common::conformance(&arguments);
        common::assert_exit(&output, 2);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("service `Library`") && said.contains("--endpoint"), "{said}");
    }
}

#[test]
fn a_payload_that_is_not_json_is_refused_with_its_place() {
    let model = LIBRARY.replace(
        r#""target": "example.library#ShelfData",
          "traits": {"smithy.api#required": {}, "smithy.api#httpPayload": {}}"#,
        r#""target": "smithy.api#Blob",
          "traits": {"smithy.api#required": {}, "smithy.api#httpPayload": {}}"#,
    );
    let error = spec::load("model.json", &model, None).unwrap_err();
    let said: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("`shelf`") && said[0].contains("not JSON"), "{said:?}");
    assert!(said[0].contains("/shapes/example.library#GetShelf"), "{said:?}");
}
