//! SARIF 2.1.0: rules are clauses, results are findings, and each points to the line of the contract file that the
//! target contradicts.

mod place;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::json::without_raw_controls;
use super::record::{BaselineStatus, FindingRecord, Record};
use super::text::{reproduce, visible};
use super::verdict::Weight;
use place::Places;

/// The contract's files that results point into.
#[derive(Debug, Clone)]
pub struct ContractFile {
    /// The model.
    pub model: Source,
    /// The rules that stand beside it, if there are any.
    pub rules: Option<Source>,
}

/// A file that a result points into.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path, relative to the repository if it is there.
    pub uri: String,
    /// Its text; empty if it is not at hand, and then results point to its beginning.
    pub text: String,
}

/// Writes a record as SARIF.
pub fn render(record: &Record, contract: &ContractFile) -> Result<String, serde_json::Error> {
    let places = Places::new(&contract.model.text);
    let mut rules: BTreeMap<&str, &FindingRecord> = BTreeMap::new();
    for finding in &record.findings {
        rules.entry(&finding.clause).or_insert(finding);
    }
    let positions: HashMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    let results: Vec<Value> = record
        .findings
        .iter()
        .map(|finding| {
            let place = place(contract, &places, &finding.clause);
            result(record, finding, positions.get(finding.clause.as_str()).copied(), place)
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": record.tool.name,
                "version": record.tool.version,
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": record.stopped_early.is_none(),
                "startTimeUtc": record.started_at,
            }],
            "artifacts": artifacts(record, contract),
            "automationDetails": {"id": format!("ivs-conformance/{}/", visible(&record.contract.service))},
            "columnKind": "unicodeCodePoints",
            "properties": {
                "endpoint": visible(&record.target.endpoint),
                "seed": record.seed,
                "profile": record.profile,
            },
            "results": results,
        }],
    });
    Ok(without_raw_controls(&serde_json::to_string_pretty(&log)?) + "\n")
}

/// The model, and behind it the rules.
fn artifacts(record: &Record, contract: &ContractFile) -> Vec<Value> {
    let model = json!({
        "location": {"uri": uri(&contract.model.uri)},
        "hashes": {"sha-256": record.contract.sha256},
    });
    let rules = contract.rules.iter().map(|rules| json!({"location": {"uri": uri(&rules.uri)}}));
    std::iter::once(model).chain(rules).collect()
}

/// The line of the model that a clause stands on, or of the rules if it is one of them.
fn place(contract: &ContractFile, places: &Places, clause: &str) -> Value {
    let in_rules = contract.rules.as_ref().and_then(|rules| Some((rules, place::quoted_line(&rules.text, clause)?)));
    let (source, index, line) = match in_rules.filter(|_| !places.knows(clause)) {
        Some((rules, line)) => (rules, 1, line),
        None => (&contract.model, 0, places.line(clause)),
    };
    json!({"artifactLocation": {"uri": uri(&source.uri), "index": index}, "region": {"startLine": line}})
}

fn rule(finding: &FindingRecord) -> Value {
    json!({
        "id": visible(&finding.clause),
        "shortDescription": {"text": visible(&finding.clause)},
        "fullDescription": {"text": visible(&finding.expected)},
        "help": {"text": format!(
            "Section: {}. More: ivs-conformance explain {}",
            visible(&finding.section),
            visible(&finding.clause)
        )},
        "properties": {"tier": finding.tier},
    })
}

fn result(record: &Record, finding: &FindingRecord, rule: Option<usize>, place: Value) -> Value {
    let weight = record.weight(finding);
    let mut result = json!({
        "ruleId": visible(&finding.clause),
        "kind": "fail",
        "level": if weight == Weight::Counts { "error" } else { "note" },
        "message": {"text": format!(
            "{}: expected {}; observed {}",
            finding.kind.id(),
            visible(&finding.expected),
            visible(&finding.observed)
        )},
        "locations": [{
            "physicalLocation": place,
            "logicalLocations": [{"fullyQualifiedName": visible(&finding.clause), "kind": "member"}],
        }],
        "partialFingerprints": {"ivsConformanceFinding/v1": visible(&finding.id)},
        "occurrenceCount": finding.occurrences.max(1),
        "properties": {
            "operation": visible(&finding.operation),
            "kind": finding.kind,
            "tier": finding.tier,
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

    fn contract() -> ContractFile {
        let source = |uri: &str, text: &str| Source { uri: uri.to_owned(), text: text.to_owned() };
        ContractFile {
            model: source("specs/my model.json", include_str!("../../specs/ivs-2020-07-14.json")),
            rules: Some(source("specs/rules.json", "{\n \"rules\": [\n  {\"id\": \"rule.tags-merge\"}]}")),
        }
    }

    #[test]
    fn findings_point_into_the_contract() {
        let text = render(&sample::failing(), &contract()).unwrap();
        let log: Value = serde_json::from_str(&text).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), 5);
        assert_eq!(run["artifacts"][0]["location"]["uri"], "specs/my%20model.json");
        for result in run["results"].as_array().unwrap() {
            let rule = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
            assert!(result["partialFingerprints"]["ivsConformanceFinding/v1"].is_string());
        }
        let line = run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
        let text = contract().model.text;
        assert!(text.lines().nth(line as usize - 1).unwrap().contains("\"max\""), "line {line}");
        let rule = run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "rule.tags-merge");
        let place = &rule.unwrap()["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], json!({"uri": "specs/rules.json", "index": 1}));
        assert_eq!(place["region"]["startLine"], 3);
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
        let nowhere = ContractFile { model: Source { uri: "ivs.json".to_owned(), text: String::new() }, rules: None };
        for record in sample::all().into_iter().chain([known, sample::large(50, 200)]) {
            for contract in [contract(), nowhere.clone()] {
                let log: Value = serde_json::from_str(&render(&record, &contract).unwrap()).unwrap();
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
        let text = render(&sample::failing(), &contract()).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
