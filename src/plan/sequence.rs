//! Random sequences of operations and the laws that hold along them: data in `suites/scenarios/`.
//!
//! Which operation makes, shows, changes or deletes which resource follows from the model ([`super::operation_role`]); which rule
//! a broken law breaks is said here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::operation_role::RoleKind;

/// A family of random sequences over a few resources.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// Stable name; the case id is `sequence/NAME`.
    pub name: String,
    /// What it shows, in one sentence.
    pub summary: String,
    /// Types of the resources that live in it.
    pub resources: Vec<String>,
    /// How many of a type live at once at most.
    #[serde(default = "two")]
    pub at_once: usize,
    /// Input members that are not given, as `Operation.member`: whether they are legal depends on the state.
    #[serde(default)]
    pub leave_out: Vec<String>,
    /// Members of resources that change by themselves, as `type.member`.
    #[serde(default)]
    pub unsettled: Vec<String>,
    /// Members, as `type.member`, that may change when one of these members is given to an update.
    #[serde(default)]
    pub follows: BTreeMap<String, Vec<String>>,
    /// States of `suites/scenarios/` that a new resource of a type is brought into before the sequence goes on.
    #[serde(default)]
    pub states: BTreeMap<String, String>,
}

fn two() -> usize {
    2
}

/// A law of sequences and the rule that is broken with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// What holds.
    pub holds: LawKind,
    /// The rule to blame.
    pub rule: String,
    /// The resource type that it holds for; all if none.
    #[serde(default)]
    pub resource: Option<String>,
    /// Whether this consequence of a documented rule is only inferred.
    #[serde(default)]
    pub inferred: bool,
    /// The error that a refusal has, for laws that speak of one.
    #[serde(default)]
    pub error: Option<String>,
}

/// What holds along a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LawKind {
    /// What create answered is what is read, until something changes it.
    CreatedIsRead,
    /// Lists have what lives, as it is read, and nothing that was deleted.
    CreatedIsListed,
    /// Pages of a list show everything once, and nothing twice.
    PagesAreDisjoint,
    /// A batch shows what single reads show.
    BatchAgrees,
    /// A batch names what it cannot find among its errors.
    BatchReportsErrors,
    /// What an update was given is what is read.
    UpdateChanges,
    /// What an update was not given stays as it was.
    UpdateKeeps,
    /// An update leaves tags alone.
    UpdateKeepsTags,
    /// Tags given at create are tags of the resource.
    TagsOfCreate,
    /// Tagging adds keys that were not there.
    TagAdds,
    /// Tagging replaces the values of keys that were there.
    TagOverwrites,
    /// Tagging leaves other keys and other resources alone.
    TagKeeps,
    /// Untagging removes the named keys and no others.
    UntagRemoves,
    /// Every view shows the tags that the list of tags shows.
    TagsAppear,
    /// What is deleted is found by nobody.
    DeletedIsGone,
    /// What came with a resource goes with it.
    OwnedGoesAlong,
    /// A resource has at most one of what it owns: another create is refused with the law's error.
    OneAtMost,
    /// What others refer to cannot be deleted: refused with the law's error.
    InUseStays,
    /// What nothing refers to any more can be deleted.
    ReleasedGoes,
}

impl LawKind {
    /// Whether it speaks of tags.
    pub fn is_about_tags(self) -> bool {
        match self {
            LawKind::UpdateKeepsTags | LawKind::TagsOfCreate | LawKind::TagsAppear => true,
            LawKind::TagAdds | LawKind::TagOverwrites | LawKind::TagKeeps | LawKind::UntagRemoves => true,
            LawKind::CreatedIsRead | LawKind::CreatedIsListed | LawKind::PagesAreDisjoint => false,
            LawKind::BatchAgrees | LawKind::BatchReportsErrors => false,
            LawKind::UpdateChanges | LawKind::UpdateKeeps => false,
            LawKind::DeletedIsGone | LawKind::OwnedGoesAlong | LawKind::OneAtMost => false,
            LawKind::InUseStays | LawKind::ReleasedGoes => false,
        }
    }

    /// The role that some operation must have in a resource's life, so that the law can be broken there.
    pub fn needs(self) -> RoleKind {
        match self {
            LawKind::CreatedIsRead | LawKind::TagsOfCreate | LawKind::TagsAppear => RoleKind::Get,
            LawKind::CreatedIsListed | LawKind::PagesAreDisjoint => RoleKind::List,
            LawKind::BatchAgrees | LawKind::BatchReportsErrors => RoleKind::Batch,
            LawKind::UpdateChanges | LawKind::UpdateKeeps | LawKind::UpdateKeepsTags => RoleKind::Update,
            LawKind::TagAdds | LawKind::TagOverwrites | LawKind::TagKeeps => RoleKind::Tag,
            LawKind::UntagRemoves => RoleKind::Untag,
            LawKind::DeletedIsGone | LawKind::OwnedGoesAlong => RoleKind::Delete,
            LawKind::InUseStays | LawKind::ReleasedGoes => RoleKind::Delete,
            LawKind::OneAtMost => RoleKind::Create,
        }
    }
}

/// The law of a kind for a resource type; one for the type goes before one for all.
pub fn law<'l>(laws: &'l [Law], kind: LawKind, resource: &str) -> Option<&'l Law> {
    let for_type = laws.iter().find(|law| law.holds == kind && law.resource.as_deref() == Some(resource));
    for_type.or_else(|| laws.iter().find(|law| law.holds == kind && law.resource.is_none()))
}
