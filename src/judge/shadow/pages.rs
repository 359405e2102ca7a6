//! Walks over the pages of lists: what they should have shown when they are over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::spec::contract::{Operation, Pagination};

/// Most walks that are followed at once.
const MOST: usize = 64;

/// The walks that are under way, by operation and filters.
#[derive(Debug, Default)]
pub(super) struct Walks(BTreeMap<(String, String), Walk>);

/// One walk.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Walk {
    /// Token of the next page.
    next: String,
    /// ARNs that it showed so far.
    pub shown: BTreeSet<String>,
    /// ARNs of what existed when it began.
    pub expected: BTreeSet<String>,
    /// Pages so far.
    pub pages: usize,
}

impl Walks {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a page that shows these resources; `existing` is what exists now. The resources that the walk showed before,
    /// and the walk itself if this is its last page. None if its first page was not seen.
    pub(super) fn add(
        &mut self,
        operation: &Operation,
        input: &Value,
        body: &Value,
        page: &[&str],
        existing: impl FnOnce() -> BTreeSet<String>,
    ) -> Option<(Vec<String>, Option<Walk>)> {
        let pagination = operation.pagination.as_ref()?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (operation.name.clone(), filters(pagination, input).to_string());
        let given = text(input, &pagination.input_token);
        let known = self.0.remove(&key);
        let mut walk = match given.as_str() {
            "" => Walk { expected: existing(), ..Walk::default() },
            token => known.filter(|walk| walk.next == token)?,
        };
        let again = page.iter().filter(|arn| !walk.shown.insert((**arn).to_owned()));
        let again = again.map(|arn| (*arn).to_owned()).collect();
        walk.pages += 1;
        walk.next = text(body, &pagination.output_token);
        if walk.next.is_empty() {
            return Some((again, Some(walk)));
        }
        if self.0.len() < MOST {
            self.0.insert(key, walk);
        }
        Some((again, None))
    }
}

/// The members of an input that choose what a list shows.
pub(super) fn filters(pagination: &Pagination, input: &Value) -> Value {
    let is_filter = |name: &str| name != pagination.input_token && Some(name) != pagination.page_size.as_deref();
    let members = input.as_object().into_iter().flatten().filter(|(name, value)| is_filter(name) && !value.is_null());
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}
