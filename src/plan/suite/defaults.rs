//! Scenarios of the defaults that a contract states.

use serde_json::{Map, Value};

use super::{Assert, Scenario, Step};
use crate::spec::rules::{AbsentOutput, DefaultRule};

/// A scenario for each request that leaves members with a default out: one response shows the defaults of all of them.
pub(super) fn scenarios(rules: &[DefaultRule]) -> Vec<Scenario> {
    let mut groups: Vec<Vec<&DefaultRule>> = Vec::new();
    for rule in rules {
        let asks_the_same = |group: &&mut Vec<&DefaultRule>| {
            group.first().is_some_and(|first| first.operation == rule.operation && first.given == rule.given)
        };
        match groups.iter_mut().find(asks_the_same) {
            Some(group) => group.push(rule),
            None => groups.push(vec![rule]),
        }
    }
    groups.iter().filter_map(|rules| scenario(rules)).collect()
}

/// One request without the members, what its response shows, and requests with those members whose absence says something only
/// if they are shown once.
fn scenario(rules: &[&DefaultRule]) -> Option<Scenario> {
    let first = rules.first()?;
    let left_out = Step { asserts: rules.iter().map(|rule| shown(rule)).collect(), ..request(first, &first.given) };
    let mut steps = vec![left_out];
    for members in rules.iter().filter_map(|rule| rule.shown_by.as_ref()) {
        let given = Step { optional: true, ..request(first, members) };
        if !steps.contains(&given) {
            steps.push(given);
        }
    }
    let name = first.id.trim_start_matches("rule.");
    let members: Vec<String> = rules.iter().map(|rule| format!("`{}`", rule.member)).collect();
    let (name, what) = match members.as_slice() {
        [_] => (name.to_owned(), "default"),
        _ => (format!("{name}-and-others"), "defaults"),
    };
    Some(Scenario {
        name,
        summary: format!("Without {}, {} responds with the documented {what}.", members.join(", "), first.operation),
        needs: Vec::new(),
        slow: false,
        late: false,
        in_quick: false,
        steps,
    })
}

fn request(rule: &DefaultRule, members: &Map<String, Value>) -> Step {
    Step {
        call: Some(rule.operation.clone()),
        input: Value::Object(members.clone()),
        complete: true,
        times: 1,
        ..Step::default()
    }
}

fn shown(rule: &DefaultRule) -> Assert {
    let mut allowed = vec![rule.value.clone()];
    allowed.extend(rule.also_allowed.clone());
    if rule.absent == AbsentOutput::Tolerated {
        allowed.push(Value::Null);
    }
    Assert { rule: rule.id.clone(), at: rule.output.clone(), one_of: Some(allowed), ..Assert::default() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn defaults_of_the_same_request_share_it_and_none_is_lost() {
        let rules = crate::spec::builtin().unwrap().rules.defaults;
        let scenarios = scenarios(&rules);
        assert!(scenarios.len() * 2 < rules.len(), "{} of {}", scenarios.len(), rules.len());
        let mut asserted: Vec<&str> = Vec::new();
        for scenario in &scenarios {
            let (left_out, given) = scenario.steps.split_first().unwrap();
            asserted.extend(left_out.asserts.iter().map(|assert| assert.rule.as_str()));
            assert!(given.iter().all(|step| step.optional && step.asserts.is_empty()));
        }
        asserted.sort_unstable();
        let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(asserted, ids);
        let names: std::collections::BTreeSet<&str> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names.len(), scenarios.len());
    }
}
