//! What resources do for a time, and the filters of lists: data in `suites/scenarios/`.
//!
//! Which output shows an activity follows from the model: it has the member that names one. What is said here is which
//! operations show only what goes on, which ones keep what is over, and which rule a difference breaks.

use serde::Deserialize;

use super::operation_role::element;
use super::resources::resource_of;
use crate::spec::contract::{Node, Operation};

/// What a resource of some type does for a time: it begins, ends, and stays in a history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Stable name.
    pub name: String,
    /// Type of the resources that do it; one at a time each.
    pub resource: String,
    /// Member that names one, wherever it is shown.
    pub id: String,
    /// Operations that show what goes on, and nothing else.
    pub current: Vec<String>,
    /// Operations that show what goes on and what is over.
    #[serde(default)]
    pub history: Vec<String>,
    /// Operations that end it.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Member that what is over has, and what goes on lacks.
    #[serde(default)]
    pub end: Option<String>,
    /// Members that change by themselves.
    #[serde(default)]
    pub unsettled: Vec<String>,
    /// What holds of it.
    #[serde(rename = "law")]
    pub laws: Vec<ActivityLaw>,
}

/// A law of an activity and the rule that is broken with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityLaw {
    /// What holds.
    pub holds: ActivityLawKind,
    /// The rule to blame.
    pub rule: String,
    /// Type of the resource whose state is kept, for [`ActivityLawKind::KeepsItsResources`]; all if none.
    #[serde(default)]
    pub resource: Option<String>,
    /// Whether this consequence of a documented rule is only inferred.
    #[serde(default)]
    pub inferred: bool,
}

/// What holds of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityLawKind {
    /// Views of what goes on show everything that goes on.
    OngoingIsShown,
    /// Views of what goes on show nothing that ended or never began.
    EndedIsNotShown,
    /// The history shows everything that began, and nothing else.
    HistoryIsComplete,
    /// Two activities have two names.
    NamesDiffer,
    /// Every view shows the same of one.
    ViewsAgree,
    /// The one that is asked for by its name is shown.
    NamedIsShown,
    /// Without a name the latest one is shown.
    LatestIsShown,
    /// The end is shown of what is over, and of nothing else.
    EndIsShown,
    /// It shows the resources that it began with as they were then.
    KeepsItsResources,
}

/// A member of a list's input that chooses what is listed, and the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListFilter {
    /// The list.
    pub operation: String,
    /// Input member.
    pub member: String,
    /// The rule to blame for what is shown although the filter excludes it.
    pub rule: String,
}

/// The law of a kind; one for the resource type goes before one for all.
pub fn law<'l>(laws: &'l [ActivityLaw], kind: ActivityLawKind, resource: Option<&str>) -> Option<&'l ActivityLaw> {
    let for_type =
        laws.iter().find(|law| law.holds == kind && law.resource.is_some() && law.resource.as_deref() == resource);
    for_type.or_else(|| laws.iter().find(|law| law.holds == kind && law.resource.is_none()))
}

/// Whether a view keeps what is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It shows only what goes on.
    Current,
    /// It shows what is over, too.
    History,
}

/// Where a view of an activity says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerPlace {
    /// In a member of what is shown.
    Shown(String),
    /// In a member of the input.
    Given(String),
}

/// How an operation's output shows an activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityView {
    /// Whether it keeps what is over.
    pub kept: Kept,
    /// Output member that shows one, or a list of them.
    pub place: String,
    /// Whether it is a list.
    pub is_list: bool,
    /// Where it says whose activity it is.
    pub owner: OwnerPlace,
    /// Input member that asks for one by its name.
    pub asked: Option<String>,
}

impl Activity {
    /// How an operation shows the activity; none if its output does not, or does not say whose it is.
    pub fn view(&self, operation: &Operation) -> Option<ActivityView> {
        let kept = match (self.current.contains(&operation.name), self.history.contains(&operation.name)) {
            (true, _) => Kept::Current,
            (false, true) => Kept::History,
            (false, false) => return None,
        };
        let shows = |node: &&Node| shape_of(node).member(&self.id).is_some();
        let place = operation.output.members().iter().find(shows)?;
        let names_owner = |member: &&Node| resource_of(member) == Some(self.resource.as_str());
        let shown = shape_of(place).members().iter().find(names_owner);
        let owner = match shown {
            Some(member) => OwnerPlace::Shown(member.name.clone()),
            None => OwnerPlace::Given(self.owner_input(operation)?),
        };
        let id = shape_of(place).member(&self.id)?;
        let asked = operation.input.members().iter().find(|member| member.shape == id.shape);
        Some(ActivityView {
            kept,
            place: place.name.clone(),
            is_list: element(place).is_some(),
            owner,
            asked: asked.map(|member| member.name.clone()),
        })
    }

    /// The input member by which an operation is told whose activity it is about.
    pub fn owner_input(&self, operation: &Operation) -> Option<String> {
        let names_owner = |member: &&Node| member.is_required && resource_of(member) == Some(self.resource.as_str());
        operation.input.members().iter().find(names_owner).map(|member| member.name.clone())
    }
}

/// What a member shows: the elements of a list, or the member itself.
fn shape_of(node: &Node) -> &Node {
    element(node).unwrap_or(node)
}
