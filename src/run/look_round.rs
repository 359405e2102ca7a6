//! Reads a resource by the ways in which the target shows it, before and after a change: what was cached, indexed or listed
//! before must show the change as well.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::savings::Sharing;
use super::session::Session;
use super::worker::Worker;
use crate::plan::expectation::Expectation;
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::record::Purpose;
use crate::spec::contract::Operation;

/// Most resources that are read around one change.
const MOST: usize = 2;

/// Whether a session reads resources around the change that it makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum LookRound {
    /// It does not.
    #[default]
    Never,
    /// It does, before and after the change, each by itself and in one more way; which one changes with this number.
    Around(usize),
    /// It does, in every way.
    InEveryWay,
}

impl LookRound {
    /// How the next change that a worker makes by an operation is looked at. Further changes of the same operation show
    /// nothing new.
    pub(super) fn of(worker: &Worker, case: usize, operation: &Operation) -> LookRound {
        let savings = &worker.env.savings;
        match savings.sharing() {
            _ if operation.is_readonly => LookRound::Never,
            Sharing::Again => LookRound::InEveryWay,
            _ if worker.purpose == Purpose::Shrinking => LookRound::InEveryWay,
            Sharing::Off => LookRound::Around(case),
            Sharing::On => savings.next_look(&operation.name).map_or(LookRound::Never, LookRound::Around),
        }
    }
}

impl Session<'_> {
    /// Reads the resources that a request or its response names, each by itself and in other ways.
    pub(super) async fn look_round(&mut self, named: &Value) {
        let turn = match self.looks_round {
            LookRound::Never => return,
            LookRound::Around(turn) => Some(turn),
            LookRound::InEveryWay => None,
        };
        let outer = self.worker.enter(Purpose::LookRound);
        let known = self.worker.shadow.named_in(named);
        for (arn, resource) in known.into_iter().take(MOST) {
            self.look_at(RoleKind::Get, &arn, &resource).await;
            let others = [RoleKind::List, RoleKind::Tags, RoleKind::Batch];
            let first = turn.unwrap_or_default() % others.len();
            let chosen = others.iter().cycle().skip(first).take(others.len());
            for kind in chosen {
                if self.look_at(*kind, &arn, &resource).await && turn.is_some() {
                    break;
                }
            }
        }
        self.worker.purpose = outer;
    }

    /// Reads a resource in one way; false if the target has none of the kind.
    async fn look_at(&mut self, kind: RoleKind, arn: &str, resource: &str) -> bool {
        let env = Arc::clone(&self.worker.env);
        let role = env.views.performer(kind, resource).filter(|role| !env.is_unavailable(&role.operation));
        let operation = role.and_then(|role| env.contract.operation(&role.operation));
        let (Some(role), Some(operation)) = (role, operation) else { return false };
        let Some(input) = self.input_of_look(role, operation, arn) else { return false };
        let is_narrow = role.owner.is_some() || role.filter.as_ref().is_some_and(|(name, _)| input.get(name).is_some());
        if kind == RoleKind::List && !is_narrow && !env.target.is_loopback() {
            // An account may have any number of others.
            return false;
        }
        if kind == RoleKind::List {
            let (mut judgement, exchange, _) = self.walk_items(operation, &input, operation.status_clause).await;
            if judgement.is_success() {
                let violations = self.note(&mut judgement, &exchange);
                self.worker.shown_otherwise.extend(violations);
            }
            return true;
        }
        let success = Expectation::success();
        let (mut judgement, exchange) = self.exchange(operation, &input, &success, operation.status_clause, None).await;
        if !judgement.is_success() {
            // Whether the read works at all is the question of other cases.
            return true;
        }
        let violations = self.note(&mut judgement, &exchange);
        self.worker.shown_otherwise.extend(violations);
        true
    }

    fn input_of_look(&self, role: &OperationRole, operation: &Operation, arn: &str) -> Option<Value> {
        let subject = role.subject.clone();
        match role.kind {
            RoleKind::Get | RoleKind::Tags => Some(Value::Object(Map::from_iter([(subject?, Value::from(arn))]))),
            RoleKind::Batch => Some(Value::Object(Map::from_iter([(subject?, Value::from(vec![arn]))]))),
            RoleKind::List => self.worker.shadow.list_input(role, operation, arn).map(Value::Object),
            RoleKind::Create | RoleKind::Update | RoleKind::Tag | RoleKind::Untag | RoleKind::Delete => None,
        }
    }
}
