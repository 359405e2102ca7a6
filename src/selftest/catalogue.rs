//! The faults to try: derived from the contract clause by clause, offered by the reference server, or thought up by
//! hand.

use std::collections::BTreeSet;

use regex::Regex;

use super::SelftestError;
use super::attribution::{self, Attribution, Data, EquivalentData, OccasionData};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::reason;
use crate::plan::resources::Resources;
use crate::plan::{Case, Check};
use crate::reference;
use crate::spec::Contract;
use crate::spec::clause::{ClauseIndex, Constraint};
use crate::spec::contract::{Bounds, Node, NodeKind, Operation};
use crate::spec::rules::ReasonKind;

/// Name of the family of faults thought up by hand.
const BY_HAND: &str = "thought up by hand";

/// A fault to try.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Its id, as `serve --fault` takes it.
    pub id: String,
    /// Its family.
    pub family: String,
    /// The clauses that it breaks: a finding of one of them detects it.
    pub breaks: Vec<ClauseIndex>,
    /// Clauses that it breaks as every fault of its form does, though none of them is the one to find it by.
    pub also_breaks: Vec<ClauseIndex>,
    /// What makes a fault that was thought up by hand nasty.
    pub why: Option<String>,
}

impl Mutant {
    /// Whether it breaks the clause, by itself or as every fault of its form does.
    pub fn breaks_clause(&self, clause: ClauseIndex) -> bool {
        self.breaks.contains(&clause) || self.also_breaks.contains(&clause)
    }
}

/// A fault that is not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivalent {
    /// Its id.
    pub id: String,
    /// Why not.
    pub reason: String,
}

/// All faults.
#[derive(Debug)]
pub struct Catalogue {
    /// Those to try.
    pub mutants: Vec<Mutant>,
    /// Conditions that were derived from data, with the mistakes that they stand for.
    pub occasions: Vec<OccasionData>,
    /// Those that clients can see and that are tried only when asked for, with the reason.
    pub undetected: Vec<(Mutant, String)>,
    /// Those that cannot be seen, with the reason.
    pub equivalents: Vec<Equivalent>,
}

impl Catalogue {
    /// Derives all faults; `cases` is the whole plan.
    ///
    /// # Errors
    /// The data on faults is damaged, or leaves a fault without a clause.
    pub fn of(contract: &Contract, cases: &[Case]) -> Result<Catalogue, SelftestError> {
        let data = Data::builtin()?;
        let attribution = Attribution::new(data.families)?;
        let falsifiable = falsifiable(contract, cases);
        let mut ids = BTreeSet::new();
        let resources = Resources::of(contract);
        let api = reference::Api::of_operations(contract.operations.iter().map(|operation| operation.name.as_str()));
        ids.extend(reference::catalogue(api).into_iter().map(|entry| entry.id));
        ids.extend(cases.iter().flat_map(|case| of_case(contract, case)));
        for operation in &contract.operations {
            ids.extend(of_errors(&falsifiable, operation));
            ids.extend(of_view(contract, &resources, operation));
            for node in operation.output.walk().into_iter().skip(1) {
                ids.extend(of_output(&falsifiable, operation, node));
            }
        }
        add_occasions(&data.occasions, &mut ids)?;
        let by_hand: BTreeSet<&str> = data.faults.iter().map(|fault| fault.id.as_str()).collect();
        ids.retain(|id| !by_hand.contains(id.as_str()));
        let hidden = reasons(data.equivalents)?;
        let undetected = reasons(data.undetected)?;
        let mut catalogue = Catalogue {
            mutants: Vec::new(),
            occasions: data.occasions,
            undetected: Vec::new(),
            equivalents: Vec::new(),
        };
        for id in ids {
            // What a client can never see, it cannot see on some occasions either.
            let always = id.split('@').next().unwrap_or(&id);
            if let Some(reason) = reason_of(&hidden, &id).or_else(|| reason_of(&hidden, always)) {
                catalogue.equivalents.push(Equivalent { id, reason });
                continue;
            }
            let (family, breaks) = attribution.of(contract, &id)?;
            let reason = reason_of(&undetected, &id);
            let mutant = Mutant { id, family, breaks, also_breaks: Vec::new(), why: None };
            match reason {
                Some(reason) => catalogue.undetected.push((mutant, reason)),
                None => catalogue.mutants.push(mutant),
            }
        }
        for fault in data.faults {
            let of_its_form = attribution.of(contract, fault.id.split('@').next().unwrap_or(&fault.id));
            let (breaks, mut also_breaks) = match fault.clauses.is_empty() {
                true => (of_its_form?.1, Vec::new()),
                // Others of its form may be seen nowhere, so that their family breaks nothing here.
                false => {
                    let own = attribution::clauses(contract, &fault.id, &fault.clauses)?;
                    (own, of_its_form.map(|(_, clauses)| clauses).unwrap_or_default())
                }
            };
            if !fault.also.is_empty() {
                also_breaks.extend(attribution::clauses(contract, &fault.id, &fault.also)?);
            }
            let (family, why) = (BY_HAND.to_owned(), Some(fault.why));
            catalogue.mutants.push(Mutant { id: fault.id, family, breaks, also_breaks, why });
        }
        Ok(catalogue)
    }

