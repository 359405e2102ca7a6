//! Judges lists and batches: views of several resources at once.

use serde_json::Value;

use super::view::sentences;
use super::{Entity, Label, SequenceJudge};
use crate::judge::exchange::Judgement;
use crate::judge::finding::Violation;
use crate::plan::operation_role::{self, OperationRole};
use crate::plan::sequence::LawKind;
use crate::spec::contract::{Node, Operation};

/// Something that a view of several resources shows otherwise than it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The resource.
    pub label: Label,
    law: LawKind,
    expected: String,
    observed: String,
}

impl SequenceJudge<'_> {
    /// What the response to a batch shows otherwise than it is known.
    pub fn batch_divergences(
        &self,
        operation: &Operation,
        role: &OperationRole,
        entities: &[Entity],
        judgement: &Judgement,
    ) -> Vec<Divergence> {
        let items = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place));
        let items = items.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut divergences = self.divergences(operation, role, entities, items, LawKind::BatchAgrees);
        divergences.extend(unreported(operation, role, entities, judgement));
        divergences
    }

    /// What the items of a list, all pages of it, show otherwise than it is known.
    pub fn list_divergences(
        &self,
        operation: &Operation,
        role: &OperationRole,
        entities: &[Entity],
        items: &[Value],
    ) -> Vec<Divergence> {
        self.divergences(operation, role, entities, items, LawKind::CreatedIsListed)
    }

    /// What diverges as violations, one for each clause.
    pub fn all_broken(&self, role: &OperationRole, divergences: &[Divergence]) -> Vec<Violation> {
        let mut broken: Vec<Violation> = Vec::new();
        for Divergence { law, expected, observed, label } in divergences {
            let kind = self.model.get(*label).map(|entity| entity.kind.clone()).unwrap_or_default();
            let violation = self.broken(*law, &kind, &role.operation, expected.clone(), observed.clone());
            broken.extend(violation.filter(|new| !broken.iter().any(|known| known.clause == new.clause)));
        }
        broken
    }

    /// Adds what a view of several resources says of laws, once it is to blame for what diverges.
    pub fn conclude(
        &self,
        role: &OperationRole,
        divergences: &[Divergence],
        laws: &[LawKind],
        judgement: &mut Judgement,
    ) {
        let broken = self.all_broken(role, divergences);
        if broken.is_empty() {
            let upheld = laws.iter().filter_map(|law| Some(self.clause(*law, &role.resource)?.1));
            judgement.upheld.extend(upheld);
        }
        judgement.violations.extend(broken);
    }

    fn divergences(
        &self,
        operation: &Operation,
        role: &OperationRole,
        entities: &[Entity],
        items: &[Value],
        view: LawKind,
    ) -> Vec<Divergence> {
        let node = operation_role::items_of(operation, &role.resource).and_then(operation_role::element);
        let mut found = Vec::new();
        for entity in entities {
            let item = items.iter().find(|item| item.get("arn").and_then(Value::as_str) == Some(&entity.arn));
            let mut diverge = |law, expected: String, observed: String| {
                found.push(Divergence { label: entity.label, law, expected, observed });
            };
            let noun = &entity.kind;
            match (item, entity.gone) {
                (None, Some(_)) => {}
                (None, None) => diverge(view, format!("The {noun} is shown."), "It is not.".to_owned()),
                (Some(_), Some(gone)) => {
                    diverge(gone, format!("The deleted {noun} is not shown."), "It is.".to_owned());
                }
                (Some(item), None) => {
                    let Some(node) = node else { continue };
                    let members = self.differences(entity, node, item).into_iter().map(|found| (view, found));
                    let tags = self.tag_differences(entity, node, item);
                    let tags = tags.into_iter().map(|found| (LawKind::TagsAppear, found));
                    for (law, difference) in members.chain(tags) {
                        let (expected, observed) = sentences(noun, &difference);
                        diverge(law, expected, observed);
                    }
                }
            }
        }
        found
    }
}

/// The laws that a batch of these resources could show broken.
pub fn laws_of_batch(entities: &[Entity]) -> Vec<LawKind> {
    let mut laws = shown_by_several(LawKind::BatchAgrees, entities);
    laws.extend(entities.iter().any(|entity| entity.gone.is_some()).then_some(LawKind::BatchReportsErrors));
    laws
}

/// The laws that a list of these resources could show broken.
pub fn laws_of_list(entities: &[Entity]) -> Vec<LawKind> {
    shown_by_several(LawKind::CreatedIsListed, entities)
}

/// The law of a view of several resources, if it shows one of those that live.
fn shown_by_several(law: LawKind, entities: &[Entity]) -> Vec<LawKind> {
    entities.iter().any(|entity| entity.gone.is_none()).then_some(law).into_iter().collect()
}

/// Deleted resources that a batch does not name in its list of errors, where it has one.
fn unreported(
    operation: &Operation,
    role: &OperationRole,
    entities: &[Entity],
    judgement: &Judgement,
) -> Vec<Divergence> {
    let is_errors = |node: &&Node| {
        role.place.as_ref() != Some(&node.name)
            && operation_role::element(node).is_some_and(|element| element.member("arn").is_some())
    };
    let Some(errors) = operation.output.members().iter().find(is_errors) else { return Vec::new() };
    let listed = judgement.body.as_ref().and_then(|body| body.get(&errors.name)).and_then(Value::as_array);
    let is_listed = |entity: &&Entity| {
        let mut errors = listed.into_iter().flatten();
        errors.any(|error| error.get("arn").and_then(Value::as_str) == Some(&entity.arn))
    };
    let missing = entities.iter().filter(|entity| entity.gone.is_some() && !is_listed(entity));
    missing
        .map(|entity| Divergence {
            label: entity.label,
            law: LawKind::BatchReportsErrors,
            expected: format!("`{}` names the deleted {}.", errors.name, entity.kind),
            observed: "It does not.".to_owned(),
        })
        .collect()
}
