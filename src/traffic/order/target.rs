//! What a recording shows of one target, exchange by exchange.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::{Host, Url};

use super::doubts::{Doubt, Doubts};
use super::existence::{self, Said};
use super::scope::{Scope, shows_neighbours};
use super::times::{Moment, Times, When};
use super::{Heard, Recorded};
use crate::judge::shadow::{Seen, Shadow, Suspicion, Views};
use crate::judge::{Answer, FindingKind, Violation};
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::record::{Manner, TrailStep};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Contract;

/// Most resources that are followed at once, and how many stay when there are more.
const MOST: usize = 1_000;
const KEPT: usize = 500;
/// Most steps that lead to a finding.
const MOST_STEPS: usize = 24;
/// How long a change may take to show, in microseconds: elsewhere, and in lists of a target on the same machine.
const LAG: Moment = 60_000_000;
const LOCAL_LAG: Moment = 1_000_000;
/// Most things that one response shows otherwise than they are known: where it is wrong throughout, a few say so.
const MOST_OF_ONE: usize = 4;

/// What is known of one target.
#[derive(Debug)]
pub(super) struct Target {
    shadow: Shadow,
    resources: BTreeMap<String, Resource>,
    /// When resources of a type last came or went.
    changed: BTreeMap<String, Moment>,
    times: Times,
    is_local: bool,
    heard: u64,
}

/// What is known of a resource besides its state.
#[derive(Debug)]
struct Resource {
    scope: Scope,
    /// When its last change was over.
    changed: Moment,
    /// What was done to it, the oldest first.
    trail: Vec<TrailStep>,
    /// Number of the last exchange that changed it.
    at: u64,
}

impl Target {
    /// Before the first exchange with the target at an origin.
    pub fn new(origin: Option<&str>) -> Target {
        let url = origin.and_then(|origin| Url::parse(origin).ok());
        let is_local = match url.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        Target {
            shadow: Shadow::default(),
            resources: BTreeMap::new(),
            changed: BTreeMap::new(),
            times: Times::default(),
            is_local,
            heard: 0,
        }
    }

    /// Takes an exchange in. The clauses that it upholds.
    pub fn hear(
        &mut self,
        contract: &Contract,
        views: &Views,
        heard: Heard<'_>,
        doubts: &mut Doubts,
    ) -> Vec<ClauseIndex> {
        self.heard += 1;
        let when = self.times.of(heard.recorded);
        let scope = Scope::of(heard.recorded);
        let (mut upheld, doubt) = self.existence(contract, views, &heard, (&scope, when));
        match heard.call.operation.is_readonly {
            true => upheld.extend(self.read(contract, views, &heard, (&scope, when), doubts)),
            false => self.change(contract, views, &heard, (&scope, when), doubts),
        }
        // A change takes back what overlaps with it, which must not be itself.
        doubt.into_iter().for_each(|doubt| doubts.add(doubt));
        upheld
    }

    /// Whether the response treats the resource as there or as gone: clauses that it upholds, and a divergence.
    fn existence(
        &self,
        contract: &Contract,
        views: &Views,
        heard: &Heard<'_>,
        (scope, when): (&Scope, When),
    ) -> (Vec<ClauseIndex>, Option<Doubt>) {
        let subject = existence::subject(views, heard);
        let known = subject.and_then(|subject| Some((subject, self.resources.get(subject)?)));
        let Some((subject, resource)) = known else { return Default::default() };
        if !scope.sees(subject, &resource.scope) || resource.changed > when.began {
            return Default::default();
        }
        match existence::said(contract, views, &self.shadow, heard, subject) {
            Some(Said::IsGone(clause)) => (vec![clause], None),
            Some(Said::Otherwise(violation)) if self.is_late(subject, when, IsSingle::Yes) => {
                (Vec::new(), Some(self.doubt(heard, when, subject, violation)))
            }
            Some(Said::Otherwise(_)) | None => Default::default(),
        }
    }

