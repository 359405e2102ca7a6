//! Answers that a probe allows, as suites write them.

use std::fmt;

use serde::Deserialize;

/// An answer that a probe allows: `success`, `CODE (STATUS)`, `STATUS` or `4xx`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Accepted {
    /// Any 2xx.
    Success,
    /// A code with a status.
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

impl TryFrom<String> for Accepted {
    type Error = String;

    fn try_from(text: String) -> Result<Accepted, String> {
        let unknown =
            || format!("`{text}` is not an answer: write `success`, `4xx`, a status such as `403`, or `CODE (STATUS)`");
        let status = |text: &str| text.parse().ok().filter(|status| (300..600).contains(status));
        match (text.as_str(), text.split_once(" (")) {
            ("success", _) => Ok(Accepted::Success),
            ("4xx", _) => Ok(Accepted::ClientError),
            (_, Some((code, end))) => {
                let status = end.strip_suffix(')').and_then(status).ok_or_else(unknown)?;
                Ok(Accepted::Error { code: code.to_owned(), status })
            }
            (text, None) => status(text).map(Accepted::Status).ok_or_else(unknown),
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Accepted::Success => formatter.write_str("success"),
            Accepted::ClientError => formatter.write_str("4xx"),
            Accepted::Status(status) => write!(formatter, "{status}"),
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
        for text in ["success", "4xx", "403", "ValidationException (400)"] {
            assert_eq!(Accepted::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["sucess", "5xx", "200", "ValidationException", "ValidationException (4OO)", ""] {
            let error = Accepted::try_from(text.to_owned()).unwrap_err();
            assert!(error.starts_with(&format!("`{text}` is not an answer")), "{error}");
        }
    }
}
