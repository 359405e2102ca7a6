//! Changes of an answered document at a path.

use serde_json::{Value, json};

/// What is done to the value at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The member is left out.
    Drop,
    /// The value is `null`.
    Null,
    /// The value has another JSON type.
    Retype,
    /// The member has another name.
    Rename,
    /// The value breaks any pattern, enumeration or range.
    Corrupt,
    /// The value is longer than any bound.
    Lengthen,
    /// The last character, item or entry is missing.
    Shorten,
    /// A time is a number instead of text.
    Epoch,
    /// A text, list or map is empty.
    Clear,
}

impl Change {
    pub(crate) const ALL: [Self; 9] = [
        Self::Drop,
        Self::Null,
        Self::Retype,
        Self::Rename,
        Self::Corrupt,
        Self::Lengthen,
        Self::Shorten,
        Self::Epoch,
        Self::Clear,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Null => "null",
            Self::Retype => "retype",
            Self::Rename => "rename",
            Self::Corrupt => "corrupt",
            Self::Lengthen => "lengthen",
            Self::Shorten => "shorten",
            Self::Epoch => "epoch",
            Self::Clear => "clear",
        }
    }
}

/// Applies a change to every value at a path. `member` goes through lists,
/// `key` and `value` through maps.
pub(crate) fn apply(change: Change, path: &[String], value: &mut Value) {
    let Some((segment, rest)) = path.split_first() else {
        *value = changed(change, value);
        return;
    };
    match value {
        Value::Array(items) if segment == "member" => in_list(change, rest, items),
        Value::Object(members) if members.contains_key(segment.as_str()) => {
            in_object(change, segment, rest, members);
        }
        Value::Object(members) if segment == "value" => {
            for entry in members.values_mut() {
                apply(change, rest, entry);
            }
        }
        Value::Object(members) if segment == "key" => {
            let entries = std::mem::take(members);
            *members = entries.into_iter().map(|(key, entry)| (changed_key(change, &key), entry)).collect();
        }
        _ => {}
    }
}

/// Sets the member at a path to a value, in every object that the path without its end leads to.
pub(crate) fn put(value: &Value, path: &[String], document: &mut Value) {
    let Some((segment, rest)) = path.split_first() else {
        value.clone_into(document);
        return;
    };
    match document {
        Value::Array(items) if segment == "member" => items.iter_mut().for_each(|item| put(value, rest, item)),
        Value::Object(members) if rest.is_empty() => {
            members.insert(segment.clone(), value.clone());
        }
        Value::Object(members) => {
            if let Some(member) = members.get_mut(segment.as_str()) {
                put(value, rest, member);
            }
        }
        _ => {}
    }
}

/// Applies a change to some items of a list only; `picks` is told the position of an item, how many there are, and the
/// item.
pub(crate) fn apply_to_items(
    change: Change,
    path: &[String],
    document: &mut Value,
    picks: &dyn Fn(usize, usize, &Value) -> bool,
) {
    let [list, member, rest @ ..] = path else { return };
    let items = document.get_mut(list.as_str()).and_then(Value::as_array_mut);
    let Some(items) = items.filter(|_| member == "member" && !rest.is_empty()) else { return };
    let of = items.len();
    for (index, item) in items.iter_mut().enumerate() {
        if picks(index, of, item) {
            apply(change, rest, item);
        }
    }
}

fn in_list(change: Change, rest: &[String], items: &mut Vec<Value>) {
    if rest.is_empty() && change == Change::Drop {
        items.clear();
    }
    for item in items {
        apply(change, rest, item);
    }
}

fn in_object(change: Change, name: &str, rest: &[String], members: &mut serde_json::Map<String, Value>) {
    match (change, rest.is_empty()) {
        (Change::Drop, true) => {
            members.remove(name);
        }
        (Change::Rename, true) => {
            if let Some(value) = members.remove(name) {
                members.insert(format!("{name}Renamed"), value);
            }
        }
        _ => {
            if let Some(value) = members.get_mut(name) {
                apply(change, rest, value);
            }
        }
    }
}

