//! Failures that show only sometimes, in one way, on many operations are one cause: the target, or a proxy before it, is
//! unreliable. So are pages, responses of another form and other errors that come only sometimes, and valid requests that are
//! refused only sometimes.
//! What is refused or accepted only sometimes beside failures follows from them: what a failed request left undone gets in the
//! way of others.

use crate::diagnose::common::{Common, CommonDeviation};
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations, positions};
use crate::judge::finding::FindingKind;

/// Operations that must fail in the same way.
const MANY: usize = 3;
/// The same where no finding says anything of its clause.
const MANY_WITHOUT_VERDICT: usize = 2;
/// Lowest status of an error of the server.
const SERVER_ERROR: u16 = 500;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let mut first = None;
    for (failure, mut group) in grouped(findings, failure) {
        let operations = operations(findings, &group);
        // Beside failures, refusals follow from them.
        let is_refusal = matches!(failure, Failure::Refused | Failure::AnotherError);
        let is_mere_noise =
            group.iter().all(|position| findings.get(*position).is_some_and(|finding| finding.is_intermittent));
        let many = if is_mere_noise { MANY_WITHOUT_VERDICT } else { MANY };
        if operations.len() < many || (is_refusal && first.is_some()) {
            continue;
        }
        match failure {
            Failure::Page(_) => group.extend(same_pages(findings, &group)),
            Failure::Refused => group.extend(pages_of_refusals(findings)),
            _ => {}
        }
        let Some(primary) = group.iter().copied().max_by_key(|position| rank(findings, *position)) else { continue };
        let primary = links.join(&group, primary);
        links.note(primary, operations, CommonDeviation::Unreliable);
        first = first.or(Some(primary));
    }
    if let Some(primary) = first {
        let disturbed = findings.iter().enumerate().filter(|(_, finding)| is_disturbed(finding));
        disturbed.for_each(|(position, _)| links.follows(position, primary));
    }
}

/// Whether what a failed request left undone may show it: a quota that stays full, a stream that does not end.
fn is_disturbed(finding: &Evidence<'_>) -> bool {
    match finding.kind {
        FindingKind::RejectedValid | FindingKind::WrongErrorCode | FindingKind::WrongStatus => !finding.is_steady,
        FindingKind::AcceptedInvalid => finding.is_intermittent,
        _ => false,
    }
}

/// What came sometimes in place of the documented response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Failure {
    /// No response.
    Nothing,
    /// A page, with this status of success.
    Page(u16),
    /// An error of the server, with this status.
    Error(u16),
    /// A success of another form or status than documented, such as the response to another request.
    AnotherForm,
    /// A refusal of a valid request, such as one that was carried out before.
    Refused,
    /// Another error than documented.
    AnotherError,
}

