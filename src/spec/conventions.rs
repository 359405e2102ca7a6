//! What a run must know of a service beside its operations: the members by which it marks its resources, regions to call
//! in, and the request that starts and ends a broadcast. Rules files say it; `specs/conventions.json` holds what most
//! services of AWS have in common, for those that do not.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

static CONVENTIONS: LazyLock<Conventions> = LazyLock::new(|| {
    let nothing = || Conventions {
        marks: MarkMembers { tags: String::new(), name: String::new() },
        regions: Regions(Vec::new()),
        pattern_misprints: Vec::new(),
    };
    serde_json::from_str(include_str!("../../specs/conventions.json")).unwrap_or_else(|_| nothing())
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conventions {
    marks: MarkMembers,
    regions: Regions,
    pattern_misprints: Vec<Misprint>,
}

/// A misprint in the patterns of published models.
#[derive(Debug, Deserialize)]
struct Misprint {
    /// What else stands in a pattern that has it.
    #[serde(rename = "in")]
    context: String,
    /// The text as it is printed.
    literal: String,
    /// How it is read.
    reading: String,
}

/// A pattern with every known misprint read as it is meant.
pub(super) fn without_misprints(pattern: &str) -> String {
    let known = CONVENTIONS.pattern_misprints.iter().filter(|misprint| pattern.contains(&misprint.context));
    known.fold(pattern.to_owned(), |text, misprint| text.replace(&misprint.literal, &misprint.reading))
}

/// Members of a create input by which a run marks a resource as its own. The default is what most services of AWS call
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkMembers {
    /// The member that holds a map of tags.
    pub tags: String,
    /// The member that holds a name.
    pub name: String,
}

impl Default for MarkMembers {
    fn default() -> Self {
        CONVENTIONS.marks.clone()
    }
}

/// Regions in which the service has endpoints: a test that needs another region than the run's takes the first that
/// differs. The default is two regions that most services of AWS have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Regions(pub Vec<String>);

impl Default for Regions {
    fn default() -> Self {
        CONVENTIONS.regions.clone()
    }
}

/// How the service's resources broadcast, if they do: `POST` of a body to the control path of a target starts and ends it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroadcastControl {
    /// Type of the resources that broadcast.
    pub resource: String,
    /// Body of the request. A member whose value is `${resource}`, `${state}` or `${health}` gets the resource's
    /// identifier, the wanted state, and the wanted health; the last is left out if none is wanted.
    pub body: Map<String, Value>,
}

const RESOURCE: &str = "${resource}";
const STATE: &str = "${state}";
const HEALTH: &str = "${health}";

impl BroadcastControl {
    /// The body that asks for a state of a resource.
    pub fn body(&self, resource: &str, state: &str, health: Option<&str>) -> Value {
        let filled = self.body.iter().filter_map(|(name, value)| {
            let value = match value.as_str() {
                Some(RESOURCE) => resource.into(),
                Some(STATE) => state.into(),
                Some(HEALTH) => health?.into(),
                _ => value.clone(),
            };
            Some((name.clone(), value))
        });
        Value::Object(filled.collect())
    }

    /// An earlier body that asks for another state now, of whatever health.
    pub fn with_state(&self, earlier: &Value, state: &str) -> Value {
        let is = |name: &String, placeholder: &str| self.body.get(name).and_then(Value::as_str) == Some(placeholder);
        let members = earlier.as_object().into_iter().flatten().filter(|(name, _)| !is(name, HEALTH));
        let changed = members
            .map(|(name, value)| (name.clone(), if is(name, STATE) { Value::from(state) } else { value.clone() }));
        Value::Object(changed.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn control() -> BroadcastControl {
        serde_json::from_value(json!({
            "resource": "studio",
            "body": {"studioId": RESOURCE, "wanted": STATE, "health": HEALTH, "version": 1},
        }))
        .unwrap()
    }

    #[test]
    fn conventions_are_read() {
        assert!(!MarkMembers::default().tags.is_empty() && !MarkMembers::default().name.is_empty());
        assert!(Regions::default().0.len() >= 2);
        assert!(!CONVENTIONS.pattern_misprints.is_empty());
    }

    #[test]
    fn a_body_is_filled_in() {
        let filled = control().body("s-1", "live", None);
        assert_eq!(filled, json!({"studioId": "s-1", "wanted": "live", "version": 1}));
        let healthy = control().body("s-1", "live", Some("GOOD"));
        assert_eq!(healthy["health"], "GOOD");
        assert_eq!(control().with_state(&healthy, "offline"), control().body("s-1", "offline", None));
    }
}
