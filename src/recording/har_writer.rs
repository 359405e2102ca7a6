//! Writes HAR 1.2 as a stream: after every entry the file is complete, whatever happens next.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::har::coding_name;
use crate::wire::{Exchange, Reply, Response, Text};

/// What stands behind the last entry.
const END: &str = "\n]}}\n";

/// How a request was sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'s> {
    /// Base URL of the target.
    pub endpoint: &'s str,
    /// When.
    pub began: SystemTime,
    /// Region that it was meant for; `None` if it had another caller or another signature than the others.
    pub region: Option<&'s str>,
}

/// Writes exchanges into a HAR file. It writes what it is given: secrets must be gone already.
#[derive(Debug)]
pub struct HarWriter {
    file: File,
    /// Where the next entry goes; `None` in a file that cannot be written at a place of one's choice, such as a pipe.
    place: Option<u64>,
    entries: u64,
}

impl HarWriter {
    /// Begins a recording in an empty file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(file: File) -> io::Result<HarWriter> {
        let creator = json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")});
        let head = format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[\n");
        let is_regular = file.metadata()?.is_file();
        if is_regular {
            file.set_len(0)?;
        }
        let mut writer = HarWriter { file, place: is_regular.then_some(0), entries: 0 };
        writer.append(&head)?;
        Ok(writer)
    }

    /// Adds an exchange.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, sent: &Sent<'_>, exchange: &Exchange) -> io::Result<()> {
        let separator = if self.entries == 0 { "" } else { ",\n" };
        self.entries += 1;
        self.append(&format!("{separator}{}", entry(sent, exchange)))
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.place.is_none() {
            self.file.write_all(END.as_bytes())?;
        }
        self.file.flush()
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        let Some(place) = self.place else { return self.file.write_all(text.as_bytes()) };
        self.file.seek(SeekFrom::Start(place))?;
        self.file.write_all(format!("{text}{END}").as_bytes())?;
        self.place = Some(place + text.len() as u64);
        Ok(())
    }
}

fn entry(how: &Sent<'_>, exchange: &Exchange) -> Value {
    let endpoint = how.endpoint;
    let request = &exchange.request;
    let milliseconds = exchange.elapsed.as_secs_f64() * 1000.0;
    let content_type = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let mut sent = json!({
        "method": request.method.as_str(),
        "url": format!("{endpoint}{}", request.target),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query(&request.target),
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty()
        && let Some(members) = sent.as_object_mut()
    {
        let mut data = text(&request.body);
        data["mimeType"] = Value::from(content_type.map_or("", |(_, value)| value.as_str()));
        members.insert("postData".to_owned(), data);
    }
    let mut entry = json!({
        "startedDateTime": jiff::Timestamp::try_from(how.began).map(|time| time.to_string()).unwrap_or_default(),
        "time": milliseconds,
        "request": sent,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    });
    if let Some(region) = how.region {
        entry["_region"] = Value::from(region);
    }
    match &exchange.reply {
        Reply::Response(response) => entry["response"] = answer(response),
        Reply::Failure(failure) => {
            // As browsers write what got no response.
            entry["response"] = json!({
                "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
                "content": {"size": 0, "mimeType": ""}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
                "_error": failure.detail,
            });
        }
    }
    entry
}

fn answer(response: &Response) -> Value {
    let mut content = text(&response.body);
    content["size"] = Value::from(response.body.len());
    content["mimeType"] = Value::from(response.header("content-type").unwrap_or_default());
    if response.header("content-encoding").is_some() {
        content["_coding"] = Value::from(coding_name(response.coding));
    }
    if response.is_truncated {
        content["_truncated"] = Value::from(true);
    }
    json!({
        "status": response.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&response.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    })
}

/// A body as text, or as base64 if it is not UTF-8.
fn text(body: &[u8]) -> Value {
    match std::str::from_utf8(body) {
        Ok(text) => json!({"text": text}),
        Err(_) => json!({"text": STANDARD.encode(body), "encoding": "base64"}),
    }
}

fn headers(headers: &[(Text, Text)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({"name": name.as_str(), "value": value.as_str()})).collect()
}

fn query(target: &str) -> Vec<Value> {
    let (_, query) = target.split_once('?').unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| json!({"name": name, "value": value})).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::super::read;
    use super::*;
    use crate::wire::{Coding, FailureKind, Request, TransportFailure};

    fn exchange(reply: Reply) -> Exchange {
        let headers = vec![("content-type".into(), "application/json".into())];
        let request = Request { method: "POST".into(), target: "/A?b=c%20d".into(), headers, body: "{}".into() };
        Exchange { request, reply, elapsed: Duration::from_millis(3), repeats: 0 }
    }

    fn response(body: &'static [u8]) -> Reply {
        let headers = vec![("x".into(), "y".into())];
        // A HAR has bodies as they are without their coding.
        let coding = Coding::Decoded;
        Reply::Response(Response { status: 200, headers, body: body.into(), is_truncated: false, coding })
    }

    #[test]
    fn a_recording_is_whole_after_every_entry_and_reads_back() {
        let path = std::env::temp_dir().join(format!("ivs-conformance-writer-{}.har", std::process::id()));
        let mut writer = HarWriter::new(File::create(&path).unwrap()).unwrap();
        let failure = TransportFailure { kind: FailureKind::Closed, detail: "closed".to_owned() };
        let all = [response(b"{\"a\":1}"), response(b"\xff\xfe"), Reply::Failure(failure)].map(exchange);
        for (number, exchange) in all.iter().enumerate() {
            let endpoint = "http://127.0.0.1:1";
            let sent = Sent { endpoint, began: SystemTime::UNIX_EPOCH, region: Some("eu-west-1") };
            writer.write(&sent, exchange).unwrap();
            let mut found = Vec::new();
            read(&std::fs::read(&path).unwrap()[..], &mut |recorded| found.push(recorded)).unwrap();
            assert_eq!(found.len(), number + 1);
            let last = found.last().unwrap();
            assert_eq!((&last.request, last.response.as_ref()), (&exchange.request, exchange.response()));
            assert_eq!(last.origin.as_deref(), Some("http://127.0.0.1:1"));
            assert_eq!((last.span.unwrap().ended, last.region.as_deref()), (3000, Some("eu-west-1")));
        }
        writer.finish().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}
