//! The contracts that come with the program.

use std::path::{Path, PathBuf};

use super::evidence::EvidenceFile;
use super::files::{Files, TextFile};
use super::rules::RuleText;

/// A file of a bundle: its name and its text.
type Embedded = (&'static str, &'static str);

/// A contract that comes with the program.
#[derive(Debug)]
pub struct Bundle {
    /// Names that stand for it where a contract is asked for; the first is its own.
    pub names: &'static [&'static str],
    model: Embedded,
    extended: Option<Embedded>,
    /// Its rules, then those that they extend.
    rules: &'static [Embedded],
    suites: &'static [Embedded],
}

pub(super) const DOCUMENT_MODEL: Embedded = ("ivs-2020-07-14.json", include_str!("../../specs/ivs-2020-07-14.json"));
pub(super) const DOCUMENT_RULES: Embedded =
    ("ivs-2020-07-14.rules.toml", include_str!("../../specs/ivs-2020-07-14.rules.toml"));

impl Bundle {
    /// The contract of the reference document of 2025-02-28.
    pub const DOCUMENT: Bundle = Bundle {
        names: &["ivs-2020-07-14", "builtin", "built-in"],
        model: DOCUMENT_MODEL,
        extended: None,
        rules: &[DOCUMENT_RULES],
        suites: &[],
    };
    /// The contract of the document with what the service's model of November 2026 has besides.
    pub const NOVEMBER_2026: Bundle = Bundle {
        names: &["ivs-2026-11"],
        model: ("ivs-2026-11.json", include_str!("../../specs/ivs-2026-11.json")),
        extended: Some(DOCUMENT_MODEL),
        rules: &[("ivs-2026-11.rules.toml", include_str!("../../specs/ivs-2026-11.rules.toml")), DOCUMENT_RULES],
        suites: &[("ivs-2026-11/ads-and-slates.toml", include_str!("../../suites/ivs-2026-11/ads-and-slates.toml"))],
    };
    /// All of them, the oldest first.
    pub const ALL: &'static [Bundle] = &[Bundle::DOCUMENT, Bundle::NOVEMBER_2026];

    /// The bundle of that name.
    pub fn named(name: &str) -> Option<&'static Bundle> {
        Bundle::ALL.iter().find(|bundle| bundle.names.contains(&name))
    }

    /// What is known of the service that all of them are about.
    pub(super) fn evidence() -> EvidenceFile {
        EvidenceFile::read(include_str!("../../specs/ivs-2020-07-14.evidence.toml"))
    }

    /// The bundle whose model has that text.
    pub(super) fn of_model(text: &str) -> Option<&'static Bundle> {
        Bundle::ALL.iter().find(|bundle| bundle.model.1 == text)
    }

    /// Its own name.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Name and text of its model.
    pub(super) fn model(&self) -> Embedded {
        self.model
    }

    /// Its rules, then those that they extend.
    pub(super) fn rules(&self) -> Vec<RuleText> {
        let text = |(name, text): &Embedded| RuleText { name: (*name).to_owned(), text: (*text).to_owned() };
        self.rules.iter().map(text).collect()
    }

    /// Its files.
    pub fn files(&self) -> Files {
        let file = |(name, text): Embedded| TextFile { path: PathBuf::from(name), text: text.to_owned() };
        let suite =
            |(name, text): &Embedded| TextFile { path: Path::new("suites").join(name), text: (*text).to_owned() };
        Files {
            model: file(self.model),
            extended: self.extended.map(file),
            rules: self.rules.iter().copied().map(file).collect(),
            paginators: None,
            suites: self.suites.iter().map(suite).collect(),
        }
    }
}
