//! Error codes that are the documented ones in another spelling (in lower case, in snake case, without `Exception` at their end) are
//! one cause, whichever errors they are of.

use std::collections::BTreeSet;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{most_telling, positions};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Codes that must be spelled otherwise.
const MANY: usize = 3;
/// Ends of codes that say only that they are errors.
const ENDS: [&str; 2] = ["exception", "error"];

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let group = positions(findings, |finding| documented(finding).is_some());
    let of_group = || group.iter().filter_map(|position| findings.get(*position));
    let codes: BTreeSet<&str> = of_group().filter_map(documented).collect();
    let says_error = |finding: &Evidence<'_>| matches!(finding.about, Some(ClauseId::Error { .. }));
    let example = most_telling(findings, &group, says_error).and_then(|position| findings.get(position));
    let spellings = example.and_then(|finding| Some((documented(finding)?.to_owned(), finding.code?.to_owned())));
    if let Some((documented, shown)) = spellings.filter(|_| codes.len() >= MANY) {
        links.join_as(findings, &group, says_error, CommonDeviation::RespelledCodes { documented, shown });
    }
}

/// The documented code that a wrong one is another spelling of.
fn documented<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let code = finding.code.filter(|_| finding.kind == FindingKind::WrongErrorCode)?;
    let of_error = match finding.about {
        Some(ClauseId::Error { code, .. }) => Some(code),
        _ => None,
    };
    let mut expected = of_error.into_iter().chain(finding.expected.split([' ', '.']));
    let spelled = plain(code);
    expected.find(|word| *word != code && !spelled.is_empty() && plain(word) == spelled)
}

/// A code without what spellings differ in.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
    let letters: String = letters.collect();
    let shorter = ENDS.iter().find_map(|end| letters.strip_suffix(end));
    shorter.map_or_else(|| letters.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{linked, refusal};

    fn errors(codes: [&'static str; 3]) -> Vec<Evidence<'static>> {
        let clauses =
            ["GetChannel.error.ResourceNotFoundException", "auth.unsigned-request-is-refused", "A.input.name.pattern"];
        let expected =
            ["", "The response is NotAuthorized (400) or 401.", "The response is ValidationException (400)."];
        let rows = clauses.into_iter().zip(expected).zip(codes);
        rows.map(|((clause, expected), code)| Evidence {
            expected,
            kind: FindingKind::WrongErrorCode,
            ..refusal(clause, "A", 400, code)
        })
        .collect()
    }

    #[test]
    fn three_codes_in_another_spelling_are_one_cause_named_after_an_error() {
        assert_eq!(linked(link, &errors(["resource_not_found", "notauthorized", "ValidationError"])), [0, 0, 0]);
        assert_eq!(linked(link, &errors(["ResourceNotFound", "NOT_AUTHORIZED", "validation-exception"])), [0, 0, 0]);
    }

    #[test]
    fn other_codes_and_fewer_of_them_stay_apart() {
        assert_eq!(linked(link, &errors(["ResourceNotFound", "NotAuthorized", "ValidationError"])), [0, 1, 2]);
        assert_eq!(linked(link, &errors(["NoSuchResource", "not-authorized", "ValidationError"])), [0, 1, 2]);
        assert_eq!(linked(link, &errors(["Error", "Exception", "BadRequest"])), [0, 1, 2]);
    }
}
