//! Members that responses have under other names, or inside of another member, are one cause: what writes responses gives
//! them another form.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{ELEMENT, Evidence};
use crate::diagnose::groups::{most_telling, operations};
use crate::judge::finding::FindingKind;

/// Members that must have other names, or operations whose output must be inside of one member.
const MANY: usize = 3;

/// Where a member of a response is instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Renamed { documented: String, shown: String },
    Inside(String),
}

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let places: Vec<Option<Place>> = findings.iter().map(place).collect();
    let found: BTreeSet<&Place> = places.iter().flatten().collect();
    let (inside, renamed): (BTreeSet<&Place>, BTreeSet<&Place>) =
        found.into_iter().partition(|place| matches!(place, Place::Inside(_)));
    let group = |wanted: &BTreeSet<&Place>| -> Vec<usize> {
        let names: BTreeSet<&str> = wanted.iter().map(|place| place.name()).collect();
        let belongs = |(finding, place): (&Evidence<'_>, &Option<Place>)| {
            place.as_ref().is_some_and(|place| wanted.contains(place))
                || shows_nothing_else(finding, &names)
                || wanted.iter().any(|place| shows_more_like(finding, place))
        };
        let all = findings.iter().zip(&places).map(belongs).enumerate();
        all.filter_map(|(position, belongs)| belongs.then_some(position)).collect()
    };
    if renamed.len() >= MANY {
        join(findings, &places, &group(&renamed), links);
    }
    for place in inside {
        let group = group(&BTreeSet::from([place]));
        if operations(findings, &group).len() >= MANY {
            join(findings, &places, &group, links);
        }
    }
}

impl Place {
    /// Name of the member that is there.
    fn name(&self) -> &str {
        match self {
            Place::Renamed { shown, .. } => shown,
            Place::Inside(member) => member,
        }
    }
}

/// Whether a response of success has members of these names alone, so that nothing of what is documented can be read.
fn shows_nothing_else(finding: &Evidence<'_>, names: &BTreeSet<&str>) -> bool {
    let is_of_output = matches!(finding.kind, FindingKind::WrongBehaviour | FindingKind::MalformedResponse);
    let mut members = finding.response.as_object().into_iter().flat_map(Map::keys).peekable();
    is_of_output
        && finding.is_of_success()
        && members.peek().is_some()
        && members.all(|member| names.contains(member.as_str()))
}

/// Whether what is asked for is in a response under the other name, or the response has another member whose name differs
/// in that way: a page token, say, without which a list ends early.
fn shows_more_like(finding: &Evidence<'_>, place: &Place) -> bool {
    let Place::Renamed { documented, shown } = place else { return false };
    let is_capital = |name: &str| name.starts_with(char::is_uppercase);
    let has_words = |name: &str| name.contains(['_', '-']);
    let differs = |name: &str, has: &dyn Fn(&str) -> bool| has(shown) && !has(documented) && has(name);
    let is_asked_for = finding.expected.contains(documented) && finding.shows(shown) && !finding.shows(documented);
    let mut names = finding.response.as_object().into_iter().flat_map(Map::keys);
    finding.kind == FindingKind::WrongBehaviour
        && (is_asked_for || names.any(|name| differs(name, &is_capital) || differs(name, &has_words)))
}

