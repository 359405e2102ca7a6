//! Runs probes: a valid request, changed as the suite says.

use super::dependencies;
use super::savings::Sharing;
use super::session::{Blocked, Fixtures, Session};
use super::skip_reason::UNVERIFIED;
use super::worker::{Progress, Worker};
use crate::judge::{Judgement, probe};
use crate::plan::accepted::Accepted;
use crate::plan::case::Case;
use crate::plan::expectation::Expectation;
use crate::plan::suite::{Probe, SignatureChange};
use crate::protocol;
use crate::record::{Manner, TrailStep};
use crate::spec::clause::ClauseIndex;
use crate::spec::clause_id::ClauseId;
use crate::spec::contract::Operation;
use crate::wire::{Exchange, Request};
use serde_json::Value;

impl Worker {
    /// Runs one probe on one operation.
    pub(super) async fn probe(
        &mut self,
        index: usize,
        case: &Case,
        operation: &Operation,
        probe: usize,
        progress: &mut Progress,
    ) {
        let env = std::sync::Arc::clone(&self.env);
        let (Some(probe), Some(clause)) = (env.plan.suites.probes.get(probe), case.clauses.first().copied()) else {
            return;
        };
        if dependencies::needs_verification(&env, case) && !env.verifies_signatures {
            progress.blocked(UNVERIFIED.to_owned());
            return;
        }
        // What is refused changes nothing.
        let must_be_refused = !probe.accepts.contains(&Accepted::Success);
        let fixtures = if operation.is_readonly || must_be_refused { Fixtures::Shared } else { Fixtures::Own };
        let mut session = Session::new(self, fixtures, index, 0);
        match session.probe(operation, clause, probe).await {
            Ok((violations, undecided)) => {
                progress.decided += u64::from(undecided.is_none());
                progress.violations.extend(violations);
                if let Some(reason) = undecided {
                    progress.blocked(reason);
                }
            }
            Err(Blocked(reason)) => progress.blocked(reason),
        }
        session.finish().await;
    }
}

impl Session<'_> {
    /// Sends a probe. If what must be refused was accepted, resources that tests share may have changed: they are deleted.
    async fn probe(
        &mut self,
        operation: &Operation,
        clause: ClauseIndex,
        probe: &Probe,
    ) -> Result<(Vec<crate::judge::Violation>, Option<String>), Blocked> {
        let env = std::sync::Arc::clone(&self.worker.env);
        if env.savings.sharing() != Sharing::On {
            // Beside other cases a list shows what they made.
            self.hold_listed(operation).await;
        }
        let mut input = self.bind(&env.generator.minimal_input(operation)).await?;
        env.mark(operation, &mut input, self.about);
        let right = protocol::request(operation, &input);
        let request = changed(right.clone(), probe, &input);
        self.worker.count_request();
        let exchange = self.send_probe(&request, probe.signature).await;
        let manner = probe.signature.map_or(Manner::AsRun, Manner::Changed);
        self.history.push(TrailStep::new(&operation.name, &exchange, manner));
        let mut judgement = probe::check(&env.judge, operation, clause, probe, &exchange);
        if ClauseId::is_about_signatures(&env.contract.clauses.get(clause).id) && !env.verifies_signatures {
            judgement.say_nothing_of_success(clause, UNVERIFIED);
        }
        // The echo is not judged: a probe may change what is sent.
        self.keep(operation, &input, None, &exchange, &judgement);
        self.lose_sight(operation, &input, &judgement);
        if judgement.needs_control(probe.accepts.contains(&Accepted::Success)) {
            let control = env.generator.minimal_input(operation);
            if let Err(reason) = self.worker.is_accepted(self.case, operation, &control, self.salt).await {
                judgement.take_back(clause, operation, reason);
            }
        } else if judgement.is_success() && judgement.blames(clause) {
            self.doubt_acceptance(operation, clause, probe, (&right, &input), &mut judgement).await;
        }
        let violations = self.note(&mut judgement, &exchange);
        let must_be_refused = !probe.accepts.contains(&Accepted::Success);
        if must_be_refused && judgement.is_success() && !operation.is_readonly {
            self.delete_shared().await;
        }
        Ok((violations, judgement.undecided))
    }

    /// Takes back that a probe was wrongly accepted, if a request that lacks what every request needs is accepted too.
    async fn doubt_acceptance(
        &mut self,
        operation: &Operation,
        clause: ClauseIndex,
        probe: &Probe,
        (right, input): (&Request, &Value),
        judgement: &mut Judgement,
    ) {
        let Some(body) = probe.unless_accepted.clone().filter(|body| right.body != body.as_bytes()) else { return };
        let other = changed(right.clone(), &Probe { body: Some(body.clone()), ..probe.clone() }, input);
        self.worker.count_request();
        let exchange = self.send_probe(&other, probe.signature).await;
        let env = std::sync::Arc::clone(&self.worker.env);
        let mut accepted = env.judge.exchange(operation, &Expectation::success(), clause, &exchange);
        self.after(operation, input, None, &exchange, &mut accepted);
        self.lose_sight(operation, input, &accepted);
        if accepted.is_success() {
            let reason = format!("the same request with the body `{body}` is accepted too: another check is missing");
            judgement.take_back(clause, operation, reason);
        }
    }

    async fn send_probe(&self, request: &Request, signature: Option<SignatureChange>) -> Exchange {
        match signature {
            Some(change) => self.worker.env.target.send_changed(request, change).await,
            None => self.worker.env.target.send(request).await,
        }
    }
}

