//! Which of the contracts a server keeps to.

use std::fmt;
use std::str::FromStr;

use super::operation::Operation;

/// A state of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// The API reference of 2025-02-28: 35 operations.
    #[default]
    Document,
    /// What the service's public model of November 2026 has: 46 operations, and members that refer to the new resources.
    November2026,
}

impl Api {
    /// Every one, the oldest first.
    pub const ALL: [Api; 2] = [Api::Document, Api::November2026];
    /// The newest.
    pub const NEWEST: Api = Api::November2026;

    /// Its name: year and month.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "2025-02",
            Self::November2026 => "2026-11",
        }
    }

    /// The oldest one that has all of the operations that any one has: a contract with these names is about that API.
    pub fn of_operations<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let since = names.into_iter().filter_map(Operation::named).map(Operation::since);
        since.max().unwrap_or_default()
    }
}

impl fmt::Display for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A state of the API that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no API {0:?}; write 2025-02 for that of the reference document or 2026-11")]
pub struct UnknownApi(String);

impl FromStr for Api {
    type Err = UnknownApi;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|api| api.name() == text);
        found.ok_or_else(|| UnknownApi(text.to_owned()))
    }
}
