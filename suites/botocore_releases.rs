//! botocore as PyPI has it: its models agree with the built-in contracts, and its client works with the reference server.
//! `IVS_CONFORMANCE_BOTOCORE` is a folder with an environment of Python for each release, e.g. `botocore-1.44.5/bin/python`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common;
use serde::Deserialize;
use serde_json::Value;

/// Access key and secret that the server knows on loopback.
const KEY: &str = "AKIDCONFORMANCETEST";
const SECRET: &str = "secret-of-this-test";

#[derive(Deserialize)]
struct Releases {
    contract: Vec<Release>,
}

#[derive(Deserialize)]
struct Release {
    name: String,
    botocore: String,
    differences: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    erratum: String,
}

fn releases() -> Vec<Release> {
    toml::from_str::<Releases>(include_str!("botocore/releases.toml")).unwrap().contract
}

fn python(release: &str) -> PathBuf {
    let folder = std::env::var("IVS_CONFORMANCE_BOTOCORE").expect("IVS_CONFORMANCE_BOTOCORE names the environments");
    Path::new(&folder).join(format!("botocore-{release}/bin/python"))
}

/// The model of Amazon IVS in a release.
fn model(release: &str) -> PathBuf {
    let script = "import botocore, os; assert botocore.__version__ == '{}'; print(os.path.dirname(botocore.__file__))";
    let output = Command::new(python(release)).args(["-c", &script.replace("{}", release)]).output().unwrap();
    common::assert_exit(&output, 0);
    let folder = String::from_utf8(output.stdout).unwrap();
    Path::new(folder.trim()).join("data/ivs/2020-07-14/service-2.json.gz")
}

/// Ids of what differs between a built-in contract and a model.
fn differences(contract: &str, model: &Path) -> BTreeSet<String> {
    let output = common::conformance(&["spec", "diff", contract, model.to_str().unwrap(), "--format", "json"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let changes = document["changes"].as_array().unwrap().iter();
    changes.map(|change| change["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs botocore from PyPI: IVS_CONFORMANCE_BOTOCORE"]
fn the_built_in_contracts_agree_with_botocore() {
    for Release { name, botocore, differences: known } in releases() {
        let errata = known.iter().map(|known| known.erratum.as_str());
        assert!(errata.into_iter().all(|id| id.starts_with("erratum.")), "{name}");
        let known: BTreeSet<String> = known.into_iter().map(|known| known.id).collect();
        assert_eq!(differences(&name, &model(&botocore)), known, "{name} and botocore {botocore}");
    }
}

#[test]
#[ignore = "needs botocore from PyPI: IVS_CONFORMANCE_BOTOCORE"]
fn a_model_that_says_something_else_is_noticed() {
    let scratch = common::Scratch::new();
    for Release { name, botocore, .. } in releases() {
        let mut text = String::new();
        let file = std::fs::File::open(model(&botocore)).unwrap();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        let model: Value = serde_json::from_str(&text).unwrap();
        for (pointer, value, id) in [
            ("/shapes/ChannelName/max", 127.into(), "CreateChannel.input.name.length.max"),
            ("/shapes/ConflictException/error/httpStatusCode", 400.into(), "DeleteChannel.error.ConflictException"),
            ("/shapes/StreamHealth/enum/0", "WELL".into(), "ListStreams.input.filterBy.health.enum"),
            ("/shapes/GetChannelRequest/required", Value::Array(Vec::new()), "GetChannel.input.arn.required"),
        ] {
            let mut model = model.clone();
            *model.pointer_mut(pointer).unwrap() = value;
            let changed = scratch.file("service-2.json");
            std::fs::write(&changed, model.to_string()).unwrap();
            let found = differences(&name, Path::new(&changed));
            assert!(found.contains(id), "{name}: {pointer} shows as {found:?}");
        }
    }
}

#[test]
#[ignore = "needs botocore from PyPI: IVS_CONFORMANCE_BOTOCORE"]
fn the_client_of_today_works_with_all_operations() {
    let keys = [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let target = common::Target::told(&["--auth", "sigv4", "--api", "2026-11"], &keys);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/botocore/all_operations.py");
    let output = Command::new(python("1.44.5")).args([script, &target.endpoint, KEY, SECRET]).output().unwrap();
    common::assert_exit(&output, 0);
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 46);
}

#[test]
fn the_embedded_server_serves_what_the_newer_contract_has() {
    let scratch = common::Scratch::new();
    let report = scratch.file("report.json");
    let kinds = ["*AdConfiguration*", "*FailoverSlate*", "InsertAdBreak*", "rule.*ad-*", "rule.*slate*"];
    let only: Vec<&str> = kinds.iter().flat_map(|glob| ["--only", glob]).collect();
    let json = format!("json={report}");
    let arguments = ["run", "--spec", "ivs-2026-11", "--profile", "quick", "--report", &json];
    let output = common::conformance(&[arguments.as_slice(), only.as_slice()].concat());
    common::assert_exit(&output, 0);
    let report = common::report(&report);
    let clauses = report["clauses"].as_array().unwrap();
    let of_rules = clauses.iter().filter(|clause| clause["id"].as_str().unwrap().starts_with("rule."));
    // A full page of the default size takes a hundred resources: three show only that it is not smaller.
    let takes_many = |clause: &&Value| clause["id"] == "rule.default-page-size-of-ads-and-slates";
    let is_open =
        |clause: &&Value| clause["verdict"] == "violated" || (clause["verdict"] != "upheld" && !takes_many(clause));
    let open: Vec<&Value> = of_rules.filter(is_open).collect();
    assert!(open.is_empty(), "{open:#?}");
    assert!(clauses.len() > 500, "{}", clauses.len());
}
