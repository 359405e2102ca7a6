//! What variables say of a suite. They have the names that `ivs-conformance run` knows, and win over the code.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::suite::{Origin, Suite};
use crate::report::target::ReportTarget;
use crate::run::settings::{Broadcast, Credentials};
use crate::run::span::Span;
use crate::spec::did_you_mean;

/// What the names of all variables of this program begin with.
const PREFIX: &str = "IVS_CONFORMANCE_";

/// Changes a suite as the text of a variable says.
type Change = fn(Suite, &str) -> Result<Suite, String>;

/// The variables, by what follows [`PREFIX`].
const VARIABLES: &[(&str, Change)] = &[
    ("ENDPOINT", |suite, text| Ok(elsewhere(suite).endpoint(text))),
    ("BROADCAST", |suite, text| Ok(suite.broadcast(text))),
    ("BROADCAST_COMMAND", |suite, text| Ok(suite.broadcast_command(text))),
    ("AUTH", auth),
    ("REGION", |suite, text| Ok(suite.region(text))),
    ("PROXY", |suite, text| Ok(suite.proxy(text))),
    ("CA_CERT", |mut suite, text| {
        suite.settings.network.ca_certs = list(text)?.into_iter().map(PathBuf::from).collect();
        Ok(suite)
    }),
    ("WAIT", |suite, text| Ok(suite.wait(span(text)?))),
    ("SPEC", |suite, text| Ok(suite.spec(text))),
    ("ONLY", |mut suite, text| {
        suite.settings.only = list(text)?;
        Ok(suite)
    }),
    ("SKIP", |mut suite, text| {
        suite.settings.skip = list(text)?;
        Ok(suite)
    }),
    ("OPERATION", |mut suite, text| {
        suite.operations = list(text)?;
        Ok(suite)
    }),
    ("SHARD", |suite, text| Ok(suite.shard(text.parse()?))),
    ("PROFILE", |suite, text| Ok(suite.profile(text.parse()?))),
    ("CASES", |suite, text| Ok(suite.cases(parsed(text)?))),
    ("SEED", |suite, text| Ok(suite.seed(parsed(text)?))),
    ("JOBS", |suite, text| Ok(suite.jobs(parsed(text)?))),
    ("RATE", |suite, text| Ok(suite.rate(parsed(text)?))),
    ("REQUEST_TIMEOUT", |suite, text| Ok(suite.request_timeout(span(text)?))),
    ("DEADLINE", |suite, text| Ok(suite.deadline(span(text)?))),
    ("REPORT", report),
    ("BASELINE", |suite, text| Ok(suite.baseline(text))),
    ("STRICT", |mut suite, text| {
        suite.gate.strict = parsed(text)?;
        Ok(suite)
    }),
    ("IMPLEMENTED", |mut suite, text| {
        suite.gate.implemented_only = parsed(text)?;
        Ok(suite)
    }),
];

/// Names of the variables that a suite reads.
pub fn names() -> impl Iterator<Item = String> {
    VARIABLES.iter().map(|(name, _)| format!("{PREFIX}{name}"))
}

impl Suite {
    /// What the environment says wins over what the code says.
    ///
    /// # Errors
    /// A variable has a value that its setting cannot have.
    pub(super) fn heed(&mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
        let mut suite = std::mem::take(self);
        suite.settings.network.read_variables(variable);
        for (name, change) in VARIABLES {
            let name = format!("{PREFIX}{name}");
            if let Some(text) = variable(&name) {
                suite = change(suite, &text).map_err(|problem| format!("{name}={text}: {problem}"))?;
            }
        }
        if variable(&format!("{PREFIX}ENDPOINT")).is_some() {
            suite.heed_account(variable);
        }
        *self = suite;
        Ok(())
    }

