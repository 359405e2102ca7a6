//! Batches: everything that was asked for is a value or an error, and nothing else is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::state::{Life, Shadow};
use super::views::Object;
use super::{Seen, Suspicion};
use crate::judge::doubt;
use crate::plan::operation_role::{OperationRole, RoleKind, element};
use crate::plan::resources::resource_of;
use crate::plan::sequence::LawKind;
use crate::spec::Pattern;
use crate::spec::contract::{Node, Operation};

/// How often a batch was asked for something, and shows it as a value and as an error.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    asked: usize,
    shown: usize,
    failed: usize,
}

impl Shadow {
    /// What a batch loses, doubles, shows at the wrong place, or was not asked for.
    pub(super) fn verify_batch(
        &self,
        seen: Seen<'_>,
        role: &OperationRole,
        objects: &[(&Node, Object<'_>)],
        body: &Value,
    ) -> Vec<Suspicion> {
        let is_place = |node: &&Node| role.place.as_ref() == Some(&node.name);
        let Some(place) = seen.operation.output.members().iter().find(is_place) else { return Vec::new() };
        let errors = errors(seen.operation, role);
        let is_doubtful = |node: &Node| doubt::is_doubtful(seen.operation, seen.judgement, node, None);
        if is_doubtful(place) || errors.is_some_and(|(errors, _)| is_doubtful(errors)) {
            return Vec::new();
        }
        let asked = role.subject.as_deref().and_then(|name| seen.input.get(name)).and_then(Value::as_array);
        let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
        for arn in asked.into_iter().flatten().filter_map(Value::as_str) {
            counts.entry(arn).or_default().asked += 1;
        }
        for (_, object) in objects {
            counts.entry(object.arn).or_default().shown += 1;
        }
        let failed = errors.and_then(|(errors, arn)| Some((body.get(&errors.name)?.as_array()?, arn)));
        for error in failed.iter().flat_map(|(errors, _)| errors.iter()) {
            let arn = failed.and_then(|(_, arn)| error.get(arn)?.as_str());
            counts.entry(arn.unwrap_or_default()).or_default().failed += 1;
        }
        let has_errors = errors.is_some();
        let about = |(arn, count): (&&str, &Count)| {
            let (law, expected, observed) = self.wrong_in_batch(arn, *count, has_errors)?;
            let noun = &role.resource;
            Some(Suspicion {
                arn: (*arn).to_owned(),
                resource: noun.clone(),
                part: RoleKind::Batch,
                operation: seen.operation.name.clone(),
                law: law.into(),
                member: None,
                detail: None,
                expected: expected.replace("{}", noun),
                observed: observed.to_owned(),
                calls: None,
                may_lag: true,
            })
        };
        counts.iter().filter_map(about).collect()
    }

    /// What is wrong with how a batch treats one ARN: the law, what is expected, what is shown.
    fn wrong_in_batch(
        &self,
        arn: &str,
        count: Count,
        has_errors: bool,
    ) -> Option<(LawKind, &'static str, &'static str)> {
        let life = self.tracked.get(arn).map_or(Life::Unknown, |tracked| tracked.life);
        let Count { asked, shown, failed } = count;
        let wrong = match (life, asked, shown, failed) {
            (_, 0, 0, _) => {
                (LawKind::BatchReportsErrors, "Errors name what was asked for.", "One names something else.")
            }
            (_, 0, ..) => (LawKind::BatchAgrees, "Only what was asked for is shown.", "A {} is shown that was not."),
            (Life::Exists, _, 0, 0) => (LawKind::BatchAgrees, "The {} is shown.", "It is not."),
            (Life::Exists, _, 0, _) => (LawKind::BatchAgrees, "The {} is shown.", "It is among the errors."),
            (Life::Exists, _, _, 1..) => {
                (LawKind::BatchReportsErrors, "A {} that is shown is not among the errors.", "It is.")
            }
            // That what was deleted is shown is said by what shows it.
            (Life::Gone(_), _, 0, 0) if has_errors => {
                (LawKind::BatchReportsErrors, "The deleted {} is among the errors.", "It is not.")
            }
            (Life::Unknown, _, 0, 0) if has_errors => {
                (LawKind::BatchReportsErrors, "What is not shown is among the errors.", "It is not.")
            }
            (Life::Unknown, _, 1.., 1..) => {
                (LawKind::BatchReportsErrors, "What is shown is not among the errors.", "It is.")
            }
            (_, asked, shown, _) if shown > asked => {
                (LawKind::BatchAgrees, "The {} is shown once.", "It is shown again.")
            }
            (_, asked, _, failed) if failed > asked => {
                (LawKind::BatchReportsErrors, "There is one error for what is not found.", "There are more.")
            }
            _ => return None,
        };
        Some(wrong)
    }
}

/// The list of a batch's output that says what it could not find, and the member that names it.
fn errors<'o>(operation: &'o Operation, role: &OperationRole) -> Option<(&'o Node, &'o str)> {
    let others = operation.output.members().iter().filter(|member| role.place.as_ref() != Some(&member.name));
    others.into_iter().find_map(|list| {
        let names = |member: &&Node| {
            resource_of(member).is_some_and(|kind| kind == Pattern::ANY_RESOURCE || kind == role.resource)
        };
        let own = element(list)?.members().iter().find(names)?;
        Some((list, own.name.as_str()))
    })
}
