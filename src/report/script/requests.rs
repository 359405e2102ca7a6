//! Requests as `curl` commands, with the signature of the run.

use std::fmt::Write;

use super::stand_in::StandIns;
use super::values::Values;
use super::{Subject, Unfaithful, words};
use crate::plan::suite::SignatureChange;
use crate::record::description::Signing;
use crate::record::options::Locality;
use crate::record::{Manner, TrailStep};
use crate::spec::clause_id::ClauseId;

/// Longest body of a request in a script, in bytes: a command line has its limits.
const LONGEST_BODY: usize = 64 << 10;
/// Headers that `curl` sets by itself.
const OF_CURL: [&str; 7] =
    ["host", "content-length", "transfer-encoding", "connection", "expect", "authorization", "x-amz-date"];
/// Seconds that a request may take.
const MOST_SECONDS: u32 = 60;
/// Header and value that all requests have.
const ACCEPT: (&str, &str) = ("accept", "application/json");
/// Header and value that requests with a body have.
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/json");
/// What the run signs with.
const USER: &str = "\"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\"";
/// An access key that nobody has, as the run uses it.
const UNKNOWN_USER: &str = "\"AKIAIVSCONFORMANCE00:$AWS_SECRET_ACCESS_KEY\"";
/// The run's access key with another secret.
const WRONG_USER: &str = "\"$AWS_ACCESS_KEY_ID:${AWS_SECRET_ACCESS_KEY}x\"";

/// What a request is for the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It comes before the telling one: its response is kept in a variable.
    Before,
    /// Its response is what the script is for.
    Telling,
}

/// How the run sends.
pub struct Sending<'r> {
    /// Whether it signs.
    pub signs: bool,
    region: &'r str,
    service: &'r str,
    locality: Locality,
    is_about_signatures: bool,
    /// What takes the place of secrets.
    pub stand_ins: StandIns,
}

