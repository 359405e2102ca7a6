//! What a creation shows of members that its request left out: their documented defaults.

use std::slice;

use serde_json::Value;

use super::doubt::is_doubtful;
use super::echo::same;
use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{Contract, Operation};
use crate::spec::path;
use crate::spec::rules::{AbsentOutput, DefaultRule};

/// What the output of a success violates of the defaults of the members that `input` leaves out; what it upholds is added to
/// the judgement. Nothing if an invalid input was accepted.
pub fn check(contract: &Contract, operation: &Operation, input: &Value, judgement: &mut Judgement) -> Vec<Violation> {
    let is_wrongly_accepted = |violation: &Violation| violation.kind == FindingKind::AcceptedInvalid;
    let is_telling = judgement.is_success() && !judgement.violations.iter().any(is_wrongly_accepted);
    let Some(output) = judgement.body.as_ref().filter(|_| is_telling) else { return Vec::new() };
    let rules = &contract.rules.defaults;
    let (mut upheld, mut violations) = (Vec::new(), Vec::new());
    for rule in rules.iter().filter(|rule| rule.operation == operation.name && applies(rules, rule, input)) {
        let Some(clause) = contract.clauses.find(&rule.id) else { continue };
        let node = operation.output.find(&rule.output);
        if node.is_some_and(|node| is_doubtful(operation, judgement, node, None)) {
            continue;
        }
        let shown = path::find(output, &rule.output).unwrap_or(&Value::Null);
        match is_allowed(rule, shown) {
            false => violations.push(violation(operation, clause, rule, shown)),
            true if !shown.is_null() && rule.shown_by.is_none() => upheld.push(clause),
            true => {}
        }
    }
    judgement.upheld.extend(upheld);
    violations
}

/// Whether an input leaves the member out beside what the rule speaks of. What other rules of the member speak of is not
/// there unless this one speaks of it too.
fn applies(rules: &[DefaultRule], rule: &DefaultRule, input: &Value) -> bool {
    let twins = rules.iter().filter(|twin| twin.operation == rule.operation && twin.member == rule.member);
    let mut spoken_of = twins.flat_map(|twin| twin.given.keys());
    is_left_out(input, &rule.member) && spoken_of.all(|name| input.get(name) == rule.given.get(name))
}

/// Whether no step of a path that exists holds null: a null in a request is not the same as nothing everywhere.
fn is_left_out(input: &Value, path: &str) -> bool {
    let mut value = input;
    for name in path.split('.') {
        match value.get(name) {
            None => return true,
            Some(Value::Null) => return false,
            Some(inner) => value = inner,
        }
    }
    false
}

fn is_allowed(rule: &DefaultRule, shown: &Value) -> bool {
    let mut allowed = slice::from_ref(&rule.value).iter().chain(&rule.also_allowed);
    (shown.is_null() && rule.absent == AbsentOutput::Tolerated) || allowed.any(|value| same(value, shown))
}

fn violation(operation: &Operation, clause: ClauseIndex, rule: &DefaultRule, shown: &Value) -> Violation {
    let DefaultRule { member, output, value, .. } = rule;
    let is_secret = operation.output.find(output).is_none_or(|node| node.holds_secret);
    let observed = match (shown, is_secret) {
        (Value::Null, _) => format!("`{output}` is absent."),
        (_, true) => format!("`{output}` has another value."),
        (shown, false) => format!("`{output}` is {shown}."),
    };
    Violation {
        clause,
        operation: operation.name.clone(),
        detail: Some(output.clone()),
        kind: FindingKind::WrongBehaviour,
        expected: format!("`{output}` is {value}, for the request leaves out `{member}`."),
        observed,
        tier: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::judge::Answer;

    fn judged(operation: &str, input: Value, output: Value) -> (Vec<String>, Vec<String>) {
        let contract = crate::spec::builtin().unwrap();
        let mut judgement = Judgement { answer: Answer::Success, body: Some(output), ..Judgement::default() };
        let violations = check(&contract, contract.operation(operation).unwrap(), &input, &mut judgement);
        let id = |clause: ClauseIndex| contract.clauses.get(clause).id.trim_start_matches("rule.default-").to_owned();
        let upheld = judgement.upheld.into_iter().map(id).collect();
        (upheld, violations.into_iter().map(|violation| id(violation.clause)).collect())
    }

    fn channel() -> Value {
        json!({
            "authorized": false, "containerFormat": "TS", "insecureIngest": false, "latencyMode": "LOW",
            "type": "STANDARD", "playbackRestrictionPolicyArn": "", "recordingConfigurationArn": "", "preset": ""
        })
    }

    #[test]
    fn what_is_left_out_shows_its_default() {
        let (upheld, violated) = judged("CreateChannel", json!({}), json!({"channel": channel()}));
        assert_eq!((upheld.len(), violated.len()), (8, 0), "{upheld:?} {violated:?}");
        let mut other = channel();
        other["insecureIngest"] = json!(true);
        other.as_object_mut().unwrap().remove("latencyMode");
        let (_, violated) = judged("CreateChannel", json!({"name": "a"}), json!({"channel": other}));
        assert_eq!(violated, ["insecure-ingest", "latency-mode"]);
    }

    #[test]
    fn what_is_given_has_no_default() {
        let mut other = channel();
        other["insecureIngest"] = json!(true);
        for given in [json!(true), json!(null)] {
            let input = json!({"insecureIngest": given});
            assert_eq!(judged("CreateChannel", input, json!({"channel": other})).1, [""; 0]);
        }
    }

    #[test]
    fn a_default_that_depends_on_another_member_is_judged_where_that_is_as_the_rule_says() {
        let of = |input: Value, preset: &str| {
            let mut other = channel();
            other["preset"] = json!(preset);
            judged("CreateChannel", input, json!({"channel": other})).1
        };
        assert_eq!(of(json!({"type": "ADVANCED_HD"}), "HIGHER_BANDWIDTH_DELIVERY"), [""; 0]);
        assert_eq!(of(json!({"type": "ADVANCED_HD"}), ""), ["preset-of-advanced-hd"]);
        assert_eq!(of(json!({"type": "BASIC"}), "CONSTRAINED"), ["preset-of-basic"]);
        assert_eq!(of(json!({"type": "UNKNOWN"}), "CONSTRAINED"), [""; 0], "no rule speaks of it");
    }
}