/// The request that a probe makes of a valid one.
fn changed(mut request: Request, probe: &Probe, input: &Value) -> Request {
    if let Some(method) = &probe.method {
        request.method = method.as_str().into();
    }
    if let Some(path) = &probe.path {
        let decoded = percent_encoding::percent_decode_str(&request.target).decode_utf8_lossy().into_owned();
        request.target = path
            .replace("${path}", &request.target)
            .replace("${path-lower-hex}", &with_lower_hex(&request.target))
            .replace("${path-capital}", &with_capital(&request.target))
            .replace("${decoded-path}", &decoded)
            .into();
    }
    if let Some(body) = &probe.body {
        let right = String::from_utf8_lossy(&request.body).into_owned();
        request.body = repeated(&with_members(&body.replace("${body}", &right), input)).into();
    }
    for (name, value) in &probe.headers {
        let name = name.to_lowercase();
        request.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            request.headers.push((name.into(), value.as_str().into()));
        }
    }
    request
}

/// The text with every `${input.MEMBER}` replaced by that member of the input as JSON.
fn with_members(text: &str, input: &Value) -> String {
    let members = input.as_object().into_iter().flatten();
    members.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{input.{name}}}"), &value.to_string()))
}

/// The path with a capital letter at its beginning.
fn with_capital(path: &str) -> String {
    let mut letters = path.chars();
    let start: String = letters.by_ref().take(2).map(|letter| letter.to_ascii_uppercase()).collect();
    start + letters.as_str()
}

/// The path with the digits of its percent escapes in lower case.
fn with_lower_hex(path: &str) -> String {
    let mut parts = path.split('%');
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        result.push('%');
        result.push_str(&escape.to_lowercase());
        result.push_str(rest);
    }
    result
}

/// The text with every `${times:N:TEXT}` replaced by TEXT, N times over.
fn repeated(text: &str) -> String {
    let mut parts = text.split("${times:");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let times = part.split_once(':').and_then(|(number, rest)| {
            let (unit, rest) = rest.split_once('}')?;
            Some((number.parse::<usize>().ok()?, unit, rest))
        });
        match times {
            Some((number, unit, rest)) => {
                result.push_str(&unit.repeat(number.min(10_000_000)));
                result.push_str(rest);
            }
            None => result.push_str(part),
        }
    }
    result
}