/// What the findings of a cause have in common that is named by one which showed every time, if most show only sometimes.
pub(in crate::diagnose) fn common_noise(findings: &[Evidence<'_>], positions: &[usize]) -> Option<Common> {
    let of = |position: &usize| findings.get(*position);
    let primary = of(positions.first()?).and_then(kind_of_failure)?;
    let is_alike = |position: &usize| of(position).and_then(kind_of_failure) == Some(primary);
    let is_steady = |position: &usize| of(position).is_some_and(|finding| finding.is_steady);
    let (steady, unsteady): (Vec<usize>, Vec<usize>) = positions.iter().copied().filter(is_alike).partition(is_steady);
    let (steady, unsteady) = (operations(findings, &steady), operations(findings, &unsteady));
    (unsteady.len() >= MANY * steady.len().max(1)).then(|| Common {
        operations: unsteady.into_iter().map(str::to_owned).collect(),
        deviation: CommonDeviation::Unreliable,
    })
}

/// What came sometimes; `None` for findings that say something else.
fn failure(finding: &Evidence<'_>) -> Option<Failure> {
    kind_of_failure(finding).filter(|_| !finding.is_steady)
}

/// What came in place of the documented response; `None` for findings that say something else.
fn kind_of_failure(finding: &Evidence<'_>) -> Option<Failure> {
    match finding.kind {
        FindingKind::Transport => Some(Failure::Nothing),
        _ if finding.is_of_success() && finding.is_page() => Some(Failure::Page(finding.status)),
        kind if kind.may_be_noise() && finding.status >= SERVER_ERROR => Some(Failure::Error(finding.status)),
        FindingKind::MalformedResponse | FindingKind::WrongStatus if finding.is_of_success() => {
            Some(Failure::AnotherForm)
        }
        FindingKind::MalformedResponse if finding.asks_for_an_object() && !finding.is_page() => {
            Some(Failure::AnotherForm)
        }
        FindingKind::RejectedValid => Some(Failure::Refused),
        FindingKind::WrongErrorCode | FindingKind::WrongStatus => Some(Failure::AnotherError),
        _ => None,
    }
}

/// Positions of the findings that a page shows which comes only sometimes, and which by chance came each time.
fn same_pages(findings: &[Evidence<'_>], group: &[usize]) -> Vec<usize> {
    let mut pages = group.iter().filter_map(|position| Some(findings.get(*position)?.response));
    let page = pages.next();
    let is_alone = pages.all(|other| Some(other) == page);
    positions(findings, |finding| is_alone && finding.is_steady && finding.is_page() && Some(finding.response) == page)
}

/// Positions of the findings that the page of a refusal is not JSON, which comes only sometimes.
fn pages_of_refusals(findings: &[Evidence<'_>]) -> Vec<usize> {
    let is_of_page = |finding: &Evidence<'_>| finding.is_of_client_error() && finding.asks_for_an_object();
    positions(findings, |finding| !finding.is_steady && is_of_page(finding))
}

/// A plain failure at valid requests names the cause best, the one that was seen most.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, bool, u64, std::cmp::Reverse<usize>) {
    let finding = findings.get(position);
    let is_failure = finding.is_some_and(|finding| finding.kind.is_failure());
    let is_plain = finding.is_some_and(Evidence::is_about_success);
    let occurrences = finding.map_or(0, |finding| finding.occurrences);
    (is_failure, is_plain, occurrences, std::cmp::Reverse(position))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn failing(clause: &'static str, operation: &'static str, kind: FindingKind, status: u16) -> Evidence<'static> {
        Evidence { is_steady: false, status, ..finding(clause, operation, kind) }
    }

    fn failures(kind: FindingKind, status: u16) -> [Evidence<'static>; 3] {
        [
            failing("protocol.encodings-are-optional", "ListChannels", kind, status),
            failing("GetChannel.status", "GetChannel", kind, status),
            failing("CreateChannel.input.name.pattern", "CreateChannel", kind, status),
        ]
    }

    #[test]
    fn refusals_of_two_operations_that_say_nothing_of_their_clauses_are_one_cause() {
        let refused = |clause, operation, is_intermittent| Evidence {
            is_intermittent,
            ..failing(clause, operation, FindingKind::RejectedValid, 404)
        };
        let delete = refused("DeleteChannel.status", "DeleteChannel", true);
        let create = |is_intermittent| refused("CreateChannel.status", "CreateChannel", is_intermittent);
        assert_eq!(linked(link, &[delete.clone(), create(true)]), [0, 0]);
        assert_eq!(linked(link, &[delete, create(false)]), [0, 1]);
    }

    #[test]
    fn failures_of_three_operations_are_one_cause_named_by_a_valid_request() {
        assert_eq!(linked(link, &failures(FindingKind::ServerError, 502)), [1, 1, 1]);
        assert_eq!(linked(link, &failures(FindingKind::Transport, 0)), [1, 1, 1]);
        let mut with_page = failures(FindingKind::ServerError, 502).to_vec();
        let body = "protocol.error-body-is-json-object";
        with_page.push(failing(body, "GetChannel", FindingKind::MalformedResponse, 502));
        assert_eq!(linked(link, &with_page), [1, 1, 1, 1], "the page of a proxy comes with its status");
        let full = failing("CreateStreamKey.status", "CreateStreamKey", FindingKind::RejectedValid, 402);
        let steady = Evidence { is_steady: true, ..full.clone() };
        with_page.extend([full, steady]);
        assert_eq!(linked(link, &with_page), [1, 1, 1, 1, 1, 5], "a deletion that failed leaves the quota full");
        let mut with_stream = failures(FindingKind::ServerError, 502).to_vec();
        let served = failing("rule.stop-stream-ends-the-broadcast", "GetStream", FindingKind::AcceptedInvalid, 200);
        with_stream.extend([false, true].map(|is_intermittent| Evidence { is_intermittent, ..served.clone() }));
        assert_eq!(linked(link, &with_stream), [1, 1, 1, 3, 1], "a stream that was not stopped is served");
    }

    #[test]
    fn valid_requests_of_three_operations_that_are_refused_sometimes_are_one_cause() {
        let mut refused = failures(FindingKind::RejectedValid, 409);
        refused[0].status = 404;
        assert_eq!(linked(link, &refused), [1, 1, 1]);
        let mut with_page = refused.to_vec();
        with_page.push(Evidence {
            expected: "The body is a JSON object.",
            ..failing("protocol.error-body-is-json-object", "ListChannels", FindingKind::MalformedResponse, 404)
        });
        assert_eq!(linked(link, &with_page), [1, 1, 1, 1], "the page of a proxy comes with its refusal");
        with_page[3].is_steady = true;
        assert_eq!(linked(link, &with_page), [1, 1, 1, 3]);
        refused[2].is_steady = true;
        assert_eq!(linked(link, &refused), [0, 1, 2]);
    }

    #[test]
    fn what_one_operation_shows_every_time_and_others_sometimes_is_told_as_what_comes_sometimes() {
        let mut refused = failures(FindingKind::RejectedValid, 404).to_vec();
        refused
            .push(Evidence { is_steady: true, ..failing("ListStreams.status", "ListStreams", refused[0].kind, 404) });
        let told = |findings: &[Evidence<'_>]| Some(common_noise(findings, &[3, 0, 1, 2])?.operations.len());
        assert_eq!(told(&refused), Some(3));
        refused[0].is_steady = true;
        assert_eq!(told(&refused), None);
    }

    #[test]
    fn other_errors_of_three_operations_that_come_sometimes_are_one_cause() {
        let mut errors = failures(FindingKind::WrongErrorCode, 404);
        errors[0].kind = FindingKind::WrongStatus;
        assert_eq!(linked(link, &errors), [1, 1, 1]);
        errors[2].is_steady = true;
        assert_eq!(linked(link, &errors), [0, 1, 2]);
    }

    #[test]
    fn responses_of_another_form_that_come_sometimes_are_one_cause_with_what_else_shows_sometimes() {
        let mut strange = failures(FindingKind::WrongStatus, 204).to_vec();
        strange[2].kind = FindingKind::MalformedResponse;
        let refused = failing("GetStreamKey.status", "GetStreamKey", FindingKind::RejectedValid, 404);
        let not_found = failing("TagResource.input.tags.type", "TagResource", FindingKind::WrongErrorCode, 404);
        strange.extend([refused, not_found]);
        assert_eq!(linked(link, &strange), [1, 1, 1, 1, 1]);
        strange[0].is_steady = true;
        assert_eq!(linked(link, &strange), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn failures_of_another_kind_or_of_few_operations_or_that_always_show_stay_apart() {
        assert_eq!(linked(link, &failures(FindingKind::ServerError, 502)[..2]), [0, 1]);
        assert_eq!(linked(link, &failures(FindingKind::AcceptedInvalid, 200)), [0, 1, 2]);
        let mut mixed = failures(FindingKind::ServerError, 502);
        mixed[0].status = 500;
        assert_eq!(linked(link, &mixed), [0, 1, 2]);
        let mut steady = failures(FindingKind::ServerError, 502);
        steady[2].is_steady = true;
        assert_eq!(linked(link, &steady), [0, 1, 2]);
    }

    #[test]
    fn a_page_that_comes_sometimes_is_one_cause_whatever_it_seems_to_say() {
        let page = |text: &str| body(Value::from(text));
        let of = |clause, operation, kind| Evidence {
            response: page("<html>log in</html>"),
            is_steady: false,
            is_intermittent: true,
            ..finding(clause, operation, kind)
        };
        let accepted = of("GetChannel.input.arn.length.min", "GetChannel", FindingKind::AcceptedInvalid);
        let by_chance = Evidence { is_steady: true, is_intermittent: false, ..accepted.clone() };
        let gone = of("rule.deleted-channel-is-gone", "ListTagsForResource", FindingKind::WrongBehaviour);
        let form = of("ListChannels.content_type", "ListChannels", FindingKind::MalformedResponse);
        let json = Evidence { response: body(json!({"channel": {}})), is_intermittent: false, ..accepted.clone() };
        let findings = [accepted, gone, form, by_chance, json];
        assert_eq!(linked(link, &findings), [3, 3, 3, 3, 4]);
        let mut other = findings;
        other[3].response = page("<html>not found</html>");
        assert_eq!(linked(link, &other)[3], 3, "a page that always comes there is another one");
        assert_eq!(linked(link, &other[..2]), [0, 0]);
        assert_eq!(linked(link, &other[..1]), [0]);
    }
}
