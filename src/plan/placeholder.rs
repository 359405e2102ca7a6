//! Placeholders: strings in generated inputs that only the run can replace, because it makes what they stand for.

use serde_json::Value;

pub use crate::spec::rules::Curve;

/// What a placeholder `${…}` asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `${bucket}`, `${empty:bucket}`: the ARN of a resource, perhaps in a state.
    Resource {
        /// Resource type; `any` for whichever.
        resource: String,
        /// State it must be in.
        state: Option<String>,
    },
    /// `${absent:bucket}`, `${absent:bucket#2}`: a well-formed ARN of nothing.
    Absent {
        /// Resource type.
        resource: String,
        /// Tells several of them apart.
        number: u32,
    },
    /// `${CURVE-public-key}`, `${CURVE-public-key-NAME}`: a fresh public key; a name keeps one key within a scenario.
    PublicKey {
        /// Curve of the key.
        curve: Curve,
        /// Same name, same key; empty for a new one at every use.
        name: String,
    },
    /// Anything else: a variable of a scenario.
    Variable(String),
}

const PUBLIC_KEY: &str = "-public-key";

impl Curve {
    /// The curve of a name in a placeholder.
    fn parse(name: &str) -> Option<Curve> {
        match name {
            "p384" => Some(Curve::P384),
            _ => None,
        }
    }

    /// Its name in a placeholder.
    pub fn id(self) -> &'static str {
        match self {
            Curve::P384 => "p384",
        }
    }

    /// The placeholder for a fresh public key of the curve.
    pub fn public_key(self) -> String {
        format!("${{{}{PUBLIC_KEY}}}", self.id())
    }
}

impl Placeholder {
    /// Reads the text between `${` and `}`.
    pub fn parse(name: &str) -> Placeholder {
        if let Some(rest) = name.strip_prefix("absent:") {
            let (resource, number) = rest.split_once('#').unwrap_or((rest, "1"));
            return Placeholder::Absent { resource: resource.to_owned(), number: number.parse().unwrap_or(1) };
        }
        if let Some((curve, rest)) = name.split_once(PUBLIC_KEY)
            && let Some(curve) = Curve::parse(curve)
        {
            return Placeholder::PublicKey { curve, name: rest.trim_start_matches('-').to_owned() };
        }
        if let Some((state, resource)) = name.split_once(':') {
            return Placeholder::Resource { resource: resource.to_owned(), state: Some(state.to_owned()) };
        }
        Placeholder::Variable(name.to_owned())
    }
}

/// The name if the whole text is one placeholder.
pub fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains("${") && !name.starts_with("raw:")).then_some(name)
}

/// A look at the bytes is quicker than a search, and nearly every text has no such sign.
fn may_hold_one(text: &str) -> bool {
    text.as_bytes().contains(&b'$')
}

