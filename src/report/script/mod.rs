//! A finding as a shell script: it makes what is needed, sends the telling request last with `curl -i`, and deletes what
//! it made. Values that the target gives are taken out of its responses while the script runs.

mod functions;
mod requests;
mod stand_in;
mod teardown;
#[cfg(test)]
mod tests;
mod values;
mod words;

use std::fmt::Write;

use self::requests::{Form, Sending};
use self::values::Values;
use super::redact::{REDACTED, Redactor};
use super::text::{shorten, visible};
use crate::plan::resources::Resources;
use crate::record::RunDescription;
use crate::record::{Found, Manner, TrailStep};
use crate::spec::Contract;

/// Most requests that a script repeats.
const MOST_REQUESTS: usize = 200;
/// Longest line of a comment, in characters.
const LONGEST_COMMENT: usize = 300;

/// Why no script repeats a finding, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfaithful(pub String);

impl Unfaithful {
    fn because(reason: impl Into<String>) -> Unfaithful {
        Unfaithful(reason.into())
    }
}

/// What a script is made for.
pub struct Subject<'r> {
    /// The contract that the target is checked against.
    pub contract: &'r Contract,
    /// Which operation makes and deletes which resource.
    pub resources: &'r Resources,
    /// The run.
    pub run: &'r RunDescription,
    /// Takes secrets out of everything.
    pub redactor: &'r Redactor,
    /// The finding's id.
    pub id: &'r str,
    /// What the contract asks for.
    pub expected: &'r str,
    /// What the target did.
    pub observed: &'r str,
}

/// The POSIX shell script that shows a finding again.
///
/// # Errors
/// A script of `curl` commands would not send the same requests; the reason.
pub fn script(subject: &Subject<'_>, found: &Found) -> Result<String, Unfaithful> {
    let steps = steps(subject, found)?;
    let products = teardown::products(subject, &steps);
    let values = Values::of(&steps, &products)?;
    let sending = Sending::of(subject);
    let (telling, before) = steps.split_last().ok_or_else(|| Unfaithful::because("The finding has no request."))?;
    let mut body = String::new();
    for (position, step) in before.iter().enumerate() {
        if position > 0 && before.get(position - 1).is_some_and(|earlier| earlier.request == step.request) {
            body.push_str("sleep 1\n");
        }
        let _ = writeln!(body, "{}", sending.request(subject, step, &values, Form::Before)?);
        body.push_str(&values.taken_from(position));
    }
    if !before.is_empty() {
        body.push('\n');
    }
    let last = sending.request(subject, telling, &values, Form::Telling)?;
    body.push_str(&told(&last, &values, before.len()));
    let teardown = teardown::function(subject, &sending, &steps, &values)?;
    let mut script = head(subject, &sending, &teardown);
    script.push_str(&functions::used_in(&format!("{teardown}{body}"), &sending));
    script.push_str(&sending.stand_ins.commands());
    script.push_str(&teardown);
    script.push_str(&body);
    match subject.redactor.text(&script) {
        same if same == script && !script.contains(REDACTED) => Ok(script),
        _ => Err(Unfaithful::because("A request of it holds a secret that no response gave.")),
    }
}

/// Whether a script sends requests before the telling one.
pub fn makes_something_first(script: &str) -> bool {
    script.lines().any(|line| line.starts_with("call ") || line.starts_with("response=$(curl -sS "))
}

/// What the script sends, the telling request last: a response that was waited for is asked for twice.
fn steps<'f>(subject: &Subject<'_>, found: &'f Found) -> Result<Vec<&'f TrailStep>, Unfaithful> {
    let is_readonly =
        |step: &TrailStep| subject.contract.operation(&step.operation).is_some_and(|operation| operation.is_readonly);
    let mut steps: Vec<&TrailStep> = Vec::new();
    for step in found.trail.before.iter().chain([&found.trail.telling]) {
        match &step.manner {
            Manner::Concurrent => {
                return Err(Unfaithful::because("It takes requests that are in flight at the same time."));
            }
            Manner::Stream => return Err(Unfaithful::because("It takes the command that streams to the target.")),
            Manner::LookedUp => {
                return Err(Unfaithful::because(
                    "It takes an ARN that a list shows and the response of its creation does not.",
                ));
            }
            Manner::OtherCaller => {
                return Err(Unfaithful::because("It takes the credentials of another caller than the run's."));
            }
            Manner::AsRun | Manner::InRegion(_) | Manner::Changed(_) | Manner::Control => {}
        }
        let is_repeated = match steps[..] {
            [.., earlier, last] => earlier.request == step.request && last.request == step.request,
            _ => false,
        };
        if is_repeated && is_readonly(step) {
            steps.pop();
        }
        steps.push(step);
    }
    match steps.len() {
        number if number > MOST_REQUESTS => Err(Unfaithful::because(format!("It takes {number} requests."))),
        _ => Ok(steps),
    }
}

/// The telling request, after which nothing else is printed. What it makes is noted for the teardown.
fn told(command: &str, values: &Values, position: usize) -> String {
    let taken = values.taken_from(position);
    match taken.is_empty() {
        true => format!("{command}\n"),
        false => format!(
            "status=0\nresponse=$({command}) || status=$?\nprintf '%s\\n' \"$response\"\n{}exit \"$status\"\n",
            if_successful(&taken)
        ),
    }
}

/// Commands that are only right if the telling request succeeded: an error may name what others made.
fn if_successful(commands: &str) -> String {
    let commands: String = commands.lines().map(|line| format!("  {line}\n")).collect();
    format!("case $response in HTTP/?' 2'* | HTTP/?.?' 2'*)\n{commands}  ;;\nesac\n")
}

fn head(subject: &Subject<'_>, sending: &Sending<'_>, teardown: &str) -> String {
    let mut head = format!("#!/bin/sh\n{}", comment("", subject.id));
    head.push_str(&comment("expected: ", subject.expected));
    head.push_str(&comment("observed: ", subject.observed));
    head.push_str("#\n# Usage: sh FILE [ENDPOINT]\n");
    if sending.signs {
        head.push_str(
            "# It signs with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment.\n",
        );
    }
    if !teardown.is_empty() {
        head.push_str("# It deletes what it made; with KEEP=1 in the environment everything stays.\n");
    }
    head.push_str("set -u\n");
    let _ = writeln!(head, "ENDPOINT={}", words::default_of_first_argument(&subject.run.endpoint));
    if sending.signs {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            let _ = writeln!(head, ": \"${{{name}:?the request is signed with it}}\"");
        }
    }
    head.push('\n');
    head
}

/// A line of comment: nothing in it can end it.
fn comment(name: &str, text: &str) -> String {
    format!("# {name}{}\n", shorten(&visible(text), LONGEST_COMMENT))
}
