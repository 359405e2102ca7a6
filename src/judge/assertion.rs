//! What a scenario asserts of an output.

mod values;
mod words;

use std::collections::BTreeSet;
use values::{equal, has_member, includes, length, members, moment, shows_text, without, without_ignored};

use regex::Regex;
use serde_json::Value;

use super::echo::{is_nothing, same};
use super::sight::{Counterpart, Sight};
use crate::plan::suite::{Assert, Upholds};
use crate::spec::path;
use words::{listed, readable, shown};

/// Why an assertion does not hold: what was expected and what was seen, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub observed: String,
}

/// What an output says of an assertion.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// It holds, and this output could have violated it.
    Holds,
    /// It holds because something is absent, which says something only if the target shows its like elsewhere.
    HoldsIfShown(Counterpart),
    /// It is not violated, and could not have been: nothing that it speaks of is there.
    NotObserved,
    /// It does not hold.
    Violated(Failure),
}

/// Judges an assertion whose placeholders are resolved against an output.
pub fn observe(assert: &Assert, output: &Value) -> Observation {
    match check(assert, output) {
        Ok(Sight::Seen) => Observation::Holds,
        Ok(Sight::IfShown(counterpart)) => Observation::HoldsIfShown(counterpart),
        Ok(Sight::Nothing) => Observation::NotObserved,
        Err(failure) => Observation::Violated(failure),
    }
}

/// Names what is judged.
#[derive(Clone, Copy)]
struct Spot<'a> {
    /// For a sentence.
    place: &'a str,
    /// The member at the end of the path; empty for the whole output.
    name: &'a str,
    found: &'a Value,
}

impl Spot<'_> {
    /// What an assertion saw that holds because nothing is there, or something empty.
    fn absent(&self) -> Sight {
        match self.name {
            "" => Sight::Nothing,
            name => Sight::IfShown(Counterpart::Member(name.to_owned())),
        }
    }
}

/// What of the output the assertion speaks of.
///
/// # Errors
/// The first matcher that does not hold.
fn check(assert: &Assert, output: &Value) -> Result<Sight, Failure> {
    let found = path::find(output, &assert.at).unwrap_or(&Value::Null);
    if assert.if_present && found.is_null() {
        return Ok(Sight::Nothing);
    }
    let stripped;
    let found = if assert.ignoring.is_empty() {
        found
    } else {
        stripped = without(found, &assert.ignoring);
        &stripped
    };
    let assert = &without_ignored(assert);
    let place = if assert.at.is_empty() { "the output".to_owned() } else { format!("`{}`", readable(&assert.at)) };
    let spot = Spot { place: &place, name: path::last_name(&assert.at), found };
    let parts = matched(assert, spot, output).map_err(|failure| match absent_item(&assert.at, output) {
        Some(item) => Failure { observed: format!("`{}` is absent.", readable(item)), ..failure },
        None => failure,
    })?;
    let pages = path::find(output, "pages").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let has_pages = assert.pages_at_least.is_none_or(|least| pages >= least);
    let is_there = |path: &String| path::find(output, path).is_some_and(|value| !is_nothing(value));
    let can_uphold = has_pages && assert.requires.as_ref().is_none_or(is_there) && assert.upholds == Upholds::Clause;
    Ok(if can_uphold { parts.into_iter().fold(Sight::Nothing, Sight::or) } else { Sight::Nothing })
}

/// What each kind of matcher sees.
fn matched(assert: &Assert, spot: Spot<'_>, output: &Value) -> Result<[Sight; 7], Failure> {
    Ok([
        values(assert, spot)?,
        presence(assert, spot, output)?,
        items(assert, spot)?,
        sizes(assert, spot)?,
        numbers(assert, spot)?,
        forms(assert, spot)?,
        order(assert, spot)?,
    ])
}

/// The part of a path that selects an item which the output does not have.
fn absent_item<'p>(at: &'p str, output: &Value) -> Option<&'p str> {
    let mut items = at.match_indices(']').filter_map(|(end, _)| at.get(..=end));
    items.find(|item| path::find(output, item).is_none())
}

