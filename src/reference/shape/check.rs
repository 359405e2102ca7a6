//! The check of a JSON document.

use serde_json::{Map, Value};

use super::super::pattern::Pattern;
use super::{Constraint, Member, Presence, Shape};

/// One broken constraint of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) path: String,
    pub(crate) constraint: Constraint,
    /// The value that breaks it; null if there is none.
    pub(crate) value: Value,
    /// Position of the innermost element on the way, and how many there are.
    pub(crate) place: Option<(usize, usize)>,
    /// How far it is beyond a bound.
    pub(crate) beyond: Option<u64>,
    /// The bounds of a number.
    pub(crate) bounds: Option<(i64, i64)>,
}

/// Checks the members of a structure and lists everything that is wrong.
pub(crate) fn check(members: impl IntoIterator<Item = &'static Member>, body: &Map<String, Value>) -> Vec<Violation> {
    let mut checker = Checker::default();
    checker.structure(members, body);
    checker.violations
}

#[derive(Default)]
struct Checker {
    path: Vec<&'static str>,
    place: Option<(usize, usize)>,
    value: Value,
    violations: Vec<Violation>,
}

impl Checker {
    fn report(&mut self, constraint: Constraint) {
        self.report_beyond(constraint, None, None);
    }

    fn report_beyond(&mut self, constraint: Constraint, beyond: Option<u64>, bounds: Option<(i64, i64)>) {
        let (value, place) = (self.value.take(), self.place);
        self.violations.push(Violation { path: self.path.join("."), constraint, value, place, beyond, bounds });
    }

    fn within(&mut self, segment: &'static str, work: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        work(self);
        self.path.pop();
    }

    fn structure(&mut self, members: impl IntoIterator<Item = &'static Member>, body: &Map<String, Value>) {
        for member in members {
            let given = body.get(member.name).filter(|value| !value.is_null());
            self.within(member.name, |checker| match given {
                Some(value) => checker.value(member.shape, value),
                None if member.presence == Presence::Required => {
                    checker.report(Constraint::Required);
                }
                None => {}
            });
        }
    }

    fn value(&mut self, shape: &'static Shape, value: &Value) {
        match (shape, value) {
            (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::Timestamp, Value::String(text)) if text.parse::<jiff::Timestamp>().is_ok() => {}
            (Shape::Integer { min, max }, Value::Number(number)) => match number.as_i64() {
                Some(number) => self.range(number, *min, *max),
                None if number.is_u64() => self.report_value(Constraint::RangeMax, value),
                None => self.report_value(Constraint::Type, value),
            },
            (Shape::Text { min, max, pattern }, Value::String(text)) => {
                self.text(text, (*min, *max), *pattern);
            }
            (Shape::Choice(values), Value::String(text)) => {
                if !values.contains(&text.as_str()) {
                    self.report_value(Constraint::Enum, value);
                }
            }
            (Shape::List { min, max, item }, Value::Array(items)) => {
                self.length(items.len(), *min, *max);
                for (index, value) in items.iter().enumerate() {
                    self.place = Some((index, items.len()));
                    self.within("member", |checker| checker.value(item, value));
                }
                self.place = None;
            }
            (Shape::Map { max, key, value }, Value::Object(entries)) => {
                self.length(entries.len(), 0, *max);
                for (index, (name, entry)) in entries.iter().enumerate() {
                    self.place = Some((index, entries.len()));
                    self.within("key", |checker| checker.key(key, name));
                    self.within("value", |checker| checker.value(value, entry));
                }
                self.place = None;
            }
            (Shape::Structure(members), Value::Object(body)) => self.structure(*members, body),
            (_, value) => self.report_value(Constraint::Type, value),
        }
    }

    fn report_value(&mut self, constraint: Constraint, value: &Value) {
        value.clone_into(&mut self.value);
        self.report(constraint);
    }

    fn key(&mut self, shape: &'static Shape, name: &str) {
        if let Shape::Text { min, max, pattern } = shape {
            self.text(name, (*min, *max), *pattern);
        }
    }

    fn text(&mut self, text: &str, (min, max): (usize, usize), pattern: Option<Pattern>) {
        self.length(text.chars().count(), min, max);
        if pattern.is_some_and(|pattern| !pattern.matches(text)) {
            self.report_value(Constraint::Pattern, &Value::from(text));
        }
    }

    fn length(&mut self, length: usize, min: usize, max: usize) {
        if length < min {
            self.report_beyond(Constraint::LengthMin, Some((min - length) as u64), None);
        } else if length > max {
            self.report_beyond(Constraint::LengthMax, Some((length - max) as u64), None);
        }
    }

    fn range(&mut self, number: i64, min: i64, max: i64) {
        let bounds = Some((min, max));
        self.value = Value::from(number);
        if number < min {
            self.report_beyond(Constraint::RangeMin, Some(min.abs_diff(number)), bounds);
        } else if number > max {
            self.report_beyond(Constraint::RangeMax, Some(number.abs_diff(max)), bounds);
        }
    }
}
