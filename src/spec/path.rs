//! Paths into JSON outputs: `bucket.tags`, `buckets[0].arn`, `items[arn=arn:…].name`.

use serde_json::Value;

/// The value at a path; none if something on the way is missing.
pub fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut here = value;
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(after) = rest.strip_prefix('[') {
            let (selector, after) = after.split_once(']')?;
            here = select(here, selector)?;
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            here = here.get(name)?;
            rest = after;
        }
    }
    Some(here)
}

/// The name of the member at the end of a path, without selections behind it.
pub fn last_name(path: &str) -> &str {
    names(path).last().copied().unwrap_or_default()
}

/// The names on a path, without selections.
pub fn names(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        names.extend((!name.is_empty()).then_some(name));
        rest = match after.strip_prefix('[') {
            Some(inside) => inside.split_once(']').map_or("", |(_, after)| after),
            None => after,
        };
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    names
}

fn select<'v>(value: &'v Value, selector: &str) -> Option<&'v Value> {
    let elements = value.as_array()?;
    match selector.split_once('=') {
        Some((member, wanted)) => elements.iter().find(|element| match element.get(member) {
            Some(Value::String(text)) => text == wanted,
            Some(other) => {
                let text = other.to_string();
                text == wanted
            }
            None => false,
        }),
        None => elements.get(selector.parse::<usize>().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::{find, last_name, names};
    use serde_json::json;

    #[test]
    fn the_last_name_has_no_selection() {
        for (path, name) in [
            ("a.b", "b"),
            ("items[arn=a.b/c].n", "n"),
            ("items[0]", "items"),
            ("x.items[arn=a.b]", "items"),
            ("", ""),
            ("a", "a"),
        ] {
            assert_eq!(last_name(path), name, "{path}");
        }
    }

    #[test]
    fn names_have_no_selections() {
        assert_eq!(names("items[arn=a.b/c].tags.B"), ["items", "tags", "B"]);
        assert_eq!(names("channels[0]"), ["channels"]);
        assert_eq!(names("streamKey.value"), ["streamKey", "value"]);
        assert_eq!(names(""), Vec::<&str>::new());
    }

    #[test]
    fn walks_members_elements_and_selections() {
        let value = json!({"items": [{"arn": "a:b/c", "n": 1}, {"arn": "x", "n": 2}], "a": {"b": 3}});
        assert_eq!(find(&value, "a.b"), Some(&json!(3)));
        assert_eq!(find(&value, "items[1].n"), Some(&json!(2)));
        assert_eq!(find(&value, "items[arn=a:b/c].n"), Some(&json!(1)));
        assert_eq!(find(&value, "items[arn=none].n"), None);
        assert_eq!(find(&value, ""), Some(&value));
    }
}