/// Matchers that compare with other values.
fn values(assert: &Assert, spot: Spot<'_>) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let mut sight = Sight::Nothing;
    if let Some(wanted) = &assert.equals {
        equal(readable(&assert.at), found, wanted)?;
        let is_empty = is_nothing(found) && !found.is_string();
        sight = sight.or(if is_empty { spot.absent() } else { Sight::Seen });
    }
    if let Some(other) = &assert.differs {
        ensure(!same(found, other), || format!("{place} is not {}.", shown(other)), place, found)?;
        sight = sight.or(Sight::seen_if(!found.is_null()));
    }
    let list = assert.element_of.as_ref().map(|list| list.as_array().map_or(&[][..], Vec::as_slice));
    for allowed in assert.one_of.as_deref().into_iter().chain(list) {
        let is_listed = allowed.iter().any(|value| same(found, value));
        ensure(is_listed, || format!("{place} is one of {}.", listed(allowed)), place, found)?;
        sight = sight.or(if found.is_null() { spot.absent() } else { Sight::Seen });
    }
    if let Some(inputs) = &assert.result_of {
        sight = sight.or(result_of(place, found, inputs)?);
    }
    if let Some(other) = &assert.agrees {
        sight = sight.or(agrees(spot, other)?);
    }
    Ok(sight)
}

fn presence(assert: &Assert, spot: Spot<'_>, output: &Value) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let Some(present) = assert.present else { return Ok(Sight::Nothing) };
    let words = if present { "is there" } else { "is absent" };
    ensure(found.is_null() != present, || format!("{place} {words}."), place, found)?;
    let parent = assert.at.rsplit_once('.').map_or("", |(parent, _)| parent);
    let has_parent = path::find(output, parent).is_some_and(|parent| !parent.is_null());
    Ok(match (present, has_parent) {
        (true, _) => Sight::Seen,
        (false, true) => spot.absent(),
        (false, false) => Sight::Nothing,
    })
}

fn items(assert: &Assert, spot: Spot<'_>) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let mut sight = Sight::Nothing;
    if let Some(item) = &assert.contains {
        ensure(has_item(found, item), || format!("{place} has an item with {}.", shown(item)), place, found)?;
        sight = Sight::Seen;
    }
    if let Some(item) = &assert.lacks {
        ensure(!has_item(found, item), || format!("{place} has no item with {}.", shown(item)), place, found)?;
        sight = sight.or(match found.is_array() {
            true => Sight::IfShown(Counterpart::Item(item.clone())),
            false => Sight::Nothing,
        });
    }
    Ok(sight)
}

fn sizes(assert: &Assert, spot: Spot<'_>) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let length = length(found);
    let observed = || match length {
        Some(length) => format!("{place} has length {length}."),
        None => format!("{place} is {}.", shown(found)),
    };
    let mut sight = Sight::Nothing;
    if let Some(wanted) = assert.length {
        if length != Some(wanted) {
            return Err(Failure { expected: format!("{place} has length {wanted}."), observed: observed() });
        }
        sight = if wanted == 0 { spot.absent() } else { Sight::Seen };
    }
    if let Some(most) = assert.length_at_most {
        if length.is_none_or(|length| length > most) {
            return Err(Failure { expected: format!("{place} has a length of at most {most}."), observed: observed() });
        }
        // What is shorter may be all that there is.
        sight = sight.or(Sight::seen_if(length == Some(most)));
    }
    Ok(sight)
}

fn forms(assert: &Assert, spot: Spot<'_>) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let mut sight = Sight::Nothing;
    if let Some(pattern) = &assert.matches {
        let regex = Regex::new(&format!("^(?:{pattern})$"));
        let is_match = matches!((&regex, found), (Ok(regex), Value::String(text)) if regex.is_match(text));
        ensure(is_match, || format!("{place} matches {pattern}."), place, found)?;
        sight = Sight::Seen;
    }
    if let Some(name) = &assert.hides {
        if has_member(found, name) {
            return Err(Failure {
                expected: format!("{place} has no member `{name}` at any depth."),
                observed: format!("{place} shows `{name}`."),
            });
        }
        let counterpart = Sight::IfShown(Counterpart::Member(name.clone()));
        sight = sight.or(if is_nothing(found) { Sight::Nothing } else { counterpart });
    }
    if let Some(secret) = &assert.never_shows {
        let secret = secret.as_str().filter(|secret| !secret.is_empty());
        if secret.is_some_and(|secret| found.to_string().contains(secret)) {
            return Err(Failure {
                expected: format!("{place} does not show the secret."),
                observed: format!("{place} shows it."),
            });
        }
        sight = sight.or(Sight::seen_if(secret.is_some() && shows_text(found)));
    }
    Ok(sight)
}

fn order(assert: &Assert, spot: Spot<'_>) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let mut sight = Sight::Nothing;
    if let Some(member) = &assert.descends_by {
        let values: Vec<&Value> = members(found, member);
        let goes_down = values.windows(2).all(|pair| match pair {
            [Value::String(left), Value::String(right)] => left >= right,
            [left, right] => left.as_f64() >= right.as_f64(),
            _ => true,
        });
        ensure(goes_down, || format!("{place} goes down by `{member}`."), place, found)?;
        sight = Sight::seen_if(values.windows(2).any(|pair| matches!(pair, [left, right] if left != right)));
    }
    if let Some(member) = &assert.distinct_by {
        let mut seen = BTreeSet::new();
        let values = members(found, member);
        if let Some(value) = values.iter().find(|value| !seen.insert(value.to_string())) {
            return Err(Failure {
                expected: format!("No two items of {place} have the same `{member}`."),
                observed: format!("{} occurs twice.", shown(value)),
            });
        }
        sight = sight.or(Sight::seen_if(values.len() > 1));
    }
    Ok(sight)
}