    fn read(
        &mut self,
        contract: &Contract,
        views: &Views,
        heard: &Heard<'_>,
        (scope, when): (&Scope, When),
        doubts: &mut Doubts,
    ) -> Vec<ClauseIndex> {
        let seen = seen(heard);
        let when = self.times.of_page(heard.call.operation, heard.input, when);
        let body = heard.judgement.body.as_ref().unwrap_or(&Value::Null);
        let shown = self.shadow.involved(body);
        let in_flight = self.in_flight(&shown, when);
        let upheld = if in_flight.is_empty() { self.shadow.upheld(views, contract, seen) } else { Vec::new() };
        let mut found = self.shadow.take(views, seen);
        let is_clean = found.is_empty();
        found.truncate(MOST_OF_ONE);
        for suspicion in found {
            if self.counts(&suspicion, body, (scope, when))
                && let Some(violation) = views.violation(contract, &suspicion)
            {
                doubts.add(self.doubt(heard, when, &suspicion.arn, violation));
                self.shadow.forget(&suspicion.arn, suspicion.member.as_deref(), &suspicion.law);
            }
        }
        // Which of two states a read in flight learned is not known.
        let is_single = views.role(&heard.call.operation.name).is_some_and(|role| role.kind == RoleKind::Get);
        for arn in in_flight.iter().filter(|_| is_single) {
            self.shadow.forget_named(&Value::from(arn.as_str()));
        }
        if is_clean { upheld } else { Vec::new() }
    }

    fn change(
        &mut self,
        contract: &Contract,
        views: &Views,
        heard: &Heard<'_>,
        (scope, when): (&Scope, When),
        doubts: &mut Doubts,
    ) {
        let (operation, judgement) = (heard.call.operation, heard.judgement);
        let mut involved = self.shadow.involved(heard.input);
        let in_flight = self.in_flight(&involved, when);
        let found = self.shadow.take(views, seen(heard));
        let is_refused = matches!(judgement.answer, Answer::Error { status: 400..500, .. });
        if !is_refused {
            involved.iter().for_each(|arn| doubts.take_back(arn, when.began));
        }
        for suspicion in found.into_iter().take(MOST_OF_ONE) {
            let is_known = !in_flight.contains(&suspicion.arn);
            if is_known
                && self.counts(&suspicion, &Value::Null, (scope, when))
                && let Some(violation) = views.violation(contract, &suspicion)
            {
                doubts.add(self.doubt(heard, when, &suspicion.arn, violation));
                self.shadow.forget(&suspicion.arn, suspicion.member.as_deref(), &suspicion.law);
            }
        }
        if is_refused {
            return;
        }
        involved.extend(judgement.body.as_ref().map(|body| self.shadow.involved(body)).unwrap_or_default());
        let is_certain = judgement.answer == Answer::Success
            && !judgement.violations.iter().any(|violation| violation.kind == FindingKind::AcceptedInvalid);
        self.note_change(views, heard, (scope, when), &involved);
        for arn in involved.iter().filter(|arn| !is_certain || in_flight.contains(*arn)) {
            self.shadow.forget_named(&Value::from(arn.as_str()));
        }
        let makes_or_deletes = views.makes_something(operation)
            || views.role(&operation.name).is_some_and(|role| role.kind == RoleKind::Delete);
        if makes_or_deletes {
            let types = involved.iter().filter_map(|arn| self.shadow.type_of(arn)).map(str::to_owned);
            for resource in types.collect::<BTreeSet<String>>() {
                self.changed.insert(resource, when.ended);
            }
        }
        self.make_room();
    }

    /// Keeps who made what, when it was last changed, and how.
    fn note_change(
        &mut self,
        views: &Views,
        heard: &Heard<'_>,
        (scope, when): (&Scope, When),
        involved: &BTreeSet<String>,
    ) {
        let step = TrailStep::new(&heard.call.operation.name, heard.exchange, Manner::AsRun);
        let subject = existence::subject(views, heard);
        let subjects = subject.map(|subject| self.shadow.involved(&Value::from(subject))).unwrap_or_default();
        let named: BTreeSet<String> =
            self.shadow.involved(heard.input).into_iter().filter(|arn| self.resources.contains_key(arn)).collect();
        for arn in involved {
            if !self.resources.contains_key(arn) {
                let trail = self.trail(&named, &step);
                let resource = Resource { scope: scope.clone(), changed: when.ended, trail, at: self.heard };
                self.resources.insert(arn.clone(), resource);
                continue;
            }
            let Some(resource) = self.resources.get_mut(arn) else { continue };
            resource.changed = resource.changed.max(when.ended);
            resource.at = self.heard;
            if subjects.contains(arn) && resource.trail.len() < MOST_STEPS {
                resource.trail.push(step.clone());
            }
        }
    }