/// All placeholder names in a value, in order of appearance.
pub fn names(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if may_hold_one(text) => {
            for part in text.split("${").skip(1) {
                if let Some((name, _)) = part.split_once('}')
                    && !name.starts_with("raw:")
                {
                    found.push(name);
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

/// Replaces placeholders; `resolve` gives the value for a name or says why there is none.
///
/// # Errors
/// The first reason that `resolve` gives.
pub fn replace<E>(value: &Value, resolve: &mut dyn FnMut(&str) -> Result<Value, E>) -> Result<Value, E> {
    Ok(match value {
        Value::String(text) => replace_text(text, resolve)?,
        Value::Array(elements) => {
            Value::Array(elements.iter().map(|element| replace(element, resolve)).collect::<Result<_, E>>()?)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Ok((replace_key(name, resolve)?, replace(member, resolve)?)))
                .collect::<Result<_, E>>()?,
        ),
        other => other.clone(),
    })
}

fn replace_key<E>(name: &str, resolve: &mut dyn FnMut(&str) -> Result<Value, E>) -> Result<String, E> {
    match replace_text(name, resolve)? {
        Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}

fn replace_text<E>(text: &str, resolve: &mut dyn FnMut(&str) -> Result<Value, E>) -> Result<Value, E> {
    if !may_hold_one(text) {
        return Ok(Value::from(text));
    }
    if let Some(name) = whole(text) {
        return resolve(name);
    }
    let mut parts = text.split("${");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if !name.starts_with("raw:") => {
                match resolve(name)? {
                    Value::String(text) => result.push_str(&text),
                    other => result.push_str(&other.to_string()),
                }
                result.push_str(rest);
            }
            _ => {
                result.push_str("${");
                result.push_str(part);
            }
        }
    }
    Ok(Value::from(result))
}

/// The value with resources in whatever state for those in a certain one; none if it asks for no state.
pub fn without_states(value: &Value) -> Option<Value> {
    let mut asks = false;
    let replaced: Result<Value, ()> = replace(value, &mut |name| {
        let name = match Placeholder::parse(name) {
            Placeholder::Resource { resource, state: Some(_) } => {
                asks = true;
                resource
            }
            _ => name.to_owned(),
        };
        Ok(Value::from(format!("${{{name}}}")))
    });
    replaced.ok().filter(|_| asks)
}

/// Gives repeated resource placeholders within one list different resources: the first stays, the others become ARNs
/// of nothing, because a list that names the same resource twice is open to readings.
pub fn make_distinct(value: &mut Value) {
    if let Value::Array(elements) = value {
        let mut seen: Vec<String> = Vec::new();
        for element in elements.iter_mut() {
            let Some(name) = element.as_str().and_then(whole).map(str::to_owned) else { continue };
            let times = seen.iter().filter(|known| **known == name).count();
            if times > 0 {
                let resource = name.rsplit_once(':').map_or(name.as_str(), |(_, resource)| resource);
                *element = Value::from(format!("${{absent:{resource}#{times}}}"));
            }
            seen.push(name);
        }
    }
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(make_distinct),
        Value::Object(members) => members.values_mut().for_each(make_distinct),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_every_form() {
        assert_eq!(
            Placeholder::parse("live:channel"),
            Placeholder::Resource { resource: "channel".into(), state: Some("live".into()) }
        );
        assert_eq!(
            Placeholder::parse("absent:channel#3"),
            Placeholder::Absent { resource: "channel".into(), number: 3 }
        );
        let curve = Curve::P384;
        assert_eq!(Placeholder::parse("p384-public-key-a"), Placeholder::PublicKey { curve, name: "a".into() });
        assert_eq!(curve.public_key(), "${p384-public-key}");
        assert_eq!(Placeholder::parse("p1-public-key"), Placeholder::Variable("p1-public-key".into()));
        assert_eq!(Placeholder::parse("channel"), Placeholder::Variable("channel".into()));
    }

    #[test]
    fn replaces_whole_values_and_parts_of_text() {
        let value = json!({"a": "${x}", "b": "n-${x}-${y}", "${y}": [1, "${raw:1e400}"]});
        let replaced: Result<Value, ()> =
            replace(&value, &mut |name| Ok(if name == "x" { json!(7) } else { json!("why") }));
        assert_eq!(replaced, Ok(json!({"a": 7, "b": "n-7-why", "why": [1, "${raw:1e400}"]})));
    }

    #[test]
    fn states_can_be_done_without() {
        let value = json!({"arn": "${live:channel}", "other": ["${absent:channel}"]});
        let stateless = json!({"arn": "${channel}", "other": ["${absent:channel}"]});
        assert_eq!(without_states(&value), Some(stateless.clone()));
        assert_eq!(without_states(&stateless), None);
    }

    #[test]
    fn repeated_resources_become_absent_ones() {
        let mut value = json!({"arns": ["${channel}", "${channel}", "${channel}"]});
        make_distinct(&mut value);
        assert_eq!(value, json!({"arns": ["${channel}", "${absent:channel#1}", "${absent:channel#2}"]}));
    }
}
