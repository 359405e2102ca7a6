//! Clauses: single promises of the contract, each true or false of a target.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Position of a clause in its [`ClauseTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClauseIndex(pub u32);

/// A constraint that the model puts on a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(usize)]
pub enum Constraint {
    /// The JSON type.
    Type,
    /// Must be there, and not null.
    Required,
    /// Shortest length.
    LengthMin,
    /// Longest length.
    LengthMax,
    /// Pattern of the whole string.
    Pattern,
    /// One of the listed values.
    Enum,
    /// Smallest number.
    RangeMin,
    /// Largest number.
    RangeMax,
    /// No element twice.
    UniqueItems,
}

impl Constraint {
    /// How many constraints there are.
    pub const COUNT: usize = 9;

    /// All constraints, in the order of their ids.
    pub const ALL: [Constraint; Self::COUNT] = [
        Constraint::Type,
        Constraint::Required,
        Constraint::LengthMin,
        Constraint::LengthMax,
        Constraint::Pattern,
        Constraint::Enum,
        Constraint::RangeMin,
        Constraint::RangeMax,
        Constraint::UniqueItems,
    ];

    /// The last part of the clause id.
    pub fn id(self) -> &'static str {
        match self {
            Constraint::Type => "type",
            Constraint::Required => "required",
            Constraint::LengthMin => "length.min",
            Constraint::LengthMax => "length.max",
            Constraint::Pattern => "pattern",
            Constraint::Enum => "enum",
            Constraint::RangeMin => "range.min",
            Constraint::RangeMax => "range.max",
            Constraint::UniqueItems => "unique",
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

/// How far the reference itself backs a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The reference says so.
    Documented,
    /// Convention of the protocol, or observed behaviour.
    Inferred,
}

/// What kind of promise a clause is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClauseKind {
    /// A constraint on a request member.
    Input {
        /// Path below the input.
        path: String,
        /// The constraint.
        constraint: Constraint,
    },
    /// A constraint on a response member.
    Output {
        /// Path below the output.
        path: String,
        /// The constraint.
        constraint: Constraint,
    },
    /// The status of success.
    Status,
    /// The content type of success.
    ContentType,
    /// Success without a body.
    EmptyBody,
    /// A documented error.
    Error {
        /// The error's code.
        code: String,
    },
    /// A promise made in prose.
    Rule,
    /// A promise about HTTP and JSON.
    Protocol,
    /// A promise about signatures.
    Auth,
}

/// One promise of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Stable id.
    pub id: String,
    /// Its operation; none for rules, protocol and auth, which hold for several.
    pub operation: Option<String>,
    /// What kind of promise it is.
    pub kind: ClauseKind,
    /// How far the reference backs it.
    pub tier: Tier,
    /// Where it stands in the reference.
    pub section: String,
    /// What it promises, in one sentence of ours.
    pub statement: String,
}

/// All clauses of a contract, in a stable order.
#[derive(Debug, Default)]
pub struct ClauseTable {
    clauses: Vec<Clause>,
    by_id: HashMap<String, ClauseIndex>,
}

impl ClauseTable {
    /// Adds a clause; an id that is there already keeps its first clause and returns its index.
    pub fn add(&mut self, clause: Clause) -> ClauseIndex {
        if let Some(index) = self.by_id.get(&clause.id) {
            return *index;
        }
        let index = ClauseIndex(u32::try_from(self.clauses.len()).unwrap_or(u32::MAX));
        self.by_id.insert(clause.id.clone(), index);
        self.clauses.push(clause);
        index
    }

    /// Changes how far the reference backs a clause.
    pub(super) fn set_tier(&mut self, index: ClauseIndex, tier: Tier) {
        if let Some(clause) = self.clauses.get_mut(index.0 as usize) {
            clause.tier = tier;
        }
    }

    /// The clause at an index of this table.
    pub fn get(&self, index: ClauseIndex) -> &Clause {
        &self.clauses[index.0 as usize]
    }

    /// The index of an id.
    pub fn find(&self, id: &str) -> Option<ClauseIndex> {
        self.by_id.get(id).copied()
    }

    /// All clauses with their indexes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ClauseIndex, &Clause)> {
        (0u32..).map(ClauseIndex).zip(&self.clauses)
    }

    /// How many clauses there are.
    pub fn len(&self) -> usize {
        self.clauses.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }
}
