//! Reads TOML into the same values.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Json, Kind, Span};

/// The values of a TOML text; `None` if it is not TOML, which its own deserializer says better.
pub(in super::super) fn parse(text: &str) -> Option<Json> {
    let root = DeTable::parse(text).ok()?;
    Some(Json { span: span(root.span()), kind: table(root.get_ref()) })
}

fn span(range: std::ops::Range<usize>) -> Span {
    Span { start: range.start, end: range.end }
}

fn table(table: &DeTable<'_>) -> Kind {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        key_span: span(key.span()),
        value: read(value),
    });
    Kind::Object(entries.collect())
}

fn read(value: &Spanned<DeValue<'_>>) -> Json {
    let kind = match value.get_ref() {
        DeValue::String(text) => Kind::String(text.to_string()),
        DeValue::Integer(number) => Kind::Number(number.as_str().to_owned()),
        DeValue::Float(number) => Kind::Number(number.as_str().to_owned()),
        DeValue::Boolean(is_true) => Kind::Bool(*is_true),
        DeValue::Datetime(time) => Kind::String(time.to_string()),
        DeValue::Array(elements) => Kind::Array(elements.iter().map(read).collect()),
        DeValue::Table(inner) => table(inner),
    };
    Json { span: span(value.span()), kind }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_stand_where_they_are_written() {
        let text = "[[rule]]\nnumber = 1\n[[rule.input]]\npaths = [\"a\", \"b\"]\n";
        let root = parse(text).unwrap();
        let at = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
            let span = root.nearest(&path).span;
            &text[span.start..span.end]
        };
        assert_eq!(at(&["rule", "0", "input", "0", "paths", "1"]), "\"b\"");
        assert_eq!(at(&["rule", "0", "input", "0", "missing"]), "[[rule.input]]");
        assert!(parse("a = ").is_none());
    }
}
