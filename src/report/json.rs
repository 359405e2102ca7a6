//! The record as JSON: pretty, in a stable order, safe to print.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::record::Record;
use super::text::is_deceptive;

/// Writes a record as JSON, with a line break at the end, piece by piece: the text is never in memory as a whole.
pub fn write(record: &Record, to: &mut dyn Write) -> io::Result<()> {
    let mut pieces = WithoutRawControls(to);
    serde_json::to_writer_pretty(&mut pieces, record)?;
    pieces.0.write_all(b"\n")
}

/// The same as a text.
pub fn render(record: &Record) -> io::Result<String> {
    let mut text = Vec::new();
    write(record, &mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// Passes JSON on without raw control characters. It is written in pieces of whole characters, as `serde_json` does.
struct WithoutRawControls<'w>(&'w mut dyn Write);

impl Write for WithoutRawControls<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(piece).map_err(io::Error::other)?;
        let is_plain = piece.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
        match !is_plain && text.contains(|c| c != '\n' && is_deceptive(c)) {
            true => self.0.write_all(without_raw_controls(text).as_bytes())?,
            false => self.0.write_all(piece)?,
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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

    /// Notes the length of the longest piece.
    struct Longest(usize);

    impl io::Write for Longest {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0 = self.0.max(piece.len());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_piece_is_longer_than_a_string_of_the_record() {
        let mut record = sample::failing();
        record.findings = vec![record.findings[0].clone(); 100];
        let mut longest = Longest(0);
        write(&record, &mut longest).unwrap();
        let finding = &record.findings[0];
        assert!(longest.0 <= finding.curl.len().max(1 << 10), "{}", longest.0);
        let plain = serde_json::to_string_pretty(&record).unwrap();
        assert_eq!(render(&record).unwrap(), without_raw_controls(&plain) + "\n");
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