    /// The falsifiable clauses that no fault breaks.
    pub fn unbroken<'c>(&self, contract: &'c Contract, cases: &[Case]) -> Vec<&'c str> {
        let broken: BTreeSet<ClauseIndex> = self.mutants.iter().flat_map(|mutant| mutant.breaks.clone()).collect();
        let unbroken = falsifiable(contract, cases).into_iter().filter(|index| !broken.contains(index));
        unbroken.map(|index| contract.clauses.get(index).id.as_str()).collect()
    }
}

type Reasons = Vec<(Regex, String)>;

fn reasons(entries: Vec<EquivalentData>) -> Result<Reasons, SelftestError> {
    entries.into_iter().map(|entry| Ok((attribution::whole(&entry.faults)?, entry.reason))).collect()
}

fn reason_of(reasons: &Reasons, id: &str) -> Option<String> {
    reasons.iter().find(|(regex, _)| regex.is_match(id)).map(|(_, reason)| reason.clone())
}

/// Adds the faults that show under a condition only.
fn add_occasions(occasions: &[OccasionData], ids: &mut BTreeSet<String>) -> Result<(), SelftestError> {
    let always: Vec<String> = ids.iter().filter(|id| !id.contains('@')).cloned().collect();
    for occasion in occasions {
        let regex = attribution::whole(&occasion.faults)?;
        let concerned: Vec<&String> = always.iter().filter(|id| regex.is_match(id)).collect();
        if concerned.is_empty() {
            return Err(SelftestError::Data(format!("an occasion fits no fault: `{}`", occasion.faults)));
        }
        let conditions = |id: &String| occasion.when.iter().map(move |when| format!("{id}@{when}")).collect::<Vec<_>>();
        ids.extend(concerned.into_iter().flat_map(conditions));
    }
    Ok(())
}

/// The clauses that some case decides and that some target could violate.
fn falsifiable(contract: &Contract, cases: &[Case]) -> BTreeSet<ClauseIndex> {
    let decided: BTreeSet<ClauseIndex> = cases.iter().flat_map(|case| case.clauses.clone()).collect();
    // What only some targets lack, the reference server has.
    let can_be = |index: &ClauseIndex| {
        let reason = reason::documented(contract, &contract.clauses.get(*index).id);
        reason.is_none_or(|reason| reason.kind == ReasonKind::TargetLacks)
    };
    decided.into_iter().filter(can_be).collect()
}

/// Both sides of an input constraint: what breaks it is accepted, what just keeps it is refused.
fn of_case(contract: &Contract, case: &Case) -> Vec<String> {
    let operation = case.operation.as_deref().and_then(|name| contract.operation(name));
    let Some(operation) = operation else { return Vec::new() };
    match &case.check {
        Check::Refuses { path, constraint } => {
            vec![format!("ignore:{}.input.{path}.{constraint}", operation.name)]
        }
        Check::Accepts { path, constraint } => {
            let node = operation.input.find(path);
            let classes = node.map_or_else(Vec::new, |node| legal_classes(node, *constraint));
            classes.iter().map(|class| format!("refuse:{}.input.{path}={class}", operation.name)).collect()
        }
        _ => Vec::new(),
    }
}

/// Classes of legal values at the edge of a constraint, as fault ids name them.
fn legal_classes(node: &Node, constraint: Constraint) -> Vec<String> {
    let length = node.constraints.length.unwrap_or_default();
    let range = node.constraints.range.unwrap_or(Bounds { min: None, max: None });
    match constraint {
        Constraint::LengthMin => sizes(length.min, 1, length.min, length.max),
        Constraint::LengthMax => sizes(length.max, -1, length.min, length.max),
        Constraint::RangeMin => sizes(whole(range.min), 1, whole(range.min), whole(range.max)),
        Constraint::RangeMax => sizes(whole(range.max), -1, whole(range.min), whole(range.max)),
        Constraint::Enum => match &node.kind {
            NodeKind::Enum(values) => values.clone(),
            _ => Vec::new(),
        },
        Constraint::Type => match node.kind {
            NodeKind::Boolean => vec!["true".to_owned(), "false".to_owned()],
            _ => vec!["present".to_owned()],
        },
        Constraint::Pattern => vec!["present".to_owned()],
        Constraint::Required | Constraint::UniqueItems => Vec::new(),
    }
}

fn whole(bound: Option<f64>) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)]
    bound.map(|bound| bound as i64)
}

