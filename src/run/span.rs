//! Spans of time as a person writes them: `30`, `1.5`, `30s`, `5m`, `1h 30m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

/// Longest span that is accepted, in seconds: about 31 years.
const LONGEST: f64 = 1e9;

/// A span of time of zero or more; a number without a unit is seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    fn of_seconds(seconds: f64) -> Result<Span, String> {
        match (0.0..=LONGEST).contains(&seconds) {
            true => Ok(Span(Duration::from_secs_f64(seconds))),
            false => Err(format!("{seconds:e} seconds are no span of time: write 0 to 1e9")),
        }
    }
}

impl FromStr for Span {
    type Err = String;

    /// # Errors
    /// The text is not a span of time, or the span is negative or too long.
    fn from_str(text: &str) -> Result<Span, String> {
        if let Ok(seconds) = text.parse::<f64>() {
            return Span::of_seconds(seconds);
        }
        let span: SignedDuration =
            text.parse().map_err(|_| format!("{text:?} is no span of time: write seconds (30), or 30s, 5m, 1h 30m"))?;
        Span::of_seconds(span.as_secs_f64())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a span of time: seconds (30), or a text like \"30s\" or \"5m\"")]
        enum Written {
            Seconds(f64),
            Text(String),
        }
        let span = match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => Span::of_seconds(seconds),
            Written::Text(text) => text.parse(),
        };
        span.map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_and_without_units() {
        let seconds = |text: &str| text.parse::<Span>().map(|span| span.0.as_secs_f64());
        for (text, wanted) in [("30", 30.0), ("0.2", 0.2), ("30s", 30.0), ("5m", 300.0), ("1h 30m", 5_400.0)] {
            assert_eq!(seconds(text), Ok(wanted), "{text}");
        }
        for text in ["", "soon", "-1", "-5m", "1e300", "NaN", "inf", "5 parsecs"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_may_hold_a_number_or_a_text() {
        #[derive(Deserialize)]
        struct File {
            a: Span,
            b: Span,
        }
        let file: File = toml::from_str("a = 60\nb = \"1m\"").unwrap();
        assert_eq!(file.a, file.b);
        assert!(toml::from_str::<File>("a = 60\nb = true").is_err());
    }
}
