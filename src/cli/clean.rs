//! `clean`: deletes what an interrupted run left, and nothing else.

use std::fmt::Write;
use std::path::Path;

use super::args::{AuthMode, CleanArgs, TargetArgs};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::{aws, resolve, stages};
use crate::report::text::{count, visible};
use crate::run::RunError;
use crate::run::clean::{self, Cleaned};
use crate::run::ledger::{Header, Signing, journal};
use crate::run::settings::{Broadcast, Settings};
use crate::spec::Contract;

/// Finishes what a journal begins, or deletes what carries a run's tag.
pub async fn clean(args: CleanArgs, environment: &Environment) -> Result<Exit, CliError> {
    let contract = stages::load(args.spec.as_deref())?.contract;
    let cleaned = match (&args.journal, &args.run_id) {
        (Some(path), _) => {
            let (header, _) = journal::read(path).map_err(|error| CliError::usage(error.to_string()))?;
            belongs(&header, &contract, path)?;
            let mut settings = settings(of_journal(args.target, &header)?, environment, &contract).await?;
            if let (Broadcast::Unavailable, Some(control)) = (&settings.broadcast, header.broadcast) {
                settings.broadcast = Broadcast::ControlPath(control);
            }
            clean::by_journal(&contract, &settings, path).await
        }
        (None, Some(run)) => {
            if run.len() != 16 || !run.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()) {
                return Err(CliError::usage(format!(
                    "`{run}` is no id of a run: it has 16 digits of 0-9 and a-f, as in the journal's name and the tags"
                )));
            }
            let settings = settings(args.target, environment, &contract).await?;
            clean::by_tag(&contract, &settings, run).await
        }
        (None, None) => return Err(CliError::usage("give the journal of the run, or its --run-id")),
    };
    let cleaned = cleaned.map_err(|error| match error {
        RunError::Send(error) => CliError::usage(error.to_string()),
        error => CliError::CouldNotTest(error.to_string()),
    })?;
    print(&page(&cleaned));
    Ok(if cleaned.is_complete() { Exit::Success } else { Exit::CouldNotTest })
}

async fn settings(target: TargetArgs, environment: &Environment, contract: &Contract) -> Result<Settings, CliError> {
    let environment = aws::look_up(&target, environment).await?;
    let mut settings = resolve::target(&target, &environment)?;
    resolve::careful(&mut settings);
    stages::name_endpoint(&mut settings, contract)?;
    Ok(settings)
}

fn belongs(header: &Header, contract: &Contract, path: &Path) -> Result<(), CliError> {
    let service = contract.service.signing_name.clone().unwrap_or_default();
    match header.service == service {
        true => Ok(()),
        false => Err(CliError::usage(format!(
            "{} is of the service `{}` and the contract of `{service}`: give the run's contract with --spec",
            path.display(),
            visible(&header.service)
        ))),
    }
}

/// The target that the journal names; flags must not lead elsewhere.
fn of_journal(mut target: TargetArgs, header: &Header) -> Result<TargetArgs, CliError> {
    let named = target.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/'));
    if named.is_some_and(|endpoint| endpoint != header.endpoint && endpoint != super::endpoint::AWS) {
        return Err(CliError::usage(format!(
            "the journal is of {}, and --endpoint names another: leave the flag out",
            visible(&header.endpoint)
        )));
    }
    if target.region.as_ref().is_some_and(|region| *region != header.region) {
        return Err(CliError::usage(format!(
            "the journal is of the region {}, and --region names another: leave the flag out",
            visible(&header.region)
        )));
    }
    if header.signing == Signing::None && target.auth.is_none() {
        target.auth = Some(AuthMode::None);
    }
    target.endpoint = Some(header.endpoint.clone());
    target.region = Some(header.region.clone());
    Ok(target)
}

fn page(cleaned: &Cleaned) -> String {
    let mut page = String::new();
    if cleaned.requests == 0 && cleaned.is_complete() {
        page.push_str("nothing is left of this run: its journal ends with everything deleted\n");
        return page;
    }
    for resource in &cleaned.deleted {
        let _ = writeln!(page, "deleted  {}", visible(&resource.arn));
    }
    for (what, reason) in &cleaned.kept {
        let _ = writeln!(page, "kept     {}: {}", visible(what), visible(reason));
    }
    for arn in &cleaned.alike {
        let _ = writeln!(page, "left     {}: its name is like this run's, but it has no tag of it", visible(arn));
    }
    for (what, reason) in &cleaned.unsearched {
        let _ = writeln!(page, "unknown  {}: {}", visible(what), visible(reason));
    }
    let _ = writeln!(
        page,
        "{} deleted, {} gone before, {} kept ({})",
        count(cleaned.deleted.len() as u64, "resource"),
        cleaned.gone.len(),
        cleaned.kept.len(),
        count(cleaned.requests, "request"),
    );
    if !cleaned.waited.is_zero() {
        let _ = writeln!(page, "waited {:.1} s for requests that were still in flight", cleaned.waited.as_secs_f64());
    }
    page
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_journal_says_whether_requests_are_signed() {
        let text = r#"{"schema":"x","run":"0123456789abcdef","endpoint":"http://127.0.0.1:1","region":"us-east-1",
            "service":"ivs","contract":"00","tool":"0.1.0"}"#;
        let signed: Header = serde_json::from_str(text).unwrap();
        let unsigned = Header { signing: Signing::None, ..signed.clone() };
        let auth = |flags: &TargetArgs, header| of_journal(flags.clone(), header).ok().and_then(|target| target.auth);
        let flag = TargetArgs { auth: Some(AuthMode::SigV4), ..TargetArgs::default() };
        assert_eq!(auth(&TargetArgs::default(), &signed), None);
        assert_eq!(auth(&TargetArgs::default(), &unsigned), Some(AuthMode::None));
        assert_eq!(auth(&flag, &unsigned), Some(AuthMode::SigV4));
    }
}
