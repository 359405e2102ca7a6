//! botocore models: what they say is read as Smithy says it, and what is not understood is refused at its place.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::common;
use flate2::Compression;
use flate2::write::GzEncoder;
use ivs_conformance::spec::contract::{Location, NodeKind, TimestampFormat, UriSegment};
use ivs_conformance::spec::{self, Change, ChangeKind, Contract};
use serde_json::{Value, json};

const MODEL: &str = include_str!("botocore/service-2.json");

fn load(model: &str) -> Contract {
    spec::load("service-2.json", model, None).unwrap_or_else(|error| panic!("{:#?}", error.problems))
}

/// The model with the value at a JSON pointer replaced.
fn with(pointer: &str, value: Value) -> String {
    let mut model: Value = serde_json::from_str(MODEL).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    model.pointer_mut(parent).unwrap()[key] = value;
    serde_json::to_string_pretty(&model).unwrap()
}

#[test]
fn a_model_says_what_smithy_says() {
    let contract = load(MODEL);
    assert_eq!(contract.service.name, "Toy Box");
    assert_eq!(contract.service.signing_name.as_deref(), Some("toybox"));
    assert_eq!(contract.service.endpoint_prefix.as_deref(), Some("toys"));
    let make = contract.operation("MakeToy").unwrap();
    assert_eq!((make.method.as_str(), make.success_status), ("POST", 201));
    assert_eq!(
        make.uri,
        [UriSegment::Literal("toys".to_owned()), UriSegment::Label { member: "box".to_owned(), is_greedy: false }]
    );
    let errors: Vec<(&str, u16)> = make.errors.iter().map(|error| (error.code.as_str(), error.status)).collect();
    assert_eq!(errors, [("Broken", 503), ("Lost", 400)]);
    let member = |name: &str| make.input.members().iter().find(|member| member.member == name).unwrap();
    assert_eq!(member("size").location, Location::Query("toy-size".to_owned()));
    assert_eq!(member("token").location, Location::Header("X-Token".to_owned()));
    assert_eq!((member("name").name.as_str(), member("name").is_required), ("Name", true));
    assert!(member("colour").is_sensitive && !member("colour").is_required);
    assert!(matches!(&member("colour").kind, NodeKind::Enum(values) if values == &["RED", "BLUE"]));
    assert!(matches!(member("anything").kind, NodeKind::Document));
    assert!(matches!(member("choice").kind, NodeKind::Union(_)));
    let made = make.output.member("made").unwrap();
    assert!(matches!(made.kind, NodeKind::Timestamp(TimestampFormat::DateTime)));
    for clause in [
        "MakeToy.input.Name.length.max",
        "MakeToy.input.Name.pattern",
        "MakeToy.input.size.range.min",
        "MakeToy.input.tags.length.max",
        "MakeToy.output.names.length.max",
        "Toy.empty_body",
    ] {
        assert!(contract.clauses.find(clause).is_some(), "{clause}");
    }
    let pages = contract.operation("ListToys").unwrap().pagination.as_ref().unwrap();
    assert_eq!((pages.input_token.as_str(), pages.page_size.as_deref()), ("nextToken", Some("maxResults")));
    assert_eq!(pages.items.as_deref(), Some("toys"));
}

#[test]
fn names_of_files_say_nothing_and_gzip_is_undone() {
    let scratch = common::Scratch::new();
    let plain = scratch.file("anything");
    std::fs::write(&plain, MODEL).unwrap();
    let zipped = scratch.file("model.json");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(MODEL.as_bytes()).unwrap();
    std::fs::write(&zipped, encoder.finish().unwrap()).unwrap();
    let contracts = [&plain, &zipped].map(|path| spec::load_file(Path::new(path)).unwrap());
    assert_eq!(contracts[0].sha256, contracts[1].sha256);
    assert_eq!(spec::diff(&contracts[0], &contracts[1]), []);
    common::assert_exit(&common::conformance(&["spec", "check", &zipped]), 0);
}

