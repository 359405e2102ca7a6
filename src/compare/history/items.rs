//! What the steps before say of items that only one side of a list has.

use serde_json::Value;

use super::values::own_name;
use super::{Favours, History, Statement, Subject};
use crate::compare::difference::Differing;
use crate::compare::play::Performed;
use crate::compare::side::Called;
use crate::plan::sequence::LawKind;
use crate::spec::contract::Operation;
use crate::spec::path;

impl History<'_> {
    pub(super) fn of_items(&self, position: usize, differing: &Differing) -> Option<Statement> {
        let items = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let (a, b) = (items(&differing.a), items(&differing.b));
        // Names of the second target are not looked up: what only it shows is judged by what the first does not show.
        let shown_by_a = a.iter().find_map(|item| self.subject(own_name(item)?, position));
        match shown_by_a {
            Some(subject) if self.is_deleted(&subject, position) => {
                self.said(Favours::B, LawKind::DeletedIsGone, &subject, "the resource was deleted before")
            }
            Some(subject) => self.said(
                Favours::A,
                LawKind::CreatedIsListed,
                &subject,
                "the resource was made before and not deleted",
            ),
            None => {
                let twin = b.iter().find_map(|item| self.twin(own_name(item)?, position))?;
                match self.is_deleted(&twin, position) {
                    true => self.said(Favours::A, LawKind::DeletedIsGone, &twin, "the resource was deleted before"),
                    false => {
                        let reason = "the resource was made before and not deleted";
                        self.said(Favours::B, LawKind::CreatedIsListed, &twin, reason)
                    }
                }
            }
        }
    }

    /// The resource that the second target names so.
    fn twin(&self, name: &str, before: usize) -> Option<Subject> {
        self.performed.iter().take(before).find_map(|performed| {
            let products = self.plan.resources.products(performed.operation.as_deref()?);
            let body = |called: &Option<Called>| called.as_ref()?.response.body.clone();
            let (a, b) = (body(&performed.a)?, body(&performed.b)?);
            let product =
                products.iter().find(|product| path::find(&b, &product.path).and_then(Value::as_str) == Some(name))?;
            self.subject(path::find(&a, &product.path)?.as_str()?, before)
        })
    }
}

/// A list of resources that is followed to its end names each of them once.
pub(super) fn of_repeated(operation: &Operation, now: &Performed, differing: &Differing) -> Option<Statement> {
    operation.pagination.as_ref()?;
    let repeats = |called: &Option<Called>, differs: &Option<Value>| {
        let body = called.as_ref().and_then(|called| called.response.body.as_ref());
        let shown = body.and_then(|body| body.get(&differing.place)).and_then(Value::as_array);
        let differs = differs.as_ref().and_then(Value::as_array);
        let count = |item: &Value| shown.into_iter().flatten().filter(|shown| *shown == item).count();
        differs.into_iter().flatten().any(|item| count(item) > 1)
    };
    let favours = match (repeats(&now.a, &differing.a), repeats(&now.b, &differing.b)) {
        (true, false) => Favours::B,
        (false, true) => Favours::A,
        _ => return None,
    };
    let reason = "the other side shows an item on two pages".to_owned();
    Some(Statement { favours, law: Some(LawKind::PagesAreDisjoint), kind: String::new(), reason })
}

/// What is deleted is gone, for later programs too.
pub(super) fn of_ghosts(differing: &Differing) -> Option<Statement> {
    let ghost = differing.ghost.as_ref()?;
    let shows = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).is_some_and(|items| !items.is_empty());
    let favours = match (shows(&differing.a), shows(&differing.b)) {
        (true, false) => Favours::B,
        (false, true) => Favours::A,
        _ => return None,
    };
    let reason = "the other side shows a resource that an earlier program deleted".to_owned();
    Some(Statement { favours, law: Some(LawKind::DeletedIsGone), kind: ghost.kind.clone(), reason })
}
