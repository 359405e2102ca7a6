//! What a JSON Schema must meet in a value so that it could be violated there: a condition that holds, a member that is
//! present, an array that has elements.

use jsonschema::Validator;
use serde_json::Value;

/// The places of a schema at which it can be violated.
#[derive(Debug, Default)]
pub struct Watch {
    /// Schemas that hold of the same value.
    all: Vec<Watch>,
    conditions: Vec<Condition>,
    /// Schemas of members.
    members: Vec<(String, Watch)>,
    /// Schema of the elements.
    elements: Option<Box<Watch>>,
    /// Whether a keyword speaks of the value itself.
    of_value: bool,
}

#[derive(Debug)]
struct Condition {
    when: Validator,
    then: Watch,
    otherwise: Watch,
}

impl Watch {
    /// The places of a schema.
    pub fn of(schema: &Value) -> Watch {
        let mut watch = Watch::default();
        let Value::Object(keywords) = schema else { return watch };
        let below = |name: &str| keywords.get(name).map(Watch::of).unwrap_or_default();
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => watch.all.extend(schemas.iter().map(Watch::of)),
                ("properties", Value::Object(members)) => {
                    watch.members.extend(members.iter().map(|(name, schema)| (name.clone(), Watch::of(schema))));
                }
                ("items", schema) => watch.elements = Some(Box::new(Watch::of(schema))),
                ("if", schema) => {
                    let compiled = jsonschema::draft202012::new(schema);
                    watch.conditions.extend(compiled.ok().map(|when| Condition {
                        when,
                        then: below("then"),
                        otherwise: below("else"),
                    }));
                }
                ("then" | "else" | "type" | "description" | "title" | "$comment", _) => {}
                _ => watch.of_value = true,
            }
        }
        watch
    }

    /// Whether the schema could be violated by this value.
    pub fn sees(&self, value: &Value) -> bool {
        let sees_condition = |condition: &Condition| match condition.when.is_valid(value) {
            true => condition.then.sees(value),
            false => condition.otherwise.sees(value),
        };
        let sees_member = |(name, watch): &(String, Watch)| value.get(name).is_some_and(|member| watch.sees(member));
        let sees_element =
            |watch: &Watch| value.as_array().is_some_and(|elements| elements.iter().any(|each| watch.sees(each)));
        let is_something = match value {
            Value::Array(elements) => !elements.is_empty(),
            Value::Object(members) => !members.is_empty(),
            other => !other.is_null(),
        };
        (self.of_value && is_something)
            || self.all.iter().any(|watch| watch.sees(value))
            || self.conditions.iter().any(sees_condition)
            || self.members.iter().any(sees_member)
            || self.elements.as_deref().is_some_and(sees_element)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_that_does_not_hold_sees_nothing() {
        let schema = json!({
            "if": {"properties": {"multi": {"const": true}}, "required": ["multi"]},
            "then": {"properties": {"type": {"const": "STANDARD"}}}
        });
        let watch = Watch::of(&schema);
        assert!(!watch.sees(&json!({"type": "STANDARD"})));
        assert!(!watch.sees(&json!({"multi": false, "type": "BASIC"})));
        assert!(!watch.sees(&json!({"multi": true})), "the member that must have a value is not there");
        assert!(watch.sees(&json!({"multi": true, "type": "STANDARD"})));
    }

    #[test]
    fn members_elements_and_values_must_be_there() {
        let watch = Watch::of(&json!({"items": {"properties": {"level": {"enum": ["", null]}}}}));
        assert!(!watch.sees(&json!([])) && !watch.sees(&json!([{}])) && !watch.sees(&json!([{"level": null}])));
        assert!(watch.sees(&json!([{}, {"level": ""}])));
        let watch = Watch::of(&json!({"maxItems": 1}));
        assert!(!watch.sees(&json!([])) && watch.sees(&json!([1])));
        let watch = Watch::of(&json!({"not": {"required": ["secret"]}}));
        assert!(!watch.sees(&json!({})) && watch.sees(&json!({"arn": "a"})));
        let watch = Watch::of(&json!({"minimum": -1}));
        assert!(watch.sees(&json!(0)));
    }
}
