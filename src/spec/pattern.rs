//! Patterns of strings: ECMAScript regular expressions, read as a constraint on the whole value.
//!
//! Smithy patterns are ECMA-262 expressions that may match anywhere; the contract's reading is that they constrain the
//! whole value, so the compiled expression is `^(?:…)$`.

use regex::Regex;

use super::conventions;

/// A pattern that the whole value must match.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The pattern as it is read: as the model writes it, but for known misprints (`specs/conventions.json`).
    pub source: String,
    /// The resource type that an ARN pattern fixes (`bucket`), [`Pattern::ANY_RESOURCE`] if it leaves the type open,
    /// none if the pattern is not an ARN's.
    pub arn_resource: Option<String>,
    /// The service that an ARN pattern fixes (`s3`), none if it leaves it open or is not an ARN's.
    pub arn_service: Option<String>,
    /// In the syntax of the `regex` crate, without the anchors around the whole.
    translated: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Resource type of an ARN pattern that allows every type.
    pub const ANY_RESOURCE: &str = "any";

    /// Compiles a pattern.
    ///
    /// # Errors
    /// Why it is no regular expression, or that it uses what cannot be matched in linear time (look-around,
    /// back-references).
    pub fn new(text: &str) -> Result<Self, String> {
        let source = conventions::without_misprints(text);
        let translated = translate(&source)?;
        let anchored = format!("^(?:{translated})$");
        let regex = Regex::new(&anchored).map_err(|error| short_reason(&error))?;
        let (arn_resource, arn_service) = (arn_resource(&source), arn_service(&source));
        Ok(Self { arn_resource, arn_service, source, translated, regex })
    }

    /// Length of the shortest match in bytes; 0 if nothing matches.
    pub fn min_length(&self) -> u64 {
        let parsed = regex_syntax::parse(&self.translated).ok();
        parsed.and_then(|hir| hir.properties().minimum_len()).map_or(0, |length| length as u64)
    }

    /// Whether the whole value matches.
    pub fn is_match(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// The pattern in the syntax of the `regex` crate, without anchors around the whole; those inside it stay.
    pub fn regex_source(&self) -> &str {
        &self.translated
    }

    /// The pattern without the anchors around each of its alternatives: they say nothing of a whole value. Patterns that are
    /// equal in this form allow the same values.
    pub fn unanchored(&self) -> String {
        let alternatives = alternatives(&self.source).into_iter().map(|alternative| {
            let end = alternative.trim_end_matches('$');
            let is_escaped = end.len() < alternative.len() && end.ends_with('\\') && !end.ends_with("\\\\");
            if is_escaped { alternative.trim_start_matches('^') } else { end.trim_start_matches('^') }
        });
        alternatives.collect::<Vec<_>>().join("|")
    }

    /// The pattern as an anchored ECMAScript expression, as JSON Schema wants it.
    pub fn anchored(&self) -> String {
        format!("^(?:{})$", self.source)
    }
}

/// The reason in one line.
fn short_reason(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or(&text).trim().trim_start_matches("error: ").to_owned()
}

/// The resource type of an ARN pattern. A slash may be escaped.
fn arn_resource(pattern: &str) -> Option<String> {
    let resource = arn_part(pattern, 5)?.replace("\\/", "/");
    let (kind, _) = resource.split_once('/')?;
    if kind.is_empty() {
        return None;
    }
    Some(if is_literal(kind) { kind.to_owned() } else { Pattern::ANY_RESOURCE.to_owned() })
}

/// The service of an ARN pattern.
fn arn_service(pattern: &str) -> Option<String> {
    arn_part(pattern, 2).filter(|service| !service.is_empty() && is_literal(service)).map(str::to_owned)
}

/// A part of an ARN pattern, from 0.
fn arn_part(pattern: &str, number: usize) -> Option<&str> {
    let from = pattern.find("arn:")?;
    top_level_parts(pattern.get(from..)?).nth(number)
}

fn is_literal(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
}

/// Alternatives that stand outside of brackets.
fn alternatives(pattern: &str) -> Vec<&str> {
    split_outside(pattern, '|').collect()
}

/// Parts between colons that stand outside of brackets.
fn top_level_parts(pattern: &str) -> impl Iterator<Item = &str> {
    split_outside(pattern, ':')
}

/// Parts between separators that stand outside of brackets.
fn split_outside(pattern: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let mut is_escaped = false;
    pattern.split(move |letter: char| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match letter {
            '\\' => is_escaped = true,
            '[' | '(' | '{' => depth = depth.saturating_add(1),
            ']' | ')' | '}' => depth = depth.saturating_sub(1),
            other if other == separator => return depth == 0,
            _ => {}
        }
        false
    })
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\x0b\x0c\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";

