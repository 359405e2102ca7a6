//! Text of which parts stand out: code in sentences, and the offending member in a request.

use serde::Serialize;
use serde_json::Value;

use crate::record::FindingKind;
use crate::report::record::FindingRecord;
use crate::report::sent;
use crate::report::text::{request_block, sentence, visible, visible_block};

/// Longest block of a message that is shown, in bytes.
const LONGEST_BLOCK: usize = 20_000;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Whether it stands out.
    pub marked: bool,
    /// The text.
    pub text: String,
}

/// A sentence in which what stands between backticks stands out.
pub fn prose(text: &str) -> Vec<Segment> {
    let text = sentence(&visible(text));
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return vec![Segment { marked: false, text }];
    }
    let parts = parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(position, part)| Segment { marked: position % 2 == 1, text: part.to_owned() }).collect()
}

/// The request of a finding, with the offending member marked where the request has it.
pub fn request(finding: &FindingRecord) -> Vec<Segment> {
    let plain = block(request_block(&finding.request));
    let Some(place) = sent::place(finding) else {
        return in_path(finding, plain);
    };
    let mut page = Page::default();
    page.value(&finding.request.body, 0, Some(&place));
    let body: String = page.segments.iter().map(|segment| segment.text.as_str()).collect();
    // Only a body that is written here as it is written there has marks.
    let Some(head) = plain.strip_suffix(&body) else {
        return vec![Segment { marked: false, text: plain }];
    };
    let mut segments = vec![Segment { marked: false, text: head.to_owned() }];
    segments.extend(page.segments);
    segments
}

/// A request that says everything in its path has the path marked.
fn in_path(finding: &FindingRecord, plain: String) -> Vec<Segment> {
    let path = visible(&finding.request.path);
    let is_told = !finding.member.is_empty() && finding.kind != FindingKind::NotImplemented;
    match plain.split_once(&*path) {
        Some((before, after)) if is_told && finding.request.body.is_null() && !path.is_empty() => vec![
            Segment { marked: false, text: before.to_owned() },
            Segment { marked: true, text: path.into_owned() },
            Segment { marked: false, text: after.to_owned() },
        ],
        _ => vec![Segment { marked: false, text: plain }],
    }
}

/// A block of a message, cut if it is too long.
pub fn block(text: String) -> String {
    match text.get(..text.floor_char_boundary(LONGEST_BLOCK)) {
        Some(start) if start.len() < text.len() => {
            format!("{start}\n… {} more bytes, see the JSON report", text.len() - start.len())
        }
        _ => text,
    }
}

/// JSON as `serde_json` indents it, in segments.
#[derive(Default)]
struct Page {
    segments: Vec<Segment>,
    is_marked: bool,
}

impl Page {
    fn push(&mut self, text: &str) {
        match self.segments.last_mut() {
            Some(last) if last.marked == self.is_marked => last.text.push_str(text),
            _ => self.segments.push(Segment { marked: self.is_marked, text: text.to_owned() }),
        }
    }

    /// Writes a value; `place` leads to what is marked below it.
    fn value(&mut self, value: &Value, depth: usize, place: Option<&[String]>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let entries = members
                    .iter()
                    .map(|(name, member)| (name.clone(), format!("{}: ", Value::from(name.as_str())), member));
                self.entries(["{", "}"], entries, depth, place);
            }
            Value::Array(elements) if !elements.is_empty() => {
                let entries = elements.iter().enumerate();
                let entries = entries.map(|(position, element)| (position.to_string(), String::new(), element));
                self.entries(["[", "]"], entries, depth, place);
            }
            other => self.push(&visible_block(&other.to_string())),
        }
    }

    fn entries<'v>(
        &mut self,
        brackets: [&str; 2],
        entries: impl Iterator<Item = (String, String, &'v Value)>,
        depth: usize,
        place: Option<&[String]>,
    ) {
        let [open, close] = brackets;
        self.push(open);
        for (position, (step, label, value)) in entries.enumerate() {
            self.push(if position == 0 { "\n" } else { ",\n" });
            self.push(&"  ".repeat(depth + 1));
            let rest = place.and_then(|place| place.split_first()).filter(|(first, _)| **first == step);
            let is_end = rest.is_some_and(|(_, rest)| rest.is_empty());
            let was_marked = self.is_marked;
            self.is_marked |= is_end;
            self.push(&visible_block(&label));
            self.value(value, depth + 1, rest.map(|(_, rest)| rest).filter(|rest| !rest.is_empty()));
            self.is_marked = was_marked;
        }
        self.push("\n");
        self.push(&"  ".repeat(depth));
        self.push(close);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::sample;

    fn marks(segments: &[Segment]) -> Vec<&str> {
        segments.iter().filter(|segment| segment.marked).map(|segment| segment.text.as_str()).collect()
    }

    fn finding(clause: &str, body: Value) -> FindingRecord {
        let mut finding = sample::finding("f", clause, "CreateChannel", FindingKind::AcceptedInvalid);
        finding.request.body = body;
        finding
    }

    #[test]
    fn the_offending_member_is_marked_and_nothing_is_lost() {
        let body = json!({"a": [], "tags": {"k\u{1b}": "v", "l": [1, {"m": null}]}, "z": "<b>"});
        for (clause, expected) in [
            ("CreateChannel.input.tags.type", 1),
            ("CreateChannel.input.z.pattern", 1),
            ("CreateChannel.input.absent.required", 0),
        ] {
            let finding = finding(clause, body.clone());
            let segments = request(&finding);
            assert_eq!(marks(&segments).len(), expected, "{clause}");
            let whole: String = segments.iter().map(|segment| segment.text.as_str()).collect();
            assert_eq!(whole, request_block(&finding.request));
        }
        let z = request(&finding("CreateChannel.input.z.pattern", body));
        assert_eq!(marks(&z), ["\"z\": \"<b>\""]);
    }

    #[test]
    fn elements_and_paths_are_marked() {
        let element = request(&finding("CreateChannel.input.arns.member.pattern", json!({"arns": ["x"]})));
        assert_eq!(marks(&element), ["\"x\""]);
        let mut in_path = finding("CreateChannel.input.resourceArn.pattern", Value::Null);
        in_path.member = "Request$resourceArn".to_owned();
        assert_eq!(marks(&request(&in_path)), ["/CreateChannel"]);
    }

    #[test]
    fn code_stands_out_in_sentences() {
        assert_eq!(marks(&prose("`a` is not `b`")), ["a", "b"]);
        assert!(marks(&prose("a ` alone")).is_empty());
    }

    #[test]
    fn long_blocks_are_cut_between_characters() {
        let text = block("ä".repeat(LONGEST_BLOCK));
        assert!(text.ends_with("… 20000 more bytes, see the JSON report"), "{}", &text[text.len() - 60..]);
    }
}
