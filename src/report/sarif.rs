//! SARIF 2.1.0: rules are clauses, results are findings. A result points to a line of a file that the user has, the
//! baseline or the configuration, or to no file at all: the target's own code is not known.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::baseline;
use super::json::without_raw_controls;
use super::record::{BaselineStatus, FindingRecord, Record, Role};
use super::text::{explain, reproduce, sentence, visible};
use super::verdict::Weight;
use super::{sent, title};

/// The files of the user's repository that results can point into.
#[derive(Debug, Clone, Default)]
pub struct UserFiles {
    /// The baseline.
    pub baseline: Option<Source>,
    /// The configuration.
    pub config: Option<Source>,
}

/// A file that a result points into.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path, relative to the root of the repository.
    pub uri: String,
    /// Its text.
    pub text: String,
}

/// Writes a record as SARIF.
pub fn render(record: &Record, files: &UserFiles) -> Result<String, serde_json::Error> {
    let places = Places::of(files);
    let mut rules: BTreeMap<&str, &FindingRecord> = BTreeMap::new();
    for finding in &record.findings {
        rules.entry(&finding.clause).or_insert(finding);
    }
    let positions: HashMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    let results: Vec<Value> = record
        .findings
        .iter()
        .map(|finding| {
            result(record, finding, positions.get(finding.clause.as_str()).copied(), places.of_finding(finding))
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": record.tool.name,
                "version": record.tool.version,
                "rules": rules.values().map(|finding| rule(record, finding)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": record.stopped_early.is_none(),
                "startTimeUtc": record.started_at,
            }],
            "automationDetails": {"id": format!("ivs-conformance/{}/", visible(&record.contract.service))},
            "columnKind": "unicodeCodePoints",
            "properties": {
                "endpoint": visible(&record.target.endpoint),
                "seed": record.seed,
                "profile": record.profile,
                "score": record.score(),
            },
            "results": results,
        }],
    });
    Ok(without_raw_controls(&serde_json::to_string_pretty(&log)?) + "\n")
}

/// Where findings stand in the user's files.
struct Places<'f> {
    files: &'f UserFiles,
    /// Lines of the baseline's entries, by their ids.
    entries: HashMap<String, usize>,
}

impl<'f> Places<'f> {
    fn of(files: &'f UserFiles) -> Places<'f> {
        let text = files.baseline.as_ref().map_or("", |baseline| baseline.text.as_str());
        let lines = (1..).zip(text.lines());
        let entries = lines.filter_map(|(number, line)| Some((baseline::entry_id(line)?, number)));
        Places { files, entries: entries.collect() }
    }

    /// The entry of the finding, else the place where one would go, else what the configuration says of its operation.
    fn of_finding(&self, finding: &FindingRecord) -> Option<Value> {
        let (source, line) = match (&self.files.baseline, &self.files.config) {
            (Some(baseline), _) => (baseline, self.entries.get(&finding.id).copied().unwrap_or(1)),
            (None, Some(config)) => {
                let head = format!("[operations.{}]", finding.operation);
                let line = config.text.lines().position(|line| line.trim() == head);
                (config, line.map_or(1, |line| line + 1))
            }
            (None, None) => return None,
        };
        Some(json!({"artifactLocation": {"uri": uri(&source.uri)}, "region": {"startLine": line}}))
    }
}

fn rule(record: &Record, finding: &FindingRecord) -> Value {
    let promise = match finding.promise.as_str() {
        "" => &finding.expected,
        promise => promise,
    };
    let section = match finding.section.as_str() {
        "" => String::new(),
        section => format!("It stands in the section {}. ", visible(section)),
    };
    json!({
        "id": visible(&finding.clause),
        "shortDescription": {"text": sentence(&visible(promise))},
        "fullDescription": {"text": sentence(&visible(promise))},
        "help": {"text": format!("{section}`{}` says more.", visible(&explain(record, &finding.clause)))},
        "properties": {"tier": finding.tier},
    })
}

/// What is wrong, in sentences.
fn message(finding: &FindingRecord) -> String {
    let mut sentences = vec![title::of(finding), sent::promise(finding)];
    if !finding.promise.is_empty() {
        sentences.push(finding.expected.clone());
    }
    sentences.push(finding.observed.clone());
    if finding.role == Role::Consequence {
        sentences.push(format!("It follows from the cause {}.", finding.cause));
    }
    let sentences: Vec<String> = sentences.iter().map(|text| sentence(&visible(text))).collect();
    sentences.join(" ")
}

/// A finding that follows from another one is a warning, so that the errors are the causes.
fn level(finding: &FindingRecord, weight: Weight) -> &'static str {
    match (weight, finding.role) {
        (Weight::Counts, Role::Primary) => "error",
        (Weight::Counts, Role::Consequence) => "warning",
        _ => "note",
    }
}

