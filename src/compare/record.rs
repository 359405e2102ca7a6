//! Writes down what was found: plain data without secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::difference::{Differing, Kind, described};
use super::outcome::{Comparison, ContractName, Difference, SCHEMA, Shown, StepRecord, Summary, Target, Tool};
use super::play::Told;
use super::program::{Action, Program, read_reference};
use super::shrink::Shrunk;
use super::side::Called;
use super::support::{Support, Supports};
use crate::generate::placeholder;
use crate::record::Secrets;
use crate::run::Link;
use crate::run::settings::Settings;
use crate::spec::Contract;
use crate::spec::contract::{Node, NodeKind};

/// Stands where a secret stood.
const REDACTED: &str = "***";
/// Longest text that is shown, in characters.
const LONGEST: usize = 400;

/// What a comparison is written down from.
pub struct Parts<'p> {
    pub contract: &'p Contract,
    pub sides: (&'p Settings, &'p Settings),
    pub links: (&'p Link, &'p Link),
    pub programs: u64,
    pub steps: u64,
    pub operations: u64,
    pub stopped_early: Option<String>,
    pub differences: Vec<Difference>,
    pub notes: Vec<String>,
}

/// The whole comparison, but for its times.
pub fn comparison(parts: Parts<'_>) -> Comparison {
    let number = |side: Supports| parts.differences.iter().filter(|one| one.supports == side).count() as u64;
    let (supports_a, supports_b) = (number(Supports::A), number(Supports::B));
    let (supports_neither, allowed) = (number(Supports::Neither), number(Supports::Both));
    let target = |settings: &Settings, link: &Link| Target {
        endpoint: settings.endpoint.clone(),
        region: settings.region.clone(),
        embedded: false,
        requests: link.requests(),
    };
    let service = &parts.contract.service;
    Comparison {
        schema: SCHEMA,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        contract: ContractName {
            service: service.name.clone(),
            version: service.version.clone(),
            sha256: parts.contract.sha256.clone(),
        },
        a: target(parts.sides.0, parts.links.0),
        b: target(parts.sides.1, parts.links.1),
        seed: parts.sides.0.seed,
        profile: parts.sides.0.profile.id().to_owned(),
        started_at: String::new(),
        duration_seconds: 0.0,
        stopped_early: parts.stopped_early,
        summary: Summary {
            programs: parts.programs,
            steps: parts.steps,
            operations: parts.operations,
            differences: supports_a + supports_b + supports_neither,
            supports_a,
            supports_b,
            supports_neither,
            allowed,
        },
        differences: parts.differences,
        notes: parts.notes,
    }
}

/// A difference with the program that shows it.
pub fn difference(
    contract: &Contract,
    shrunk: &Shrunk,
    told: &Told,
    support: &Support,
    secrets: (&Secrets, &Secrets),
) -> Difference {
    let performed = shrunk.run.performed.iter().find(|performed| performed.step == told.step);
    let answer = |called: Option<&Called>| called.map(|called| described(&called.response)).unwrap_or_default();
    let shown = |called: Option<&Called>, value: &Option<Value>, secrets: &Secrets| Shown {
        answer: answer(called),
        value: if told.differing.kind == Kind::Answer {
            Value::Null
        } else {
            presentable(&told.differing, value, secrets)
        },
    };
    let (a, b) = (performed.and_then(|p| p.a.as_ref()), performed.and_then(|p| p.b.as_ref()));
    Difference {
        id: id(told, support),
        title: title(told, answer(a).as_str(), answer(b).as_str()),
        operation: told.key.operation.clone(),
        path: told.key.path.clone(),
        kind: told.key.kind,
        supports: support.side,
        reason: secrets.0.taken_out_of(&secrets.1.taken_out_of(&support.reason, REDACTED), REDACTED),
        clauses: support.clauses.clone(),
        occurrences: 1,
        also: Vec::new(),
        found_by: shrunk.program.origin.clone(),
        steps: steps(contract, &shrunk.program),
        a: shown(a, &told.differing.a, secrets.0),
        b: shown(b, &told.differing.b, secrets.1),
    }
}

/// A difference of values that follow from the request.
pub fn derived(
    contract: &Contract,
    operation: &str,
    input: Value,
    differing: &Differing,
    support: &Support,
) -> Difference {
    let key = super::play::Key {
        operation: operation.to_owned(),
        path: differing.path.clone(),
        kind: Kind::Derived,
        answers: None,
    };
    let told = Told { step: 0, key, differing: differing.clone() };
    let action = Action::Call { operation: operation.to_owned(), input, region: None };
    let program = Program { origin: String::new(), steps: vec![super::program::Step::new(0, action)] };
    let none = Secrets::default();
    let shown =
        |value: &Option<Value>| Shown { answer: "success".to_owned(), value: presentable(differing, value, &none) };
    Difference {
        id: id(&told, support),
        title: title(&told, "", ""),
        operation: operation.to_owned(),
        path: differing.path.clone(),
        kind: Kind::Derived,
        supports: support.side,
        reason: support.reason.clone(),
        clauses: support.clauses.clone(),
        occurrences: 1,
        also: Vec::new(),
        found_by: String::new(),
        steps: steps(contract, &program),
        a: shown(&differing.a),
        b: shown(&differing.b),
    }
}