impl<'r> Sending<'r> {
    /// As the settings of the run say.
    pub fn of(subject: &Subject<'r>) -> Sending<'r> {
        let service = subject.contract.service.signing_name.as_deref().unwrap_or_default();
        let run = subject.run;
        let signs = run.signing == Signing::Sigv4 && !service.is_empty();
        let is_about_signatures = ClauseId::is_about_signatures(subject.id);
        Sending {
            signs,
            region: &run.region,
            service,
            locality: run.locality,
            is_about_signatures,
            stand_ins: StandIns::default(),
        }
    }

    /// The options that sign as the run does; empty if it does not.
    pub fn signature(&self) -> String {
        if self.signs { signature(self.region, self.service, USER) } else { String::new() }
    }

    fn signature_of(&self, manner: &Manner) -> Result<String, Unfaithful> {
        if !self.signs {
            return Ok(String::new());
        }
        let changed = |change| match change {
            SignatureChange::Unsigned => Ok(String::new()),
            SignatureChange::WrongSecret => Ok(signature(self.region, self.service, WRONG_USER)),
            SignatureChange::UnknownKey => Ok(signature(self.region, self.service, UNKNOWN_USER)),
            SignatureChange::WrongService => Ok(signature(self.region, "s3", USER)),
            // Both are right, too.
            SignatureChange::InQuery | SignatureChange::IsoDate if !self.is_about_signatures => Ok(self.signature()),
            SignatureChange::InQuery
            | SignatureChange::IsoDate
            | SignatureChange::ExpiredInQuery
            | SignatureChange::OutlivedInQuery
            | SignatureChange::Expired
            | SignatureChange::Future
            | SignatureChange::MissingToken
            | SignatureChange::TamperedBody
            | SignatureChange::TamperedSignature
            | SignatureChange::OtherAlgorithm => Err(Unfaithful::because("curl cannot sign a request in this way.")),
        };
        match manner {
            Manner::Changed(change) => changed(*change),
            Manner::InRegion(_) if self.locality == Locality::Remote => {
                Err(Unfaithful::because("It takes the endpoint of another region too."))
            }
            Manner::InRegion(region) => Ok(signature(region, self.service, USER)),
            _ => Ok(self.signature()),
        }
    }

    /// The command that sends a step's request.
    ///
    /// # Errors
    /// `curl` would send another request.
    pub fn request(
        &self,
        subject: &Subject<'_>,
        step: &TrailStep,
        values: &Values,
        form: Form,
    ) -> Result<String, Unfaithful> {
        let target = words::marked_path(target_of(step, self.signs)?, values);
        let body = body_of(step)?;
        let body = self.stand_ins.put_into(subject, &step.operation, &words::marked(&body, values))?;
        let path = self.url_path(&target);
        let is_usual = is_usual(step) && path.is_none();
        if form == Form::Before && is_usual && matches!(step.manner, Manner::AsRun | Manner::Control) {
            let method = words::quoted(&step.request.method);
            let method = method.trim_matches('\'');
            return Ok(format!("call {method} \"{}\" {}", words::in_double_quotes(&target), words::quoted(&body)));
        }
        let signature = self.signature_of(&step.manner)?;
        let mut command = match form {
            Form::Telling => format!("curl -i -sS --max-time {MOST_SECONDS} {}", method(&step.request.method)?),
            Form::Before => format!("response=$(curl -sS --max-time {MOST_SECONDS} {}", method(&step.request.method)?),
        };
        if !signature.is_empty() {
            let _ = write!(command, " \\\n  {signature}");
        }
        for header in headers_of(step, !signature.is_empty())? {
            let _ = write!(command, " \\\n  -H {}", words::quoted(&words::marked(&header, values)));
        }
        // Without it a request that usually has a body has no length either.
        if !body.is_empty() || !matches!(step.request.method.as_str(), "GET" | "HEAD" | "DELETE") {
            let _ = write!(command, " \\\n  --data-raw {}", words::quoted(&body));
        }
        command.push_str(" \\\n  ");
        match path.filter(|_| !signature.is_empty()) {
            Some(path) => {
                let _ = write!(
                    command,
                    "--request-target \"$(base){}\" \\\n  \"$ENDPOINT{path}\"",
                    words::in_double_quotes(&target)
                );
            }
            None => {
                let is_odd = !is_simple(&step.request.target);
                let as_it_is = if is_odd { "--globoff --path-as-is " } else { "" };
                let _ = write!(command, "{as_it_is}\"$ENDPOINT{}\"", words::in_double_quotes(&target));
            }
        }
        Ok(match form {
            Form::Telling => command,
            Form::Before => command + ")",
        })
    }

    /// The path of a signed request between double quotes, where `curl` needs help to sign it: `None` if it does not.
    fn url_path(&self, target: &str) -> Option<String> {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let sorted = query.map(|query| {
            let mut pairs: Vec<&str> = query.split('&').collect();
            pairs.sort_by_key(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs.join("&")
        });
        let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/".contains(c));
        if !self.signs || (is_plain && sorted.as_deref() == query) {
            return None;
        }
        let query = sorted.map(|query| format!("?{}", words::in_double_quotes(&query))).unwrap_or_default();
        Some(format!("$(signed \"{}\"){query}", words::in_double_quotes(path)))
    }
}

fn signature(region: &str, service: &str, user: &str) -> String {
    let scope = format!("aws:amz:{region}:{service}");
    let is_plain = scope.chars().all(|c| c.is_ascii_alphanumeric() || "-_:.".contains(c));
    let scope = if is_plain { format!("\"{scope}\"") } else { words::quoted(&scope) };
    let token = "${AWS_SESSION_TOKEN:+-H \"x-amz-security-token: $AWS_SESSION_TOKEN\"}";
    format!("--aws-sigv4 {scope} --user {user} \\\n  {token}")
}

fn method(method: &str) -> Result<String, Unfaithful> {
    match method {
        "HEAD" => Ok("--head".to_owned()),
        _ if !method.is_empty() && method.chars().all(|c| c.is_ascii_alphanumeric()) => Ok(format!("-X {method}")),
        _ => Err(Unfaithful::because("curl cannot send its method as it is.")),
    }
}

/// Whether a path and query mean to `curl` what they say.
fn is_simple(target: &str) -> bool {
    !target.contains("/.") && target.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/%?=&:+".contains(c))
}

/// The path and query as they are sent.
fn target_of(step: &TrailStep, signs: bool) -> Result<&str, Unfaithful> {
    let target = step.request.target.as_str();
    let is_legal = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}#".contains(c);
    let is_signed_differently = signs && (target.contains("//") || target.contains("/./") || target.contains("/../"));
    match target.starts_with('/') && target.chars().all(is_legal) && !is_signed_differently {
        true => Ok(target),
        false => Err(Unfaithful::because("curl cannot send or sign its path as it is.")),
    }
}

fn body_of(step: &TrailStep) -> Result<String, Unfaithful> {
    let body = &step.request.body;
    if body.len() > LONGEST_BODY {
        return Err(Unfaithful::because(format!("A request of it has a body of {} bytes.", body.len())));
    }
    match std::str::from_utf8(body) {
        Ok(text) if !text.contains('\0') && !words::has_mark(text) => Ok(text.to_owned()),
        _ => Err(Unfaithful::because("The body of a request of it is not plain text.")),
    }
}

/// Whether a request has the usual headers and nothing else that is odd.
fn is_usual(step: &TrailStep) -> bool {
    let request = &step.request;
    let is_plain = |(name, value): &(crate::wire::Text, crate::wire::Text)| {
        [ACCEPT, CONTENT_TYPE].contains(&(name.as_str(), value.as_str()))
    };
    let has_both = request.headers.iter().any(|(name, _)| name == ACCEPT.0)
        && request.body.is_empty() != request.headers.iter().any(|(name, _)| name == CONTENT_TYPE.0);
    let is_method = !request.body.is_empty() || matches!(request.method.as_str(), "GET" | "DELETE");
    let is_plainly_made = request.headers.iter().all(is_plain) && (has_both || step.manner == Manner::Control);
    is_plainly_made
        && is_method
        && is_simple(&request.target)
        && method(&request.method).is_ok_and(|method| method != "--head")
}

/// The headers as `curl` takes them; those that it would add by itself are taken away.
fn headers_of(step: &TrailStep, is_signed: bool) -> Result<Vec<String>, Unfaithful> {
    let request = &step.request;
    let mut headers = Vec::new();
    for (name, value) in &request.headers {
        if OF_CURL.iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
            return Err(Unfaithful::because(format!("curl sets the header {name} by itself.")));
        }
        if value.chars().any(char::is_control) || words::has_mark(value) {
            return Err(Unfaithful::because(format!("curl cannot send the header {name} as it is.")));
        }
        headers.push(if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") });
    }
    let has = |wanted: &str| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let has_data = !request.body.is_empty() || !matches!(request.method.as_str(), "GET" | "HEAD" | "DELETE");
    for (name, _) in [ACCEPT, CONTENT_TYPE].into_iter().filter(|(name, _)| !has(name)) {
        match name == ACCEPT.0 || has_data {
            true if is_signed => {
                return Err(Unfaithful::because(format!("curl cannot sign a request without the header {name}.")));
            }
            true => headers.push(format!("{name}:")),
            false => {}
        }
    }
    Ok(headers)
}
