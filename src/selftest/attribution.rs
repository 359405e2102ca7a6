//! Which clauses a fault breaks: read from data, never decided by code for a single fault.

use globset::Glob;
use regex::Regex;
use serde::Deserialize;

use super::SelftestError;
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

const DATA: &str = include_str!("../../suites/selftest/faults.toml");
/// What the API has since November 2026: families that go first, because the others are wider.
const LATER: &str = include_str!("../../suites/selftest/faults-2026-11.toml");

/// The data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Families of faults with the clauses that they break.
    #[serde(rename = "family", default)]
    pub families: Vec<FamilyData>,
    /// Faults thought up by hand.
    #[serde(rename = "fault", default)]
    pub faults: Vec<HandWritten>,
    /// Conditions under which faults show, each of which makes another fault.
    #[serde(rename = "occasion", default)]
    pub occasions: Vec<OccasionData>,
    /// Faults that no client can see, or that break no promise.
    #[serde(rename = "equivalent", default)]
    pub equivalents: Vec<EquivalentData>,
    /// Faults that are seen by clients, and not found by a run yet.
    #[serde(rename = "undetected", default)]
    pub undetected: Vec<EquivalentData>,
}

/// Conditions that go with the faults of a form: `FAULT@CONDITION` for each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OccasionData {
    /// Regular expression for whole ids of faults that always show.
    pub faults: String,
    /// The conditions, as `serve --fault` takes them.
    pub when: Vec<String>,
    /// Which mistake of an implementer does so.
    pub why: String,
}

/// A family of faults: the first whose pattern fits a fault is its family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyData {
    /// What such a fault does, in a few words.
    pub name: String,
    /// Regular expression for whole ids.
    pub faults: String,
    /// Globs of the clauses that such a fault breaks; `${name}` stands for a group of the expression.
    pub clauses: Vec<String>,
}

/// A fault thought up by hand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandWritten {
    /// Its id.
    pub id: String,
    /// What makes it nasty.
    pub why: String,
    /// Globs of the clauses that it breaks; none takes those of its family.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// Globs of clauses that it breaks as well, though it is to be found by the others.
    #[serde(default)]
    pub also: Vec<String>,
}

/// Faults that are not tried, for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquivalentData {
    /// Regular expression for whole ids.
    pub faults: String,
    /// Why they are not tried.
    pub reason: String,
}

impl Data {
    /// Reads the built-in data.
    pub fn builtin() -> Result<Data, SelftestError> {
        let read = |name: &str, text: &str| {
            let invalid =
                |error: toml::de::Error| SelftestError::Data(format!("{name}: {}", error.to_string().trim_end()));
            toml::from_str::<Data>(text).map_err(invalid)
        };
        let mut all = read("suites/selftest/faults-2026-11.toml", LATER)?;
        let data = read("suites/selftest/faults.toml", DATA)?;
        all.families.extend(data.families);
        all.faults.extend(data.faults);
        all.occasions.extend(data.occasions);
        all.equivalents.extend(data.equivalents);
        all.undetected.extend(data.undetected);
        Ok(all)
    }
}

/// Families with their expressions compiled.
#[derive(Debug)]
pub struct Attribution {
    families: Vec<(Regex, FamilyData)>,
}

impl Attribution {
    /// Compiles the families.
    pub fn new(families: Vec<FamilyData>) -> Result<Attribution, SelftestError> {
        let compile = |family: FamilyData| whole(&family.faults).map(|regex| (regex, family));
        Ok(Attribution { families: families.into_iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// The family of a fault and the clauses that it breaks.
    pub fn of(&self, contract: &Contract, id: &str) -> Result<(String, Vec<ClauseIndex>), SelftestError> {
        // When it shows says nothing of what it breaks.
        let id = id.split('@').next().unwrap_or(id);
        let found = self.families.iter().find_map(|(regex, family)| Some((regex.captures(id)?, family)));
        let Some((captures, family)) = found else {
            return Err(SelftestError::Data(format!("`{id}` belongs to no family")));
        };
        let globs: Vec<String> = family
            .clauses
            .iter()
            .map(|template| {
                let mut glob = String::new();
                captures.expand(template, &mut glob);
                glob
            })
            .collect();
        Ok((family.name.clone(), clauses(contract, id, &globs)?))
    }
}

/// The clauses that globs name; a fault that breaks none is a mistake in the data.
pub fn clauses(contract: &Contract, fault: &str, globs: &[String]) -> Result<Vec<ClauseIndex>, SelftestError> {
    let mut found = Vec::new();
    for glob in globs {
        if !glob.contains(['*', '?', '[', '{']) {
            found.extend(contract.clauses.find(glob));
            continue;
        }
        let compiled = Glob::new(glob).map_err(|error| SelftestError::Data(format!("`{glob}`: {error}")))?;
        let matcher = compiled.compile_matcher();
        found
            .extend(contract.clauses.iter().filter(|(_, clause)| matcher.is_match(&clause.id)).map(|(index, _)| index));
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(SelftestError::Data(format!("`{fault}` breaks no clause: {} match none", globs.join(", "))));
    }
    Ok(found)
}

/// An expression that must match whole ids.
pub fn whole(pattern: &str) -> Result<Regex, SelftestError> {
    Regex::new(&format!("^(?:{pattern})$")).map_err(|error| SelftestError::Data(format!("`{pattern}`: {error}")))
}
