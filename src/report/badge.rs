//! A badge in the JSON format of the endpoint of shields.io. Source: <https://shields.io/badges/endpoint-badge>.

use serde::Serialize;

use super::json::without_raw_controls;
use super::record::Record;
use super::text::visible;
use super::verdict::Verdict;

/// What shields.io reads.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    schema_version: u8,
    label: String,
    message: String,
    color: &'static str,
}

/// Writes the badge of a record: the share of upheld clauses, coloured by the verdict.
pub fn render(record: &Record) -> Result<String, serde_json::Error> {
    let badge = Badge {
        schema_version: 1,
        label: format!("{} conformance", visible(&record.contract.service)),
        message: message(record),
        color: match record.verdict() {
            Verdict::Conforms => "brightgreen",
            Verdict::Diverges => "red",
            Verdict::CouldNotTest => "lightgrey",
        },
    };
    Ok(without_raw_controls(&serde_json::to_string_pretty(&badge)?) + "\n")
}

/// A run of a part of the contract says so: its share is not that of the whole.
fn message(record: &Record) -> String {
    if record.verdict() == Verdict::CouldNotTest {
        return "could not test".to_owned();
    }
    let clauses = match (record.selection.is_everything(), record.shard.as_str()) {
        (true, "1/1") => "clauses".to_owned(),
        (false, "1/1") => "selected clauses".to_owned(),
        (_, shard) => format!("clauses of shard {}", visible(shard)),
    };
    format!("{} % of {clauses} upheld", record.score().percent())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::sample;

    fn badge(record: &Record) -> Value {
        serde_json::from_str(&render(record).unwrap()).unwrap()
    }

    #[test]
    fn the_colour_is_that_of_the_verdict() {
        let failing = json!({
            "schemaVersion": 1,
            "label": "ivs conformance",
            "message": "14 % of clauses upheld",
            "color": "red",
        });
        assert_eq!(badge(&sample::failing()), failing);
        assert_eq!(badge(&sample::clean())["color"], "brightgreen");
        let mut stopped = sample::clean();
        stopped.stopped_early = Some("interrupted".to_owned());
        assert_eq!(
            (&badge(&stopped)["message"], &badge(&stopped)["color"]),
            (&json!("could not test"), &json!("lightgrey"))
        );
    }

    #[test]
    fn a_part_of_the_contract_is_not_shown_as_the_whole() {
        let mut part = sample::failing();
        part.selection.only = vec!["GetChannel.*".to_owned()];
        assert_eq!(badge(&part)["message"], "14 % of selected clauses upheld");
        part.shard = "2/3".to_owned();
        assert_eq!(badge(&part)["message"], "14 % of clauses of shard 2/3 upheld");
    }
}