/// The size at a bound, and the one beside it within the bounds.
fn sizes<N: TryInto<i64>>(bound: Option<N>, inwards: i64, least: Option<N>, most: Option<N>) -> Vec<String> {
    let number = |bound: Option<N>| bound.and_then(|bound| bound.try_into().ok());
    let (bound, least, most) = (number(bound), number(least), number(most));
    let inner = bound
        .map(|bound: i64| bound.saturating_add(inwards))
        .filter(|inner| least.is_none_or(|least: i64| *inner >= least) && most.is_none_or(|most: i64| *inner <= most));
    bound.into_iter().chain(inner).map(|size| format!("size-{size}")).collect()
}

/// An error with another status, and with another code.
fn of_errors(falsifiable: &BTreeSet<ClauseIndex>, operation: &Operation) -> Vec<String> {
    let mut ids = Vec::new();
    for error in &operation.errors {
        if falsifiable.contains(&error.clause) {
            // No error has this status under any reading.
            ids.push(format!("error-status:{}.{}=418", operation.name, error.code));
            ids.push(format!("error-code:{}.{}=BadRequest", operation.name, error.code));
        }
    }
    ids
}

/// Views that show another value of a member than the resource has: the one before the last change, or that of the
/// resource made before it, each on some occasions only.
fn of_view(contract: &Contract, resources: &Resources, operation: &Operation) -> Vec<String> {
    let roles = resources.types().flat_map(|kind| {
        let of_kind = operation_role::roles(contract, resources, kind).into_iter();
        of_kind.filter(|role| role.operation == operation.name).map(move |role| (kind, role.kind))
    });
    let Some((kind, role)) = roles.into_iter().next() else { return Vec::new() };
    let all: Vec<OperationRole> = operation_role::roles(contract, resources, kind);
    let input_of = |wanted| {
        let performer = all.iter().find(|role| role.kind == wanted);
        performer.and_then(|role| contract.operation(&role.operation)).map(|operation| &operation.input)
    };
    let tags = input_of(RoleKind::Tag).and_then(|input| input.members().iter().find(|member| is_map(member)));
    let (stale, neighbour): (&[&str], &[&str]) = match role {
        RoleKind::Get => (&["changed-twice", "warm", "third-resource", "reread"], &["third-resource", "reread"]),
        RoleKind::Tags => (&["changed-twice", "warm", "third-resource", "reread"], &["third-resource"]),
        RoleKind::Batch => {
            (&["changed-twice", "warm", "third-resource", "last-item"], &["third-resource", "last-item"])
        }
        RoleKind::List => {
            let conditions = &["changed-twice", "warm", "third-resource", "last-item", "later-page"];
            (conditions, &["third-resource", "last-item", "later-page"])
        }
        _ => return Vec::new(),
    };
    let shown = match role {
        RoleKind::Get => operation_role::object_of(operation, kind),
        RoleKind::Tags => Some(&operation.output),
        _ => operation_role::items_of(operation, kind).and_then(operation_role::element),
    };
    let mut ids = Vec::new();
    for member in shown.map(Node::members).unwrap_or_default() {
        let is_tags = tags.is_some_and(|tags| tags.shape == member.shape);
        let updated = input_of(RoleKind::Update).and_then(|input| input.member(&member.name));
        let is_updated = updated.is_some_and(|updated| !updated.is_required);
        let mut add = |fault: &str, conditions: &[&str]| {
            ids.extend(conditions.iter().map(|condition| {
                let condition = match *condition {
                    "changed-twice" if is_tags => "tagged-twice",
                    "changed-twice" => "updated-twice",
                    other => other,
                };
                format!("{fault}:{}.output.{}@{condition}", operation.name, member.path)
            }));
        };
        if is_tags || is_updated {
            add("stale", stale);
        }
        if is_tags || member.name == "name" {
            add("neighbour", neighbour);
        }
    }
    ids
}

fn is_map(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Map { .. })
}

/// A change of the response for every constraint on it.
fn of_output(falsifiable: &BTreeSet<ClauseIndex>, operation: &Operation, node: &Node) -> Vec<String> {
    let is_falsifiable =
        |constraint: &Constraint| node.clause(*constraint).is_some_and(|clause| falsifiable.contains(&clause));
    let testable = Constraint::ALL.into_iter().filter(is_falsifiable);
    let mut ids = Vec::new();
    for constraint in testable {
        let changes: &[&str] = match constraint {
            Constraint::Type if matches!(node.kind, NodeKind::Timestamp(_)) => &["retype", "epoch"],
            Constraint::Type => &["retype"],
            Constraint::Required => &["drop", "null", "rename"],
            Constraint::LengthMin => &["clear"],
            Constraint::LengthMax | Constraint::RangeMax => &["lengthen"],
            Constraint::Pattern | Constraint::Enum | Constraint::RangeMin => &["corrupt"],
            Constraint::UniqueItems => &[],
        };
        ids.extend(changes.iter().map(|change| format!("{change}:{}.output.{}", operation.name, node.path)));
    }
    ids
}
