//! Which output shows which state: read from the shapes of the model and the laws of the suites.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::activity::ActivityViews;
use super::{Basis, Suspicion};
use crate::judge::finding::{FindingKind, Violation};
use crate::plan::activity::{self, ListFilter};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::resources::{Product, Resources};
use crate::plan::sequence::{Law, LawKind, law as find_law};
use crate::plan::suite::Suites;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::{Contract, Node, NodeKind, Operation};

/// What operations do to resources and show of them, for one contract.
#[derive(Debug, Default)]
pub struct Views {
    /// The role of each operation in the life of each resource type that it is about.
    roles: BTreeMap<String, Vec<OperationRole>>,
    products: BTreeMap<String, Vec<Product>>,
    /// Name of the shape of tags.
    tags_shape: Option<String>,
    /// Members that change by themselves, as `type.member`.
    unsettled: BTreeSet<String>,
    /// Members, as `type.member`, that may change when one of these members is given to an update.
    follows: Vec<(String, Vec<String>)>,
    laws: Vec<Law>,
    /// What resources do for a time, as the suites say it.
    pub(super) activities: Vec<ActivityViews>,
    filters: Vec<ListFilter>,
    /// Members of inputs that need not come back as they were given, as `Operation.member`.
    loose: BTreeSet<String>,
}

/// A resource in an output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'e> {
    /// Its shape there.
    pub node: &'e Node,
    /// Its ARN.
    pub arn: &'e str,
    /// Its members.
    pub members: &'e Map<String, Value>,
}

impl Views {
    /// Derives the views of a contract; `suites` has the laws and what changes by itself.
    pub fn of(contract: &Contract, resources: &Resources, suites: &Suites) -> Views {
        let mut views = Views { laws: suites.laws.clone(), filters: suites.filters.clone(), ..Views::default() };
        for resource in resources.types() {
            for role in operation_role::roles(contract, resources, resource) {
                if role.kind == RoleKind::Tag && views.tags_shape.is_none() {
                    views.tags_shape = tags_shape(contract, &role);
                }
                views.roles.entry(role.operation.clone()).or_default().push(role);
            }
        }
        for operation in &contract.operations {
            let made = resources.products(&operation.name);
            if !made.is_empty() {
                views.products.insert(operation.name.clone(), made.to_vec());
            }
        }
        for sequence in &suites.sequences {
            views.unsettled.extend(sequence.unsettled.iter().cloned());
            views.follows.extend(sequence.follows.iter().map(|(member, leaders)| (member.clone(), leaders.clone())));
        }
        for operation in &contract.operations {
            let echoes = suites.echoes.iter().filter(|echo| echo.applies_to(&operation.name));
            let loose = echoes.flat_map(|echo| &echo.except).filter_map(|path| path.split('.').next());
            views.loose.extend(loose.map(|member| format!("{}.{member}", operation.name)));
        }
        for activity in &suites.activities {
            let getter = views.performer(RoleKind::Get, &activity.resource);
            let getter = getter.and_then(|role| contract.operation(&role.operation));
            let owner = getter.and_then(|operation| operation_role::object_of(operation, &activity.resource));
            views.activities.push(ActivityViews::of(contract, activity, owner));
        }
        views
    }

    /// Whether what an operation shows may lag behind what it is about: it shows what resources do for a time.
    pub fn may_lag(&self, operation: &Operation) -> bool {
        self.activities.iter().any(|known| known.activity.view(operation).is_some())
    }

    /// The first role of an operation; those of other resource types differ in the type only.
    pub fn role(&self, operation: &str) -> Option<&OperationRole> {
        self.roles.get(operation)?.first()
    }

    /// The operation that has a part in the life of a resource type.
    pub fn performer(&self, part: RoleKind, resource: &str) -> Option<&OperationRole> {
        self.roles.values().flatten().find(|role| role.kind == part && role.resource == resource)
    }

    /// What an operation's success brings into being.
    pub(super) fn products(&self, operation: &str) -> &[Product] {
        self.products.get(operation).map_or(&[], Vec::as_slice)
    }

    /// Whether an operation's success brings something into being.
    pub fn makes_something(&self, operation: &Operation) -> bool {
        !self.products(&operation.name).is_empty()
    }

