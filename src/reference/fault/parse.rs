//! Reading fault ids.

use std::str::FromStr;

use serde_json::Value;

use super::super::api::Api;
use super::super::inputs;
use super::super::operation::Operation;
use super::super::rules::Rule;
use super::super::shape::{self, Constraint, Shape};
use super::{
    AnswerChange, AuthFault, BatchFault, Behavior, Change, Class, Fault, Kind, ListFault, Outcome, PageFault,
    ProtocolFault, Rejection, Rewrite, STATE_FAULTS, StreamFault, TagFault, ViewFault, When, systemic,
};

/// An id that names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id:?} is no fault: {reason}")]
pub struct InvalidFault {
    id: String,
    reason: String,
}

type Read<T> = Result<T, String>;

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(id: &str) -> Result<Self, InvalidFault> {
        let read = || {
            let (what, when) = condition(id)?;
            let (kind, rest) = what.split_once(':').ok_or("it has no colon")?;
            Ok(Self { id: id.to_owned(), kind: read_kind(kind, rest)?, when })
        };
        read().map_err(|reason: String| InvalidFault { id: id.to_owned(), reason })
    }
}

fn condition(id: &str) -> Read<(&str, When)> {
    let Some((what, condition)) = id.rsplit_once('@') else {
        return Ok((id, When::Always));
    };
    let when = When::NAMES.iter().find(|(name, _)| *name == condition).map(|(_, when)| *when);
    when.map(|when| (what, when)).ok_or_else(|| {
        let names = When::NAMES.map(|(name, _)| name).join(", ");
        format!("there is no condition {condition:?}; there are {names}")
    })
}

fn read_kind(kind: &str, rest: &str) -> Read<Kind> {
    if let Some(change) = Change::ALL.into_iter().find(|change| change.name() == kind) {
        return read_document(change, rest);
    }
    match kind {
        "ignore" => read_ignore(rest),
        "refuse" => read_rejection(rest, Rejection::Refuse),
        "crash" => read_rejection(rest, Rejection::Crash),
        "forget" => read_rewrite(rest, Rewrite::Forget),
        "lose-update" => read_rewrite(rest, Rewrite::ForgetSilently),
        "default" | "reset-update" => {
            let (place, value) = assignment(rest)?;
            read_rewrite(place, Rewrite::Default(value_of(value)))
        }
        "set" => read_put(rest),
        "systemic" => systemic::read(rest),
        "stale" => read_view(rest, ViewFault::Stale),
        "neighbour" => read_view(rest, ViewFault::Neighbour),
        "list" => {
            let (name, fault) = assignment(rest)?;
            Ok(Kind::List { operation: operation(name)?, fault: named(ListFault::ALL, ListFault::name, fault)? })
        }
        "status" | "content-type" | "body" => read_success(kind, rest),
        "error-status" | "error-code" | "error-body" | "error-content-type" => read_error(kind, rest),
        "no-error-type" => Ok(Kind::Answer {
            operation: optional_operation(rest)?,
            outcome: Outcome::Error(None),
            change: AnswerChange::NoErrorType,
        }),
        _ => read_quirk(kind, rest),
    }
}

fn operation(name: &str) -> Read<Operation> {
    Operation::named(name).ok_or_else(|| format!("there is no operation {name:?}"))
}

/// An operation, or `*` for all of them.
fn optional_operation(name: &str) -> Read<Option<Operation>> {
    if name == "*" { Ok(None) } else { operation(name).map(Some) }
}

fn assignment(text: &str) -> Read<(&str, &str)> {
    text.split_once('=').ok_or_else(|| "it needs =VALUE".to_owned())
}

/// A value in JSON, or else text.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// `OP.input.PATH` or `OP.output.PATH`.
fn place<'a>(text: &'a str, side: &str) -> Read<(Operation, &'a str)> {
    let (name, path) = text.split_once('.').ok_or("it needs OPERATION.PATH")?;
    let path = path
        .strip_prefix(side)
        .and_then(|path| path.strip_prefix('.'))
        .filter(|path| !path.is_empty())
        .ok_or_else(|| format!("it needs OPERATION.{side}.PATH"))?;
    Ok((operation(name)?, path))
}

