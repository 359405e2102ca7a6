//! The faults of a running server and the questions that its hooks ask.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Map, Value};

use super::super::operation::Operation;
use super::super::rules::Rule;
use super::super::shape::Violation;
use super::class::values_at;
use super::history::History;
use super::in_flight::{self, Flights};
use super::occasion::Facts;
use super::{AnswerChange, Behavior, Change, Class, Fault, Kind, Names, Outcome, Rejection, Rewrite, Systemic, When};

/// A fault with the number of occasions that it had.
#[derive(Debug)]
struct Active {
    fault: Fault,
    occasions: AtomicU64,
}

/// All faults of a server.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: Vec<Active>,
    updated: AtomicBool,
    flights: Option<Flights>,
    history: Option<History>,
    names: Names,
}

impl Faults {
    /// Prepares faults for a server.
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let heeds_company = faults.iter().any(|fault| fault.when == When::Concurrent);
        let remembers = faults.iter().any(remembers);
        let active = faults.into_iter().flat_map(single).map(|fault| Active { fault, occasions: AtomicU64::new(0) });
        Self {
            active: active.collect(),
            updated: AtomicBool::new(false),
            flights: heeds_company.then(Flights::default),
            history: remembers.then(History::default),
            names: Names::default(),
        }
    }

    /// Whether some fault changes what operations do to the state.
    pub(crate) fn changes_state(&self) -> bool {
        self.active.iter().any(|active| match &active.fault.kind {
            Kind::Behavior { quirk, .. } => !matches!(
                quirk,
                Behavior::Page(_)
                    | Behavior::Batch(_)
                    | Behavior::Auth(_)
                    | Behavior::Protocol(_)
                    | Behavior::Systemic(_)
            ),
            _ => false,
        })
    }

    /// Where requests in flight are noted, if some fault depends on them.
    pub(crate) fn flights(&self) -> Option<&Flights> {
        self.flights.as_ref()
    }

    /// What is remembered of resources, if some fault depends on it.
    pub(crate) fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Lets what views show be otherwise than it is.
    pub(crate) fn change_view(&self, of: Operation, given: &Map<String, Value>, document: &mut Value) {
        let Some(history) = &self.history else { return };
        for Active { fault, .. } in &self.active {
            match &fault.kind {
                Kind::View { operation, member, fault: view } if *operation == of => {
                    let shows = |facts| fault.when.by_facts(facts).unwrap_or(true);
                    history.distort(of, (*view, member), given, document, &shows);
                }
                Kind::List { operation, fault } if *operation == of => history.misplace(of, *fault, given, document),
                _ => {}
            }
        }
    }

    /// The names that resources have, if some fault depends on them.
    pub(crate) fn names(&self, of: Operation) -> Option<&Names> {
        self.systemic(of).any(|fault| fault == Systemic::UniqueNames).then_some(&self.names)
    }

    /// What layers do otherwise in an operation.
    pub(crate) fn systemic(&self, of: Operation) -> impl Iterator<Item = Systemic> {
        self.active.iter().filter_map(move |active| match active.fault.kind {
            Kind::Behavior { operation, quirk: Behavior::Systemic(fault) } => {
                (operation.is_none_or(|operation| operation == of) && self.fires(active)).then_some(fault)
            }
            _ => None,
        })
    }

    /// Notes that an update operation succeeded.
    pub(crate) fn note_update(&self) {
        self.updated.store(true, Ordering::Relaxed);
    }

    fn fires(&self, active: &Active) -> bool {
        let occasion = active.occasions.fetch_add(1, Ordering::Relaxed) + 1;
        match active.fault.when {
            When::Always => true,
            When::Once => occasion == 1,
            When::Second => occasion >= 2,
            When::EveryThird => occasion.is_multiple_of(3),
            When::AfterUpdate => self.updated.load(Ordering::Relaxed),
            When::Concurrent => in_flight::is_in_company(),
            other => other.by_facts(Facts::of_request()).unwrap_or(true),
        }
    }

    fn any(&self, fits: impl Fn(&Kind) -> bool) -> bool {
        self.active.iter().any(|active| fits(&active.fault.kind) && self.fires(active))
    }

    /// Whether a broken constraint is let pass.
    pub(crate) fn waives(&self, of: Operation, violation: &Violation) -> bool {
        let concerns = |kind: &Kind| match kind {
            Kind::Waive { operation, path, constraint } => {
                *operation == of && *path == violation.path && *constraint == violation.constraint
            }
            Kind::Behavior { operation, quirk: Behavior::Systemic(Systemic::NoValidation) } => *operation == Some(of),
            _ => false,
        };
        let lets_pass = |active: &&Active| concerns(&active.fault.kind) && active.fault.when.lets_pass(violation);
        self.active.iter().filter(lets_pass).any(|active| self.fires(active))
    }

    /// Whether a prose rule is not checked.
    pub(crate) fn waives_rule(&self, rule: Rule) -> bool {
        self.any(|kind| *kind == Kind::WaiveRule(rule))
    }

    /// Whether something is done otherwise in an operation.
    pub(crate) fn has(&self, of: Operation, wanted: Behavior) -> bool {
        self.any(|kind| match kind {
            Kind::Behavior { operation, quirk } => {
                *quirk == wanted && operation.is_none_or(|operation| operation == of)
            }
            _ => false,
        })
    }

    /// Whether something is done otherwise outside of operations.
    pub(crate) fn has_anywhere(&self, wanted: Behavior) -> bool {
        self.any(|kind| matches!(kind, Kind::Behavior { quirk, .. } if *quirk == wanted))
    }

    /// Whether a legal input is turned down.
    pub(crate) fn rejects(&self, of: Operation, members: &Map<String, Value>) -> Option<Rejection> {
        let root = Value::Object(members.clone());
        let hit = |path: &str, class: &Class| {
            let values = values_at(&root, path);
            if values.is_empty() { class.holds(None) } else { values.iter().any(|value| class.holds(Some(value))) }
        };
        self.active.iter().find_map(|active| match &active.fault.kind {
            Kind::Reject { operation, path, class, how } if *operation == of => {
                (hit(path, class) && self.fires(active)).then_some(*how)
            }
            _ => None,
        })
    }

    /// Changes the input that a handler sees; answers what the response must
    /// nevertheless pretend.
    pub(crate) fn rewrite(&self, of: Operation, members: &mut Map<String, Value>) -> Vec<(String, Value)> {
        let mut pretended = Vec::new();
        for active in &self.active {
            let Kind::Rewrite { operation, member, rewrite } = &active.fault.kind else {
                continue;
            };
            let given = members.get(member).is_some_and(|value| !value.is_null());
            let concerned = given != matches!(rewrite, Rewrite::Default(_));
            if *operation != of || !concerned || !self.fires(active) {
                continue;
            }
            match rewrite {
                Rewrite::Forget => {
                    members.remove(member);
                }
                Rewrite::ForgetSilently => {
                    pretended.extend(members.remove_entry(member));
                }
                Rewrite::Default(value) => {
                    members.insert(member.clone(), value.clone());
                }
            }
        }
        pretended
    }

    /// The changes of a response as a whole; `code` is that of an error.
    pub(crate) fn answer_changes(&self, of: Option<Operation>, code: Option<&str>) -> Vec<&AnswerChange> {
        let concerned = |operation: Option<Operation>, outcome: &Outcome| {
            let outcome_fits = match (outcome, code) {
                (Outcome::Success, code) => code.is_none(),
                (Outcome::Error(None), code) => code.is_some(),
                (Outcome::Error(Some(wanted)), code) => code == Some(wanted),
            };
            outcome_fits && operation.is_none_or(|operation| Some(operation) == of)
        };
        let hits = self.active.iter().filter_map(|active| match &active.fault.kind {
            Kind::Answer { operation, outcome, change } => {
                (concerned(*operation, outcome) && self.fires(active)).then_some(change)
            }
            _ => None,
        });
        hits.collect()
    }

    /// Changes the document of a successful response.
    pub(crate) fn change_document(&self, of: Operation, document: &mut Value) {
        for active in &self.active {
            match &active.fault.kind {
                Kind::Document { operation, path, change } if *operation == of => {
                    self.change_at(active, (*change, path), document);
                }
                Kind::Put { operation, path, value } if *operation == of && self.fires(active) => {
                    super::put(value, path, document);
                }
                _ => {}
            }
        }
    }

    /// Changes a document at a path, or only those items of its list for which the fault shows.
    fn change_at(&self, active: &Active, (change, path): (Change, &[String]), document: &mut Value) {
        let is_of_items = path.get(1).is_some_and(|segment| segment == "member");
        match active.fault.when {
            When::LastItem => {
                super::apply_to_items(change, path, document, &|index, of, _| of > 1 && index + 1 == of);
            }
            When::ThirdResource if is_of_items => {
                let is_third = |item: &Value| self.history.as_ref().is_some_and(|history| history.is_third(item));
                super::apply_to_items(change, path, document, &|_, _, item| is_third(item));
            }
            _ if self.fires(active) => super::apply(change, path, document),
            _ => {}
        }
    }

    /// Whether any fault concerns the documents of an operation.
    pub(crate) fn changes_documents(&self, of: Operation) -> bool {
        self.active.iter().any(|active| match &active.fault.kind {
            Kind::Document { operation, .. } | Kind::Put { operation, .. } => *operation == of,
            _ => false,
        })
    }
}

/// Whether a fault depends on what was done to a resource before.
fn remembers(fault: &Fault) -> bool {
    let is_about_history = |kind: &Kind| matches!(kind, Kind::View { .. } | Kind::List { .. });
    fault.when.by_facts(Facts::default()).is_some() && fault.when != When::Always || is_about_history(&fault.kind)
}

/// The faults of which one consists.
fn single(fault: Fault) -> Vec<Fault> {
    match fault.kind {
        Kind::Several(kinds) => {
            let (id, when) = (fault.id, fault.when);
            kinds.into_iter().flat_map(|kind| single(Fault { id: id.clone(), kind, when })).collect()
        }
        kind => vec![Fault { kind, ..fault }],
    }
}
