//! Laws over what a recording shows in order: what was created is shown by later reads, updates and tags change what they
//! were given, what was deleted is gone, pages are disjoint and complete.
//!
//! It uses the same shadow of the target's state as a run ([`crate::judge::shadow`]). What the recording does not show is
//! unknown: resources that it did not make, changes whose request or response is missing, and exchanges that overlap in
//! time, which have no order.

mod doubts;
mod existence;
mod scope;
mod target;
mod times;

use serde_json::Value;

pub(super) use doubts::Doubt;
use doubts::Doubts;
use target::Target;

use super::redacted;
use crate::judge::Judgement;
use crate::judge::shadow::Views;
use crate::plan::Plan;
use crate::protocol::Call;
use crate::recording::Recorded;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Contract;
use crate::wire::Exchange;

/// Most origins that are followed: of more, single exchanges are judged alone.
const MOST_TARGETS: usize = 16;

/// What a recording shows in order.
pub(super) struct Order<'c> {
    contract: &'c Contract,
    views: Views,
    targets: Vec<(Option<String>, Target)>,
    doubts: Doubts,
}

/// An exchange whose request is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard<'h> {
    pub call: &'h Call<'h>,
    pub input: &'h Value,
    /// Whether the contract leaves open what becomes of the request.
    pub is_open: bool,
    pub judgement: &'h Judgement,
    pub exchange: &'h Exchange,
    pub recorded: &'h Recorded,
}

impl<'c> Order<'c> {
    /// Before the first exchange.
    pub fn new(contract: &'c Contract, plan: &Plan) -> Order<'c> {
        let views = Views::of(contract, &plan.resources, &plan.suites);
        Order { contract, views, targets: Vec::new(), doubts: Doubts::default() }
    }

    /// Takes an exchange in. The clauses that it upholds together with what came before.
    pub fn hear(&mut self, heard: Heard<'_>) -> Vec<ClauseIndex> {
        let (contract, views) = (self.contract, &self.views);
        let Some(target) = target_of(&mut self.targets, heard.recorded) else { return Vec::new() };
        let body = heard.judgement.body.as_ref().filter(|body| redacted::holds_redacted(body));
        match body.cloned() {
            None => target.hear(contract, views, heard, &mut self.doubts),
            Some(mut body) => {
                redacted::take_out(&mut body);
                let judgement = Judgement { body: Some(body), ..heard.judgement.clone() };
                let heard = Heard { judgement: &judgement, ..heard };
                target.hear(contract, views, heard, &mut self.doubts)
            }
        }
    }

    /// Takes in that something may have been changed, and how is not known: the request or the response is missing. `named`
    /// is what is known of the request; `None` if nothing is.
    pub fn lose(&mut self, call: &Call<'_>, named: Option<&Value>, recorded: &Recorded) {
        if call.operation.is_readonly {
            return;
        }
        let makes = self.views.makes_something(call.operation);
        let Some(target) = target_of(&mut self.targets, recorded) else { return };
        match named {
            Some(named) => target.lose_sight(named, recorded, &mut self.doubts),
            // What an unknown request made is not tracked, and it changed nothing else.
            None if makes => {}
            None => target.lose_everything(),
        }
    }

    /// Divergences that several exchanges show together, once everything was taken in.
    pub fn finish(self) -> Vec<Doubt> {
        self.doubts.into_all()
    }
}

/// What is known of the target that an exchange went to; `None` if there are too many.
fn target_of<'t>(targets: &'t mut Vec<(Option<String>, Target)>, recorded: &Recorded) -> Option<&'t mut Target> {
    let known = targets.iter().position(|(origin, _)| *origin == recorded.origin);
    let position = match known {
        Some(position) => position,
        None if targets.len() < MOST_TARGETS => {
            targets.push((recorded.origin.clone(), Target::new(recorded.origin.as_deref())));
            targets.len() - 1
        }
        None => return None,
    };
    targets.get_mut(position).map(|(_, target)| target)
}
