//! Responses that are changed on their way out.

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::super::error::ApiError;
use super::super::operation::{Operation, Success};
use super::super::reply::{self, JSON, Reply};
use super::super::service::Service;
use super::{AnswerChange, Faults};

/// Members that a response shows as if they had been stored.
pub(super) type Pretended = Vec<(String, Value)>;

/// The response of an operation that succeeded.
pub(super) fn success(
    (service, faults): (&Service, &Faults),
    operation: Operation,
    mut document: Vec<u8>,
    pretended: &Pretended,
) -> Reply {
    if operation.name().starts_with("Update") {
        faults.note_update();
    }
    if !pretended.is_empty()
        && let Ok(mut shown) = serde_json::from_slice(&document)
    {
        pretend(&mut shown, pretended);
        document = shown.to_string().into_bytes();
    }
    let mut reply = reply::success(service, operation, document);
    if faults.changes_documents(operation) {
        reply.edit(|document| faults.change_document(operation, document));
    }
    change(&mut reply, &faults.answer_changes(Some(operation), None));
    reply
}

/// The response of a request that failed.
pub(super) fn error((service, faults): (&Service, &Faults), operation: Option<Operation>, error: &ApiError) -> Reply {
    let mut reply = reply::error(service, error);
    let changes = faults.answer_changes(operation, Some(error.code.name()));
    for change in &changes {
        match change {
            AnswerChange::NoErrorType => {
                reply.code = None;
                change_type(&mut reply, None);
            }
            AnswerChange::Code(other) => {
                if let Some(code) = &mut reply.code {
                    code.clone_from(other);
                }
                change_type(&mut reply, Some(other));
            }
            _ => {}
        }
    }
    change(&mut reply, &changes);
    reply
}

/// Changes the code of an error in its body, if it has one.
fn change_type(reply: &mut Reply, code: Option<&str>) {
    reply.edit(|document| {
        let Some(members) = document.as_object_mut() else { return };
        let Some(shown) = members.remove("__type") else { return };
        let namespace = shown.as_str().and_then(|shown| shown.split_once('#')).map_or("", |(namespace, _)| namespace);
        if let Some(code) = code {
            members.insert("__type".to_owned(), json!(format!("{namespace}#{code}")));
        }
    });
}

/// Shows members in the resource of a response that were not stored.
fn pretend(document: &mut Value, pretended: &Pretended) {
    // The first resource is the one that was asked for.
    let resource = document.as_object_mut().and_then(|resources| resources.values_mut().find_map(Value::as_object_mut));
    let Some(resource) = resource else { return };
    for (name, value) in pretended {
        if let Some(shown) = resource.get_mut(name) {
            *shown = value.clone();
        }
    }
}

fn change(reply: &mut Reply, changes: &[&AnswerChange]) {
    for change in changes {
        match change {
            AnswerChange::Status(status) => reply.status = *status,
            AnswerChange::Body(text) => {
                reply.body = text.clone().into_bytes();
                reply.content_type.get_or_insert(JSON);
                // HTTP itself forbids a body with 204.
                if reply.status == Success::NoContent.status() {
                    reply.status = Success::EmptyOk.status();
                }
            }
            AnswerChange::ContentType(value) => reply.content_type = HeaderValue::from_str(value).ok(),
            AnswerChange::NoErrorType | AnswerChange::Code(_) => {}
        }
    }
}