    /// Region and credentials, for a target that the environment names.
    fn heed_account(&mut self, variable: &dyn Fn(&str) -> Option<String>) {
        let own = variable(&format!("{PREFIX}REGION"));
        if let Some(region) =
            variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).filter(|_| own.is_none())
        {
            self.settings.region = region;
        }
        let is_signed = self.settings.credentials.is_some();
        if let (true, Some(access_key_id), Some(secret_access_key)) =
            (is_signed, variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
        {
            let session_token = variable("AWS_SESSION_TOKEN");
            self.settings.credentials = Some(Credentials { access_key_id, secret_access_key, session_token });
        }
    }
}

/// The way to go live that the code names is that of its own target.
fn elsewhere(mut suite: Suite) -> Suite {
    suite.settings.broadcast = Broadcast::Unavailable;
    suite.origin = Origin::Unknown;
    suite
}

fn auth(mut suite: Suite, text: &str) -> Result<Suite, String> {
    suite.settings.credentials = match text {
        "sigv4" => suite.settings.credentials.or_else(|| Some(Credentials::for_tests())),
        "none" => None,
        _ => return Err(format!("write sigv4 or none{}", did_you_mean(text, ["sigv4", "none"].into_iter()))),
    };
    Ok(suite)
}

fn report(mut suite: Suite, text: &str) -> Result<Suite, String> {
    suite.reports = list(text)?.iter().map(|report| report.parse()).collect::<Result<Vec<ReportTarget>, String>>()?;
    Ok(suite)
}

/// One value, or a TOML list of several; it replaces the list that the code gives.
fn list(text: &str) -> Result<Vec<String>, String> {
    #[derive(Deserialize)]
    struct List {
        list: Vec<String>,
    }
    match text.starts_with('[') {
        false => Ok(vec![text.to_owned()]),
        true => toml::from_str(&format!("list = {text}"))
            .map(|List { list }| list)
            .map_err(|error| format!("it is no list of texts: {}", error.message().trim())),
    }
}

fn span(text: &str) -> Result<Duration, String> {
    text.parse::<Span>().map(|Span(span)| span)
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heeded(suite: Suite, variables: &[(&str, &str)]) -> Result<Suite, String> {
        let mut suite = suite;
        let variable = |name: &str| {
            let known = variables.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        suite.heed(&variable).map(|()| suite)
    }

    #[test]
    fn variables_win_over_the_code() {
        let suite = Suite::new().endpoint("http://127.0.0.1:1").broadcast("/live").strict().seed(1).only("A.*");
        let suite = heeded(
            suite,
            &[
                ("IVS_CONFORMANCE_ENDPOINT", "http://127.0.0.1:2"),
                ("IVS_CONFORMANCE_STRICT", "false"),
                ("IVS_CONFORMANCE_DEADLINE", "5m"),
                ("IVS_CONFORMANCE_REPORT", "json=report.json"),
                ("IVS_CONFORMANCE_ONLY", "[\"B.*\", \"C.*\"]"),
                ("AWS_REGION", "eu-west-1"),
            ],
        )
        .unwrap();
        assert!(matches!(&suite.origin, Origin::Endpoint(endpoint) if endpoint == "http://127.0.0.1:2"));
        assert_eq!(suite.settings.broadcast, Broadcast::Unavailable, "the code's path is of another target");
        assert_eq!((suite.gate.strict, suite.settings.seed), (false, 1));
        assert_eq!(suite.settings.deadline, Some(Duration::from_secs(300)));
        assert_eq!(suite.settings.only, ["B.*", "C.*"]);
        assert_eq!((suite.reports.len(), suite.settings.region.as_str()), (1, "eu-west-1"));
    }

    #[test]
    fn a_bad_value_names_its_variable() {
        for (name, value) in [
            ("IVS_CONFORMANCE_SEED", "x"),
            ("IVS_CONFORMANCE_STRICT", "yes"),
            ("IVS_CONFORMANCE_DEADLINE", "soon"),
            ("IVS_CONFORMANCE_REPORT", "pdf=x"),
            ("IVS_CONFORMANCE_AUTH", "sigv"),
            ("IVS_CONFORMANCE_ONLY", "[1"),
        ] {
            let said = heeded(Suite::new(), &[(name, value)]).err().unwrap();
            assert!(said.starts_with(&format!("{name}={value}: ")), "{said}");
        }
    }
}
