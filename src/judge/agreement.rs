//! What a response says twice agrees.

use super::echo::{is_nothing, same};
use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::plan::suite::Agreement;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::spec::path;

/// Judges whether the output of a success says the same at both places of an agreement. A place that shows nothing is not
/// compared.
pub fn check(operation: &Operation, clause: ClauseIndex, agreement: &Agreement, judgement: &mut Judgement) {
    let Some(output) = &judgement.body else { return };
    let shown = |at: &str| path::find(output, at).filter(|value| !is_nothing(value));
    let (Some(known), Some(again)) = (shown(&agreement.equals), shown(&agreement.at)) else { return };
    if same(known, again) {
        judgement.upheld.push(clause);
        return;
    }
    let observed = match (is_secret(operation, &agreement.at), is_secret(operation, &agreement.equals)) {
        (false, false) => format!("`{}` is {again}, `{}` is {known}.", agreement.at, agreement.equals),
        _ => format!("`{}` has another value than `{}`.", agreement.at, agreement.equals),
    };
    judgement.violations.push(Violation {
        clause,
        operation: operation.name.clone(),
        detail: Some(agreement.at.clone()),
        kind: FindingKind::WrongBehaviour,
        expected: format!("`{}` is the same as `{}`.", agreement.at, agreement.equals),
        observed,
        tier: None,
    });
}

/// Whether what stands at a path must not be shown.
fn is_secret(operation: &Operation, at: &str) -> bool {
    operation.output.find(at).is_none_or(|node| node.holds_secret)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::spec;

    fn judged(body: Value) -> Judgement {
        let contract = spec::builtin().unwrap();
        let operation = contract.operation("CreateChannel").unwrap();
        let agreement = Agreement {
            rule: "rule.create-channel-creates-a-stream-key".to_owned(),
            operations: vec!["CreateChannel".to_owned()],
            at: "streamKey.channelArn".to_owned(),
            equals: "channel.arn".to_owned(),
        };
        let mut judgement = Judgement { body: Some(body), ..Judgement::default() };
        check(operation, operation.status_clause, &agreement, &mut judgement);
        judgement
    }

    #[test]
    fn what_is_said_twice_is_compared_where_it_is_said_twice() {
        let same = judged(json!({"channel": {"arn": "a"}, "streamKey": {"channelArn": "a"}}));
        assert_eq!((same.upheld.len(), same.violations.len()), (1, 0));
        let once = judged(json!({"channel": {"arn": "a"}, "streamKey": {}}));
        assert_eq!((once.upheld.len(), once.violations.len()), (0, 0));
        let differs = judged(json!({"channel": {"arn": "a"}, "streamKey": {"channelArn": "b"}}));
        assert_eq!(
            differs.violations.first().unwrap().observed,
            "`streamKey.channelArn` is \"b\", `channel.arn` is \"a\"."
        );
    }
}