fn changed_key(change: Change, key: &str) -> String {
    match change {
        Change::Lengthen => key.repeat(200),
        Change::Shorten | Change::Clear => String::new(),
        _ => format!("!{key}"),
    }
}

fn changed(change: Change, value: &Value) -> Value {
    match change {
        Change::Drop | Change::Null => Value::Null,
        Change::Rename => value.clone(),
        Change::Epoch => json!(1_600_000_000),
        Change::Retype => retyped(value),
        Change::Corrupt => corrupted(value),
        Change::Lengthen => lengthened(value),
        Change::Shorten => shortened(value),
        Change::Clear => cleared(value),
    }
}

fn retyped(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(7),
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Array(_) => json!({}),
        Value::Object(_) | Value::Null => json!([]),
    }
}

fn corrupted(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(format!("!{text}")),
        Value::Number(number) => json!(-2 - number.as_i64().unwrap_or_default().abs()),
        Value::Bool(flag) => json!(!flag),
        Value::Array(items) => items.iter().map(corrupted).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(members.map(|(name, value)| (name.clone(), corrupted(value))).collect())
        }
        Value::Null => json!("!"),
    }
}

fn lengthened(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let seed = if text.is_empty() { "x" } else { text };
            json!(seed.repeat(1025_usize.div_ceil(seed.len())))
        }
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1_000_000_000),
        Value::Array(items) if !items.is_empty() => {
            items.iter().cycle().take(items.len().max(501) + items.len()).cloned().collect()
        }
        Value::Object(members) => {
            let mut members = members.clone();
            members.extend((0..51).map(|index| (format!("extra{index}"), json!("extra"))));
            Value::Object(members)
        }
        other => other.clone(),
    }
}

fn cleared(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(""),
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        other => other.clone(),
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut characters = text.chars();
            characters.next_back();
            json!(characters.as_str())
        }
        Value::Array(items) => items.split_last().map_or(json!([]), |(_, rest)| json!(rest)),
        Value::Object(members) => Value::Object(members.clone().into_iter().skip(1).collect()),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() - 1),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(change: Change, path: &str, mut document: Value) -> Value {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        apply(change, &path, &mut document);
        document
    }

    #[test]
    fn changes_go_through_lists_and_maps() {
        let document = json!({"channels": [{"arn": "a", "tags": {"k": "v"}}, {"arn": "b"}]});
        assert_eq!(
            after(Change::Drop, "channels.member.arn", document.clone()),
            json!({"channels": [{"tags": {"k": "v"}}, {}]})
        );
        assert_eq!(
            after(Change::Corrupt, "channels.member.tags.value", document.clone()),
            json!({"channels": [{"arn": "a", "tags": {"k": "!v"}}, {"arn": "b"}]})
        );
        assert_eq!(
            after(Change::Corrupt, "channels.member.tags.key", document),
            json!({"channels": [{"arn": "a", "tags": {"!k": "v"}}, {"arn": "b"}]})
        );
    }

    #[test]
    fn some_items_are_changed_only() {
        let path: Vec<String> = ["channels", "member", "arn"].map(str::to_owned).to_vec();
        let mut document = json!({"channels": [{"arn": "a"}, {"arn": "b"}]});
        apply_to_items(Change::Clear, &path, &mut document, &|index, of, _| index + 1 == of);
        assert_eq!(document, json!({"channels": [{"arn": "a"}, {"arn": ""}]}));
    }

    #[test]
    fn values_are_put_where_a_path_leads() {
        let mut document = json!({"channels": [{"arn": "a", "srt": {}}, {"arn": "b"}]});
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        put(&json!("x"), &path("channels.member.name"), &mut document);
        put(&json!(1), &path("channels.member.srt.port"), &mut document);
        assert_eq!(
            document,
            json!({"channels": [{"arn": "a", "name": "x", "srt": {"port": 1}}, {"arn": "b", "name": "x"}]})
        );
    }

    #[test]
    fn a_path_that_is_not_there_changes_nothing() {
        let document = json!({"channel": {"arn": "a"}});
        assert_eq!(after(Change::Null, "stream.arn", document.clone()), document);
        assert_eq!(after(Change::Drop, "channel.member", document.clone()), document);
    }
}
