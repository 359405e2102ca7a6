//! Long values in short: `${repeat:1024:m}` is 1,024 times `m`.

use serde_json::Value;

/// Longest text that is made so, in bytes.
const LONGEST: usize = 1 << 20;

/// The value with every text of that form, at any depth, written out.
pub(super) fn written_out(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(repeated(text).unwrap_or_else(|| text.clone())),
        Value::Array(values) => values.iter().map(written_out).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), written_out(value))).collect())
        }
        other => other.clone(),
    }
}

/// The text that `${repeat:TIMES:TEXT}` stands for; `None` if it is not of that form or too long.
fn repeated(text: &str) -> Option<String> {
    let (times, piece) = text.strip_prefix("${repeat:")?.strip_suffix('}')?.split_once(':')?;
    let times: usize = times.parse().ok()?;
    (times.checked_mul(piece.len())? <= LONGEST).then(|| piece.repeat(times))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::written_out;

    #[test]
    fn repetitions_are_written_out_and_nothing_else() {
        let value = json!({"a": ["${repeat:3:é}", "${repeat:x:a}", "${name}"], "b": "${repeat:0:a}", "c": 1});
        assert_eq!(written_out(&value), json!({"a": ["ééé", "${repeat:x:a}", "${name}"], "b": "", "c": 1}));
        assert_eq!(written_out(&json!("${repeat:99999999999:ab}")), json!("${repeat:99999999999:ab}"));
    }
}
