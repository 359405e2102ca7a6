//! How a program begins with several resources, and how it looks at everything at its end.

use serde_json::{Map, Value};

use super::{Choice, Draft, Handle, LARGEST_PAGE, MOST_OF_A_KIND, names};
use crate::plan::operation_role::{RoleKind, roles};
use crate::plan::suite::BroadcastState;
use crate::spec::Pattern;
use crate::spec::contract::{Node, NodeKind, Operation};

/// One of so many programs begins with as many resources of its type as it may have.
pub(super) const CROWDED: usize = 3;
/// Pages that show all of a type at once, and in parts.
const WHOLE_AND_PARTS: [usize; 2] = [MOST_OF_A_KIND, MOST_OF_A_KIND - 1];
/// States that a resource goes through in a program that begins with broadcasts: several that are over, and one that goes on.
const COURSE: [BroadcastState; 5] = [
    BroadcastState::Live,
    BroadcastState::Offline,
    BroadcastState::Live,
    BroadcastState::Offline,
    BroadcastState::Live,
];

impl<'d> Draft<'_, 'd> {
    /// Begins some programs with several resources of the main type, some of them live: what is wrong for the third of
    /// them, in the middle of a list or on a later page, shows with several only.
    pub(super) fn begin(&mut self, number: usize) {
        let materials = self.builder.materials;
        let Some((kind, turn)) = self.crowded(number) else { return };
        let producer = materials.plan.resources.producer(kind).and_then(|name| materials.contract.operation(name));
        let Some(operation) = producer.filter(|operation| !self.drawing.unusable.contains(&operation.name)) else {
            return;
        };
        for _ in 0..MOST_OF_A_KIND {
            self.take(&Choice { operation, subject: None, weight: 1 });
        }
        if materials.can_broadcast && turn % 2 == 0 {
            self.broadcast_all(kind);
        }
        self.look_at_all(kind);
    }

    /// Lists the type while all of it is there.
    fn look_at_all(&mut self, kind: &str) {
        let materials = self.builder.materials;
        let roles = roles(materials.contract, &materials.plan.resources, kind);
        let lists = roles.iter().filter(|role| role.kind == RoleKind::List);
        for operation in lists.filter_map(|role| materials.contract.operation(&role.operation)) {
            let is_usable = !self.drawing.unusable.contains(&operation.name);
            if is_usable && operation.input.members().iter().all(|member| !member.is_required) {
                self.look(operation, Map::new(), &WHOLE_AND_PARTS);
            }
        }
    }

    /// The type of which a program has several resources, and how many programs were so before.
    fn crowded(&self, number: usize) -> Option<(&'d str, usize)> {
        let (kind, turn) = self.turn(number)?;
        turn.is_multiple_of(CROWDED).then_some((kind, turn / CROWDED))
    }

    /// The type that a program is about, and how many programs before were about it.
    pub(super) fn turn(&self, number: usize) -> Option<(&'d str, usize)> {
        let kinds: Vec<&'d str> = self.builder.materials.plan.resources.types().collect();
        let kind = kinds.get(number % kinds.len().max(1)).copied()?;
        Some((kind, number / kinds.len().max(1)))
    }

    /// Deletes one of several resources, and looks at everything again.
    pub(super) fn look_after_deletion(&mut self, number: usize) {
        let Some((kind, _)) = self.crowded(number) else { return };
        let Some((deleter, member)) = self.builder.materials.plan.resources.deleter(kind) else { return };
        let alive = |handle: &&Handle| handle.kind == kind && !self.deleted.contains(&handle.name);
        let Some(handle) = self.builder.handles.iter().filter(alive).nth(1).cloned() else { return };
        self.builder.call(deleter, Value::Object(Map::from_iter([(member.to_owned(), Value::from(handle.name))])));
        self.sweep(number);
    }

    /// Makes all resources of the type live, the first of them several times.
    fn broadcast_all(&mut self, kind: &str) {
        let states = &self.builder.materials.plan.suites.states;
        let is_live = |step: &crate::plan::suite::Step| step.broadcast.is_some();
        if !states.iter().any(|state| state.resource == kind && state.reach.iter().any(is_live)) {
            return;
        }
        let alike: Vec<Handle> = self.builder.handles.iter().filter(|handle| handle.kind == kind).cloned().collect();
        for (handle, course) in alike.iter().zip([&COURSE[..], &COURSE[..1], &COURSE[..1]]) {
            course.iter().for_each(|state| self.set_broadcast(handle, *state));
        }
    }

    /// Looks at everything that the program has made in every way.
    pub(super) fn sweep(&mut self, number: usize) {
        let contract = self.builder.materials.contract;
        let handles = self.builder.handles.clone();
        let pages = match self.crowded(number) {
            Some(_) => WHOLE_AND_PARTS.to_vec(),
            None => vec![1 + self.below(LARGEST_PAGE)],
        };
        for operation in contract.operations.iter().filter(|operation| operation.is_readonly) {
            if self.drawing.unusable.contains(&operation.name) {
                continue;
            }
            let required: Vec<&Node> = operation.input.members().iter().filter(|member| member.is_required).collect();
            match required.as_slice() {
                [] => {
                    self.look(operation, Map::new(), &pages);
                }
                [only] => {
                    let Some(kind) = names(only) else { continue };
                    let about: Vec<&Handle> = handles
                        .iter()
                        .filter(|handle| kind == Pattern::ANY_RESOURCE || handle.kind == kind)
                        .filter(|handle| self.kinds.contains(&handle.kind))
                        .collect();
                    let is_list = matches!(only.kind, NodeKind::List { .. });
                    let all: Vec<Value> = about.iter().map(|handle| Value::from(handle.name.as_str())).collect();
                    let inputs = if is_list && !all.is_empty() {
                        vec![Value::Array(all)]
                    } else if is_list {
                        Vec::new()
                    } else {
                        all
                    };
                    for input in inputs {
                        self.look(operation, Map::from_iter([(only.name.clone(), input)]), &pages);
                    }
                }
                _ => {}
            }
        }
    }

    /// Calls an operation that reads; a list again, in pages of these sizes.
    fn look(&mut self, operation: &Operation, input: Map<String, Value>, pages: &[usize]) {
        self.builder.call(&operation.name, Value::Object(input.clone()));
        if let Some(size) = operation.pagination.as_ref().and_then(|pages| pages.page_size.clone()) {
            for page in pages {
                let input = input.clone().into_iter().chain([(size.clone(), Value::from(*page))]).collect();
                self.builder.call(&operation.name, Value::Object(input));
            }
        }
    }
}
