//! JSON objects, drawn and made smaller member by member: first members go, then keys and values become simpler.

use std::fmt;
use std::ops::RangeInclusive;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

/// Draws beyond those wanted, in case keys are equal.
const SPARE_DRAWS: usize = 8;

type Tree = Box<dyn ValueTree<Value = Value>>;

/// A member of a structure.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: BoxedStrategy<Value>,
    /// Whether every second object goes without it.
    pub is_optional: bool,
}

/// Objects with these members.
#[derive(Debug, Clone)]
pub struct Structures(Rc<[Member]>);

impl Structures {
    /// Objects with these members.
    pub fn new(members: Vec<Member>) -> Structures {
        Structures(members.into())
    }
}

impl Strategy for Structures {
    type Tree = ObjectTree;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut slots = Vec::with_capacity(self.0.len());
        for member in self.0.iter() {
            if member.is_optional && runner.rng().next_u32().is_multiple_of(2) {
                continue;
            }
            let key = Key::Fixed(member.name.clone());
            let value = member.values.new_tree(runner)?;
            slots.push(Slot { key, value, may_go: member.is_optional, is_there: true });
        }
        Ok(ObjectTree::new(slots, 0))
    }
}

/// Objects with so many entries, as far as the keys allow; no two keys are equal.
#[derive(Debug, Clone)]
pub struct Maps {
    keys: BoxedStrategy<Value>,
    values: BoxedStrategy<Value>,
    counts: RangeInclusive<usize>,
}

impl Maps {
    /// Objects with so many entries; what is drawn as a key and is no string makes no entry.
    pub fn new(keys: BoxedStrategy<Value>, values: BoxedStrategy<Value>, counts: RangeInclusive<usize>) -> Maps {
        Maps { keys, values, counts }
    }
}

impl Strategy for Maps {
    type Tree = ObjectTree;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let (least, most) = (*self.counts.start(), *self.counts.end());
        let count = least + runner.rng().next_u32() as usize % (most.saturating_sub(least) + 1);
        let mut tree = ObjectTree::new(Vec::with_capacity(count), least);
        for _ in 0..count + SPARE_DRAWS {
            if tree.slots.len() == count {
                break;
            }
            let key = self.keys.new_tree(runner)?;
            let is_new = key.current().as_str().is_some_and(|name| !tree.has(name));
            if is_new {
                let value = self.values.new_tree(runner)?;
                tree.slots.push(Slot { key: Key::Drawn(key), value, may_go: true, is_there: true });
            }
        }
        Ok(tree)
    }
}

/// A drawn object.
pub struct ObjectTree {
    slots: Vec<Slot>,
    /// Fewest members that stay.
    least: usize,
    /// What is tried next.
    next: Step,
    /// What was done last, and can be taken back.
    last: Option<Step>,
}

struct Slot {
    key: Key,
    value: Tree,
    may_go: bool,
    is_there: bool,
}

enum Key {
    Fixed(String),
    Drawn(Tree),
}

/// A way to make one slot smaller, by its position.
#[derive(Debug, Clone, Copy)]
enum Step {
    Drop(usize),
    SimplifyKey(usize),
    SimplifyValue(usize),
}

impl Key {
    fn name(&self) -> String {
        match self {
            Key::Fixed(name) => name.clone(),
            Key::Drawn(tree) => tree.current().as_str().unwrap_or_default().to_owned(),
        }
    }
}

impl ObjectTree {
    fn new(slots: Vec<Slot>, least: usize) -> ObjectTree {
        ObjectTree { slots, least, next: Step::Drop(0), last: None }
    }

    fn has(&self, name: &str) -> bool {
        self.slots.iter().any(|slot| slot.is_there && slot.key.name() == name)
    }

    fn is_sound(&self) -> bool {
        let names: Vec<String> = self.slots.iter().filter(|slot| slot.is_there).map(|slot| slot.key.name()).collect();
        names.iter().enumerate().all(|(index, name)| !names.iter().skip(index + 1).any(|other| other == name))
    }

    /// Whether the step changed something.
    fn take(&mut self, step: Step) -> bool {
        let number = self.slots.iter().filter(|slot| slot.is_there).count();
        let may_drop = number > self.least;
        match step {
            Step::Drop(index) => match self.slots.get_mut(index) {
                Some(slot) if slot.may_go && may_drop => {
                    slot.is_there = false;
                    true
                }
                _ => false,
            },
            Step::SimplifyKey(index) => {
                let is_simpler = match self.slots.get_mut(index) {
                    Some(Slot { key: Key::Drawn(key), is_there: true, .. }) => key.simplify(),
                    _ => false,
                };
                // Two entries cannot share a key: then it stays as it was, and is not tried again.
                if is_simpler && !self.is_sound() {
                    self.take_back(step);
                    return false;
                }
                is_simpler
            }
            Step::SimplifyValue(index) => match self.slots.get_mut(index) {
                Some(slot) if slot.is_there => slot.value.simplify(),
                _ => false,
            },
        }
    }

