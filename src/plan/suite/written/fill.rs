//! Parameters: `<name>` in texts and keys, and `for`, which repeats an element of a list.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use toml::Spanned;
use toml::de::DeValue;

use super::Flaws;
use super::tree::{Node, Table, list, text};
use crate::spec::did_you_mean;

/// Most values that one file may expand to: far more than any suite has, and little enough for any machine.
const MOST_VALUES: usize = 200_000;
/// Largest number that a range like `"1..5"` may end with.
const LARGEST: usize = 999;

/// The numbers of ranges as texts.
static NUMBERS: LazyLock<Vec<String>> = LazyLock::new(|| (0..=LARGEST).map(|number| number.to_string()).collect());

/// How many more values a file may expand to.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    /// Whether the file expands to no more values; that was noted.
    pub fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget(MOST_VALUES)
    }
}

/// Puts values in the place of parameters.
pub(super) struct Filler<'f, 't> {
    /// The parameters with their values.
    pub values: BTreeMap<String, Node<'t>>,
    /// Parameters that were needed.
    pub used: BTreeSet<String>,
    /// What has these parameters, for messages.
    pub owner: String,
    pub budget: &'f mut Budget,
    pub flaws: &'f mut Flaws,
}

impl<'t> Filler<'_, 't> {
    /// The value with every parameter replaced and every loop unrolled.
    pub fn fill(&mut self, node: &Node<'t>) -> Node<'t> {
        if self.budget.is_spent() {
            return node.clone();
        }
        self.budget.0 -= 1;
        if self.budget.is_spent() {
            self.flaws.add(node.span(), "the file expands to too many values", "use fewer cases, loops or fixtures");
        }
        let place = node.span();
        match node.get_ref() {
            DeValue::String(template) => match whole(template).map(|name| (name, self.values.get(name).cloned())) {
                Some((name, Some(value))) => {
                    self.used.insert(name.to_owned());
                    value
                }
                _ => text(place.clone(), self.inline(template, &place)),
            },
            DeValue::Array(elements) => {
                let elements = elements.iter().flat_map(|element| self.element(element)).collect();
                list(place, elements)
            }
            DeValue::Table(table) => Spanned::new(place, DeValue::Table(self.table(table))),
            _ => node.clone(),
        }
    }

    fn table(&mut self, table: &Table<'t>) -> Table<'t> {
        let mut filled = Table::new();
        for (key, value) in table.iter() {
            let name = self.inline(key.get_ref(), &key.span());
            filled.insert(Spanned::new(key.span(), name), self.fill(value));
        }
        filled
    }

    /// An element of a list; one with `for` once for each value.
    fn element(&mut self, node: &Node<'t>) -> Vec<Node<'t>> {
        let repeats = node.get_ref().as_table().and_then(|table| Some((table, table.get("for")?)));
        let Some((table, repeats)) = repeats else { return vec![self.fill(node)] };
        let Some((variable, values)) = self.loop_of(repeats) else { return Vec::new() };
        let mut body = table.clone();
        body.remove("for");
        let body = Spanned::new(node.span(), DeValue::Table(body));
        let was_used = self.used.remove(&variable);
        let mut filled = Vec::new();
        for value in values {
            self.values.insert(variable.clone(), value);
            filled.push(self.fill(&body));
        }
        self.values.remove(&variable);
        if !self.used.remove(&variable) {
            let message = format!("`<{variable}>` stands nowhere in what is repeated");
            self.flaws.add(repeats.span(), message, "use the variable, so that the repetitions differ");
        }
        self.used.extend(was_used.then_some(variable));
        filled
    }

    /// Variable and values of `for = { VARIABLE = VALUES }`.
    fn loop_of(&mut self, repeats: &Node<'t>) -> Option<(String, Vec<Node<'t>>)> {
        let help = "write `for = { n = \"1..5\" }` or `for = { member = [\"name\", \"type\"] }`";
        let table = repeats.get_ref().as_table().filter(|table| table.len() == 1);
        let Some((variable, values)) = table.and_then(|table| table.iter().next()) else {
            self.flaws.add(repeats.span(), "`for` does not name one variable", help);
            return None;
        };
        let name = variable.get_ref().clone().into_owned();
        if self.values.contains_key(&name) || !is_name(&name) {
            let message = format!("`{name}` cannot be the variable of a loop");
            self.flaws.add(variable.span(), message, "use a word in lower case that is not yet a parameter");
            return None;
        }
        let values = self.fill(values);
        let place = values.span();
        let found = match values.into_inner() {
            DeValue::Array(values) => Some(values.into_iter().collect()),
            DeValue::String(range) => numbers(&range, &place),
            _ => None,
        };
        let Some(found) = found.filter(|values: &Vec<_>| !values.is_empty()) else {
            self.flaws.add(place, "the loop has no values", help);
            return None;
        };
        Some((name, found))
    }

    /// A text with every parameter replaced.
    fn inline(&mut self, template: &Cow<'t, str>, place: &std::ops::Range<usize>) -> Cow<'t, str> {
        if !template.contains('<') {
            return template.clone();
        }
        let mut filled = String::new();
        let mut rest = template.as_ref();
        while let Some((before, after)) = rest.split_once('<') {
            filled.push_str(before);
            let found = after.split_once('>').filter(|(name, _)| is_name(name));
            let Some((name, behind)) = found else {
                filled.push('<');
                rest = after;
                continue;
            };
            filled.push_str(&self.word(name, place));
            rest = behind;
        }
        filled.push_str(rest);
        filled.into()
    }

    /// What stands within a text for a parameter.
    fn word(&mut self, name: &str, place: &std::ops::Range<usize>) -> String {
        let value = self.values.get(name).map(|value| match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            _ => None,
        });
        match value {
            Some(Some(text)) => {
                self.used.insert(name.to_owned());
                text
            }
            Some(None) => {
                self.used.insert(name.to_owned());
                let message = format!("`<{name}>` is a list or a table and cannot stand within a text");
                self.flaws.add(
                    place.clone(),
                    message,
                    format!("write `\"<{name}>\"` alone, or loop over it with `for`"),
                );
                String::new()
            }
            None => {
                let question = did_you_mean(name, self.values.keys().map(String::as_str));
                let message = format!("{} has no parameter `{name}`{question}", self.owner);
                self.flaws.add(place.clone(), message, "give it a value in every case, in `with` or in `defaults`");
                String::new()
            }
        }
    }
}

/// The name if the whole text is one parameter.
fn whole(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>').filter(|name| is_name(name))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The numbers of a range like `1..5`, both ends included.
fn numbers<'t>(range: &str, place: &std::ops::Range<usize>) -> Option<Vec<Node<'t>>> {
    let (first, last) = range.split_once("..")?;
    let numbers = NUMBERS.get(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)?;
    let parsed = numbers.iter().filter_map(|number| DeValue::parse(number).ok());
    Some(parsed.map(|number| Spanned::new(place.clone(), number.into_inner())).collect())
}
