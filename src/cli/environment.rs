//! The environment as plain data, so that nothing below reads it behind a test's back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::run::credentials::RefreshingCredentials;
use crate::run::settings::Credentials;

/// Variables and AWS files of whoever calls the program.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    profiles: Profiles,
    found: Option<Found>,
    state_directory: Option<PathBuf>,
}

/// What the AWS SDKs' own search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Credentials.
    pub credentials: Credentials,
    /// What replaces them, if they expire.
    pub refreshing: Option<RefreshingCredentials>,
    /// Region, if the search came by one.
    pub region: Option<String>,
}

/// Profiles of the AWS configuration files, by name.
pub type Profiles = BTreeMap<String, BTreeMap<String, String>>;

/// Variable that names the directory for what outlasts a run.
const STATE_DIRECTORY: &str = "IVS_CONFORMANCE_STATE_DIR";

impl Environment {
    /// The environment of this process.
    pub fn current() -> Environment {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = variables.get("HOME").or_else(|| variables.get("USERPROFILE"));
        let aws = home.map(|home| Path::new(home).join(".aws"));
        let file = |variable: &str, name: &str| -> Option<String> {
            let path = variables.get(variable).map(PathBuf::from).or_else(|| aws.as_ref().map(|aws| aws.join(name)))?;
            std::fs::read_to_string(path).ok()
        };
        let config = file("AWS_CONFIG_FILE", "config").unwrap_or_default();
        let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials").unwrap_or_default();
        Environment {
            profiles: profiles(&config, &credentials),
            variables,
            found: None,
            state_directory: state_directory(),
        }
    }

    /// An environment for a test.
    pub fn of(variables: &[(&str, &str)], profiles: Profiles) -> Environment {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment { variables, profiles, found: None, state_directory: None }
    }

    /// The value of a variable; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// A profile of the AWS files.
    pub fn profile(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.profiles.get(name)
    }

    /// The same environment with what a search found.
    #[must_use]
    pub fn with(self, found: Found) -> Environment {
        Environment { found: Some(found), ..self }
    }

    /// What a search found.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// The user's directory for what outlasts a run; `None` without a home directory.
    pub fn state_directory(&self) -> Option<&Path> {
        self.state_directory.as_deref()
    }

    /// Whether a build server runs this.
    pub fn is_ci(&self) -> bool {
        self.get("CI").is_some_and(|value| value != "false" && value != "0")
    }
}

/// The directory that the variable names, or the platform's: `$XDG_STATE_HOME/ivs-conformance`, or
/// `%LOCALAPPDATA%\ivs-conformance` on Windows. Source: XDG Base Directory Specification.
fn state_directory() -> Option<PathBuf> {
    let named = std::env::var_os(STATE_DIRECTORY).filter(|value| !value.is_empty());
    named.map(PathBuf::from).or_else(|| {
        let platform = etcetera::choose_base_strategy().ok()?;
        // Windows has no directory for states: that for caches is the one that stays on the machine.
        let base = platform.state_dir().unwrap_or_else(|| platform.cache_dir());
        // An empty HOME would name the current directory.
        base.is_absolute().then(|| base.join("ivs-conformance"))
    })
}

/// The profiles of the two AWS files; credentials win over config.
pub fn profiles(config: &str, credentials: &str) -> Profiles {
    let mut profiles = Profiles::new();
    for text in [config, credentials] {
        let mut name = None;
        for line in text.lines().map(str::trim) {
            if let Some(title) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let title = title.trim();
                name = Some(title.strip_prefix("profile ").unwrap_or(title).trim().to_owned());
            } else if let (Some(name), Some((key, value))) = (&name, line.split_once('='))
                && !line.starts_with(['#', ';'])
            {
                let profile = profiles.entry(name.clone()).or_default();
                profile.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
    profiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_come_from_both_files() {
        let profiles = profiles(
            "[default]\nregion = eu-west-1\n[profile test]\nregion=us-west-2\n# x = y\n",
            "[test]\naws_access_key_id = AKIDTEST\naws_secret_access_key = a=b\n",
        );
        assert_eq!(profiles["default"]["region"], "eu-west-1");
        assert_eq!(profiles["test"]["region"], "us-west-2");
        assert_eq!(profiles["test"]["aws_secret_access_key"], "a=b");
        assert_eq!(profiles["test"].len(), 3);
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let environment = Environment::of(&[("CI", ""), ("A", "b")], Profiles::new());
        assert!(!environment.is_ci());
        assert_eq!(environment.get("A"), Some("b"));
    }
}
