//! Reads the traits that constrain values.

use std::collections::HashMap;

use super::ast::{Shape, TraitUse, find_trait};
use super::contract::{Bounds, Constraints};
use super::error::Problems;
use super::json::Json;
use super::pattern::Pattern;

/// Reads the constraints in force at a member; `effective` finds a trait at the member, else at its shape.
pub(super) fn read<'t, 'a: 't>(
    effective: &dyn Fn(&str) -> Option<&'t TraitUse<'a>>,
    patterns: &mut HashMap<String, Result<Pattern, String>>,
    problems: &mut Problems<'_>,
) -> Constraints {
    Constraints {
        length: effective("smithy.api#length").and_then(|used| bounds(used, Json::as_u64, problems)),
        range: effective("smithy.api#range").and_then(|used| bounds(used, Json::as_f64, problems)),
        pattern: effective("smithy.api#pattern").and_then(|used| pattern(used, patterns, problems)),
        unique_items: effective("smithy.api#uniqueItems").is_some(),
    }
}

fn bounds<T: Copy + PartialOrd>(
    used: &TraitUse<'_>,
    number: fn(&Json) -> Option<T>,
    problems: &mut Problems<'_>,
) -> Option<Bounds<T>> {
    let help = "give `min`, `max` or both as numbers; a length is a whole number from 0";
    for entry in used.value.entries() {
        if !["min", "max"].contains(&entry.key.as_str()) {
            problems.add(entry.key_span, format!("`{}` is no bound", entry.key), help);
        } else if number(&entry.value).is_none() {
            problems.add(entry.value.span, format!("`{}` is no number that can be a bound here", entry.key), help);
        }
    }
    let side = |key: &str| used.value.get(key).and_then(number);
    let bounds = Bounds { min: side("min"), max: side("max") };
    if used.value.is_object() && used.value.entries().is_empty() {
        problems.add(used.value.span, format!("`{}` has neither `min` nor `max`", used.id), help);
    }
    if let (Some(min), Some(max)) = (bounds.min, bounds.max)
        && min > max
    {
        problems.add(used.value.span, format!("`{}` allows nothing: `min` is above `max`", used.id), help);
    }
    (bounds.min.is_some() || bounds.max.is_some()).then_some(bounds)
}

fn pattern(
    used: &TraitUse<'_>,
    patterns: &mut HashMap<String, Result<Pattern, String>>,
    problems: &mut Problems<'_>,
) -> Option<Pattern> {
    let text = used.value.as_str()?;
    match patterns.entry(text.to_owned()).or_insert_with(|| Pattern::new(text)) {
        Ok(pattern) => Some(pattern.clone()),
        Err(reason) => {
            let message = format!("the pattern `{text}` cannot be used: {reason}");
            problems.add(
                used.value.span,
                message,
                "write a regular expression without look-around and back-references",
            );
            None
        }
    }
}

/// Values of the old `enum` trait on a string.
pub(super) fn old_enum(used: &TraitUse<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    let help = "write an array of objects with `value`";
    let values: Vec<String> = used
        .value
        .elements()
        .iter()
        .filter_map(|element| match element.get("value").and_then(Json::as_str) {
            Some(value) => Some(value.to_owned()),
            None => {
                problems.add(element.span, "this enum entry has no `value`", help);
                None
            }
        })
        .collect();
    if used.value.elements().is_empty() {
        problems.add(used.value.span, "the enum has no values", help);
    }
    values
}

/// Values of an enum shape: each member's `enumValue`, else its name.
pub(super) fn enum_values(shape: &Shape<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    check_not_empty(shape, problems);
    shape
        .members
        .iter()
        .map(|member| match find_trait(&member.traits, "smithy.api#enumValue") {
            None => member.name.to_owned(),
            Some(used) => used.value.as_str().map(str::to_owned).unwrap_or_else(|| {
                problems.add(used.value.span, "the value of an enum member must be a string", "write a string");
                member.name.to_owned()
            }),
        })
        .collect()
}

/// Values of an intEnum shape.
pub(super) fn int_enum_values(shape: &Shape<'_>, problems: &mut Problems<'_>) -> Vec<i64> {
    check_not_empty(shape, problems);
    shape
        .members
        .iter()
        .filter_map(|member| {
            let value = find_trait(&member.traits, "smithy.api#enumValue").and_then(|used| used.value.as_i64());
            if value.is_none() {
                let message = format!("`{}` has no whole number as its value", member.name);
                problems.add(member.span, message, "give it `smithy.api#enumValue` with a whole number");
            }
            value
        })
        .collect()
}

fn check_not_empty(shape: &Shape<'_>, problems: &mut Problems<'_>) {
    if shape.members.is_empty() {
        problems.add(shape.span, format!("the enum `{}` has no values", shape.id), "give it members");
    }
}
