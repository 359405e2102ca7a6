//! Reads a recording of either form as a stream.

use std::io::{self, BufRead, Read};

use super::har;
use super::line::Line;
use super::recorded::Recorded;

/// Longest line that is read, in bytes.
const LONGEST_LINE: u64 = 64 << 20;
/// What some editors and recorders put before the text. Source: Unicode, "byte order mark".
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a recording could not be read to its end. What was handed over before stays.
#[derive(Debug)]
pub enum ReadError {
    /// The file cannot be read.
    Io(io::Error),
    /// What stands there is not a recording.
    Broken {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1; 0 if the whole line is meant.
        column: usize,
        /// What is wrong, in one phrase.
        problem: String,
    },
}

impl ReadError {
    fn of_json(error: &serde_json::Error, line: Option<usize>) -> ReadError {
        let text = error.to_string();
        let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
        match error.io_error_kind() {
            Some(kind) => ReadError::Io(kind.into()),
            None => ReadError::Broken { line: line.unwrap_or(error.line()), column: error.column(), problem },
        }
    }
}

/// Reads a recording and hands over its exchanges in order, one at a time: memory does not grow with the file. It is HAR
/// if it begins with an object that begins with `log`, else every line is one exchange.
///
/// # Errors
/// The source cannot be read, or is not a recording from some place on.
pub fn read(mut source: impl BufRead, each: &mut dyn FnMut(Recorded)) -> Result<(), ReadError> {
    let head = source.fill_buf().map_err(ReadError::Io)?;
    if head.starts_with(BYTE_ORDER_MARK) {
        source.consume(BYTE_ORDER_MARK.len());
    }
    let head = source.fill_buf().map_err(ReadError::Io)?;
    match is_har(head) {
        true => har::read(source, each).map_err(|error| ReadError::of_json(&error, None)),
        false => lines(source, each),
    }
}

/// Whether a text begins as HAR does. A line of the other form begins with another name.
fn is_har(head: &[u8]) -> bool {
    let Some(members) = head.trim_ascii_start().strip_prefix(b"{") else { return false };
    let name = members.trim_ascii_start();
    // HAR may have other members before `log`, and only HAR has its first member on a line of its own.
    name.starts_with(b"\"log\"") || (members.trim_ascii_start().len() < members.len() && has_break(members, name))
}

fn has_break(members: &[u8], name: &[u8]) -> bool {
    let space = members.get(..members.len() - name.len()).unwrap_or_default();
    space.contains(&b'\n')
}

