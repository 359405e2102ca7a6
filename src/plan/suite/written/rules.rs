//! Default rules of assertions, and groups of assertions.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::Flaws;
use super::tree::{Node, Table, list, list_mut, set, table_mut, take_table, take_text, text};

/// Gives the assertions of steps the rule of their step or, where it has none, of the scenario, and writes groups of
/// assertions out.
pub(super) fn apply<'t>(entry: &mut Table<'t>, key: &str, rule: Option<Node<'t>>, flaws: &mut Flaws) {
    let mut is_used = false;
    if let Some(steps) = entry.get_mut(key).and_then(list_mut) {
        for step in steps.iter_mut() {
            is_used |= step_rules(step, rule.as_ref(), flaws);
        }
    }
    if let Some(rule) = rule.filter(|_| !is_used) {
        let help = "a scenario's rule is for assertions without one; write the rule of a response into its step";
        flaws.add(rule.span(), "no assertion takes the scenario's rule", help);
    }
}

/// Whether an assertion of the step took the scenario's rule.
fn step_rules<'t>(step: &mut Node<'t>, inherited: Option<&Node<'t>>, flaws: &mut Flaws) -> bool {
    let Some(step) = table_mut(step) else { return false };
    let own = step.get("rule").cloned();
    let mut took = false;
    if let Some(asserts) = step.get_mut("assert") {
        let place = asserts.span();
        if let Some(written) = list_mut(asserts) {
            let mut expanded = Vec::new();
            for mut assert in std::mem::replace(written, DeArray::new()) {
                if let (Some(table), Some(rule)) = (table_mut(&mut assert), own.as_ref().or(inherited))
                    && !table.contains_key("rule")
                {
                    set(table, "rule", rule.clone());
                    took |= own.is_none();
                }
                expanded.extend(members(assert, flaws));
            }
            *asserts = list(place, expanded);
        }
    }
    for beside in step.get_mut("beside").and_then(list_mut).into_iter().flat_map(|steps| steps.iter_mut()) {
        took |= step_rules(beside, inherited, flaws);
    }
    took
}

/// One assertion for each of an assertion's `members`, in the order in which they are written.
fn members<'t>(mut assert: Node<'t>, flaws: &mut Flaws) -> Vec<Node<'t>> {
    let place = assert.span();
    let Some(table) = table_mut(&mut assert).filter(|table| table.contains_key("members")) else { return vec![assert] };
    let mut members: Vec<_> = take_table(table, "members", flaws).into_iter().collect();
    members.sort_by_key(|(name, _)| name.span().start);
    if members.is_empty() || table.contains_key("equals") {
        let help = "write `members = { PATH = VALUE }`, and no `equals` beside it";
        flaws.add(place.clone(), "`members` names no member, or stands beside `equals`", help);
    }
    let at = take_text(table, "at", flaws).map(Spanned::into_inner).unwrap_or_default();
    let single = |(name, value): (Spanned<Cow<'t, str>>, Node<'t>)| {
        let mut single = table.clone();
        let dot = if at.is_empty() || name.get_ref().starts_with('[') { "" } else { "." };
        set(&mut single, "at", text(name.span(), format!("{at}{dot}{}", name.get_ref())));
        set(&mut single, "equals", value);
        Spanned::new(place.clone(), DeValue::Table(single))
    };
    members.into_iter().map(single).collect()
}