fn numbers(assert: &Assert, spot: Spot<'_>) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let mut sight = Sight::Nothing;
    if let Some(earliest) = &assert.not_before {
        let is_later = match (found.as_str(), earliest.as_str()) {
            (Some(found), Some(earliest)) => moment(found) >= moment(earliest),
            _ => false,
        };
        ensure(is_later, || format!("{place} is not before {}.", shown(earliest)), place, found)?;
        sight = Sight::Seen;
    }
    if let Some(most) = assert.each_at_most {
        let elements = found.as_array().map_or(&[][..], Vec::as_slice);
        let holds = elements.iter().all(|element| element.as_u64().is_some_and(|number| number <= most));
        ensure(holds, || format!("No number in {place} is above {most}."), place, found)?;
        // Only a number that reaches the bound while another follows shows that the bound holds it back.
        let is_full = elements.iter().any(|element| element.as_u64() == Some(most));
        sight = sight.or(Sight::seen_if(elements.len() > 1 && is_full));
    }
    let Some(page) = assert.page_of else { return Ok(sight) };
    let object = found.as_object();
    let items = object.and_then(|members| members.values().find_map(Value::as_array)).map_or(0, Vec::len) as u64;
    // Beside its items a page shows one text: the token of the next page.
    let token = object.and_then(|members| members.values().find_map(Value::as_str));
    let has_token = token.is_some_and(|token| !token.is_empty());
    let holds = if has_token { items == page } else { items <= page };
    if holds {
        // A list that is not longer than the page says nothing of the page.
        return Ok(sight.or(Sight::seen_if(has_token)));
    }
    let more = if has_token { "and a token" } else { "and no token" };
    Err(Failure {
        expected: format!("A page has at most {page} items, and {page} if another follows."),
        observed: format!("The page has {items} items {more}."),
    })
}

fn ensure(holds: bool, expected: impl FnOnce() -> String, place: &str, found: &Value) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    let observed =
        if found.is_null() { format!("{place} is absent.") } else { format!("{place} is {}.", shown(found)) };
    Err(Failure { expected: expected(), observed })
}

/// Whether some order of inputs, each of which sets the members that it gives, leaves this object behind.
fn result_of(place: &str, found: &Value, inputs: &Value) -> Result<Sight, Failure> {
    let inputs: Vec<&serde_json::Map<String, Value>> =
        inputs.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let names: BTreeSet<&String> = inputs.iter().flat_map(|input| input.keys()).collect();
    let mut was_seen = false;
    for name in names {
        let given: Vec<Value> = inputs.iter().filter_map(|input| input.get(name)).cloned().collect();
        let value = found.get(name).unwrap_or(&Value::Null);
        if !given.iter().any(|given| same(given, value)) {
            return Err(Failure {
                expected: format!("`{name}` of {place} is {}.", listed(&given)),
                observed: format!("`{name}` of {place} is {}.", shown(value)),
            });
        }
        was_seen |= !value.is_null();
    }
    Ok(Sight::seen_if(was_seen))
}

fn agrees(spot: Spot<'_>, other: &Value) -> Result<Sight, Failure> {
    let Spot { place, found, .. } = spot;
    let (Value::Object(left), Value::Object(right)) = (found, other) else {
        ensure(same(found, other), || format!("{place} is {}.", shown(other)), place, found)?;
        return Ok(if is_nothing(found) { spot.absent() } else { Sight::Seen });
    };
    let differing = left.iter().find(|(name, value)| right.get(*name).is_some_and(|twin| !same(value, twin)));
    let is_compared = |(name, value): (&String, &Value)| !is_nothing(value) && right.contains_key(name);
    match differing {
        None => Ok(Sight::seen_if(left.iter().any(is_compared))),
        Some((name, value)) => Err(Failure {
            expected: format!("`{name}` of {place} is {}.", shown(right.get(name).unwrap_or(&Value::Null))),
            observed: format!("`{name}` of {place} is {}.", shown(value)),
        }),
    }
}

/// Whether a list has an item with at least these members.
pub(super) fn has_item(list: &Value, wanted: &Value) -> bool {
    list.as_array().is_some_and(|items| items.iter().any(|item| includes(item, wanted)))
}

#[cfg(test)]
mod tests;