fn lines(mut source: impl BufRead, each: &mut dyn FnMut(Recorded)) -> Result<(), ReadError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = source.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(ReadError::Io)?;
        if read == 0 {
            break;
        }
        if read as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            let problem = format!("the line is longer than the {LONGEST_LINE} bytes that are read");
            return Err(ReadError::Broken { line: number, column: 0, problem });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let parsed: Line = serde_json::from_slice(&line).map_err(|error| ReadError::of_json(&error, Some(number)))?;
        let recorded = parsed.recorded().map_err(|problem| ReadError::Broken { line: number, column: 0, problem })?;
        each(recorded);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use serde_json::json;

    use super::*;
    use crate::wire::Coding;

    fn all(text: &[u8]) -> (Vec<Recorded>, Result<(), ReadError>) {
        let mut found = Vec::new();
        let result = read(text, &mut |recorded| found.push(recorded));
        (found, result)
    }

    fn entry(content: serde_json::Value) -> serde_json::Value {
        json!({
            "startedDateTime": "2026-01-02T03:04:05.000+01:00",
            "time": 12.5,
            "request": {
                "method": "post",
                "url": "https://ivs.us-east-1.amazonaws.com/GetChannel",
                "headers": [{"name": ":authority", "value": "x"}, {"name": "Content-Type", "value": "application/json"}],
                "postData": {"mimeType": "application/json", "text": "{\"arn\":\"a\"}"}
            },
            "response": {"status": 200, "headers": [{"name": "Content-Encoding", "value": "gzip"}], "content": content}
        })
    }

    fn har(content: serde_json::Value) -> Vec<u8> {
        json!({"log": {"version": "1.2", "entries": [entry(content)], "creator": {"name": "x"}}}).to_string().into()
    }

    #[test]
    fn bodies_are_text_or_base64_with_or_without_their_coding() {
        use base64::Engine;
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(b"{\"a\":1}").unwrap();
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        for content in [
            json!({"size": 7, "text": "{\"a\":1}"}),
            json!({"size": 7, "text": encode(b"{\"a\":1}"), "encoding": "base64"}),
            json!({"size": 7, "text": encode(&packed.finish().unwrap()), "encoding": "base64"}),
        ] {
            let (found, result) = all(&har(content));
            result.unwrap();
            let [recorded] = &found[..] else { panic!("{found:?}") };
            let response = recorded.response.as_ref().unwrap();
            assert_eq!((&response.body[..], response.coding), (&b"{\"a\":1}"[..], Coding::Decoded));
            assert_eq!(recorded.request.headers, [("content-type".into(), "application/json".into())]);
            assert!(recorded.has_request_body && recorded.has_response_body && recorded.span.is_some());
        }
    }

    #[test]
    fn what_a_recording_does_not_have_is_not_made_up() {
        let (found, result) = all(&har(json!({"size": 100, "mimeType": "application/json"})));
        result.unwrap();
        assert!(!found[0].has_response_body);
        let (found, _) = all(&har(json!({"size": 0})));
        assert!(found[0].has_response_body && found[0].response.as_ref().unwrap().body.is_empty());
        let aborted =
            br#"{"log": {"entries": [{"request": {"method": "GET", "url": "http://a/"}, "response": {"status": 0}}]}}"#;
        let (found, result) = all(aborted);
        result.unwrap();
        assert!(found[0].response.is_none() && !found[0].has_request_body);
    }

    #[test]
    fn lines_are_exchanges() {
        let text = concat!(
            r#"{"method":"POST","path":"/GetChannel","request_body":{"arn":"a"},"status":200,"response_body":"{}"}"#,
            "\n\n",
            r#"{"method":"POST","url":"http://h:1/x","request_headers":{"A":["1","2"]},"status":204,"response_body_base64":""}"#,
        );
        let (found, result) = all(text.as_bytes());
        result.unwrap();
        assert_eq!((found.len(), &found[0].request.body[..]), (2, &br#"{"arn":"a"}"#[..]));
        assert_eq!((found[1].request.headers.len(), found[1].has_request_body), (2, false));
        assert_eq!(found[1].origin.as_deref(), Some("http://h:1"));
    }

    #[test]
    fn what_is_broken_is_named_with_its_place_and_what_came_before_is_kept() {
        let whole = String::from_utf8(har(json!({"text": "{}"}))).unwrap();
        let twice = whole.replace("\"entries\":[", &format!("\"entries\":[{},\n", entry(json!({"text": "{}"}))));
        let (found, result) = all(&twice.as_bytes()[..twice.len() - 60]);
        assert_eq!(found.len(), 1);
        assert!(matches!(result, Err(ReadError::Broken { line: 2, column, .. }) if column > 0), "{result:?}");
        for (text, line) in [
            ("{\"method\":\"GET\",\"path\":\"/\",\"status\":200}\n{\"method\":", 2),
            ("{\"method\":\"GET\",\"path\":\"x\"}", 1),
            ("{\"method\":\"GET\",\"path\":\"/\",\"sattus\":200}", 1),
            ("<html>", 1),
            ("{\"log\": {\"version\": \"1.2\"}}", 1),
            ("{\n\"a\": 1\n}", 3),
        ] {
            let (_, result) = all(text.as_bytes());
            assert!(matches!(&result, Err(ReadError::Broken { line: l, .. }) if *l == line), "{text}: {result:?}");
        }
    }
}