/// One cause of findings at these positions. A member that must always be there says it best.
fn join(findings: &[Evidence<'_>], places: &[Option<Place>], group: &[usize], links: &mut Links) {
    let Some(primary) = most_telling(findings, group, Evidence::is_about_required_output) else { return };
    let primary = links.join(group, primary);
    let named = |position: &usize| places.get(*position).and_then(Option::clone);
    let Some(place) = named(&primary).or_else(|| group.iter().find_map(named)) else { return };
    let deviation = match place {
        Place::Renamed { documented, shown } => CommonDeviation::RenamedMembers { documented, shown },
        Place::Inside(member) => CommonDeviation::OutputInside { member },
    };
    links.note(primary, operations(findings, group), deviation);
}

/// Where the member is that a finding misses.
fn place(finding: &Evidence<'_>) -> Option<Place> {
    let path = finding.missing_path()?;
    let mut shown = finding.response;
    for (depth, name) in path.split('.').enumerate() {
        shown = match (name, shown) {
            (ELEMENT, Value::Array(elements)) => elements.iter().find(|element| element.is_object())?,
            (_, Value::Object(members)) => match members.get(name) {
                Some(value) => value,
                None => return renamed(name, members).or_else(|| inside(name, members).filter(|_| depth == 0)),
            },
            _ => return None,
        };
    }
    None
}

/// A member of that name but for its case and for what parts its words.
fn renamed(documented: &str, members: &Map<String, Value>) -> Option<Place> {
    let letters = |name: &str| -> String {
        name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = letters(documented);
    let shown = members.keys().find(|name| letters(name) == wanted)?;
    Some(Place::Renamed { documented: documented.to_owned(), shown: shown.clone() })
}

/// The only member, if it has one of that name.
fn inside(documented: &str, members: &Map<String, Value>) -> Option<Place> {
    let (only, value) = members.iter().next().filter(|_| members.len() == 1)?;
    value.get(documented).map(|_| Place::Inside(only.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn missing(operation: &'static str, observed: &'static str, response: Value) -> Evidence<'static> {
        let behaviour = finding("rule.get-returns-what-create-answered", operation, FindingKind::WrongBehaviour);
        Evidence { observed, response: body(response), ..behaviour }
    }

    fn in_snake_case() -> [Evidence<'static>; 3] {
        let required =
            finding("ListStreamKeys.output.streamKeys.required", "ListStreamKeys", FindingKind::MalformedResponse);
        let keys = body(json!({"stream_keys": []}));
        [
            missing("GetChannel", "`channel.latencyMode` is absent.", json!({"channel": {"latency_mode": "LOW"}})),
            Evidence { observed: "`streamKeys` is missing.", response: keys, ..required },
            missing("Batch", "`errors.member.channelArn` is absent.", json!({"errors": [{"channel_arn": "a"}]})),
        ]
    }

    #[test]
    fn members_under_other_names_are_one_cause_named_by_a_required_member() {
        assert_eq!(linked(link, &in_snake_case()), [1, 1, 1]);
    }

    #[test]
    fn two_names_and_members_that_are_not_there_at_all_stay_apart() {
        let mut findings = in_snake_case();
        findings[0].observed = "`channel.preset` is absent.";
        assert_eq!(linked(link, &findings), [0, 1, 2]);
        findings[0].observed = "`channel.latencyMode` is \"NORMAL\".";
        assert_eq!(linked(link, &findings), [0, 1, 2]);
        findings[0].observed = "`channel.latencyMode` is absent.";
        findings[0].response = body(json!({"channel": {"latencyMode": "LOW", "latency_mode": "LOW"}}));
        assert_eq!(linked(link, &findings), [0, 1, 2]);
    }

    #[test]
    fn what_responses_without_a_documented_member_lack_follows_and_nothing_else() {
        let [first, second, third] = in_snake_case();
        let response = |shown: Value| Evidence { observed: "It is not.", ..missing("Batch", "", shown) };
        let (unread, read) = (response(json!({"stream_keys": []})), response(json!({"errors": []})));
        let first_page = response(json!({"streams": [], "next_token": "a"}));
        let expected = "`items` has an item with {\"channelArn\":\"a\"}.";
        let item = Evidence { expected, ..response(json!({"streams": [{"channel_arn": "a"}]})) };
        let late = Evidence { kind: FindingKind::WrongStatus, ..unread.clone() };
        assert_eq!(
            linked(link, &[first, second, third, unread, read, late, first_page, item]),
            [1, 1, 1, 1, 4, 5, 1, 1]
        );
    }

    #[test]
    fn output_inside_of_one_member_of_three_operations_is_one_cause() {
        let inside = |operation: &'static str, member: &str| {
            missing(operation, "`channel.name` is absent.", json!({member: {"channel": {"name": "a"}}}))
        };
        let all = [inside("A", "result"), inside("B", "result"), inside("C", "result")];
        assert_eq!(linked(link, &all), [0, 0, 0]);
        let others = [inside("A", "result"), inside("B", "result"), inside("C", "data")];
        assert_eq!(linked(link, &others), [0, 1, 2]);
    }
}
