//! A finding's request as a shell command. What was taken out of the request comes from the shell's environment, so that
//! the command still works for whoever knows the secret.

use serde_json::Value;

use super::record::RequestRecord;
use super::redact::REDACTED;

/// Stands for a secret until the text is quoted for the shell; the name of its member goes in between.
const MARK: (&str, &str) = ("@@SECRET:", ":@@");
/// Variable for a secret, or the beginning of it where the secret's member has a name.
pub(super) const VARIABLE: &str = "SECRET";

/// A shell command that sends the request to an endpoint that needs no signature.
pub fn command(endpoint: &str, request: &RequestRecord) -> String {
    let mut parts =
        vec![format!("curl -i -X {} {}", request.method, quoted(&marked(&format!("{endpoint}{}", request.path))))];
    for (name, value) in &request.headers {
        if let Some(value) = value.as_str() {
            parts.push(format!("-H {}", quoted(&marked(&format!("{name}: {value}")))));
        }
    }
    match &request.body {
        Value::Null => {}
        Value::String(text) => parts.push(format!("--data-binary {}", quoted(&marked(text)))),
        other => parts.push(format!("--data-binary {}", quoted(&marked_json(other, "").to_string()))),
    }
    parts.join(" ")
}

fn marked(text: &str) -> String {
    text.replace(REDACTED, &format!("{}{}", MARK.0, MARK.1))
}

/// The value with a mark where a secret was, by the name of its member.
fn marked_json(value: &Value, name: &str) -> Value {
    match value {
        Value::String(text) => Value::from(text.replace(REDACTED, &format!("{}{}{}", MARK.0, variable(name), MARK.1))),
        Value::Array(elements) => elements.iter().map(|element| marked_json(element, name)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (marked(name), marked_json(value, name))).collect())
        }
        other => other.clone(),
    }
}

/// A member's name as the end of a variable's: `accessKey` becomes `_ACCESS_KEY`.
pub(super) fn variable(member: &str) -> String {
    let mut variable = String::new();
    let mut last = '_';
    for c in member.chars().filter(char::is_ascii_alphanumeric) {
        if variable.is_empty() || (c.is_ascii_uppercase() && last.is_ascii_lowercase()) {
            variable.push('_');
        }
        variable.push(c.to_ascii_uppercase());
        last = c;
    }
    variable
}

/// In single quotes, but for the marks: those become variables in double quotes.
fn quoted(text: &str) -> String {
    let text = format!("'{}'", text.replace('\'', "'\\''"));
    let mut parts = text.split(MARK.0);
    let mut quoted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(MARK.1) {
            Some((name, rest)) => quoted.push_str(&format!("'\"${{{VARIABLE}{name}}}\"'{rest}")),
            None => quoted.push_str(part),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_come_from_the_environment() {
        let request = RequestRecord {
            method: "POST".to_owned(),
            path: "/PutMetadata".to_owned(),
            headers: json!({"x-token": "a [redacted] b"}).as_object().unwrap().clone(),
            body: json!({"channelArn": "it's", "streamMetadata": "[redacted]"}),
        };
        assert_eq!(
            command("http://127.0.0.1:1", &request),
            "curl -i -X POST 'http://127.0.0.1:1/PutMetadata' -H 'x-token: a '\"${SECRET}\"' b' --data-binary \
             '{\"channelArn\":\"it'\\''s\",\"streamMetadata\":\"'\"${SECRET_STREAM_METADATA}\"'\"}'"
        );
    }

    #[test]
    fn a_request_without_secrets_is_only_quoted() {
        let request = RequestRecord { body: Value::from("not {json"), method: "POST".to_owned(), ..Default::default() };
        assert_eq!(command("http://h", &request), "curl -i -X POST 'http://h' --data-binary 'not {json'");
    }
}
