//! Text as a shell takes it: literal, but for marks, which become variables.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::values::Values;

/// Encloses the name of a variable until the text is quoted for the shell. Both are private-use characters.
const MARK: (char, char) = ('\u{e000}', '\u{e001}');
/// Begins the name of a variable whose value is percent-encoded.
const ENCODED: char = '%';
/// Begins the name of a variable whose value is percent-encoded with digits in lower case.
const ENCODED_LOWER: char = '~';
/// What stays as it is in a path. Source: RFC 3986, section 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether a text cannot be marked, for it has marks by itself.
pub fn has_mark(text: &str) -> bool {
    text.contains([MARK.0, MARK.1])
}

/// A mark for a variable.
pub fn mark(name: &str) -> String {
    format!("{}{name}{}", MARK.0, MARK.1)
}

/// The text with marks for the values that responses give.
pub fn marked(text: &str, values: &Values) -> String {
    replaced(text, values, |value, name| vec![(value.to_owned(), name.to_owned())])
}

/// As [`marked`], in a path: values are percent-encoded there.
pub fn marked_path(path: &str, values: &Values) -> String {
    replaced(path, values, |value, name| {
        let encoded = utf8_percent_encode(value, UNRESERVED).to_string();
        let lower = with_lower_hex(&encoded);
        match encoded == value {
            true => vec![(encoded, name.to_owned())],
            false => vec![
                (encoded, format!("{ENCODED}{name}")),
                (lower, format!("{ENCODED_LOWER}{name}")),
                (value.to_owned(), name.to_owned()),
            ],
        }
    })
}

fn replaced(text: &str, values: &Values, forms: impl Fn(&str, &str) -> Vec<(String, String)>) -> String {
    let known = values.iter().filter(|variable| !variable.value.is_empty());
    let mut forms: Vec<(String, String)> = known.flat_map(|known| forms(&known.value, &known.name)).collect();
    // A value may be the beginning of another one.
    forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    forms.iter().fold(text.to_owned(), |text, (form, name)| match text.contains(form.as_str()) {
        true => text.replace(form.as_str(), &mark(name)),
        false => text,
    })
}

fn with_lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.push('%');
        lower.push_str(&digits.to_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// One piece of a marked text.
enum Piece<'t> {
    Literal(&'t str),
    Variable(&'t str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut parts = text.split(MARK.0);
    pieces.push(Piece::Literal(parts.next().unwrap_or_default()));
    for part in parts {
        let (name, rest) = part.split_once(MARK.1).unwrap_or((part, ""));
        pieces.extend([Piece::Variable(name), Piece::Literal(rest)]);
    }
    pieces
}

/// A marked text as one word of a shell command.
pub fn quoted(text: &str) -> String {
    let mut word = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Literal("") => {}
            Piece::Literal(text) => word.push_str(&format!("'{}'", text.replace('\'', r"'\''"))),
            Piece::Variable(name) if !name.starts_with([ENCODED, ENCODED_LOWER]) => {
                word.push_str(&format!("\"${name}\""));
            }
            Piece::Variable(name) => word.push_str(&format!("\"{}\"", expansion(name))),
        }
    }
    if word.is_empty() { "''".to_owned() } else { word }
}

/// A marked text as it stands between double quotes.
pub fn in_double_quotes(text: &str) -> String {
    let mut inside = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Literal(text) => inside.extend(text.chars().flat_map(|c| {
                let escape = matches!(c, '"' | '\\' | '$' | '`').then_some('\\');
                escape.into_iter().chain([c])
            })),
            Piece::Variable(name) => inside.push_str(&expansion(name)),
        }
    }
    inside
}

fn expansion(name: &str) -> String {
    match (name.strip_prefix(ENCODED), name.strip_prefix(ENCODED_LOWER)) {
        (Some(name), _) => format!("$(encoded \"${name}\")"),
        (None, Some(name)) => format!("$(encoded \"${name}\" | sed 's/%3A/%3a/g;s/%2F/%2f/g;s/%2B/%2b/g;s/%3D/%3d/g')"),
        (None, None) => format!("${{{name}}}"),
    }
}

/// The script's first argument, or this text without one.
pub fn default_of_first_argument(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@[]?=%+,~".contains(c));
    match is_plain {
        true => format!("\"${{1:-{text}}}\""),
        false => format!("${{1:-{}}}", quoted(text)),
    }
}

/// A name as that of a variable: `accessKey` and `access-key` become `access_key`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut last = '_';
    for c in name.chars() {
        match c {
            _ if c.is_ascii_uppercase() => {
                if last.is_ascii_lowercase() || last.is_ascii_digit() {
                    snake.push('_');
                }
                snake.push(c.to_ascii_lowercase());
            }
            _ if c.is_ascii_alphanumeric() => snake.push(c),
            _ => snake.push('_'),
        }
        last = c;
    }
    match snake.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => snake,
        false => format!("value_{snake}"),
    }
}
