//! Faults of a whole layer: one decision of an implementer that shows on many operations. Some are several simple faults
//! at once; the others change requests on their way in and documents on their way out.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::super::api::Api;
use super::super::error::ApiError;
use super::super::inputs;
use super::super::operation::Operation;
use super::super::state::Region;
use super::{AuthFault, Behavior, Fault, Kind};

/// Members that name the one resource that an operation is about.
const SUBJECTS: [&str; 3] = ["arn", "channelArn", "resourceArn"];
/// What ends the resource type in an ARN, and what does where ids have another form.
const FORMS: (&str, &str) = (":channel/", ":channel:");

/// What a layer does otherwise on every operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Systemic {
    /// A resource with the name of another one of its kind is a conflict, an absent name included.
    UniqueNames,
    /// A resource that does not exist is reported before anything else in the input is looked at.
    LookupFirst,
    /// An operation takes any input.
    NoValidation,
    /// ARNs of channels have another form.
    OtherIds,
    /// Lists show nothing.
    EmptyLists,
    /// Ids are in lower case, and their case does not matter.
    LowerCaseIds,
    /// An empty text is the same as none.
    EmptyTextIsAbsent,
}

impl Systemic {
    const SIMPLE: [(&'static str, Self); 6] = [
        ("unique-names", Self::UniqueNames),
        ("lookup-first", Self::LookupFirst),
        ("other-ids", Self::OtherIds),
        ("empty-lists", Self::EmptyLists),
        ("lower-case-ids", Self::LowerCaseIds),
        ("empty-text-is-absent", Self::EmptyTextIsAbsent),
    ];
}

/// Those of the catalogue, with what they do.
pub(crate) const CATALOGUE: [(&str, &str); 19] = [
    ("unique-names", "two resources cannot have one name"),
    ("lookup-first", "a resource is looked up before the input is checked"),
    ("no-validation=CreateChannel", "no input is checked"),
    ("no-validation=UpdateChannel", "no input is checked"),
    ("other-ids", "ids have another form"),
    ("empty-lists", "lists show nothing"),
    ("lower-case-ids", "the case of ids does not matter"),
    ("empty-text-is-absent", "an empty text is the same as none"),
    ("demand=CreateChannel.latencyMode", "an optional member is demanded"),
    ("demand=CreatePlaybackRestrictionPolicy.allowedCountries", "an optional member is demanded"),
    ("refuse=CreateChannel.tags", "a member is refused"),
    ("refuse=CreateChannel.name", "a member is refused"),
    ("creates-drop=name", "a given member is dropped by all creates"),
    ("creates-drop=tags", "a given member is dropped by all creates"),
    ("no-authentication", "signatures are not looked at"),
    ("one-envelope", "all errors look alike, without a code"),
    ("every-error-is-400", "all errors have the status 400"),
    ("html-errors", "errors are pages for people"),
    ("other-content-type", "all responses have another content type"),
];

/// What the fault with a name does.
pub(super) fn read(name: &str) -> Result<Kind, String> {
    if let Some((_, fault)) = Systemic::SIMPLE.iter().find(|(known, _)| *known == name) {
        return Ok(Kind::Behavior { operation: None, quirk: Behavior::Systemic(*fault) });
    }
    let (name, place) = name.split_once('=').unwrap_or((name, ""));
    let ids: Vec<String> = match name {
        "no-validation" => {
            let operation = Operation::named(place).ok_or_else(|| format!("there is no operation {place:?}"))?;
            return Ok(Kind::Behavior {
                operation: Some(operation),
                quirk: Behavior::Systemic(Systemic::NoValidation),
            });
        }
        "demand" => vec![format!("refuse:{}=absent", place.replacen('.', ".input.", 1))],
        "refuse" => vec![format!("refuse:{}=present", place.replacen('.', ".input.", 1))],
        "creates-drop" => creates(place).map(|operation| format!("forget:{}.{place}", operation.name())).collect(),
        "no-authentication" => accepted().map(|fault| format!("auth:{}", fault.name())).collect(),
        "one-envelope" => strings(&["no-error-type:*", r#"error-body:*={"error":"Something went wrong"}"#]),
        "every-error-is-400" => strings(&["error-status:*=400"]),
        "html-errors" => strings(&[
            "no-error-type:*",
            "error-body:*=<html><body>Something went wrong</body></html>",
            "error-content-type:*=text/html",
        ]),
        "other-content-type" => strings(&["content-type:*=text/plain", "error-content-type:*=text/plain"]),
        _ => return Err(format!("there is no systemic fault {name:?}")),
    };
    let parts: Vec<Kind> = ids
        .iter()
        .map(|id| id.parse::<Fault>().map(|fault| fault.kind).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    if parts.is_empty() { Err(format!("nothing has {place:?}")) } else { Ok(Kind::Several(parts)) }
}

fn strings(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Operations that make something and take the member.
fn creates(member: &str) -> impl Iterator<Item = Operation> {
    let makes = |operation: &Operation| ["Create", "Import"].iter().any(|verb| operation.name().starts_with(verb));
    let takes = move |operation: &Operation| inputs::members(*operation, Api::NEWEST).any(|known| known.name == member);
    Operation::ALL.iter().copied().filter(makes).filter(takes)
}

/// Faults of signatures that let more pass.
fn accepted() -> impl Iterator<Item = AuthFault> {
    AuthFault::ALL.into_iter().filter(|fault| *fault != AuthFault::RefusePresigned)
}

/// Names that resources have, by the ARN of each.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashMap<String, String>>);

impl Names {
    /// Fails if a new resource has the name of another one.
    pub(crate) fn check(&self, of: Operation, region: &str, members: &Map<String, Value>) -> Result<(), ApiError> {
        let taken = named(of, region, members);
        match taken.is_some_and(|wanted| self.0.lock().values().any(|name| *name == wanted)) {
            true => Err(ApiError::conflict("The name is taken")),
            false => Ok(()),
        }
    }

    /// Notes the name of a new resource, or that a resource is gone.
    pub(crate) fn note(&self, of: Operation, region: &str, members: &Map<String, Value>, document: &[u8]) {
        if of.name().starts_with("Delete") {
            members.get("arn").and_then(Value::as_str).map(|arn| self.0.lock().remove(arn));
        }
        let Some(name) = named(of, region, members) else { return };
        let document: Value = serde_json::from_slice(document).unwrap_or_default();
        let resource = document.as_object().and_then(|members| members.values().next());
        if let Some(arn) = resource.and_then(|resource| resource.get("arn")?.as_str()) {
            self.0.lock().insert(arn.to_owned(), name);
        }
    }
}

fn named(of: Operation, region: &str, members: &Map<String, Value>) -> Option<String> {
    creates("name").any(|operation| operation == of).then(|| {
        let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
        format!("{} {region} {name}", of.name())
    })
}

/// Fails if the resource that a request is about does not exist.
pub(crate) fn look_up(of: Operation, region: &Region, members: &Map<String, Value>) -> Result<(), ApiError> {
    if creates("tags").any(|operation| operation == of) && of != Operation::CreateStreamKey {
        return Ok(());
    }
    let is_input = |name: &&&str| inputs::members(of, Api::NEWEST).any(|member| member.name == **name);
    let subject = SUBJECTS.iter().find(is_input).and_then(|name| members.get(*name)?.as_str());
    match subject {
        Some(arn) if region.resource(arn).is_none() => Err(ApiError::not_found(arn)),
        _ => Ok(()),
    }
}

/// Changes the members of a request on their way in.
pub(crate) fn change_members(fault: Systemic, members: &mut Map<String, Value>) {
    if fault == Systemic::EmptyTextIsAbsent {
        members.retain(|_, value| value.as_str() != Some(""));
    }
    // Of maps, keys and values are no members.
    let is_changed = |(name, _): &(&String, &mut Value)| name.as_str() != "tags";
    members.iter_mut().filter(is_changed).for_each(|(_, value)| change_value(fault, value));
}

fn change_value(fault: Systemic, value: &mut Value) {
    match value {
        Value::Object(members) => change_members(fault, members),
        Value::Array(elements) => elements.iter_mut().for_each(|element| change_value(fault, element)),
        Value::String(text) if text.starts_with("arn:") => match fault {
            Systemic::OtherIds => *text = text.replacen(FORMS.1, FORMS.0, 1),
            Systemic::LowerCaseIds => *text = text.to_lowercase(),
            _ => {}
        },
        _ => {}
    }
}

/// A text with ids of another form, with those that are kept.
pub(crate) fn own_ids(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace(FORMS.1, FORMS.0).into_bytes()
}

/// Changes a document on its way out.
pub(crate) fn change_document(fault: Systemic, of: Operation, document: Vec<u8>) -> Vec<u8> {
    match fault {
        Systemic::OtherIds => String::from_utf8_lossy(&document).replace(FORMS.0, FORMS.1).into_bytes(),
        Systemic::EmptyLists if of.name().starts_with("List") => {
            let Ok(Value::Object(mut members)) = serde_json::from_slice(&document) else { return document };
            members.retain(|_, value| !value.is_string());
            members.values_mut().filter_map(Value::as_array_mut).for_each(Vec::clear);
            Value::Object(members).to_string().into_bytes()
        }
        _ => document,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_of_the_catalogue_is_read() {
        for (name, _) in CATALOGUE {
            assert!(read(name).is_ok(), "{name}");
        }
        assert!(read("creates-drop=nothing").is_err() && read("demand=CreateChannel").is_err());
        assert!(read("no-such-thing").unwrap_err().contains("no-such-thing"));
    }

    #[test]
    fn ids_of_another_form_are_the_same_ids() {
        let arn = "arn:aws:ivs:us-east-1:1:channel/a";
        let shown = change_document(Systemic::OtherIds, Operation::GetChannel, format!("{{\"arn\":\"{arn}\"}}").into());
        let mut members: Map<String, Value> = serde_json::from_slice(&shown).unwrap();
        assert_eq!(members.get("arn"), Some(&json!("arn:aws:ivs:us-east-1:1:channel:a")));
        change_members(Systemic::OtherIds, &mut members);
        assert_eq!(members.get("arn"), Some(&json!(arn)));
    }

    #[test]
    fn empty_lists_have_no_next_page_and_other_documents_stay() {
        let document = || br#"{"channels":[1],"nextToken":"x"}"#.to_vec();
        let shown = change_document(Systemic::EmptyLists, Operation::ListChannels, document());
        assert_eq!(shown, br#"{"channels":[]}"#);
        assert_eq!(change_document(Systemic::EmptyLists, Operation::BatchGetChannel, document()), document());
    }
}