/// Checks that an input path leads to something.
fn input_path(operation: Operation, path: &str) -> Read<String> {
    if shape::at(inputs::members(operation, Api::NEWEST), path).is_some() {
        Ok(path.to_owned())
    } else {
        Err(format!("{} has no input {path}", operation.name()))
    }
}

fn read_ignore(rest: &str) -> Read<Kind> {
    if let Some(name) = rest.strip_prefix("rule.") {
        let rule = Rule::named(name);
        return rule.map(Kind::WaiveRule).ok_or_else(|| format!("there is no rule {name:?}"));
    }
    let (operation, rest) = place(rest, "input")?;
    let (path, constraint) = Constraint::split(rest).ok_or("it needs OPERATION.input.PATH.CONSTRAINT")?;
    Ok(Kind::Waive { operation, path: input_path(operation, path)?, constraint })
}

fn read_rejection(rest: &str, how: Rejection) -> Read<Kind> {
    let (place_text, class) = assignment(rest)?;
    let (operation, path) = place(place_text, "input")?;
    let shape = shape::at(inputs::members(operation, Api::NEWEST), path);
    let bounds = shape.map(Shape::bounds).unwrap_or_default();
    Ok(Kind::Reject { operation, path: input_path(operation, path)?, class: Class::read(class, bounds)?, how })
}

fn read_rewrite(rest: &str, rewrite: Rewrite) -> Read<Kind> {
    let (name, member) = rest.split_once('.').ok_or("it needs OPERATION.MEMBER")?;
    let operation = operation(name)?;
    Ok(Kind::Rewrite { operation, member: input_path(operation, member)?, rewrite })
}

fn read_document(change: Change, rest: &str) -> Read<Kind> {
    let (operation, path) = place(rest, "output")?;
    Ok(Kind::Document { operation, path: path.split('.').map(str::to_owned).collect(), change })
}

/// A view shows another value of the member at the end of a path.
fn read_view(rest: &str, fault: ViewFault) -> Read<Kind> {
    let (operation, path) = place(rest, "output")?;
    let member = path.rsplit('.').next().unwrap_or(path).to_owned();
    Ok(Kind::View { operation, member, fault })
}

fn read_put(rest: &str) -> Read<Kind> {
    let (target, value) = assignment(rest)?;
    let (operation, path) = place(target, "output")?;
    Ok(Kind::Put { operation, path: path.split('.').map(str::to_owned).collect(), value: value_of(value) })
}

fn status_of(text: &str) -> Read<u16> {
    let status = text.parse().ok().filter(|status| (200..600).contains(status));
    status.ok_or_else(|| format!("{text:?} is no status from 200 to 599"))
}

fn read_success(kind: &str, rest: &str) -> Read<Kind> {
    let (name, value) = assignment(rest)?;
    let change = match kind {
        "status" => AnswerChange::Status(status_of(value)?),
        "body" => AnswerChange::Body(value.to_owned()),
        _ => AnswerChange::ContentType(value.to_owned()),
    };
    Ok(Kind::Answer { operation: optional_operation(name)?, outcome: Outcome::Success, change })
}

/// `OP.CODE=…`, `CODE=…` for all operations, or `OP=…` for all codes.
fn read_error(kind: &str, rest: &str) -> Read<Kind> {
    let (place, value) = assignment(rest)?;
    let (operation, code) = match place.split_once('.') {
        Some((name, code)) => (optional_operation(name)?, Some(code.to_owned())),
        None => match Operation::named(place) {
            Some(operation) => (Some(operation), None),
            None if place == "*" => (None, None),
            None => (None, Some(place.to_owned())),
        },
    };
    let change = match kind {
        "error-status" => AnswerChange::Status(status_of(value)?),
        "error-code" => AnswerChange::Code(value.to_owned()),
        "error-body" => AnswerChange::Body(value.to_owned()),
        _ => AnswerChange::ContentType(value.to_owned()),
    };
    Ok(Kind::Answer { operation, outcome: Outcome::Error(code), change })
}

