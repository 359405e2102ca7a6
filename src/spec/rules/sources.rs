//! The texts of rules, and where in them everything was written.

use std::collections::HashMap;

use serde::Deserialize;

use super::super::error::{Problem, Problems};
use super::super::files::TextFile;
use super::super::json::{self, Json, Span};
use super::Rules;
use super::written::File;

/// A rules file as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct RuleText {
    /// Its name, for messages.
    pub name: String,
    /// Its content, TOML or JSON.
    pub text: String,
}

impl RuleText {
    /// A file that has been read.
    pub fn of(file: &TextFile) -> Self {
        RuleText { name: file.name(), text: file.text.clone() }
    }
}

/// A problem of the resolved rules: the keys and indexes in [`Rules`] that lead to it, what is wrong, what to do.
pub(in super::super) type Located = (Vec<String>, String, String);

/// A problem of a rules file: where it is, what is wrong, what to do.
pub(super) type Placed = (Place, String, String);

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Position of the file: the one that belongs to the model first, then what it extends.
    pub file: usize,
    /// Keys and indexes that lead to it.
    pub path: Vec<String>,
}

impl Place {
    /// The place of a list's element.
    pub fn of(file: usize, list: &str, index: usize) -> Self {
        Place { file, path: vec![list.to_owned(), index.to_string()] }
    }

    /// A place below this one.
    pub fn at(&self, segments: &[&str]) -> Self {
        let below = segments.iter().map(|segment| (*segment).to_owned());
        Place { file: self.file, path: self.path.iter().cloned().chain(below).collect() }
    }

    /// An element of a list below this one.
    pub fn element(&self, list: &str, index: usize) -> Self {
        self.at(&[list, &index.to_string()])
    }
}

/// The files of a contract's rules, and where the entries of its [`Rules`] stand in them.
#[derive(Debug, Default)]
pub(in super::super) struct Sources {
    /// The file that belongs to the model, then what it extends.
    pub(super) texts: Vec<RuleText>,
    places: HashMap<(&'static str, usize), Place>,
}

impl Sources {
    /// Of files whose entries are not resolved yet.
    pub(super) fn new(texts: Vec<RuleText>) -> Self {
        Sources { texts, places: HashMap::new() }
    }

    /// Notes where the entry of a list of [`Rules`] is written.
    pub(super) fn note(&mut self, list: &'static str, index: usize, place: Place) {
        self.places.insert((list, index), place);
    }

    /// Problems of the resolved rules, at the places where their entries are written.
    pub fn located(&self, found: Vec<Located>) -> Vec<Problem> {
        let placed = found.into_iter().map(|(path, message, help)| (self.place(&path), message, help));
        self.problems(placed.collect())
    }

    fn place(&self, path: &[String]) -> Place {
        let entry = path.first().zip(path.get(1).and_then(|index| index.parse::<usize>().ok()));
        let noted = entry.and_then(|(list, index)| {
            self.places.iter().find(|((known, at), _)| known == list && *at == index).map(|(_, place)| place)
        });
        let Some(place) = noted else { return Place { file: 0, path: path.to_vec() } };
        let rest = path.iter().skip(2).cloned();
        Place { file: place.file, path: place.path.iter().cloned().chain(rest).collect() }
    }

    /// Problems of the files, in the order of the files and their lines.
    pub(super) fn problems(&self, found: Vec<Placed>) -> Vec<Problem> {
        let mut all = Vec::new();
        for (file, RuleText { name, text }) in self.texts.iter().enumerate() {
            let of_file: Vec<&Placed> = found.iter().filter(|(place, ..)| place.file == file).collect();
            if of_file.is_empty() {
                continue;
            }
            let root = root(text);
            let mut problems = Problems::new(name, text);
            for (place, message, help) in of_file {
                let span = root.as_ref().map(|root| root.nearest(&place.path).span).unwrap_or_default();
                problems.add(span, message.as_str(), help.as_str());
            }
            all.extend(problems.finish(root.as_ref().filter(|_| is_json(text))));
        }
        all
    }

    /// The files as JSON values, to be compared with their schema.
    pub fn values(&self) -> Vec<serde_json::Value> {
        let read = |source: &RuleText| match is_json(&source.text) {
            true => serde_json::from_str(&source.text).ok(),
            false => toml::from_str(&source.text).ok(),
        };
        self.texts.iter().filter_map(read).collect()
    }

    /// Problems of one of the files, each with the keys and indexes that lead to it.
    pub fn of_file(&self, file: usize, found: Vec<Located>) -> Vec<Problem> {
        let placed = found.into_iter().map(|(path, message, help)| (Place { file, path }, message, help));
        self.problems(placed.collect())
    }
}

/// What to do about a file of another form.
const FORM: &str = "write the rules as `specs/rules.schema.json` describes them";

/// Whether a rules file is JSON; otherwise it is TOML.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn root(text: &str) -> Option<Json> {
    if is_json(text) { json::parse(text).ok() } else { json::parse_toml(text) }
}

/// The file that a rules file extends, as it is written; `None` also for a text that is none.
pub(in super::super) fn base_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        extends: Option<String>,
    }
    let head: Option<Head> = if is_json(text) { serde_json::from_str(text).ok() } else { toml::from_str(text).ok() };
    head?.extends
}

/// Reads a rules file.
///
/// # Errors
/// A text that is not TOML or JSON, or of another form.
pub(super) fn read(name: &str, text: &str) -> Result<File, Vec<Problem>> {
    let wrong = |span: Span, message: String| {
        let mut problems = Problems::new(name, text);
        problems.add(span, message, FORM);
        problems.finish(root(text).as_ref().filter(|_| is_json(text)))
    };
    let read = if is_json(text) { read_json(text) } else { read_toml(text) };
    let stated =
        || root(text).and_then(|root| root.get("schema").map(|value| (value.span, value.as_str().map(str::to_owned))));
    match read {
        Ok(file) if file.schema == Rules::SCHEMA => Ok(file),
        other => Err(match (stated(), other) {
            (Some((span, Some(schema))), _) if schema != Rules::SCHEMA => {
                wrong(span, format!("the rules are of the form `{schema}`, not `{}`", Rules::SCHEMA))
            }
            (_, Err((span, message))) => wrong(span, message),
            (_, Ok(_)) => wrong(Span::default(), format!("the rules are not of the form `{}`", Rules::SCHEMA)),
        }),
    }
}

fn read_json(text: &str) -> Result<File, (Span, String)> {
    json::parse(text).map_err(|error| (error.span, error.message))?;
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
        (byte(text, error.line(), error.column()), reason)
    })
}

fn read_toml(text: &str) -> Result<File, (Span, String)> {
    toml::from_str(text).map_err(|error| {
        let range = error.span().unwrap_or_default();
        (Span { start: range.start, end: range.end }, error.message().trim().to_owned())
    })
}

/// The byte at a line and column as `serde_json` counts them.
fn byte(text: &str, line: usize, column: usize) -> Span {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Span { start: at, end: at }
}