    /// What led to a resource that this step makes out of others.
    fn trail(&self, named: &BTreeSet<String>, step: &TrailStep) -> Vec<TrailStep> {
        let mut trail: Vec<TrailStep> = Vec::new();
        for before in named.iter().filter_map(|arn| self.resources.get(arn)).flat_map(|resource| &resource.trail) {
            if trail.len() < MOST_STEPS && !trail.iter().any(|known| known.is_same(before)) {
                trail.push(before.clone());
            }
        }
        trail.push(step.clone());
        trail
    }

    /// Of these resources those that a change in flight at the same time may have changed.
    fn in_flight(&self, arns: &BTreeSet<String>, when: When) -> BTreeSet<String> {
        let changed = |arn: &&String| self.resources.get(*arn).is_some_and(|one| one.changed > when.began);
        arns.iter().filter(changed).cloned().collect()
    }

    /// Whether something that is shown otherwise than it is known is a divergence, and no matter of order, lag or sight.
    fn counts(&self, suspicion: &Suspicion, body: &Value, (scope, when): (&Scope, When)) -> bool {
        let Some(resource) = self.resources.get(&suspicion.arn) else { return false };
        if resource.changed > when.began {
            return false;
        }
        if suspicion.law == crate::judge::shadow::Basis::Law(LawKind::PagesAreDisjoint) {
            // What comes and goes between two pages moves the others.
            let changed = self.changed.get(&suspicion.resource).copied().unwrap_or(Moment::MIN);
            if changed > when.began {
                return false;
            }
        }
        let is_left_out =
            suspicion.member.is_none() && self.shadow.existence(&suspicion.arn).is_some_and(|it| it.is_there());
        let is_in_sight = || scope.sees(&suspicion.arn, &resource.scope) || shows_neighbours(body, &suspicion.arn);
        if is_left_out && !is_in_sight() {
            return false;
        }
        let is_single = if suspicion.part == RoleKind::List { IsSingle::No } else { IsSingle::Yes };
        !suspicion.may_lag || self.is_late(&suspicion.arn, when, is_single)
    }

    /// Whether a read began so late after the last change that it must show it.
    fn is_late(&self, arn: &str, when: When, is_single: IsSingle) -> bool {
        if self.is_local && is_single == IsSingle::Yes {
            return true;
        }
        let lag = if self.is_local { LOCAL_LAG } else { LAG };
        let changed = self.resources.get(arn).map(|resource| resource.changed);
        when.is_known && changed.is_some_and(|changed| when.began.saturating_sub(changed) >= lag)
    }

    fn doubt(&self, heard: &Heard<'_>, when: When, arn: &str, violation: Violation) -> Doubt {
        let mut history = self.resources.get(arn).map(|resource| resource.trail.clone()).unwrap_or_default();
        history.push(TrailStep::new(&heard.call.operation.name, heard.exchange, Manner::AsRun));
        Doubt {
            arn: arn.to_owned(),
            ended: when.ended,
            violation,
            case: heard.call.index,
            exchange: heard.exchange.clone(),
            history,
        }
    }

    /// What a value names may have changed, and how is not known.
    pub fn lose_sight(&mut self, named: &Value, recorded: &Recorded, doubts: &mut Doubts) {
        self.heard += 1;
        let when = self.times.of(recorded);
        for arn in self.shadow.involved(named) {
            self.shadow.forget_named(&Value::from(arn.as_str()));
            doubts.take_back(&arn, when.began);
            if let Some(resource) = self.resources.get_mut(&arn) {
                resource.changed = resource.changed.max(when.ended);
            }
        }
    }

    /// Everything may have changed.
    pub fn lose_everything(&mut self) {
        self.resources.clear();
        self.shadow.retain(|_| false);
    }

    /// Forgets the resources that were not changed for the longest time, if there are too many.
    fn make_room(&mut self) {
        if self.resources.len() <= MOST {
            return;
        }
        let mut ages: Vec<u64> = self.resources.values().map(|resource| resource.at).collect();
        ages.sort_unstable();
        let oldest = ages.get(ages.len() - KEPT).copied().unwrap_or_default();
        self.resources.retain(|_, resource| resource.at >= oldest);
        let resources = &self.resources;
        self.shadow.retain(|arn| resources.contains_key(arn));
    }
}

/// Whether a read shows one resource, and not a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsSingle {
    Yes,
    No,
}

fn seen<'h>(heard: &Heard<'h>) -> Seen<'h> {
    Seen { operation: heard.call.operation, input: heard.input, judgement: heard.judgement, is_open: heard.is_open }
}
