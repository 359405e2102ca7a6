//! Responses that suites accept, as they write them.

use std::fmt;

use serde::Deserialize;

/// A response that a step or a probe accepts: `success`, `CODE`, `CODE (STATUS)`, `STATUS` or `4xx`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Accepted {
    /// Any 2xx.
    Success,
    /// An error code, with any status that the contract documents for it.
    Code(String),
    /// An error code with a status.
    Error {
        /// The code.
        code: String,
        /// The status.
        status: u16,
    },
    /// An error status with any code.
    Status(u16),
    /// Any status from 400 to 499.
    ClientError,
}

impl Accepted {
    /// The error code that it names.
    pub fn code(&self) -> Option<&str> {
        match self {
            Accepted::Code(code) | Accepted::Error { code, .. } => Some(code),
            Accepted::Success | Accepted::Status(_) | Accepted::ClientError => None,
        }
    }
}

impl TryFrom<String> for Accepted {
    type Error = String;

    fn try_from(text: String) -> Result<Accepted, String> {
        let status = |text: &str| text.parse().ok().filter(|status| (300..600).contains(status));
        let is_word = |text: &str| !text.is_empty() && !text.contains([' ', '(', ')']);
        let read = match (text.as_str(), text.split_once(" (")) {
            ("success", _) => Some(Accepted::Success),
            ("4xx", _) => Some(Accepted::ClientError),
            (_, Some((code, end))) => {
                let status = end.strip_suffix(')').and_then(status);
                status.filter(|_| is_word(code)).map(|status| Accepted::Error { code: code.to_owned(), status })
            }
            (word, None) => {
                status(word).map(Accepted::Status).or_else(|| is_word(word).then(|| Accepted::Code(word.to_owned())))
            }
        };
        let forms = "`success`, `4xx`, a status such as `403`, an error code, or `CODE (STATUS)`";
        read.ok_or_else(|| format!("`{text}` is not a response: write {forms}"))
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Accepted::Success => formatter.write_str("success"),
            Accepted::ClientError => formatter.write_str("4xx"),
            Accepted::Status(status) => write!(formatter, "{status}"),
            Accepted::Code(code) => formatter.write_str(code),
            Accepted::Error { code, status } => write!(formatter, "{code} ({status})"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_form_is_read_and_written_alike() {
        for text in ["success", "4xx", "403", "ValidationException", "ValidationException (400)"] {
            assert_eq!(Accepted::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["no such word", "ValidationException (4OO)", " (400)", ""] {
            let error = Accepted::try_from(text.to_owned()).unwrap_err();
            assert!(error.starts_with(&format!("`{text}` is not a response")), "{error}");
        }
    }
}
