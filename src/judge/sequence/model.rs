//! What a sequence knows of its resources.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::plan::sequence::LawKind;

/// A resource of a sequence: the transition that made it, and which of what that transition made it is.
pub type Label = (usize, usize);

/// What is known of one resource.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Which one it is.
    pub label: Label,
    /// Its type.
    pub kind: String,
    /// Its ARN.
    pub arn: String,
    /// What it belongs to and goes with.
    pub owner: Option<Label>,
    /// Its members as they were last shown or set.
    pub members: Map<String, Value>,
    /// Its tags as they should be.
    pub tags: Map<String, Value>,
    /// The law by which it is gone; none while it lives.
    pub gone: Option<LawKind>,
    /// Whether something referred to it at some time.
    pub was_used: bool,
}

/// What is known of all resources of a sequence.
#[derive(Debug, Default)]
pub struct Model {
    entities: BTreeMap<Label, Entity>,
}

impl Model {
    /// Adds a resource.
    pub fn add(&mut self, entity: Entity) {
        self.entities.insert(entity.label, entity);
    }

    /// What is known of a resource; none if it was never made.
    pub fn get(&self, label: Label) -> Option<&Entity> {
        self.entities.get(&label)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, label: Label) -> Option<&mut Entity> {
        self.entities.get_mut(&label)
    }

    /// Everything that was ever made.
    pub fn all(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    /// Everything that lives.
    pub fn alive(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values().filter(|entity| entity.gone.is_none())
    }

    /// Whether something that lives refers to the ARN.
    pub fn is_used(&self, arn: &str) -> bool {
        let refers =
            |entity: &Entity| entity.arn != arn && entity.members.values().any(|value| value.as_str() == Some(arn));
        self.alive().any(|entity| entity.owner.is_none() && refers(entity))
    }

    /// Remembers what is referred to now.
    pub fn note_use(&mut self) {
        let used: Vec<Label> =
            self.alive().filter(|entity| self.is_used(&entity.arn)).map(|entity| entity.label).collect();
        for label in used {
            if let Some(entity) = self.entities.get_mut(&label) {
                entity.was_used = true;
            }
        }
    }

    /// Buries a resource and what belongs to it. The ARNs of all that is gone now.
    pub fn bury(&mut self, label: Label) -> Vec<String> {
        let mut gone = Vec::new();
        for entity in self.entities.values_mut().filter(|entity| entity.gone.is_none()) {
            let law = match (entity.label == label, entity.owner == Some(label)) {
                (true, _) => LawKind::DeletedIsGone,
                (_, true) => LawKind::OwnedGoesAlong,
                (false, false) => continue,
            };
            entity.gone = Some(law);
            gone.push(entity.arn.clone());
        }
        gone
    }
}
