//! Variants of documents: absent members as `null`, empty ones left out, and
//! members unheard of.

use serde_json::{Map, Value, json};

use super::operation::Operation;

/// Members that a document may leave out, by the member that holds the object
/// and how to recognise it.
const OPTIONAL: &[(&str, &[&str])] = &[
    ("channel", &["multitrackInputConfiguration"]),
    ("channels", &[]),
    ("thumbnailConfiguration", &["resolution", "targetIntervalSeconds"]),
    ("streamSession", &["endTime", "recordingConfiguration"]),
    ("streamSessions", &["endTime"]),
    ("truncatedEvents", &["code"]),
];

/// Puts `null` where an optional member is missing.
pub(crate) fn fill(operation: Operation, document: &mut Value) {
    if operation.has_pages()
        && let Value::Object(members) = document
    {
        members.entry("nextToken").or_insert(Value::Null);
    }
    if operation.name().starts_with("BatchGet")
        && let Value::Object(members) = document
    {
        members.entry("errors").or_insert(Value::Null);
    }
    walk(document, "", &mut |name, members| {
        let optional = OPTIONAL.iter().filter(|(holder, _)| *holder == name);
        for member in optional.flat_map(|(_, optional)| optional.iter()) {
            members.entry(*member).or_insert(Value::Null);
        }
    });
}

/// Puts an empty token on the last page of a list.
pub(crate) fn add_empty_token(operation: Operation, document: &mut Value) {
    if operation.has_pages()
        && let Value::Object(members) = document
    {
        members.entry("nextToken").or_insert_with(|| json!(""));
    }
}

/// Leaves empty names and tags of resources out.
pub(crate) fn omit_empty(document: &mut Value) {
    walk(document, "", &mut |holder, members| {
        let optional = |name: &str| matches!(name, "name" | "tags") && !holder.is_empty();
        members.retain(|name, value| !(optional(name) && (*value == json!("") || *value == json!({}))));
    });
}

/// Puts a member that nobody described into every object but maps of tags.
pub(crate) fn add_extra_members(document: &mut Value) {
    walk(document, "", &mut |_, members| {
        members.insert("extraMember".to_owned(), json!({"extra": ["member"]}));
    });
}

fn walk(value: &mut Value, name: &str, work: &mut impl FnMut(&str, &mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut().filter(|(name, _)| *name != "tags") {
                walk(member, name, work);
            }
            work(name, members);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, name, work)),
        _ => {}
    }
}
