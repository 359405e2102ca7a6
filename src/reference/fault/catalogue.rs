//! All faults that can be named without knowing a response's shape.

use super::super::api::Api;
use super::super::inputs;
use super::super::operation::{Operation, Success};
use super::super::rules::Rule;
use super::super::shape::{self, Constraint, Member, Presence, Shape};
use super::{
    AuthFault, BatchFault, ListFault, PageFault, ProtocolFault, STATE_FAULTS, StreamFault, TagFault, systemic,
};

/// A fault that can be seeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, from which a [`super::Fault`] is read.
    pub id: String,
    /// What it does, in a few words.
    pub description: String,
}

impl Entry {
    fn new(id: impl Into<String>, description: impl Into<String>) -> Self {
        Self { id: id.into(), description: description.into() }
    }
}

/// Every fault in inputs, statuses and behaviour of an API: those of answered documents
/// are left out, because they follow from the contract's output shapes.
#[must_use]
pub fn catalogue(api: Api) -> Vec<Entry> {
    let mut entries = Vec::new();
    for rule in Rule::ALL.iter().filter(|rule| rule.since() <= api) {
        let id = format!("ignore:rule.{}", rule.name());
        entries.push(Entry::new(id, "the rule is not checked"));
    }
    for operation in Operation::of(api) {
        inputs_of(operation, api, &mut entries);
        answers_of(operation, &mut entries);
    }
    lists(api, &mut entries);
    batches(&mut entries);
    behaviour(api, &mut entries);
    of_history(api, &mut entries);
    entries.retain(|entry| !is_unobservable(&entry.id));
    entries
}

fn inputs_of(operation: Operation, api: Api, entries: &mut Vec<Entry>) {
    let name = operation.name();
    let members = inputs::members(operation, api);
    for (path, constraint) in shape::constraints(members.clone()) {
        let shape = shape::at(members.clone(), &path);
        for condition in breaches(&path, constraint, shape) {
            entries.push(Entry::new(
                format!("ignore:{name}.input.{path}.{}@{condition}", constraint.name()),
                "one way to break the constraint is accepted",
            ));
        }
        entries.push(Entry::new(
            format!("ignore:{name}.input.{path}.{}", constraint.name()),
            "an input that breaks the constraint is accepted",
        ));
    }
    for member in members {
        entries.extend(member_faults(name, member));
    }
    entries.retain(|entry| !is_unobservable(&entry.id));
}

/// Ways to break a constraint that can be let pass while the others are not.
fn breaches(path: &str, constraint: Constraint, shape: Option<&Shape>) -> Vec<&'static str> {
    let mut found = Vec::new();
    let is_element = path.split('.').any(|segment| matches!(segment, "member" | "key" | "value"));
    if is_element && constraint != Constraint::Required {
        found.extend(["first", "middle", "last"]);
    }
    found.extend(match (constraint, shape) {
        (Constraint::RangeMax | Constraint::RangeMin, _) => &["one-beyond", "wrapped"][..],
        (Constraint::LengthMax, _) => &["one-beyond"],
        (Constraint::Type, Some(Shape::Boolean)) => &["quoted", "digit"],
        (Constraint::Type, Some(Shape::Integer { .. })) => &["quoted"],
        (Constraint::Pattern, _) => &["newline"],
        _ => &[],
    });
    found
}

/// Faults that show on some resources, or after something was done to them, only.
fn of_history(api: Api, entries: &mut Vec<Entry>) {
    for operation in Operation::of(api) {
        let name = operation.name();
        let members = inputs::members(operation, api);
        let optional = members.into_iter().filter(|member| member.presence == Presence::Optional);
        let conditions: &[&str] = match name {
            _ if name.starts_with("Update") => &["updated-twice", "third-resource"],
            _ if name.starts_with("Create") => &["third-resource", "reborn"],
            _ => &[],
        };
        for member in optional {
            entries.extend(conditions.iter().map(|condition| {
                let id = format!("lose-update:{name}.{}@{condition}", member.name);
                Entry::new(id, "a given member is shown in the response and not stored, for some resources")
            }));
        }
        if name.starts_with("Delete") {
            let id = format!("keep-deleted:{name}@third-resource");
            entries.push(Entry::new(id, "what is deleted stays, for some resources"));
        }
        let shows_several = name.starts_with("List") && name != "ListTagsForResource" || name.starts_with("BatchGet");
        if shows_several && !matches!(name, "ListStreams" | "ListStreamSessions" | "ListStreamKeys") {
            let is_batch = name.starts_with("Batch");
            let of_batches = [ListFault::LosesThird, ListFault::LosesMiddle, ListFault::LosesFirst];
            let faults = ListFault::ALL.into_iter().filter(|fault| !is_batch || of_batches.contains(fault));
            entries.extend(faults.map(|fault| {
                Entry::new(format!("list:{name}={}", fault.name()), "other resources are shown than there are")
            }));
        }
    }
    for fault in TagFault::ALL.into_iter().filter(|fault| *fault != TagFault::ClearedByUpdate) {
        for condition in ["tagged-twice", "third-resource"] {
            let id = format!("tags:{}@{condition}", fault.name());
            entries.push(Entry::new(id, "tags go wrong, for some resources"));
        }
    }
}

