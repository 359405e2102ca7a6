//! The check of a JSON document.

use serde_json::{Map, Value};

use super::super::pattern::Pattern;
use super::{Constraint, Member, Presence, Shape};

/// One broken constraint of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) path: String,
    pub(crate) constraint: Constraint,
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
    violations: Vec<Violation>,
}

impl Checker {
    fn report(&mut self, constraint: Constraint) {
        self.violations.push(Violation { path: self.path.join("."), constraint });
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
                None if number.is_u64() => self.report(Constraint::RangeMax),
                None => self.report(Constraint::Type),
            },
            (Shape::Text { min, max, pattern }, Value::String(text)) => {
                self.text(text, (*min, *max), *pattern);
            }
            (Shape::Choice(values), Value::String(text)) => {
                if !values.contains(&text.as_str()) {
                    self.report(Constraint::Enum);
                }
            }
            (Shape::List { min, max, item }, Value::Array(items)) => {
                self.length(items.len(), *min, *max);
                for value in items {
                    self.within("member", |checker| checker.value(item, value));
                }
            }
            (Shape::Map { max, key, value }, Value::Object(entries)) => {
                self.length(entries.len(), 0, *max);
                for (name, entry) in entries {
                    self.within("key", |checker| checker.key(key, name));
                    self.within("value", |checker| checker.value(value, entry));
                }
            }
            (Shape::Structure(members), Value::Object(body)) => self.structure(*members, body),
            _ => self.report(Constraint::Type),
        }
    }

    fn key(&mut self, shape: &'static Shape, name: &str) {
        if let Shape::Text { min, max, pattern } = shape {
            self.text(name, (*min, *max), *pattern);
        }
    }

    fn text(&mut self, text: &str, (min, max): (usize, usize), pattern: Option<Pattern>) {
        self.length(text.chars().count(), min, max);
        if pattern.is_some_and(|pattern| !pattern.matches(text)) {
            self.report(Constraint::Pattern);
        }
    }

    fn length(&mut self, length: usize, min: usize, max: usize) {
        if length < min {
            self.report(Constraint::LengthMin);
        } else if length > max {
            self.report(Constraint::LengthMax);
        }
    }

    fn range(&mut self, number: i64, min: i64, max: i64) {
        if number < min {
            self.report(Constraint::RangeMin);
        } else if number > max {
            self.report(Constraint::RangeMax);
        }
    }
}