/// What a difference has in common with other places that show the same: its kind, the member, the calls that change
/// something, and the side that is right.
pub fn group(contract: &Contract, difference: &Difference) -> (Kind, String, Vec<String>, Supports) {
    let changes = |operation: &str| contract.operation(operation).is_none_or(|operation| !operation.is_readonly);
    let operations = difference.steps.iter().map(|step| step.operation.clone());
    let member = match difference.kind {
        // Which list shows it is its own matter, what it fails to show is not.
        Kind::Items | Kind::Deleted => String::new(),
        _ => difference.path.split('.').skip_while(|name| *name != "member").nth(1).map_or_else(
            || difference.path.split_once('.').map_or(difference.path.as_str(), |(_, below)| below).to_owned(),
            |_| difference.path.split_once(".member.").map_or("", |(_, below)| below).to_owned(),
        ),
    };
    (difference.kind, member, operations.filter(|name| changes(name)).collect(), difference.supports)
}

fn id(told: &Told, support: &Support) -> String {
    let mut digest = Sha256::new();
    let answers = told.key.answers.clone().unwrap_or_default();
    let side = format!("{:?} {:?}", told.key.kind, support.side);
    for part in [&told.key.operation, &told.key.path, &answers.0, &answers.1, &side] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

fn title(told: &Told, a: &str, b: &str) -> String {
    let (operation, path) = (&told.key.operation, &told.key.path);
    match told.key.kind {
        Kind::Answer if path.is_empty() => format!("{operation}: A responds with {a}, B with {b}."),
        Kind::Answer => format!("{operation}, `{path}`: A responds with {a}, B with {b}."),
        Kind::Presence => {
            let (with, without) =
                if told.differing.a.is_some() && !is_empty(&told.differing.a) { ("A", "B") } else { ("B", "A") };
            format!("{operation} shows `{path}` on {with} and not on {without}.")
        }
        Kind::Value => format!("{operation} shows different values of `{path}`."),
        Kind::Identity => format!("{operation} shows a `{path}` again on one side where it is another on the other."),
        Kind::Items => format!("{operation} shows different items in `{path}`."),
        Kind::Deleted => format!("{operation} shows in `{path}` on one side what an earlier program deleted there."),
        Kind::Derived => format!("{operation} makes `{path}` of the request in different ways."),
    }
}

fn is_empty(value: &Option<Value>) -> bool {
    value.as_ref().is_none_or(crate::judge::echo::is_nothing)
}

fn presentable(differing: &Differing, value: &Option<Value>, secrets: &Secrets) -> Value {
    match value {
        None => Value::Null,
        Some(_) if differing.is_secret => Value::from(REDACTED),
        Some(value) => shortened(value, secrets),
    }
}

fn shortened(value: &Value, secrets: &Secrets) -> Value {
    match value {
        Value::String(text) => {
            let text = secrets.taken_out_of(text, REDACTED);
            match text.char_indices().nth(LONGEST) {
                Some((end, _)) => Value::from(format!("{}…", text.get(..end).unwrap_or_default())),
                None => Value::from(text),
            }
        }
        Value::Array(elements) => elements.iter().map(|element| shortened(element, secrets)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), shortened(value, secrets))).collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

/// The steps with numbers from 1, and references that use them.
fn steps(contract: &Contract, program: &Program) -> Vec<StepRecord> {
    let numbers: BTreeMap<usize, usize> =
        program.steps.iter().zip(1..).map(|(step, number)| (step.id, number)).collect();
    let numbered = |value: &Value| {
        let replaced: Result<Value, ()> = placeholder::replace(value, &mut |name| {
            Ok(Value::from(match read_reference(name) {
                Some((step, path)) => format!("${{{}.{path}}}", numbers.get(&step).copied().unwrap_or_default()),
                None => format!("${{{name}}}"),
            }))
        });
        replaced.unwrap_or(Value::Null)
    };
    let record = |(step, number): (&super::program::Step, usize)| match &step.action {
        Action::Call { operation, input, region } => {
            let node = contract.operation(operation).map(|operation| &operation.input);
            let input = node.map_or_else(|| input.clone(), |node| without_secrets(node, input));
            let input = shortened(&numbered(&input), &Secrets::default());
            StepRecord { number, operation: operation.clone(), region: region.clone(), input }
        }
        Action::Broadcast { resource, state } => {
            let members = [("resource".to_owned(), numbered(resource)), ("state".to_owned(), Value::from(state.id()))];
            let input = Value::Object(members.into_iter().collect());
            StepRecord { number, operation: "broadcast".to_owned(), region: None, input }
        }
    };
    program.steps.iter().zip(1..).map(record).collect()
}

fn without_secrets(node: &Node, value: &Value) -> Value {
    match (&node.kind, value) {
        _ if !node.holds_secret => value.clone(),
        _ if node.is_sensitive => Value::from(REDACTED),
        (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(object)) => {
            let known: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
            let kept = object.iter().map(|(name, value)| {
                let member = members.iter().find(|member| member.name == *name);
                let shown = member.map_or_else(|| value.clone(), |member| without_secrets(member, value));
                (name.clone(), if known.contains(name.as_str()) { shown } else { value.clone() })
            });
            Value::Object(kept.collect())
        }
        (NodeKind::List { element }, Value::Array(elements)) => {
            elements.iter().map(|value| without_secrets(element, value)).collect()
        }
        _ => Value::from(REDACTED),
    }
}