/// From ECMAScript's syntax to that of the `regex` crate: the shorthand classes are ECMAScript's, `.` leaves out all
/// line ends, and in a class `[`, `&&`, `--` and `~~` are plain characters.
fn translate(pattern: &str) -> Result<String, String> {
    let mut result = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let escaped = letters.next().ok_or("a backslash ends it")?;
                let is_shorthand = escape(escaped, in_class, &mut result)?;
                if is_shorthand && in_class && letters.next_if_eq(&'-').is_some() {
                    result.push_str(r"\-");
                }
            }
            '[' if in_class => result.push_str(r"\["),
            '[' => {
                let is_negated = letters.next_if_eq(&'^').is_some();
                if letters.next_if_eq(&']').is_some() {
                    result.push_str(if is_negated { r"[\s\S]" } else { r"[^\s\S]" });
                } else {
                    in_class = true;
                    result.push_str(if is_negated { "[^" } else { "[" });
                }
            }
            ']' if in_class => {
                in_class = false;
                result.push(']');
            }
            '&' | '~' if in_class => {
                result.push('\\');
                result.push(letter);
            }
            '-' if in_class && letters.peek() == Some(&'-') => {
                letters.next();
                result.push_str(r"-\-");
            }
            '.' if !in_class => result.push_str(r"[^\n\r\u{2028}\u{2029}]"),
            other => result.push(other),
        }
    }
    Ok(result)
}

/// Writes an escape; whether it stands for more than one character.
fn escape(letter: char, in_class: bool, result: &mut String) -> Result<bool, String> {
    let class = match letter {
        'd' | 'D' => DIGIT,
        'w' | 'W' => WORD,
        's' | 'S' => SPACE,
        'b' if in_class => {
            result.push_str(r"\x08");
            return Ok(false);
        }
        'b' | 'B' => {
            result.push_str(if letter == 'b' { r"(?-u:\b)" } else { r"(?-u:\B)" });
            return Ok(false);
        }
        '0' => {
            result.push_str(r"\x00");
            return Ok(false);
        }
        '1'..='9' | 'k' => return Err("back-references are not supported".to_owned()),
        '<' | '>' => {
            result.push(letter);
            return Ok(false);
        }
        other => {
            result.push('\\');
            result.push(other);
            return Ok(false);
        }
    };
    let is_negated = letter.is_ascii_uppercase();
    match (is_negated, in_class) {
        (true, _) => result.push_str(&format!("[^{class}]")),
        (false, true) => result.push_str(class),
        (false, false) => result.push_str(&format!("[{class}]")),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(value)
    }

    #[test]
    fn the_whole_value_counts() {
        assert!(matches("[a-z]+", "abc"));
        assert!(!matches("[a-z]+", "abc1"));
        assert!(matches("^$|^x$", ""));
        assert!(matches("^^$|^arn:a$$", "arn:a"));
        assert!(!matches("^[a-z]*$", "a\n"));
    }

    #[test]
    fn ecmascript_classes_are_understood() {
        assert!(matches("^[a-zA-Z0-9-_.,:;\\s]*$", "a b_-\u{a0}"));
        assert!(!matches("^\\d$", "\u{663}"));
        assert!(matches("[\\w-_]+", "a-_"));
        assert!(matches("[a-z0-9-.]+", "a-."));
        assert!(matches("[[&&--~~]+", "[&-~") || Pattern::new("[[&&--~~]+").is_err());
        assert!(!matches("^.$", "\r"));
        assert!(matches("[\\D]", "x"));
        assert!(matches("^[\\.\\-_/#A-Za-z0-9]+$", "a/b#c.d-e"));
    }

    #[test]
    fn what_cannot_be_matched_is_refused() {
        for pattern in ["(?=a)", "(a)\\1", "[", "(", "a\\", "\\p{Nonsense}"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn an_arn_names_its_resource() {
        let resource = |text: &str| Pattern::new(text).unwrap().arn_resource;
        let arn = |kind: &str| format!("^$|^arn:aws:ivs:[a-z0-9-]+:[0-9]+:{kind}/[a-zA-Z0-9-]+$");
        assert_eq!(resource(&arn("channel")).as_deref(), Some("channel"));
        assert_eq!(resource(&arn("stream-key")).as_deref(), Some("stream-key"));
        assert_eq!(resource(&arn("[a-z-]+")).as_deref(), Some(Pattern::ANY_RESOURCE));
        assert_eq!(resource(&arn("channel\\")).as_deref(), Some("channel"), "an escaped slash");
        assert_eq!(Pattern::new(&arn("channel")).unwrap().arn_service.as_deref(), Some("ivs"));
        assert_eq!(resource("^[a-z]+$"), None);
        assert_eq!(resource("^arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:.+"), None);
    }

    #[test]
    fn anchors_around_alternatives_say_nothing() {
        let plain = |text: &str| Pattern::new(text).unwrap().unanchored();
        assert_eq!(plain("^$|^arn:[a-z|]+$"), plain("|arn:[a-z|]+"));
        assert_eq!(plain("^^$|^a$$"), plain("^$|^a$"));
        assert_eq!(plain("^a\\$"), "a\\$");
        assert_ne!(plain("^a$"), plain("^b$"));
    }

    #[test]
    fn a_misprinted_resource_type_is_read_intact() {
        let text = "^arn:aws:ivs:[a-z0-9-]+:[0-9]+:[a-z-]/[a-zA-Z0-9-]+$";
        let pattern = Pattern::new(text).unwrap();
        assert!(pattern.is_match("arn:aws:ivs:us-west-2:123456789012:stage/AbC"));
        assert_eq!(pattern.source, text.replace("[a-z-]/", "[a-z-]+/"));
        assert_eq!(Pattern::new("^a:[a-z-]/$").unwrap().source, "^a:[a-z-]/$", "not an ARN");
    }
}