    /// Whether something could be taken back.
    fn take_back(&mut self, step: Step) -> bool {
        match step {
            Step::Drop(index) => match self.slots.get_mut(index) {
                Some(slot) if !slot.is_there => {
                    slot.is_there = true;
                    true
                }
                _ => false,
            },
            Step::SimplifyKey(index) => match self.slots.get_mut(index) {
                Some(Slot { key: Key::Drawn(key), .. }) => key.complicate(),
                _ => false,
            },
            Step::SimplifyValue(index) => self.slots.get_mut(index).is_some_and(|slot| slot.value.complicate()),
        }
    }

    /// The step after this one; none at the end.
    fn after(&self, step: Step) -> Option<Step> {
        let next = |index: usize| Some(index + 1).filter(|next| *next < self.slots.len());
        match step {
            Step::Drop(index) => Some(next(index).map_or(Step::SimplifyKey(0), Step::Drop)),
            Step::SimplifyKey(index) => Some(next(index).map_or(Step::SimplifyValue(0), Step::SimplifyKey)),
            Step::SimplifyValue(index) => next(index).map(Step::SimplifyValue),
        }
    }
}

impl ValueTree for ObjectTree {
    type Value = Value;

    fn current(&self) -> Value {
        let there = self.slots.iter().filter(|slot| slot.is_there);
        Value::Object(there.map(|slot| (slot.key.name(), slot.value.current())).collect::<Map<_, _>>())
    }

    fn simplify(&mut self) -> bool {
        loop {
            let step = self.next;
            let has_changed = self.take(step);
            // What was dropped is gone; a key or value may become simpler still.
            let goes_on = !has_changed || matches!(step, Step::Drop(_));
            let following = if goes_on { self.after(step) } else { Some(step) };
            if let Some(following) = following {
                self.next = following;
            }
            if has_changed {
                self.last = Some(step);
                return true;
            }
            if following.is_none() {
                self.last = None;
                return false;
            }
        }
    }

    fn complicate(&mut self) -> bool {
        match self.last {
            Some(step) => {
                let is_back = self.take_back(step);
                if !is_back || matches!(step, Step::Drop(_)) {
                    self.last = None;
                }
                is_back
            }
            None => false,
        }
    }
}

impl fmt::Debug for ObjectTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObjectTree").field("current", &self.current()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn number(range: std::ops::Range<u32>) -> BoxedStrategy<Value> {
        range.prop_map(Value::from).boxed()
    }

    /// The smallest object that a search by halves, as shrinking does it, finds to have the property.
    fn smallest(strategy: &impl Strategy<Value = Value>, has_it: impl Fn(&Value) -> bool) -> Value {
        let mut runner = TestRunner::deterministic();
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        while !has_it(&tree.current()) {
            tree = strategy.new_tree(&mut runner).unwrap();
        }
        let mut best = tree.current();
        for _ in 0..10_000 {
            if has_it(&tree.current()) {
                best = tree.current();
                if !tree.simplify() {
                    break;
                }
            } else if !tree.complicate() {
                break;
            }
        }
        best
    }

    #[test]
    fn a_structure_is_cut_down_to_what_matters() {
        let member = |name: &str, is_optional| Member { name: name.to_owned(), values: number(0..100), is_optional };
        let objects = Structures::new(vec![member("a", true), member("b", false), member("c", true)]);
        let found = smallest(&objects, |object| object["c"].as_u64().is_some_and(|c| c >= 7));
        assert_eq!(found, json!({"b": 0, "c": 7}));
    }

    #[test]
    fn a_map_keeps_its_least_entries_and_no_key_twice() {
        let keys = (0..30_u32).prop_map(|number| Value::from(format!("k{number}"))).boxed();
        let maps = Maps::new(keys, number(0..100), 2..=6);
        let found = smallest(&maps, |object| object.as_object().unwrap().len() >= 2);
        assert_eq!(found, json!({"k0": 0, "k1": 0}));
        let three = smallest(&maps, |object| object.as_object().unwrap().values().any(|value| *value == json!(50)));
        assert_eq!(three.as_object().unwrap().len(), 2);
    }

    #[test]
    fn as_many_entries_as_there_are_keys() {
        let keys = Just(Value::from("only")).boxed();
        let found = smallest(&Maps::new(keys, number(0..9), 3..=3), |_| true);
        assert_eq!(found, json!({"only": 0}));
        let none = smallest(&Maps::new(Just(Value::Null).boxed(), number(0..9), 1..=3), |_| true);
        assert_eq!(none, json!({}));
    }
}
