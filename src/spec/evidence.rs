//! What is publicly known of how the service behaves, beyond the document that a contract rests on.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::contract::Contract;
use super::globs;
use super::rules::{Ambiguity, Erratum};

/// How the service stands to what a contract says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stand {
    /// It was seen in a recorded or live response.
    Seen,
    /// Code that relies on it, a model or a user's guide supports it.
    Supported,
    /// The service does something else than the text says. What rests on the text is never documented.
    Contradicted,
    /// What is known settles nothing.
    Open,
}

impl fmt::Display for Stand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Seen => "seen on the service",
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::Open => "open",
        })
    }
}

/// One thing that is known of the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it is about, as a heading.
    pub topic: String,
    /// How the service stands to the contract.
    pub stand: Stand,
    /// Where it was found: keys of sources.
    pub source: String,
    /// What is known.
    pub says: String,
    /// What became of it.
    pub effect: String,
    /// Globs over the ids of clauses, errata and ambiguities.
    #[serde(default)]
    pub about: Vec<String>,
}

/// Where evidence was found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSource {
    /// Its short name.
    pub key: String,
    /// What it is.
    pub title: String,
    /// When it was published, as far as that is known.
    #[serde(default)]
    pub date: String,
}

/// Everything that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// The sources.
    #[serde(default)]
    pub source: Vec<EvidenceSource>,
    /// What they say.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

impl EvidenceFile {
    /// Reads the text of a file; a text that cannot be read holds nothing, which the tests of the built-in one exclude.
    pub(super) fn read(text: &str) -> EvidenceFile {
        toml::from_str(text).unwrap_or_default()
    }

    /// The sources that an entry names, in their order: keys stand first in its parts.
    pub fn sources<'e>(&'e self, entry: &'e Evidence) -> impl Iterator<Item = &'e EvidenceSource> {
        let named = |source: &&EvidenceSource| {
            let mut words = entry.source.split(|letter: char| !letter.is_ascii_alphanumeric());
            words.any(|word| word == source.key)
        };
        self.source.iter().filter(named)
    }

    /// What is known about an id.
    pub fn about<'e>(&'e self, id: &str) -> impl Iterator<Item = &'e Evidence> {
        self.evidence.iter().filter(move |entry| entry.about.iter().any(|glob| globs::is_match(glob, id)))
    }
}

impl Contract {
    /// What is known of the service about a clause: about the clause itself, and about the errata and ambiguities that bear
    /// on it. Each entry comes once, in the order of the file.
    pub fn evidence_on(&self, clause: &str) -> Vec<&Evidence> {
        let rules = &self.rules;
        let errata = rules.errata.iter().filter(|erratum| erratum.bears_on(clause)).map(|erratum| erratum.id.as_str());
        let readings = rules.rules.iter().filter(|rule| rule.ids.iter().any(|id| globs::is_match(id, clause)));
        let numbers: BTreeSet<u32> = readings.map(|rule| rule.number).collect();
        let is_open = |ambiguity: &&Ambiguity| ambiguity.rules.iter().any(|number| numbers.contains(number));
        let ambiguities = rules.ambiguities.iter().filter(is_open).map(|ambiguity| ambiguity.id.as_str());
        let ids: Vec<&str> = std::iter::once(clause).chain(errata).chain(ambiguities).collect();
        let is_about =
            |entry: &&Evidence| entry.about.iter().any(|glob| ids.iter().any(|id| globs::is_match(glob, id)));
        self.evidence.evidence.iter().filter(is_about).collect()
    }
}

impl Erratum {
    /// Whether it is about a clause.
    pub fn bears_on(&self, clause: &str) -> bool {
        self.places.iter().any(|place| globs::is_match(place, clause) || clause.starts_with(&format!("{place}.")))
    }
}

/// Clauses that rest on text which the service contradicts.
pub(super) fn contradicted(contract: &Contract) -> BTreeSet<String> {
    let mut places: Vec<&str> = Vec::new();
    for entry in contract.evidence.evidence.iter().filter(|entry| entry.stand == Stand::Contradicted) {
        places.extend(entry.about.iter().map(String::as_str));
        let errata = contract.rules.errata.iter().filter(|erratum| entry.about.contains(&erratum.id));
        places.extend(errata.flat_map(|erratum| erratum.places.iter().map(String::as_str)));
    }
    let ids = contract.clauses.iter().map(|(_, clause)| clause.id.clone());
    ids.filter(|id| places.iter().any(|place| globs::is_match(place, id))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::clause::Tier;
    use super::super::{Bundle, load_files};
    use super::*;

    #[test]
    fn the_built_in_evidence_is_about_what_the_contract_has() {
        for bundle in Bundle::ALL {
            let contract = load_files(&bundle.files()).unwrap();
            assert!(contract.evidence.evidence.len() > 70);
            let mut ids: Vec<&str> = contract.clauses.iter().map(|(_, clause)| clause.id.as_str()).collect();
            ids.extend(contract.rules.errata.iter().map(|erratum| erratum.id.as_str()));
            ids.extend(contract.rules.ambiguities.iter().map(|ambiguity| ambiguity.id.as_str()));
            // The newer model has patterns in the place of these two.
            ids.extend(["rule.tag-key-characters", "rule.tag-value-characters"]);
            let globs = contract.evidence.evidence.iter().flat_map(|entry| &entry.about);
            let idle: Vec<&String> = globs.filter(|glob| !ids.iter().any(|id| globs::is_match(glob, id))).collect();
            assert!(idle.is_empty(), "{idle:?}");
        }
    }

    #[test]
    fn a_clause_has_the_evidence_of_its_errata_and_ambiguities() {
        let contract = load_files(&Bundle::DOCUMENT.files()).unwrap();
        let stands = |clause: &str| contract.evidence_on(clause).iter().map(|entry| entry.stand).collect::<Vec<_>>();
        assert!(stands("rule.default-multitrack-input-configuration").contains(&Stand::Contradicted));
        assert!(stands("GetChannel.error.ResourceNotFoundException").contains(&Stand::Seen));
        assert_eq!(stands("DeleteChannel.empty_body"), []);
        for entry in &contract.evidence.evidence {
            let named = contract.evidence.sources(entry).count();
            assert!(named > 0 || entry.source == "none found", "{}", entry.source);
        }
    }

    #[test]
    fn what_rests_on_contradicted_text_is_never_documented() {
        let contract = load_files(&Bundle::DOCUMENT.files()).unwrap();
        let found = contradicted(&contract);
        assert!(!found.is_empty());
        for id in found {
            let index = contract.clauses.find(&id).unwrap();
            assert_eq!(contract.clauses.get(index).tier, Tier::Inferred, "{id}");
        }
    }
}