    /// The member of a resource that holds its tags.
    pub(super) fn tags_member<'n>(&self, node: &'n Node) -> Option<&'n str> {
        let shape = self.tags_shape.as_ref()?;
        node.members().iter().find(|member| member.shape == *shape).map(|member| member.name.as_str())
    }

    /// Whether a member of resources changes by itself.
    pub(super) fn is_unsettled(&self, resource: &str, member: &str) -> bool {
        self.unsettled.contains(&format!("{resource}.{member}"))
    }

    /// Whether a member of an input need not come back as it was given.
    pub(super) fn is_loose(&self, operation: &str, member: &str) -> bool {
        self.loose.contains(&format!("{operation}.{member}"))
    }

    /// The members that an update may change: those given, and those that follow one of them.
    pub(super) fn with_followers(&self, resource: &str, given: BTreeSet<String>) -> BTreeSet<String> {
        let prefix = format!("{resource}.");
        let is_led = |leaders: &[String]| leaders.iter().any(|leader| given.contains(leader));
        let led = self.follows.iter().filter(|(_, leaders)| is_led(leaders));
        let followers: Vec<String> =
            led.filter_map(|(member, _)| member.strip_prefix(&prefix)).map(str::to_owned).collect();
        given.into_iter().chain(followers).collect()
    }

    /// The resources that stand in an output at its top, or in a list at its top, each with its place.
    pub(super) fn objects<'e>(&self, operation: &'e Operation, body: &'e Value) -> Vec<(&'e Node, Object<'e>)> {
        let mut found = Vec::new();
        for member in operation.output.members() {
            let Some(value) = body.get(&member.name) else { continue };
            match (operation_role::element(member), value) {
                (Some(element), Value::Array(items)) => {
                    found.extend(items.iter().filter_map(|item| Some((member, object(element, item)?))));
                }
                (None, value) => found.extend(object(member, value).map(|object| (member, object))),
                (Some(_), _) => {}
            }
        }
        found
    }

    /// The rule that stands behind a law for a type of resource.
    pub fn rule(&self, contract: &Contract, law: LawKind, resource: &str) -> Option<ClauseIndex> {
        contract.clauses.find(&find_law(&self.laws, law, resource)?.rule)
    }

    /// The suspicion as a violation; none if no rule of the contract stands behind its law.
    pub fn violation(&self, contract: &Contract, suspicion: &Suspicion) -> Option<Violation> {
        let (rule, is_inferred) = self.rule_of(suspicion)?;
        Some(Violation {
            clause: contract.clauses.find(rule)?,
            operation: suspicion.operation.clone(),
            detail: suspicion.detail.clone(),
            kind: FindingKind::WrongBehaviour,
            expected: suspicion.expected.clone(),
            observed: suspicion.observed.clone(),
            tier: is_inferred.then_some(Tier::Inferred),
        })
    }

    /// The rule that a suspicion breaks, and whether that is only inferred.
    fn rule_of(&self, suspicion: &Suspicion) -> Option<(&str, bool)> {
        let resource = suspicion.resource.as_str();
        match &suspicion.law {
            Basis::Law(kind) => {
                let known = find_law(&self.laws, *kind, resource);
                let law = known.or_else(|| find_law(&self.laws, LawKind::CreatedIsRead, resource))?;
                Some((&law.rule, law.inferred))
            }
            Basis::Activity { activity, kind } => {
                let laws = &self.activities.get(*activity)?.activity.laws;
                let law = activity::law(laws, *kind, Some(resource))?;
                Some((&law.rule, law.inferred))
            }
            Basis::Filter(member) => {
                let is_it = |filter: &&ListFilter| filter.operation == suspicion.operation && filter.member == *member;
                self.filters.iter().find(is_it).map(|filter| (filter.rule.as_str(), false))
            }
        }
    }
}

/// The resource in a value of this shape, if it names itself.
pub(super) fn object<'e>(node: &'e Node, value: &'e Value) -> Option<Object<'e>> {
    let members = value.as_object()?;
    let own = node.members().iter().find(|member| operation_role::names_itself(member))?;
    let arn = members.get(&own.name)?.as_str()?;
    Some(Object { node, arn, members })
}

fn tags_shape(contract: &Contract, role: &OperationRole) -> Option<String> {
    let operation = contract.operation(&role.operation)?;
    let member = operation.input.member(role.tags.as_deref()?)?;
    matches!(member.kind, NodeKind::Map { .. }).then(|| member.shape.clone())
}
