//! The record as JSON: pretty, in a stable order, safe to print.

use std::fmt::Write;

use super::record::Record;
use super::text::is_deceptive;

/// Writes a record as JSON, with a line break at the end.
pub fn render(record: &Record) -> Result<String, serde_json::Error> {
    Ok(without_raw_controls(&serde_json::to_string_pretty(record)?) + "\n")
}

/// Escapes what JSON allows raw in strings and terminals obey (DEL, C1 controls, bidirectional overrides) or nobody
/// sees. Such characters stand nowhere else in JSON but for line breaks, so the value stays the same.
pub fn without_raw_controls(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_deceptive(c) {
            safe.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::record::Record;
    use crate::report::sample;

    #[test]
    fn what_is_written_reads_back_equal() {
        for record in sample::all() {
            let json = render(&record).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
        }
    }

    #[test]
    fn no_control_character_is_raw() {
        let json = render(&sample::failing()).unwrap();
        assert!(json.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(json.contains("\\u009b"));
    }

    #[test]
    fn every_sample_satisfies_the_published_schema() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../specs/report.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for record in sample::all() {
            let value = serde_json::to_value(&record).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
        }
    }

    #[test]
    fn the_schema_is_strict() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../specs/report.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = serde_json::to_value(sample::failing()).unwrap();
        for (pointer, bad) in [
            ("/schema", serde_json::json!("ivs-conformance/report/2")),
            ("/findings/0/kind", serde_json::json!("odd")),
            ("/findings/0/baseline", serde_json::json!("maybe")),
            ("/clauses/0/verdict", serde_json::json!("passed")),
            ("/summary/requests", serde_json::json!(-1)),
            ("/contract/sha256", serde_json::json!("short")),
            ("/shard", serde_json::json!("1")),
        ] {
            let mut value = good.clone();
            *value.pointer_mut(pointer).unwrap() = bad;
            assert!(!validator.is_valid(&value), "{pointer}");
        }
    }
}
