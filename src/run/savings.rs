//! What the workers of a run know together, so that a request that can show nothing new is not sent: which controls were
//! accepted, around which changes resources were read, and what a deletion takes along.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::input_form::Form;
use super::session::Bundle;
use super::settings::Profile;
use crate::judge::shadow::KnownResources;

/// Changes of one operation around which resources are read: those that give most members.
const LOOKS: usize = 2;
/// The same in the quick profile.
const QUICK_LOOKS: usize = 1;

/// What cases share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sharing {
    /// Nothing but what deletions take along: each case stands for itself.
    #[default]
    Off,
    /// All that is known.
    On,
    /// Nothing; whatever showed a finding is done again.
    Again,
}

/// What is known.
#[derive(Debug, Default)]
pub struct Savings {
    sharing: Sharing,
    most_looks: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    /// Forms of inputs that were accepted, by operation and the number of outages up to then.
    accepted: BTreeMap<(u64, String), BTreeSet<Form>>,
    /// Changes around which resources were read, by operation.
    looks: BTreeMap<String, usize>,
    /// Whether the deletion of a resource type takes along what came into being with it.
    takes_along: BTreeMap<String, bool>,
    /// Resources that no worker uses now.
    spare: Vec<Spare>,
}

/// A resource that cases shared, and that nothing changed.
#[derive(Debug, Clone)]
pub struct Spare {
    /// How often the target had been away when it was made.
    pub outages: u64,
    /// The resource, with what came into being with it.
    pub bundle: Bundle,
    /// What is known of it.
    pub known: KnownResources,
}

impl Known {
    /// Whether a form has less than one accepted form, and more than another one.
    fn is_between(&self, key: &(u64, String), form: &Form) -> bool {
        let Some(accepted) = self.accepted.get(key) else { return false };
        accepted.iter().any(|one| one.has_all_of(form)) && accepted.iter().any(|one| form.has_all_of(one))
    }
}

impl Savings {
    /// Nothing is known so far.
    pub fn new(sharing: Sharing, profile: Profile) -> Savings {
        let most_looks = if profile == Profile::Quick { QUICK_LOOKS } else { LOOKS };
        Savings { sharing, most_looks, ..Savings::default() }
    }

    /// What deletions take along, for cases that share otherwise.
    pub fn with(&self, sharing: Sharing) -> Savings {
        let takes_along = self.ask(|known| known.takes_along.clone());
        Savings { sharing, most_looks: self.most_looks, known: Mutex::new(Known { takes_along, ..Known::default() }) }
    }

    /// What cases share.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Whether an input of this form would tell nothing new: since the target was last away, one was accepted that has all that
    /// this form has, and one that has nothing else. A target may want a member that the contract does not require: what
    /// was accepted with more members does not show that this form has enough of them.
    pub fn has_accepted(&self, outages: u64, operation: &str, form: &Form) -> bool {
        let is_known = |known: &Known| known.is_between(&(outages, operation.to_owned()), form);
        self.sharing == Sharing::On && self.ask(|known| is_known(known))
    }

    /// Notes that an input of a form was accepted. One that tells nothing new is not kept: what lies between it and others
    /// lies between the others too.
    pub fn note_accepted(&self, outages: u64, operation: &str, form: Form) {
        let key = (outages, operation.to_owned());
        if self.sharing == Sharing::On {
            self.ask(|known| {
                if !known.is_between(&key, &form) {
                    known.accepted.entry(key).or_default().insert(form);
                }
            });
        }
    }

    /// The number of the next change of an operation around which resources are to be read; `None` if further ones show
    /// nothing new.
    pub fn next_look(&self, operation: &str) -> Option<usize> {
        self.ask(|known| {
            let looks = known.looks.entry(operation.to_owned()).or_default();
            *looks += 1;
            (*looks <= self.most_looks).then_some(*looks - 1)
        })
    }