fn result(record: &Record, finding: &FindingRecord, rule: Option<usize>, place: Option<Value>) -> Value {
    let weight = record.weight(finding);
    let mut location = json!({
        "logicalLocations": [{"fullyQualifiedName": visible(&finding.clause), "kind": "member"}],
    });
    if let (Some(members), Some(place)) = (location.as_object_mut(), place) {
        members.insert("physicalLocation".to_owned(), place);
    }
    let mut result = json!({
        "ruleId": visible(&finding.clause),
        "kind": "fail",
        "level": level(finding, weight),
        "message": {"text": message(finding)},
        "locations": [location],
        "partialFingerprints": {"ivsConformanceFinding/v1": visible(&finding.id)},
        "occurrenceCount": finding.occurrences.max(1),
        "properties": {
            "operation": visible(&finding.operation),
            "kind": finding.kind,
            "tier": finding.tier,
            "cause": visible(&finding.cause),
            "role": finding.role,
            "checkAgain": reproduce(record, finding),
            "curl": visible(&finding.curl),
        },
    });
    if let (Some(members), Some(rule)) = (result.as_object_mut(), rule) {
        members.insert("ruleIndex".to_owned(), json!(rule));
    }
    if let (Some(members), true) = (result.as_object_mut(), record.baseline.is_some()) {
        let state = match finding.baseline {
            BaselineStatus::New => "new",
            BaselineStatus::Known => "unchanged",
        };
        members.insert("baselineState".to_owned(), json!(state));
        if weight == Weight::Known {
            members.insert("suppressions".to_owned(), json!([{"kind": "external", "status": "accepted"}]));
        }
    }
    result
}

/// A relative URI of a path.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'~' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn source(uri: &str, text: &str) -> Option<Source> {
        Some(Source { uri: uri.to_owned(), text: text.to_owned() })
    }

    fn results(record: &Record, files: &UserFiles) -> Vec<Value> {
        let log: Value = serde_json::from_str(&render(record, files).unwrap()).unwrap();
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let rule = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
            assert!(result["partialFingerprints"]["ivsConformanceFinding/v1"].is_string());
        }
        run["results"].as_array().unwrap().clone()
    }

    fn place(result: &Value) -> (&str, u64) {
        let place = &result["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].as_str().unwrap(), place["region"]["startLine"].as_u64().unwrap())
    }

    #[test]
    fn without_files_of_the_user_findings_point_to_none() {
        let results = results(&sample::failing(), &UserFiles::default());
        assert_eq!(results.len(), 5);
        for result in results {
            assert!(result["locations"][0].get("physicalLocation").is_none(), "{result}");
            assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], result["ruleId"]);
        }
    }

    #[test]
    fn findings_point_to_their_entries_in_the_baseline() {
        let baseline = source("ci/my known.toml", "# Known.\n\n[[known]]\nid = \"a0a0a0a0\"\nclause = \"x\"\n");
        let results = results(&sample::failing(), &UserFiles { baseline, config: source("c.toml", "") });
        assert_eq!(place(&results[0]), ("ci/my%20known.toml", 4));
        assert_eq!(place(&results[1]), ("ci/my%20known.toml", 1));
    }

    #[test]
    fn findings_point_to_their_operation_in_the_configuration() {
        let config = source("ci.toml", "seed = 1\n[operations.StopStream]\nexpect = \"implemented\"\n");
        let results = results(&sample::failing(), &UserFiles { baseline: None, config });
        let absent = results.iter().find(|result| result["ruleId"] == "StopStream.status").unwrap();
        assert_eq!(place(absent), ("ci.toml", 2));
        assert_eq!(place(&results[0]), ("ci.toml", 1));
    }

    #[test]
    fn messages_are_sentences() {
        let results = results(&sample::failing(), &UserFiles::default());
        assert_eq!(
            results[0]["message"]["text"],
            "CreateChannel accepts `name` that is too long. `name` has at most 128 characters; 129 were sent. \
             ValidationException with status 400, because name may have at most 128 characters. 200 with a channel."
        );
    }

    #[test]
    fn what_follows_is_a_warning_and_names_its_cause() {
        let mut record = sample::failing();
        record.findings[0].role = Role::Consequence;
        let results = results(&record, &UserFiles::default());
        assert_eq!((&results[0]["level"], &results[2]["level"]), (&json!("warning"), &json!("error")));
        assert!(results[0]["message"]["text"].as_str().unwrap().ends_with("It follows from the cause a0a0a0a0."));
    }

    #[test]
    fn every_sample_satisfies_the_schema_of_sarif() {
        // Its pattern of languages has a bracket too much for Unicode regular expressions.
        let schema = include_str!("../../specs/sarif-2.1.0.schema.json").replace("{2}]?$", "{2}$");
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let mut known = sample::failing();
        known.baseline = Some(crate::report::record::BaselineRecord::default());
        known.findings.iter_mut().for_each(|finding| finding.baseline = BaselineStatus::Known);
        let here = UserFiles { baseline: source("known.toml", "id = \"a0a0a0a0\""), config: None };
        for record in sample::all().into_iter().chain([known, sample::large(50, 200)]) {
            for files in [here.clone(), UserFiles::default()] {
                let log: Value = serde_json::from_str(&render(&record, &files).unwrap()).unwrap();
                let errors: Vec<String> =
                    validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
                assert!(errors.is_empty(), "{errors:#?}");
                let mut broken = log;
                broken["runs"][0]["invocations"][0]["startTimeUtc"] = json!("yesterday");
                assert!(!validator.is_valid(&broken), "the schema is in force");
            }
        }
    }

    #[test]
    fn no_control_character_is_raw() {
        let text = render(&sample::failing(), &UserFiles::default()).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
