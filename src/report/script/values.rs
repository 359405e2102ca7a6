//! Values that the target chose: where a script finds them in a response, and which later requests need them.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Unfaithful;
use super::words::snake;
use crate::record::TrailStep;
use crate::spec::Arn;

/// Shortest text that is taken for a value of the target's choice, in bytes.
const SHORTEST: usize = 8;
/// Longest one.
const LONGEST: usize = 4096;
/// What separates ARNs in a text, as the shell function `arn` reads it.
const AROUND_ARNS: [char; 9] = ['"', ',', ' ', '<', '>', '\r', '\t', '\n', '\''];
/// What separates members of JSON, as the shell function `member` reads it.
const AROUND_MEMBERS: [char; 7] = ['{', '}', ',', '[', ']', '\r', '\n'];
/// Names that the functions of a script use themselves.
const TAKEN: [&str; 8] = ["response", "status", "method", "target", "body", "code", "base", "member"];

/// How a script takes a value out of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extraction {
    /// The ARN of a resource type, counted from 1.
    Arn(String, usize),
    /// The text member of a name, counted from 1.
    Member(String, usize),
}

impl Extraction {
    /// How `value`, which is the member `name` of the JSON `body` or an ARN in a text, is taken out of it.
    fn of(body: &str, name: &str, value: &str) -> Option<Extraction> {
        let number = |all: Vec<String>| Some(all.iter().position(|one| one == value)? + 1);
        if let Some(arn) = Arn::parse(value).filter(|arn| is_word(arn.resource_type))
            && let Some(number) = number(arns(body, arn.resource_type))
        {
            return Some(Extraction::Arn(arn.resource_type.to_owned(), number));
        }
        let number = number(members(body, name)).filter(|_| is_word(name))?;
        Some(Extraction::Member(name.to_owned(), number))
    }

    /// The command that prints the value.
    fn command(&self) -> String {
        match self {
            Extraction::Arn(kind, number) => format!("arn {kind} {number}"),
            Extraction::Member(name, number) => format!("member {name} {number}"),
        }
    }

    fn variable(&self) -> String {
        match self {
            Extraction::Arn(kind, _) => format!("{}_arn", snake(kind)),
            Extraction::Member(name, _) => snake(name),
        }
    }

    fn what(&self) -> String {
        match self {
            Extraction::Arn(kind, _) => format!("ARN of a {kind}"),
            Extraction::Member(name, _) => format!("member {name}"),
        }
    }
}

/// All ARNs of a resource type in a text.
fn arns(text: &str, kind: &str) -> Vec<String> {
    let is_wanted = |word: &&str| {
        let resource = word.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4));
        resource.and_then(|resource| resource.strip_prefix(kind)).is_some_and(|rest| rest.starts_with('/'))
    };
    text.replace("\\/", "/").split(AROUND_ARNS).filter(is_wanted).map(str::to_owned).collect()
}

/// All text members of a name in JSON.
fn members(text: &str, name: &str) -> Vec<String> {
    let value = |part: &str| {
        let rest = part.trim().strip_prefix('"')?.strip_prefix(name)?.strip_prefix('"')?;
        let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.strip_suffix('"')?;
        (!value.contains('"')).then(|| value.to_owned())
    };
    text.replace("\\/", "/").split(AROUND_MEMBERS).filter_map(value).collect()
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// A variable of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The value that the run met; empty if it met none.
    pub value: String,
    /// Position of the request whose response gives it.
    step: usize,
    extraction: Extraction,
    /// Whether later requests make no sense without it.
    is_needed: bool,
    /// The resource type, if the script made it.
    pub made: Option<String>,
}

/// A resource that a step makes: position of the step, type, and ARN if the response showed it.
pub struct Product {
    /// Position of the step.
    pub step: usize,
    /// Resource type.
    pub kind: String,
    /// ARN.
    pub arn: Option<String>,
}

/// The variables of a script, in the order in which they are set.
#[derive(Debug, Default)]
pub struct Values(Vec<Variable>);