fn member_faults(operation: &str, member: &Member) -> Vec<Entry> {
    let name = member.name;
    if member.presence == Presence::Required {
        return Vec::new();
    }
    let bounded = member.shape.bounds().max.is_some();
    let mut entries = vec![
        Entry::new(format!("refuse:{operation}.input.{name}=present"), "a legal member is refused"),
        Entry::new(format!("refuse:{operation}.input.{name}=longest"), "the longest legal value is refused"),
        Entry::new(format!("crash:{operation}.input.{name}=present"), "a legal member ends in an internal error"),
        Entry::new(format!("forget:{operation}.{name}"), "a given member is forgotten"),
    ];
    entries.retain(|entry| bounded || !entry.id.ends_with("=longest"));
    if operation.starts_with("Update") || operation.starts_with("Create") {
        entries.push(Entry::new(
            format!("lose-update:{operation}.{name}"),
            "a given member is shown in the response and not stored",
        ));
    }
    if operation.starts_with("Update")
        && let Some(default) = default_of(name)
    {
        entries.push(Entry::new(
            format!("reset-update:{operation}.{name}={default}"),
            "a member left out of an update goes back to its default",
        ));
    }
    if let Some(other) = other_default_of(name) {
        entries
            .push(Entry::new(format!("default:{operation}.{name}={other}"), "a member left out gets another default"));
    }
    entries
}

/// Whether nothing that a client can do shows the fault: there is never a
/// second stream key to page to, nothing comes of a version of viewer
/// sessions, and an invented token is refused anyhow.
fn is_unobservable(id: &str) -> bool {
    let page_of_keys = id.contains(":ListStreamKeys.max") || id.contains(":ListStreamKeys.next");
    page_of_keys || id.starts_with("forget:StartViewerSessionRevocation.") || id.ends_with(".nextToken=longest")
}

fn default_of(member: &str) -> Option<&'static str> {
    Some(match member {
        "authorized" | "insecureIngest" | "enableStrictOriginEnforcement" => "false",
        "containerFormat" => "TS",
        "latencyMode" => "LOW",
        "type" => "STANDARD",
        "name" | "recordingConfigurationArn" | "playbackRestrictionPolicyArn" => "",
        "adConfigurationArn" | "failoverSlateConfigurationArn" => "",
        "activationThresholdSeconds" | "minSlateDisplaySeconds" => "3",
        "maxSlateDisplaySeconds" => "60",
        "postRollConfiguration" => "{\"enabled\":false,\"durationSeconds\":15}",
        "allowedCountries" | "allowedOrigins" => "[]",
        "multitrackInputConfiguration" => "{\"enabled\":false}",
        _ => return None,
    })
}

fn other_default_of(member: &str) -> Option<&'static str> {
    Some(match member {
        "authorized" | "insecureIngest" | "enableStrictOriginEnforcement" => "true",
        "containerFormat" => "FRAGMENTED_MP4",
        "latencyMode" => "NORMAL",
        "type" => "BASIC",
        "name" => "unnamed",
        "allowedCountries" => "[\"US\"]",
        "allowedOrigins" => "[\"https://example.com\"]",
        "recordingReconnectWindowSeconds" => "60",
        "activationThresholdSeconds" | "minSlateDisplaySeconds" => "5",
        "maxSlateDisplaySeconds" => "90",
        "postRollConfiguration" => "{\"enabled\":true,\"durationSeconds\":30}",
        "renditionConfiguration" => "{\"renditionSelection\":\"NONE\"}",
        "thumbnailConfiguration" => "{\"recordingMode\":\"DISABLED\"}",
        "maxResults" => "2",
        _ => return None,
    })
}

