//! Operations: what came and went, how they are called, and how they succeed and fail.

use std::collections::BTreeSet;

use super::super::contract::Operation;
use super::super::shape_tree::Side;
use super::members::Place;
use super::{BREAKS_BOTH, BREAKS_CALLERS, BREAKS_IMPLEMENTERS, ChangeKind, Changes};

impl Changes<'_> {
    pub(super) fn operations(&mut self) {
        let (old, new) = (self.old, self.new);
        let all = old.operations.iter().chain(&new.operations);
        let names: BTreeSet<&str> = all.map(|operation| operation.name.as_str()).collect();
        for name in names {
            match (old.operation(name), new.operation(name)) {
                (Some(old), Some(new)) => self.operation(old, new),
                (Some(_), None) => {
                    self.add(name.to_owned(), ChangeKind::Removed, BREAKS_CALLERS, "was removed");
                }
                (None, _) => self.add(name.to_owned(), ChangeKind::Added, BREAKS_IMPLEMENTERS, "was added"),
            }
        }
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        let name = &old.name;
        let mut changed =
            |suffix: &str, what: String| self.add(format!("{name}{suffix}"), ChangeKind::Changed, BREAKS_BOTH, what);
        if old.method != new.method {
            changed("", format!("is sent with {}, no longer with {}", new.method, old.method));
        }
        if old.uri != new.uri || old.query != new.query {
            changed("", "has another URI".to_owned());
        }
        if old.success_status != new.success_status {
            changed(".status", format!("changed from {} to {}", old.success_status, new.success_status));
        }
        match (old.output_is_empty(), new.output_is_empty()) {
            (false, true) => changed(".empty_body", "is new: success has no body any more".to_owned()),
            (true, false) => changed(".content_type", "is new: success has a body now".to_owned()),
            _ => {}
        }
        self.errors(old, new);
        self.members(&Place { operation: name, side: Side::Input }, &old.input, &new.input);
        self.members(&Place { operation: name, side: Side::Output }, &old.output, &new.output);
    }

    fn errors(&mut self, old: &Operation, new: &Operation) {
        for error in &old.errors {
            let id = format!("{}.error.{}", old.name, error.code);
            match new.error(&error.code) {
                // A server that still returns it returns an undocumented error.
                None => self.add(id, ChangeKind::Removed, BREAKS_IMPLEMENTERS, "was removed"),
                Some(other) if other.status != error.status => {
                    let what = format!("changed its status from {} to {}", error.status, other.status);
                    self.add(id, ChangeKind::Changed, BREAKS_BOTH, what);
                }
                Some(_) => {}
            }
        }
        for error in new.errors.iter().filter(|error| old.error(&error.code).is_none()) {
            let id = format!("{}.error.{}", new.name, error.code);
            let what = format!("was added with status {}", error.status);
            self.add(id, ChangeKind::Added, BREAKS_CALLERS, what);
        }
    }
}
