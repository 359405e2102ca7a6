//! Where in the text of a Smithy model a clause stands.

use std::collections::HashMap;

use serde_json::Value;

/// Lines of a model's text by JSON pointer, and the model to follow references through.
#[derive(Debug, Default)]
pub struct Places {
    model: Value,
    lines: HashMap<String, usize>,
}

impl Places {
    /// Reads a model's text; of a text that is no JSON no place is known.
    pub fn new(text: &str) -> Places {
        match serde_json::from_str(text) {
            Ok(model) => Places { model, lines: lines(text) },
            Err(_) => Places::default(),
        }
    }

    /// Whether the clause stands in the model at all.
    pub fn knows(&self, clause: &str) -> bool {
        self.pointer(clause).is_some()
    }

    /// The line of a clause, or of what comes closest to it; the first line if nothing does.
    pub fn line(&self, clause: &str) -> usize {
        let mut pointer = self.pointer(clause).unwrap_or_default();
        loop {
            if let Some(line) = self.lines.get(&pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(end) => pointer.truncate(end),
                None => return 1,
            }
        }
    }

    fn pointer(&self, clause: &str) -> Option<String> {
        let (operation, rest) = clause.split_once('.')?;
        let shape = self.shape_of(operation)?;
        let (side, path) = rest.split_once('.').unwrap_or((rest, ""));
        let below = match side {
            "input" | "output" => return self.member(&shape, side, path).or(Some(shape)),
            "error" => self.error(&shape, path),
            "status" => Some(format!("{shape}/traits/smithy.api#http")),
            _ => Some(format!("{shape}/output")),
        };
        below.or(Some(shape))
    }

    /// Pointer to the shape of that name, whatever its namespace.
    fn shape_of(&self, name: &str) -> Option<String> {
        let shapes = self.model.get("shapes")?.as_object()?;
        let id = shapes.keys().find(|id| id.rsplit('#').next() == Some(name))?;
        Some(pointer_to(id))
    }

    fn error(&self, shape: &str, code: &str) -> Option<String> {
        let errors = self.model.pointer(&format!("{shape}/errors"))?.as_array()?;
        let is_it = |error: &Value| error["target"].as_str().and_then(|id| id.rsplit('#').next()) == Some(code);
        Some(format!("{shape}/errors/{}", errors.iter().position(is_it)?))
    }

    /// Follows a path of members below an operation's input or output to the trait of its constraint.
    fn member(&self, operation: &str, side: &str, path: &str) -> Option<String> {
        let target = |pointer: &str| Some(pointer_to(self.model.pointer(pointer)?.get("target")?.as_str()?));
        let mut shape = target(&format!("{operation}/{side}"))?;
        let mut member = format!("{operation}/{side}");
        for part in path.split('.') {
            let places = [format!("{shape}/members/{}", escape(part)), format!("{shape}/{}", escape(part))];
            match places
                .into_iter()
                .find(|place| self.model.pointer(place).is_some_and(|value| value.get("target").is_some()))
            {
                Some(place) => {
                    shape = target(&place).unwrap_or_default();
                    member = place;
                }
                None => break,
            }
        }
        let trait_name = match path.rsplit('.').next()? {
            "required" => "smithy.api#required",
            "pattern" => "smithy.api#pattern",
            "max" | "min" if path.contains(".length.") => "smithy.api#length",
            "max" | "min" => "smithy.api#range",
            "enum" => {
                return Some(format!("{shape}/members"))
                    .filter(|place| self.lines.contains_key(place))
                    .or(Some(member));
            }
            _ => return Some(member),
        };
        let bound = path.rsplit('.').next().filter(|word| matches!(*word, "max" | "min"));
        let bound = bound.map(|word| format!("/{word}")).unwrap_or_default();
        let places = [&member, &shape].map(|owner| format!("{owner}/traits/{trait_name}{bound}"));
        places.into_iter().find(|place| self.lines.contains_key(place)).or(Some(member))
    }
}