impl Values {
    /// Finds what later steps take from responses, and what must be deleted.
    ///
    /// # Errors
    /// A needed value cannot be taken out of its response with the tools of a shell.
    pub fn of(steps: &[&TrailStep], products: &[Product]) -> Result<Values, Unfaithful> {
        let mut values = Values::default();
        for (value, (position, member)) in used(steps) {
            let body = steps.get(position).map(|step| String::from_utf8_lossy(&step.response)).unwrap_or_default();
            let extraction = Extraction::of(&body, &member, &value).ok_or_else(|| {
                Unfaithful::because("A value that it needs cannot be cut out of a response with the tools of a shell.")
            })?;
            let made = products.iter().find(|product| product.arn.as_ref() == Some(&value));
            let made = made.map(|product| product.kind.clone());
            values.0.push(Variable { name: String::new(), value, step: position, extraction, is_needed: true, made });
        }
        for Product { step, kind, arn } in products {
            let is_known = arn.as_ref().is_some_and(|arn| values.0.iter().any(|known| known.value == *arn));
            if !is_known && is_word(kind) {
                let body = steps.get(*step).map(|step| String::from_utf8_lossy(&step.response)).unwrap_or_default();
                let found = arn.as_ref().and_then(|arn| Extraction::of(&body, "", arn));
                values.0.push(Variable {
                    name: String::new(),
                    value: arn.clone().unwrap_or_default(),
                    step: *step,
                    extraction: found.unwrap_or_else(|| Extraction::Arn(kind.clone(), 1)),
                    is_needed: false,
                    made: Some(kind.clone()),
                });
            }
        }
        values.0.sort_by(|one, other| (one.step, &one.value).cmp(&(other.step, &other.value)));
        values.name();
        Ok(values)
    }

    fn name(&mut self) {
        let mut known: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        for variable in &mut self.0 {
            let base = variable.extraction.variable();
            let names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}_{number}")));
            variable.name = names.into_iter().find(|name| !known.contains(name)).unwrap_or(base);
            known.insert(variable.name.clone());
        }
    }

    /// All variables.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Variable> {
        self.0.iter()
    }

    /// The commands that set the variables which a step's response gives.
    pub fn taken_from(&self, step: usize) -> String {
        let mut lines = String::new();
        for variable in self.0.iter().filter(|variable| variable.step == step) {
            let Variable { name, extraction, is_needed, .. } = variable;
            lines.push_str(&format!("{name}=$({})\n", extraction.command()));
            if *is_needed {
                lines.push_str(&format!("need \"${name}\" '{}'\n", extraction.what()));
            }
        }
        lines
    }
}

/// Values that a response gave and a later request has: where they came from, as the position of the response and the
/// name of the member.
fn used(steps: &[&TrailStep]) -> BTreeMap<String, (usize, String)> {
    let mut given: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut sent: BTreeSet<String> = BTreeSet::new();
    let mut used = BTreeMap::new();
    for (position, step) in steps.iter().enumerate() {
        for word in words_of(step) {
            if let Some(source) = given.get(&word) {
                used.insert(word.clone(), source.clone());
            }
            sent.insert(word);
        }
        for (member, value) in texts_of(step) {
            if !sent.contains(&value) {
                given.entry(value).or_insert((position, member));
            }
        }
    }
    used
}

/// The words of a request that may be values.
fn words_of(step: &TrailStep) -> Vec<String> {
    let request = &step.request;
    let body = String::from_utf8_lossy(&request.body);
    let texts = request.headers.iter().map(|(_, value)| value.as_str()).chain([body.as_ref()]);
    let plain = texts.flat_map(|text| text.split(|c| !is_plain(c))).map(str::to_owned);
    let path = request.target.split(['/', '?', '&', '=']);
    let path = path.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned());
    plain.chain(path).filter(|word| is_value(word)).collect()
}

/// The texts of a response that may be values, each with the name of its member.
fn texts_of(step: &TrailStep) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    match serde_json::from_slice::<Value>(&step.response) {
        Ok(body) => collect("", &body, &mut texts),
        Err(_) => {
            let text = String::from_utf8_lossy(&step.response).replace("\\/", "/");
            let arns = text.split(AROUND_ARNS).filter(|word| Arn::parse(word).is_some());
            texts.extend(arns.map(|arn| (String::new(), arn.to_owned())));
        }
    }
    texts.retain(|(_, text)| is_value(text));
    texts
}

fn collect(name: &str, value: &Value, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => texts.push((name.to_owned(), text.clone())),
        Value::Array(elements) => elements.iter().for_each(|element| collect(name, element, texts)),
        Value::Object(members) => members.iter().for_each(|(name, member)| collect(name, member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a text may be of the target's choice: words of the contract have no digits.
fn is_value(text: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&text.len())
        && text.chars().all(is_plain)
        && text.chars().any(|c| c.is_ascii_digit() || c == ':')
}

/// Whether a character means nothing to a shell between double quotes, to JSON, or to the functions that find values.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/+=@%".contains(c)
}