fn answers_of(operation: Operation, entries: &mut Vec<Entry>) {
    let name = operation.name();
    let other = match operation.success() {
        Success::Document => 201,
        Success::EmptyOk => 204,
        Success::NoContent => 200,
    };
    entries.push(Entry::new(format!("status:{name}={other}"), "success has another status"));
    entries.push(Entry::new(format!("no-error-type:{name}"), "errors carry no code"));
    entries.push(Entry::new(format!("error-body:{name}=oops"), "errors are not JSON"));
    entries
        .push(Entry::new(format!("error-status:{name}.ValidationException=422"), "invalid input has another status"));
    entries.push(Entry::new(
        format!("error-code:{name}.ValidationException=BadRequest"),
        "invalid input has another code",
    ));
    match operation.success() {
        Success::Document => {
            entries.push(Entry::new(format!("content-type:{name}=text/html"), "the document has another content type"))
        }
        Success::EmptyOk | Success::NoContent => entries
            .push(Entry::new(format!("body:{name}={{\"ok\":true}}"), "a response that should be empty has a body")),
    }
}

fn lists(api: Api, entries: &mut Vec<Entry>) {
    let paged = Operation::of(api).filter(|operation| operation.has_pages());
    for operation in paged {
        for fault in PageFault::ALL {
            let shows = matches!(fault, PageFault::Endless | PageFault::TokenOnLast);
            if operation == Operation::ListStreamKeys && !shows {
                // A channel has one stream key, so there is one page only.
                continue;
            }
            entries.push(Entry::new(format!("page:{}={}", operation.name(), fault.name()), "pages go wrong"));
        }
    }
}

fn batches(entries: &mut Vec<Entry>) {
    for operation in ["BatchGetChannel", "BatchGetStreamKey", "BatchStartViewerSessionRevocation"] {
        for fault in BatchFault::ALL {
            let gets = operation.starts_with("BatchGet");
            if gets || fault != BatchFault::DropLast {
                let id = format!("batch:{operation}={}", fault.name());
                entries.push(Entry::new(id, "a batch goes wrong"));
            }
        }
    }
}

fn behaviour(api: Api, entries: &mut Vec<Entry>) {
    let deletes = Operation::of(api).map(|operation| operation.name());
    for name in deletes.filter(|name| name.starts_with("Delete")) {
        entries.push(Entry::new(format!("keep-deleted:{name}"), "what is deleted stays"));
    }
    let groups: [(&str, Vec<&str>, &str); 7] = [
        ("tags", TagFault::ALL.map(TagFault::name).to_vec(), "tags go wrong"),
        ("stream", StreamFault::ALL.map(StreamFault::name).to_vec(), "streams go wrong"),
        ("auth", AuthFault::ALL.map(AuthFault::name).to_vec(), "signatures are not checked well"),
        ("protocol", ProtocolFault::ALL.map(ProtocolFault::name).to_vec(), "HTTP goes wrong"),
        (
            "leak",
            vec!["ListChannels", "ListPlaybackKeyPairs", "ListStreamKeys"],
            "a summary shows what only the resource may show",
        ),
        (
            "cross",
            vec!["TagResource", "UpdateChannel", "UpdatePlaybackRestrictionPolicy"],
            "a change reaches another resource too",
        ),
        ("state", STATE_FAULTS.map(|(name, _)| name).to_vec(), "what is kept goes wrong"),
    ];
    let whole = systemic::CATALOGUE.map(|(name, description)| Entry::new(format!("systemic:{name}"), description));
    entries.extend(whole);
    for (kind, names, description) in groups {
        let ids = names.into_iter().map(|name| format!("{kind}:{name}"));
        entries.extend(ids.map(|id| Entry::new(id, description)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn every_entry_names_a_fault_and_no_two_the_same() {
        let entries = catalogue(Api::NEWEST);
        assert!(catalogue(Api::Document).iter().all(|entry| entries.contains(entry)));
        let mut ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        for id in &ids {
            let fault = id.parse::<Fault>();
            assert!(fault.is_ok(), "{fault:?}");
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), entries.len());
        assert!(ids.len() > 500, "{}", ids.len());
    }
}
