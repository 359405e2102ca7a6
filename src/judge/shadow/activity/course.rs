//! What is known of the activities of resources.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::judge::shadow::state::Tracked;

/// Where a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    /// Nothing goes on.
    #[default]
    Idle,
    /// It began, and may not be shown yet.
    Beginning,
    /// It was shown.
    Ongoing,
    /// It ends, and may still be shown.
    Ending,
}

/// What is known of one activity.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub name: String,
    pub members: Map<String, Value>,
    /// Whether views of what goes on no longer showed it.
    pub is_over: bool,
    /// The resources that it began with, as they were.
    pub resources: BTreeMap<String, Tracked>,
}

/// The activities of one resource, one after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    pub stage: Stage,
    /// How many began.
    pub begun: usize,
    /// Those whose names were shown, in the order in which they began.
    pub known: Vec<Known>,
    /// The resources that the last one began with.
    pub resources: BTreeMap<String, Tracked>,
    /// Whether nothing can be said of them.
    pub is_lost: bool,
}

impl Course {
    /// Whether the names of all that began were shown.
    pub fn is_named(&self) -> bool {
        self.known.len() == self.begun
    }

    /// The one that goes on, if it was shown.
    pub fn ongoing(&self) -> Option<&Known> {
        self.known.last().filter(|_| self.stage == Stage::Ongoing)
    }

    /// Adds one whose name was not known.
    pub fn learn(&mut self, name: &str) {
        let resources = match self.known.len() + 1 == self.begun {
            true => self.resources.clone(),
            false => BTreeMap::new(),
        };
        self.known.push(Known { name: name.to_owned(), members: Map::new(), is_over: false, resources });
    }
}

/// The courses of all resources, by position of the activity and ARN.
#[derive(Debug, Default)]
pub(in crate::judge::shadow) struct Courses(BTreeMap<(usize, String), Course>);

impl Courses {
    pub(super) fn of(&mut self, index: usize, owner: &str) -> &mut Course {
        self.0.entry((index, owner.to_owned())).or_default()
    }

    /// The owner of an activity of that name.
    pub(super) fn owner_of(&self, index: usize, name: &str) -> Option<&str> {
        let has_it = |course: &Course| !course.is_lost && course.known.iter().any(|known| known.name == name);
        self.0.iter().find(|((of, _), course)| *of == index && has_it(course)).map(|((_, owner), _)| owner.as_str())
    }

    /// Names of what goes on.
    pub(super) fn ongoing(&self, index: usize) -> impl Iterator<Item = String> {
        let of_it = self.0.iter().filter(move |((of, _), course)| *of == index && !course.is_lost);
        of_it.filter_map(|(_, course)| Some(course.ongoing()?.name.clone()))
    }

    /// Names of what is known of one resource.
    pub(super) fn names_of(&self, index: usize, owner: &str) -> impl Iterator<Item = String> {
        let course = self.0.get(&(index, owner.to_owned())).filter(|course| !course.is_lost);
        course.into_iter().flat_map(|course| course.known.iter().map(|known| known.name.clone()))
    }

    pub(super) fn begin(&mut self, index: usize, owner: &str, resources: BTreeMap<String, Tracked>) {
        let course = self.of(index, owner);
        if matches!(course.stage, Stage::Idle | Stage::Ending) {
            course.begun += 1;
            course.stage = Stage::Beginning;
            course.resources = resources;
        }
    }

    pub(super) fn end(&mut self, index: usize, owner: &str) {
        let course = self.of(index, owner);
        if course.stage != Stage::Idle {
            course.stage = Stage::Ending;
        }
    }

    pub(super) fn missed(&mut self, index: usize, owner: &str) {
        let course = self.of(index, owner);
        match course.stage {
            Stage::Ending => {
                course.stage = Stage::Idle;
                course.known.iter_mut().for_each(|known| known.is_over = true);
            }
            // It ended by itself, or the view is wrong: other cases judge that.
            Stage::Ongoing => course.is_lost = true,
            Stage::Idle | Stage::Beginning => {}
        }
    }

    pub(super) fn lose(&mut self, index: usize, owner: &str) {
        self.of(index, owner).is_lost = true;
    }

    /// Nothing can be said of the activities of a resource.
    pub(in crate::judge::shadow) fn lose_all(&mut self, owner: &str) {
        self.0.iter_mut().filter(|((_, of), _)| of == owner).for_each(|(_, course)| course.is_lost = true);
    }

    pub(in crate::judge::shadow) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|(_, owner), _| is_kept(owner));
    }
}
