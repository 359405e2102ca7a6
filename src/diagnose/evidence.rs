//! What the diagnosis reads of a finding.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;
use crate::wire;

/// Items from which on a page may be full that was asked for without a number.
const LONG_PAGE: u64 = 50;
/// How steps begin that only read. Source: how AWS names operations.
const READS: [&str; 4] = ["POST Get", "POST List", "POST BatchGet", "GET "];
/// What stands in a path for each element of a list.
pub(super) const ELEMENT: &str = "member";
/// What a sentence says that expects a valid request to be served.
const SUCCESS: &str = "success";
/// What a sentence says that expects a body of that form.
const OBJECT: &str = "JSON object";
/// What a sentence says that expects names to occur once in an object.
const SAME_NAME: &str = "the same name";
/// How a sentence about an absent member ends.
const ABSENT: &str = " is absent.";
/// The same of a member that must always be there.
const MISSING: &str = " is missing.";
/// The same of a member that was given.
const NOT_THERE: &str = " is not there.";

/// How a sentence about an empty text ends.
const EMPTY: &str = " is \"\".";
/// What a sentence says that bounds what is shown.
const AT_MOST: &str = " at most ";
/// How a sentence ends that says that something is not listed.
const NOT_SHOWN: [&str; 2] = ["]` is absent.", "It is not."];
/// What a sentence says that asks for an item.
const ITEM: &str = "` has an item with ";

/// A finding, as far as the diagnosis reads it.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// Id of the violated clause.
    pub clause: &'a str,
    /// The same, read; `None` if the id has not the form of one.
    pub about: Option<ClauseId<'a>>,
    /// The operation on which it was violated; empty if it is about none.
    pub operation: &'a str,
    /// The member that it is about, as `Shape$member`; empty if it is about none.
    pub member: &'a str,
    /// Which of several defects of one clause.
    pub detail: Option<&'a str>,
    /// What kind of divergence.
    pub kind: FindingKind,
    /// What the contract asks for, in one sentence.
    pub expected: &'a str,
    /// What the target did, in one sentence.
    pub observed: &'a str,
    /// Status of the telling response; 0 if none arrived.
    pub status: u16,
    /// Error code of the telling response.
    pub code: Option<&'a str>,
    /// How often it was seen.
    pub occurrences: u64,
    /// Whether it showed whenever it was looked for.
    pub is_steady: bool,
    /// Whether it says that the target is unreliable, and nothing of the clause.
    pub is_intermittent: bool,
    /// Body of the telling request.
    pub request: &'a Value,
    /// Body of the telling response.
    pub response: &'a Value,
    /// Path and query of the telling request.
    pub path: &'a str,
    /// The telling request's method and the first part of its path.
    pub step: String,
    /// The same of the requests before it.
    pub steps_before: BTreeSet<String>,
    /// Whether a case that was made for its clause showed it, and not a random sequence.
    pub is_direct: bool,
}

impl<'a> Evidence<'a> {
    /// Whether a request like this was sent on the way to the finding.
    pub fn involves(&self, step: &str) -> bool {
        self.step == step || self.steps_before.contains(step)
    }

    /// Names of the members of the telling request's body.
    pub fn request_members(&self) -> BTreeSet<&str> {
        self.request.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    /// Whether the telling request's body has a member of that name, at any depth.
    pub fn requests(&self, member: &str) -> bool {
        any_member(self.request, &|name, _| name == member)
    }

    /// Whether the telling response has a member of that name, at any depth.
    pub fn shows(&self, member: &str) -> bool {
        any_member(self.response, &|name, _| name == member)
    }

    /// The value at a path of the telling request's body.
    pub fn given_at(&self, path: &str) -> Option<&'a Value> {
        path.split('.').try_fold(self.request, |value, name| value.get(name))
    }

