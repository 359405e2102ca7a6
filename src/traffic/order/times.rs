//! When exchanges were under way.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::recording::{Recorded, Span};
use crate::spec::contract::Operation;

/// Microseconds since 1970.
pub type Moment = i64;

/// Most walks over the pages of lists whose begin is kept.
const MOST_WALKS: usize = 64;

/// The clock of one target in a recording.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// When the last exchange so far was over.
    latest: Moment,
    /// When walks over the pages of a list began, by operation and filters.
    walks: BTreeMap<(String, String), Moment>,
}

/// When an exchange was under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    /// When it was sent; of a page, when the first page was.
    pub began: Moment,
    /// When its response had arrived.
    pub ended: Moment,
    /// Whether the recording says so; without times exchanges have the order of the recording.
    pub is_known: bool,
}

impl Times {
    /// When an exchange was under way.
    pub fn of(&mut self, recorded: &Recorded) -> When {
        let when = match recorded.span {
            Some(Span { began, ended }) => When { began, ended, is_known: true },
            None => When { began: self.latest, ended: self.latest, is_known: false },
        };
        self.latest = self.latest.max(when.ended);
        when
    }

    /// The same for a page of a list: it began with the first page.
    pub fn of_page(&mut self, operation: &Operation, input: &Value, when: When) -> When {
        let Some(pagination) = &operation.pagination else { return when };
        let token = input.get(&pagination.input_token).and_then(Value::as_str).unwrap_or_default();
        let is_filter = |name: &str| name != pagination.input_token && Some(name) != pagination.page_size.as_deref();
        let members = input.as_object().into_iter().flatten().filter(|(name, _)| is_filter(name));
        let filters: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
        let key = (operation.name.clone(), Value::Object(filters).to_string());
        if token.is_empty() {
            if self.walks.len() >= MOST_WALKS {
                self.walks.clear();
            }
            self.walks.insert(key, when.began);
            return when;
        }
        // A walk whose begin was forgotten began before everything.
        When { began: self.walks.get(&key).copied().unwrap_or(Moment::MIN), ..when }
    }
}
