//! Resources of one kind in the order of their creation.

use std::collections::{BTreeMap, HashMap};

use super::Tags;

/// What all kinds of resources have.
pub(crate) trait Resource {
    /// Its ARN.
    fn arn(&self) -> &str;
    /// Its tags.
    fn tags(&self) -> &Tags;
    /// Its tags, to change them.
    fn tags_mut(&mut self) -> &mut Tags;
}

/// Rows by the number of their creation, and found by ARN.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<u64, T>,
    by_arn: HashMap<String, u64>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), by_arn: HashMap::new() }
    }
}

impl<T: Resource> Table<T> {
    /// Adds a row under a number that was never used before.
    pub(crate) fn insert(&mut self, number: u64, row: T) {
        self.by_arn.insert(row.arn().to_owned(), number);
        self.rows.insert(number, row);
    }

    /// The number of the row with that ARN.
    pub(crate) fn number(&self, arn: &str) -> Option<u64> {
        self.by_arn.get(arn).copied()
    }

    /// The row with that ARN.
    pub(crate) fn get(&self, arn: &str) -> Option<&T> {
        self.rows.get(self.by_arn.get(arn)?)
    }

    /// The row with that ARN, to change it.
    pub(crate) fn get_mut(&mut self, arn: &str) -> Option<&mut T> {
        self.rows.get_mut(self.by_arn.get(arn)?)
    }

    /// The row with that number.
    pub(crate) fn row(&self, number: u64) -> Option<&T> {
        self.rows.get(&number)
    }

    /// The row with that number, to change it.
    pub(crate) fn row_mut(&mut self, number: u64) -> Option<&mut T> {
        self.rows.get_mut(&number)
    }

    /// Takes the row with that ARN out.
    pub(crate) fn remove(&mut self, arn: &str) -> Option<(u64, T)> {
        let number = self.by_arn.remove(arn)?;
        Some((number, self.rows.remove(&number)?))
    }

    /// The rows in the order of their creation.
    pub(crate) fn rows(&self) -> &BTreeMap<u64, T> {
        &self.rows
    }
}