    /// Whether the deletion of a resource type takes along what came into being with it; `None` if that is not known.
    pub fn takes_along(&self, kind: &str) -> Option<bool> {
        self.ask(|known| known.takes_along.get(kind).copied())
    }

    /// Notes whether it does. One resource that stayed says that it does not.
    pub fn note_takes_along(&self, kind: &str, takes_along: bool) {
        self.ask(|known| {
            let known = known.takes_along.entry(kind.to_owned()).or_insert(true);
            *known &= takes_along;
        });
    }

    /// Puts a resource by for another worker.
    pub fn put_by(&self, spare: Spare) {
        self.ask(|known| known.spare.push(spare));
    }

    /// A resource of a type in a state that was put by since the target was last away.
    pub fn take_spare(&self, outages: u64, resource: &str, state: Option<&str>) -> Option<Spare> {
        let fits = |spare: &Spare| {
            let bundle = &spare.bundle;
            spare.outages == outages && bundle.state.as_deref() == state && bundle.arn(resource).is_some()
        };
        self.ask(|known| known.spare.iter().position(fits).map(|position| known.spare.remove(position)))
    }

    /// All that was put by.
    pub fn take_all_spare(&self) -> Vec<Spare> {
        self.ask(|known| std::mem::take(&mut known.spare))
    }

    fn ask<T>(&self, ask: impl FnOnce(&mut Known) -> T) -> T {
        ask(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_counts_for_all_workers_until_the_target_was_away() {
        let savings = Savings::new(Sharing::On, Profile::Standard);
        let (one, two) = (Form::of_texts(&["name"]), Form::of_texts(&["type"]));
        savings.note_accepted(0, "CreateThing", one.clone());
        assert!(savings.has_accepted(0, "CreateThing", &one) && !savings.has_accepted(1, "CreateThing", &one));
        assert!(!savings.has_accepted(0, "CreateThing", &two) && !savings.has_accepted(0, "UpdateThing", &one));
        let both = Form::of_texts(&["name", "type"]);
        savings.note_accepted(0, "UpdateThing", both.clone());
        assert!(!savings.has_accepted(0, "UpdateThing", &one), "the other member may be what it takes");
        savings.note_accepted(0, "UpdateThing", Form::default());
        assert!(savings.has_accepted(0, "UpdateThing", &one));
        let alone = Savings::default();
        alone.note_accepted(0, "CreateThing", one.clone());
        assert!(!alone.has_accepted(0, "CreateThing", &one), "a case by itself asks its own controls");
    }

    #[test]
    fn forms_between_others_are_not_kept() {
        let savings = Savings::new(Sharing::On, Profile::Standard);
        let forms: [&[&str]; 5] = [&[], &["a", "b", "c"], &["a"], &["a", "b"], &["a", "d"]];
        forms.iter().for_each(|form| savings.note_accepted(0, "CreateThing", Form::of_texts(form)));
        let kept = savings.ask(|known| known.accepted.values().map(BTreeSet::len).sum::<usize>());
        assert_eq!(kept, 3, "nothing, a to c, and that with d");
        assert!(forms.iter().all(|form| savings.has_accepted(0, "CreateThing", &Form::of_texts(form))));
    }

    #[test]
    fn resources_are_read_around_a_few_changes_of_each_operation() {
        let savings = Savings::new(Sharing::On, Profile::Standard);
        let looks: Vec<_> = (0..4).map(|_| savings.next_look("UpdateThing")).collect();
        assert_eq!(looks, [Some(0), Some(1), None, None]);
        assert_eq!(savings.next_look("DeleteThing"), Some(0));
    }

    #[test]
    fn what_stayed_once_is_deleted_by_itself_from_then_on() {
        let savings = Savings::default();
        assert_eq!(savings.takes_along("thing"), None);
        savings.note_takes_along("thing", true);
        assert_eq!(savings.takes_along("thing"), Some(true));
        savings.note_takes_along("thing", false);
        savings.note_takes_along("thing", true);
        assert_eq!(savings.takes_along("thing"), Some(false));
    }
}