    /// The first text at a path of the telling response, in the elements of lists.
    pub fn shown_at(&self, path: &str) -> Option<&'a str> {
        self.value_at(path).and_then(Value::as_str)
    }

    /// The first value at a path of the telling response, in the elements of lists.
    pub fn value_at(&self, path: &str) -> Option<&'a Value> {
        first_value(self.response, &path.split('.').collect::<Vec<_>>())
    }

    /// Whether the telling request's body has such a value in a member of that name, or of one that ends in it, at any
    /// depth.
    pub fn requests_like(&self, name: &str, is_wanted: &dyn Fn(&Value) -> bool) -> bool {
        let ends = |member: &str| {
            let end = member.len().checked_sub(name.len()).and_then(|start| member.get(start..));
            !name.is_empty() && end.is_some_and(|end| end.eq_ignore_ascii_case(name))
        };
        any_member(self.request, &|name, value| ends(name) && holds(value, is_wanted))
    }

    /// Whether it is about how many of several concurrent requests had one response.
    pub fn counts_responses(&self) -> bool {
        let is_count = |detail: &str| detail.starts_with("among ") || detail.starts_with("number of ");
        self.kind == FindingKind::WrongBehaviour && self.detail.is_some_and(is_count)
    }

    /// Whether the telling response has as many items as its request asks for, or more than a request without a number may get.
    pub fn shows_full_page(&self) -> bool {
        // Long bodies are cut, and are texts then.
        if self.response.is_string() {
            return true;
        }
        let lists = self.response.as_object().into_iter().flat_map(|members| members.values());
        let items = lists.filter_map(Value::as_array).map(Vec::len).max().unwrap_or_default() as u64;
        let asked = self.request.as_object().into_iter().flat_map(|members| members.values()).find_map(Value::as_u64);
        items > 0 && items >= asked.unwrap_or(LONG_PAGE)
    }

    /// Name of the member that it is about, without its shape; empty if it is about none.
    pub fn member_name(&self) -> &'a str {
        self.member.split_once('$').map_or("", |(_, name)| name)
    }

    /// Name of the member of a response that it is about: that of its shape, or else the end of its path.
    pub fn shown_name(&self) -> &'a str {
        let end = || self.detail.and_then(|detail| detail.rsplit_once('.')).map_or("", |(_, name)| name);
        match self.member_name() {
            "" => end(),
            name => name,
        }
    }

    /// Whether what it is about was not shown at all.
    pub fn shows_absence(&self) -> bool {
        self.observed.ends_with(ABSENT)
    }

    /// Whether what is shown breaks a rule.
    pub fn shows_a_broken_rule(&self) -> bool {
        self.is_general() && self.kind == FindingKind::WrongBehaviour
    }

    /// Whether a list does not show an item that it should show.
    pub fn lacks_an_item(&self) -> bool {
        self.shows_a_broken_rule()
            && (NOT_SHOWN.iter().any(|end| self.observed.ends_with(end)) || self.expected.contains(ITEM))
    }

    /// Path of the member of the telling response that is not there, if that is what was observed.
    pub fn missing_path(&self) -> Option<&'a str> {
        let path = self.observed.strip_suffix(ABSENT).or_else(|| self.observed.strip_suffix(MISSING))?;
        path.strip_prefix('`')?.strip_suffix('`')
    }

    /// Whether what was observed is that something is not there.
    pub fn misses_something(&self) -> bool {
        [ABSENT, MISSING, NOT_THERE].iter().any(|end| self.observed.ends_with(end))
    }

    /// Whether it is about a body that must be a JSON object and is not.
    pub fn asks_for_an_object(&self) -> bool {
        self.kind == FindingKind::MalformedResponse && is_about_the_form_of_bodies(self.expected)
    }

    /// Whether it is about a member that responses must always have.
    pub fn is_about_required_output(&self) -> bool {
        matches!(self.about, Some(ClauseId::Output { constraint: Constraint::Required, .. }))
    }

    /// The path of the member of a response that is malformed, and the constraint that it breaks.
    pub fn malformed_output(&self) -> Option<(&'a str, Constraint)> {
        match self.about? {
            ClauseId::Output { path, constraint, .. } if self.kind == FindingKind::MalformedResponse => {
                Some((path, constraint))
            }
            _ => None,
        }
    }

    /// Whether the telling response is a page in place of JSON.
    pub fn is_page(&self) -> bool {
        self.response.as_str().is_some_and(|text| wire::is_page(text.as_bytes()))
    }

    /// Whether the telling response reports success.
    pub fn is_of_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the telling response blames the client.
    pub fn is_of_client_error(&self) -> bool {
        (400..500).contains(&self.status)
    }

    /// Whether it is about what an operation promises of every valid request.
    pub fn is_about_success(&self) -> bool {
        matches!(self.about, Some(ClauseId::Success { .. }))
    }

    /// Whether it expects that something is not shown.
    pub fn expects_absence(&self) -> bool {
        self.expected.ends_with(ABSENT)
    }

    /// Whether less should be shown than is: no member, an empty one, or fewer items.
    pub fn expects_less(&self) -> bool {
        self.expects_nothing() || self.expected.contains(AT_MOST)
    }

    /// Whether a member should be absent or empty.
    pub fn expects_nothing(&self) -> bool {
        self.expects_absence() || self.expected.ends_with(EMPTY)
    }

    /// Whether its sentences on what was expected and observed have a text.
    pub fn mentions(&self, text: &str) -> bool {
        self.expected.contains(text) || self.observed.contains(text)
    }

    /// Whether its requests include all those before another finding that change something; the other's own request, if there
    /// were none before.
    pub fn comes_after_all_of(&self, other: &Evidence<'_>) -> bool {
        let is_read = |step: &str| READS.iter().any(|read| step.starts_with(read));
        match other.steps_before.is_empty() {
            true => self.involves(&other.step),
            false => other.steps_before.iter().all(|step| is_read(step) || self.involves(step)),
        }
    }

    /// How the target refused a request that it should have served, or refused for another reason: status and code.
    pub fn wrong_refusal(&self) -> Option<(u16, &'a str)> {
        let is_wrong_error = self.kind == FindingKind::WrongErrorCode && self.status >= 400;
        (self.is_refused_valid() || is_wrong_error).then_some(self.refusal())
    }

    /// How the target refused: status and code.
    pub fn refusal(&self) -> (u16, &'a str) {
        (self.status, self.code.unwrap_or_default())
    }

    /// Whether the clause holds for several operations.
    pub fn is_general(&self) -> bool {
        matches!(self.about, Some(ClauseId::General { .. }))
    }

    /// Whether it is about this value of a response.
    pub fn has_output(&self, operation: &str, path: &str) -> bool {
        matches!(self.about, Some(ClauseId::Output { operation: own, path: at, .. }) if (own, at) == (operation, path))
    }

    /// Whether the target failed at a request that it should have refused.
    pub fn fails_at_invalid(&self) -> bool {
        self.kind.is_failure() && !expects_success(self.expected)
    }

    /// Whether the target refused, or failed at, what it should have served.
    pub fn is_refused_valid(&self) -> bool {
        let is_refused = match self.kind {
            FindingKind::RejectedValid => true,
            FindingKind::ServerError => expects_success(self.expected),
            _ => false,
        };
        is_refused && self.status >= 400
    }
}

