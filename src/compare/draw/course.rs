//! Programs that begin with changes of one of two resources: they give all members, remove a tag, give all members other
//! values, and send an update that gives no member.

use serde_json::{Map, Value};

use super::{Choice, Draft, Handle};
use crate::judge::echo::is_nothing;
use crate::plan::operation_role::{RoleKind, roles};
use crate::spec::contract::{Node, NodeKind, Operation};

/// Of so many inputs that are drawn, the one with the most new values is taken.
const DRAWS: usize = 12;
/// How often everything is given, and nothing after it: of two values, one is not the default.
const ROUNDS: usize = 2;
/// What a member that differs from the one before counts, against one that is there.
const OTHER: usize = 2;

impl<'d> Draft<'_, 'd> {
    /// Begins a program with changes of one resource, if its type has an operation that changes it.
    pub(super) fn change_one(&mut self, number: usize) -> Option<()> {
        let (kind, turn) = self.turn(number)?;
        let materials = self.builder.materials;
        let (contract, resources) = (materials.contract, &materials.plan.resources);
        let roles = roles(contract, resources, kind);
        let of = |wanted: RoleKind| {
            let role = roles.iter().find(|role| role.kind == wanted)?;
            let operation = contract.operation(&role.operation)?;
            let subject = operation.input.member(role.subject.as_deref()?)?;
            Some((role, operation, subject))
        };
        let (_, update, member) = of(RoleKind::Update).filter(|_| turn % super::sweep::CROWDED == 1)?;
        let maker = contract.operation(resources.producer(kind)?)?;
        // A change that also reaches its neighbour shows if there is one.
        self.take(&Choice { operation: maker, subject: None, weight: 1 });
        let mut last = self.fullest(maker, &Value::Null)?;
        let key = tag_key(maker, &last);
        let before = self.builder.handles.len();
        self.send(&Choice { operation: maker, subject: None, weight: 1 }, &last)?;
        let handle = self.builder.handles.get(before..)?.iter().rfind(|handle| handle.kind == kind)?.clone();
        if let (Some((role, untag, member)), Some(key)) = (of(RoleKind::Untag), key) {
            let input = Map::from_iter([(role.tags.clone()?, Value::Array(vec![key]))]);
            self.send(&about(untag, member, &handle), &Value::Object(input));
        }
        for _ in 0..ROUNDS {
            last = self.fullest(update, &last)?;
            self.send(&about(update, member, &handle), &last);
            self.send(&about(update, member, &handle), &materials.generator.minimal_input(update));
        }
        Some(())
    }

    /// A legal input with as many members as it gets, and as few as possible of the values of another one.
    fn fullest(&mut self, operation: &Operation, other: &Value) -> Option<Value> {
        let worth = |input: &Value| {
            let members = input.as_object().into_iter().flatten().filter(|(_, value)| !is_nothing(value));
            members.map(|(name, value)| 1 + OTHER * usize::from(other.get(name) != Some(value))).sum::<usize>()
        };
        let drawn: Vec<Value> = (0..DRAWS).filter_map(|_| self.input(operation)).collect();
        drawn.into_iter().max_by_key(worth)
    }
}

fn about<'d>(operation: &'d Operation, member: &'d Node, handle: &Handle) -> Choice<'d> {
    Choice { operation, subject: Some((member, handle.clone())), weight: 1 }
}

/// A key of the tags that an input gives.
fn tag_key(operation: &Operation, input: &Value) -> Option<Value> {
    let maps = operation.input.members().iter().filter(|member| matches!(member.kind, NodeKind::Map { .. }));
    let mut given = maps.filter_map(|member| input.get(&member.name)?.as_object()?.keys().next());
    given.next().map(|key| Value::from(key.as_str()))
}