fn read_quirk(kind: &str, rest: &str) -> Read<Kind> {
    let everywhere = |quirk| Kind::Behavior { operation: None, quirk };
    let at = |name: &str, quirk| {
        let operation = optional_operation(name)?;
        Ok(Kind::Behavior { operation, quirk })
    };
    match kind {
        "keep-deleted" => at(rest, Behavior::KeepDeleted),
        "leak" => at(rest, Behavior::LeakSecret),
        "cross" => at(rest, Behavior::Cross),
        "page" => {
            let (name, fault) = assignment(rest)?;
            at(name, Behavior::Page(named(PageFault::ALL, PageFault::name, fault)?))
        }
        "batch" => {
            let (name, fault) = assignment(rest)?;
            at(name, Behavior::Batch(named(BatchFault::ALL, BatchFault::name, fault)?))
        }
        "tags" => Ok(everywhere(Behavior::Tags(named(TagFault::ALL, TagFault::name, rest)?))),
        "stream" => {
            let fault = named(StreamFault::ALL, StreamFault::name, rest)?;
            Ok(everywhere(Behavior::Stream(fault)))
        }
        "protocol" => Ok(everywhere(Behavior::Protocol(named(ProtocolFault::ALL, ProtocolFault::name, rest)?))),
        "auth" => Ok(everywhere(Behavior::Auth(named(AuthFault::ALL, AuthFault::name, rest)?))),
        "state" => Ok(everywhere(read_state(rest)?)),
        _ => Err(format!("there is no kind {kind:?}")),
    }
}

fn read_state(name: &str) -> Read<Behavior> {
    let found = STATE_FAULTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, quirk)| *quirk).ok_or_else(|| format!("there is no state fault {name:?}"))
}

fn named<T: Copy, const N: usize>(all: [T; N], name: fn(T) -> &'static str, wanted: &str) -> Read<T> {
    all.into_iter().find(|fault| name(*fault) == wanted).ok_or_else(|| {
        let names = all.map(name).join(", ");
        format!("{wanted:?} is none of {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(id: &str) -> String {
        id.parse::<Fault>().unwrap_err().reason
    }

    #[test]
    fn ids_are_read() {
        for id in [
            "ignore:CreateChannel.input.name.length.max",
            "ignore:BatchGetChannel.input.arns.member.pattern",
            "ignore:TagResource.input.tags.value.length.max",
            "ignore:rule.metadata-rate",
            "refuse:CreateChannel.input.name=present",
            "crash:TagResource.input.tags.value=astral",
            "forget:CreateChannel.latencyMode",
            "lose-update:UpdateChannel.name@second",
            "default:CreateChannel.latencyMode=NORMAL",
            "reset-update:UpdateChannel.authorized=false",
            "status:DeleteChannel=200",
            "body:DeleteChannel={}",
            "error-status:ConflictException=400",
            "error-status:DeleteChannel.ConflictException=400",
            "error-code:GetChannel.ResourceNotFoundException=NotFound",
            "error-body:*=oops",
            "no-error-type:GetChannel",
            "drop:GetChannel.output.channel.arn@every-3rd",
            "page:ListChannels=overlap",
            "batch:BatchGetChannel=drop-errors",
            "tags:replace",
            "stream:not-stopped",
            "auth:accept-unsigned",
            "state:region-leak",
            "keep-deleted:DeleteChannel@after-update",
            "set:CreateChannel.output.channel.preset=x",
            "protocol:upper-hex-only",
            "tags:replace@concurrent",
            "leak:ListStreamKeys",
            "stale:GetChannel.output.channel.name@updated-twice",
            "neighbour:ListChannels.output.channels.member.tags@last-item",
            "list:ListChannels=shows-deleted",
            "ignore:BatchGetChannel.input.arns.member.pattern@last",
            "drop:GetChannel.output.channel.arn@third-resource",
        ] {
            assert_eq!(id.parse::<Fault>().unwrap().to_string(), id);
        }
    }

    #[test]
    fn wrong_ids_are_explained() {
        assert!(reason("nonsense").contains("colon"));
        assert!(reason("ignore:NoSuch.input.name.pattern").contains("NoSuch"));
        assert!(reason("ignore:CreateChannel.input.nme.pattern").contains("nme"));
        assert!(reason("ignore:CreateChannel.input.name.size").contains("CONSTRAINT"));
        assert!(reason("page:ListChannels=x").contains("overlap"));
        assert!(reason("tags:replace@never").contains("never"));
        assert!(reason("status:GetChannel=99").contains("99"));
    }
}