#[test]
fn a_directory_holds_exactly_one_model() {
    let scratch = common::Scratch::new();
    let directory = scratch.file("");
    let refusal = || spec::load_file(Path::new(&directory)).unwrap_err().problems[0].to_string();
    assert!(refusal().contains("has no model"), "{}", refusal());
    std::fs::write(scratch.file("service-2.json"), MODEL).unwrap();
    let paginators = json!({"pagination": {"ListToys": {"input_token": "nextToken", "output_token": "nextToken"}}});
    std::fs::write(scratch.file("paginators-1.json"), paginators.to_string()).unwrap();
    let contract = spec::load_file(Path::new(&directory)).unwrap();
    let pages = contract.operation("ListToys").unwrap().pagination.as_ref().unwrap();
    assert_eq!(pages.page_size, None, "the paginators say how it pages, and names say nothing beside them");
    std::fs::write(scratch.file("other.json"), MODEL).unwrap();
    assert!(refusal().contains("has 2 models"), "{}", refusal());
}

#[test]
fn what_is_not_understood_is_refused_with_file_and_pointer() {
    for (pointer, value, message) in [
        ("/metadata/protocol", json!("query"), "the protocol `query` is not supported"),
        ("/metadata/auth", json!(["smithy.api#httpBearerAuth"]), "signed by `smithy.api#httpBearerAuth`"),
        ("/metadata/mystery", json!(1), "the key `mystery` of `metadata` is not understood"),
        ("/operations/MakeToy/mystery", json!(1), "the key `mystery` of an operation"),
        ("/operations/MakeToy/endpoint", json!({"hostPrefix": "x-"}), "host prefixes are not supported"),
        ("/operations/MakeToy/input/shape", json!("Nowhere"), "Nowhere` does not exist"),
        ("/operations/MakeToy/http/requestUri", json!("/toys/{nobody}"), "the label `nobody`"),
        ("/shapes/Name/type", json!("word"), "`word` is not a botocore shape type"),
        ("/shapes/Name/mystery", json!(true), "the key `mystery` of a shape of the type `string`"),
        ("/shapes/Name/pattern", json!("(?=a)b"), "look-around"),
        ("/shapes/Time/timestampFormat", json!("stardate"), "this timestamp format is unknown"),
        ("/shapes/Toy/members/name/location", json!("smoke"), "this location of a member"),
        ("/shapes/Toy/members/name/mystery", json!(1), "the key `mystery` of a member"),
        ("/shapes/Toy/required", json!(["nobody"]), "`nobody` does not name a member"),
        ("/shapes/Text/streaming", json!(true), "the key `streaming`"),
    ] {
        let error = spec::load("toys.json", &with(pointer, value), None).unwrap_err();
        let said: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        let is_right =
            |line: &String| line.starts_with("toys.json:") && line.contains(message) && line.contains(pointer);
        assert!(said.iter().any(is_right), "{pointer}: {said:#?}");
    }
}

/// The directory of botocore (or that of its data), as the ignored tests need it.
fn data() -> PathBuf {
    let directory = std::env::var_os("IVS_CONFORMANCE_BOTOCORE").expect("the variable names botocore's directory");
    let directory = PathBuf::from(directory);
    let below = directory.join("data");
    if below.is_dir() { below } else { directory }
}

/// The directories of all versions of all services.
fn versions() -> Vec<PathBuf> {
    let list = |path: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
    };
    let mut found: Vec<PathBuf> = list(&data()).iter().flat_map(|service| list(service)).collect();
    found.sort();
    found
}

#[test]
#[ignore = "needs botocore: set IVS_CONFORMANCE_BOTOCORE to its directory"]
fn every_rest_json_service_loads_or_is_refused_with_a_reason() {
    let (mut loaded, mut others) = (0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for directory in versions() {
        match spec::load_file(&directory) {
            Ok(contract) => {
                assert!(!contract.clauses.is_empty(), "{}", directory.display());
                loaded += 1;
            }
            Err(error) => {
                let is_of_protocol = |problem: &spec::Problem| problem.message.starts_with("the protocol `");
                if error.problems.iter().any(is_of_protocol) || error.problems[0].message.contains("has no model") {
                    others += 1;
                    continue;
                }
                for problem in &error.problems {
                    assert!(!problem.pointer.is_empty() && problem.line > 0, "{problem}");
                }
                let reason = reason(&error.problems[0].message);
                println!("refused: {}: {}", directory.display(), error.problems[0]);
                *refused.entry(reason).or_default() += 1;
            }
        }
    }
    let refusals: usize = refused.values().sum();
    println!("{loaded} services of rest-json loaded, {refusals} refused, {others} of other protocols: {refused:#?}");
    assert!(loaded > 100 && loaded > refusals, "{loaded} loaded, {refusals} refused");
}

/// The kind of a refusal: its message without what it quotes.
fn reason(message: &str) -> String {
    let parts = message.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { part } else { "…" }).collect::<Vec<_>>().join("`")
}

