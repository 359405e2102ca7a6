//! Ids of cases, read once into what they say. The texts never change: scripts and baselines name them.

use std::fmt;

use super::case::Form;
use crate::spec::clause_id::ClauseId;

/// What a case is, read from its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseId<'a> {
    /// `scenario/NAME`: a scenario of several steps.
    Scenario {
        /// Its name.
        name: &'a str,
    },
    /// `sequence/NAME`: random sequences of operations.
    Sequence {
        /// Its name.
        name: &'a str,
    },
    /// `OPERATION.valid/FORM`: valid requests.
    Valid {
        /// The operation.
        operation: &'a str,
        /// Which members they have.
        form: Form,
    },
    /// `OPERATION.error.CODE/WAY`: a documented error is provoked.
    Error {
        /// The operation.
        operation: &'a str,
        /// The error's code.
        code: &'a str,
        /// How: `condition`, or `unknown-PATH` of the member that names nothing.
        way: &'a str,
    },
    /// `OPERATION/recorded`: recorded exchanges.
    Recorded {
        /// The operation.
        operation: &'a str,
    },
    /// `CLAUSE/SIDE` or `CLAUSE/SIDE@OPERATION`: one side of any other clause.
    Side {
        /// The clause.
        clause: ClauseId<'a>,
        /// What of the clause it shows: `accepts`, `refuses` or the name of a probe.
        side: &'a str,
        /// The operation that it is tried on, where the clause does not say it.
        operation: Option<&'a str>,
    },
}

/// The side of a clause that values which just keep it show.
pub const ACCEPTS: &str = "accepts";
/// The side of a clause that values which break it show.
pub const REFUSES: &str = "refuses";
/// The way to an error for which the caller must have other credentials.
pub const CONDITION: &str = "condition";

const SCENARIO: &str = "scenario";
const SEQUENCE: &str = "sequence";
const VALID: &str = "valid";
const RECORDED: &str = "recorded";

impl<'a> CaseId<'a> {
    /// Reads an id; `None` if it has not the form of one.
    pub fn parse(id: &'a str) -> Option<CaseId<'a>> {
        let (subject, name) = id.split_once('/')?;
        match subject {
            SCENARIO => return Some(CaseId::Scenario { name }),
            SEQUENCE => return Some(CaseId::Sequence { name }),
            _ => {}
        }
        let Some(clause) = ClauseId::parse(subject) else {
            return (name == RECORDED).then_some(CaseId::Recorded { operation: subject });
        };
        match clause {
            ClauseId::Success { operation, part: VALID } => {
                let form = Form::ALL.into_iter().find(|form| form.id() == name)?;
                Some(CaseId::Valid { operation, form })
            }
            ClauseId::Error { operation, code } => Some(CaseId::Error { operation, code, way: name }),
            clause => {
                let (side, operation) =
                    name.split_once('@').map_or((name, None), |(side, operation)| (side, Some(operation)));
                Some(CaseId::Side { clause, side, operation })
            }
        }
    }

    /// Whether a case draws what it does at random: it was not made for one clause and operation.
    pub fn is_drawn(id: &str) -> bool {
        matches!(CaseId::parse(id), Some(CaseId::Sequence { .. }))
    }

    /// The clause that a case is made for and the side that it shows. An error has one side only: that it comes.
    pub fn side(&self) -> Option<(ClauseId<'a>, &'a str)> {
        match self {
            CaseId::Side { clause, side, .. } => Some((*clause, side)),
            CaseId::Scenario { .. }
            | CaseId::Sequence { .. }
            | CaseId::Valid { .. }
            | CaseId::Error { .. }
            | CaseId::Recorded { .. } => None,
        }
    }
}

impl fmt::Display for CaseId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CaseId::Scenario { name } => write!(formatter, "{SCENARIO}/{name}"),
            CaseId::Sequence { name } => write!(formatter, "{SEQUENCE}/{name}"),
            CaseId::Valid { operation, form } => write!(formatter, "{operation}.{VALID}/{}", form.id()),
            CaseId::Error { operation, code, way } => write!(formatter, "{operation}.error.{code}/{way}"),
            CaseId::Recorded { operation } => write!(formatter, "{operation}/{RECORDED}"),
            CaseId::Side { clause, side, operation: None } => write!(formatter, "{clause}/{side}"),
            CaseId::Side { clause, side, operation: Some(operation) } => {
                write!(formatter, "{clause}/{side}@{operation}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::plan::{Check, Filter, Suites, plan};

    #[test]
    fn every_case_of_the_plan_is_read_and_written_again() {
        let contract = crate::spec::builtin().unwrap();
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        assert!(plan.cases.len() > 1_000, "{}", plan.cases.len());
        for case in &plan.cases {
            let id = CaseId::parse(&case.id).unwrap_or_else(|| panic!("{}", case.id));
            assert_eq!(id.to_string(), case.id);
            let is_of_its_kind = match &case.check {
                Check::Scenario { .. } => matches!(id, CaseId::Scenario { .. }),
                Check::Sequence { .. } => matches!(id, CaseId::Sequence { .. }) && CaseId::is_drawn(&case.id),
                Check::Valid { form } => matches!(id, CaseId::Valid { form: read, .. } if read == *form),
                Check::Condition { code } => {
                    matches!(id, CaseId::Error { code: read, way: CONDITION, .. } if read == code)
                }
                Check::UnknownResource { .. } => matches!(id, CaseId::Error { .. }),
                Check::Accepts { .. } | Check::RuleAccepts { .. } => id.side().is_some_and(|(_, side)| side == ACCEPTS),
                Check::Refuses { .. } | Check::RuleRefuses { .. } => id.side().is_some_and(|(_, side)| side == REFUSES),
                Check::Probe { .. } => matches!(id, CaseId::Side { operation: Some(_), .. }),
                Check::Recorded => false,
            };
            assert!(is_of_its_kind, "{}: {id:?}", case.id);
        }
        assert_eq!(CaseId::parse("Track/recorded").map(|id| id.to_string()).as_deref(), Some("Track/recorded"));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(id in "[A-Za-z.@/#-]{0,40}|(scenario|sequence|rule\\.a|Op\\.valid|Op\\.error\\.X)/[a-z.@/-]{0,12}") {
            if let Some(read) = CaseId::parse(&id) {
                prop_assert_eq!(read.to_string(), id);
            }
        }
    }
}