/// The line of a JSON text on which a string first stands alone in its quotes.
pub fn quoted_line(text: &str, string: &str) -> Option<usize> {
    let quoted = format!("\"{string}\"");
    text.lines().position(|line| line.contains(&quoted)).map(|line| line + 1)
}

fn pointer_to(shape_id: &str) -> String {
    format!("/shapes/{}", escape(shape_id))
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The line of every member and element of a JSON text that is known to be valid.
fn lines(text: &str) -> HashMap<String, usize> {
    let mut lines = HashMap::new();
    let mut stack: Vec<Level> = Vec::new();
    let mut line = 1;
    let mut rest = text.char_indices();
    while let Some((start, c)) = rest.next() {
        match c {
            '\n' => line += 1,
            '{' | '[' => {
                note(&mut lines, &stack, line);
                stack.push(if c == '{' { Level::Object(None) } else { Level::Array(0) });
            }
            '}' | ']' => drop(stack.pop()),
            ',' => match stack.last_mut() {
                Some(Level::Array(position)) => *position += 1,
                Some(Level::Object(key)) => *key = None,
                None => {}
            },
            '"' => {
                let end = string_end(&mut rest, start);
                match stack.last_mut() {
                    Some(Level::Object(key @ None)) => {
                        let name: Option<String> = serde_json::from_str(text.get(start..end).unwrap_or_default()).ok();
                        *key = name;
                        note(&mut lines, &stack, line);
                    }
                    _ => note(&mut lines, &stack, line),
                }
            }
            _ => {}
        }
    }
    lines
}

#[derive(Debug)]
enum Level {
    Object(Option<String>),
    Array(usize),
}

/// The first line of a value is that of its key.
fn note(lines: &mut HashMap<String, usize>, stack: &[Level], line: usize) {
    let pointer: String = stack
        .iter()
        .map(|level| match level {
            Level::Object(key) => format!("/{}", escape(key.as_deref().unwrap_or_default())),
            Level::Array(position) => format!("/{position}"),
        })
        .collect();
    lines.entry(pointer).or_insert(line);
}

fn string_end(rest: &mut std::str::CharIndices<'_>, start: usize) -> usize {
    let mut end = start + 1;
    let mut is_escaped = false;
    for (position, c) in rest.by_ref() {
        end = position + c.len_utf8();
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => break,
            _ => {}
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = include_str!("../../../specs/ivs-2020-07-14.json");

    fn line_of(clause: &str) -> &'static str {
        MODEL.lines().nth(Places::new(MODEL).line(clause) - 1).unwrap_or_default().trim()
    }

    #[test]
    fn a_clause_stands_where_its_trait_stands() {
        assert!(line_of("CreateChannel.input.name.length.max").starts_with("\"max\": 128"));
        assert!(line_of("BatchGetChannel.input.arns.member.pattern").starts_with("\"smithy.api#pattern\": \"^arn"));
        assert!(line_of("GetChannel.input.arn.required").starts_with("\"smithy.api#required\""));
        assert!(line_of("DeleteChannel.status").starts_with("\"smithy.api#http\""));
        assert!(line_of("GetChannel.output.channel.type.enum").starts_with("\"members\""));
        assert!(line_of("CreateStreamKey.error.ServiceQuotaExceededException").contains('{'));
        assert!(line_of("GetChannel.output.channel.authorized.type").starts_with("\"authorized\""));
    }

    #[test]
    fn what_has_no_place_is_on_the_first_line() {
        assert_eq!(Places::new(MODEL).line("rule.tags-merge"), 1);
        assert_eq!(Places::new("not JSON").line("CreateChannel.status"), 1);
    }

    #[test]
    fn lines_are_those_of_the_keys() {
        let lines = lines("{\n \"a\": [\n  1,\n  {\"b\\\"/c\": 2}\n ],\n \"d\": \"x\"\n}");
        assert_eq!(lines["/a"], 2);
        assert_eq!(lines["/a/1/b\"~1c"], 4);
        assert_eq!(lines["/d"], 6);
    }
}