/// Whether a sentence on what was expected says that the request is valid.
pub fn expects_success(expected: &str) -> bool {
    expected.contains(SUCCESS)
}

/// Whether a sentence on what was expected asks for objects without a name that occurs twice.
pub fn is_about_repeated_names(expected: &str) -> bool {
    expected.contains(SAME_NAME)
}

/// Whether a sentence on what was expected asks for a body that is a JSON object.
pub fn is_about_the_form_of_bodies(expected: &str) -> bool {
    expected.contains(OBJECT)
}

/// Whether a body is an object without members, or with none that has a value.
pub(super) fn is_empty_object(body: &Value) -> bool {
    body.as_object().is_some_and(|members| members.values().all(Value::is_null))
}

/// Whether a value has such a text in it, as a value.
pub(super) fn has_text(value: &Value, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_wanted(text),
        Value::Array(elements) => elements.iter().any(|element| has_text(element, is_wanted)),
        Value::Object(members) => members.values().any(|member| has_text(member, is_wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn first_value<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    match path.split_first() {
        None => Some(value),
        Some((&ELEMENT, rest)) => value.as_array()?.iter().find_map(|element| first_value(element, rest)),
        Some((name, rest)) => first_value(value.get(name)?, rest),
    }
}

fn any_member(value: &Value, is_wanted: &dyn Fn(&str, &Value) -> bool) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| is_wanted(name, value) || any_member(value, is_wanted))
        }
        Value::Array(elements) => elements.iter().any(|element| any_member(element, is_wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether it is such a value, or a list that has one.
fn holds(value: &Value, is_wanted: &dyn Fn(&Value) -> bool) -> bool {
    is_wanted(value) || value.as_array().is_some_and(|elements| elements.iter().any(is_wanted))
}