/// Why botocore may differ from the built-in model: its newest release is newer than the reference, or an erratum or
/// a rule of the built-in contract says the same.
const EXPLAINED: [(&str, &str); 8] = [
    ("adConfigurationArn", "newer: members beyond the reference are tolerated (erratum.newer-members)"),
    ("filterByAdConfigurationArn", "newer: filters by members beyond the reference"),
    ("failoverSlateConfigurationArn", "newer: members beyond the reference are tolerated (erratum.newer-members)"),
    ("failoverSlateConfiguration", "newer: members beyond the reference are tolerated (erratum.newer-members)"),
    ("filterByFailoverSlateConfigurationArn", "newer: filters by members beyond the reference"),
    ("tags.key.pattern", "the reference states it in prose (rule.tag-key-characters)"),
    ("tags.value.pattern", "the reference states it in prose (rule.tag-value-characters)"),
    ("tagKeys.member.pattern", "the reference states it in prose (rule.tag-key-characters)"),
];

/// Errors that botocore lists and the reference does not: no other one is explained.
const EXPLAINED_ERRORS: [(&str, &str); 7] = [
    ("BatchGetChannel.error.AccessDeniedException", "erratum.batch-get-without-errors"),
    ("BatchGetChannel.error.ServiceUnavailable", "erratum.batch-get-without-errors"),
    ("BatchGetChannel.error.ValidationException", "erratum.batch-get-without-errors"),
    ("BatchGetStreamKey.error.AccessDeniedException", "erratum.batch-get-without-errors"),
    ("BatchGetStreamKey.error.ServiceUnavailable", "erratum.batch-get-without-errors"),
    ("BatchGetStreamKey.error.ValidationException", "erratum.batch-get-without-errors"),
    ("UpdateChannel.error.ThrottlingException", "erratum.throttling-unlisted"),
];

/// Headers for browsers that botocore models as members of responses.
const BROWSER_HEADERS: [&str; 7] = [
    "accessControlAllowOrigin",
    "accessControlExposeHeaders",
    "cacheControl",
    "contentSecurityPolicy",
    "strictTransportSecurity",
    "xContentTypeOptions",
    "xFrameOptions",
];

fn is_explained(change: &Change) -> bool {
    let ends = |end: &str| change.id.ends_with(&format!(".{end}"));
    let is_header = BROWSER_HEADERS.iter().any(|header| ends(&format!("output.{header}")));
    let adds = matches!(change.change, ChangeKind::Added | ChangeKind::Tightened);
    let is_error = EXPLAINED_ERRORS.iter().any(|(id, _)| change.id == *id);
    adds && (is_header || is_error || EXPLAINED.iter().any(|(end, _)| ends(end)))
}

#[test]
#[ignore = "needs botocore: set IVS_CONFORMANCE_BOTOCORE to its directory"]
fn the_built_in_model_agrees_with_botocore() {
    let built_in = spec::builtin().unwrap();
    let theirs = spec::load_file(&data().join("ivs/2020-07-14")).unwrap();
    assert_eq!(built_in.operations.len(), 35);
    let missing: Vec<&str> = built_in
        .operations
        .iter()
        .map(|operation| operation.name.as_str())
        .filter(|name| theirs.operation(name).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
    let changes = spec::diff(&built_in, &theirs);
    let of_ours = changes.iter().filter(|change| {
        let operation = change.id.split('.').next().unwrap();
        built_in.operation(operation).is_some()
    });
    let (explained, unexplained): (Vec<&Change>, Vec<&Change>) = of_ours.partition(|change| is_explained(change));
    println!("{} operations there, {} explained differences on ours", theirs.operations.len(), explained.len());
    let lines: Vec<String> = unexplained.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}
