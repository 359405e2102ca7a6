use super::*;
use crate::report::sample;

fn title(clause: &str, operation: &str, kind: FindingKind) -> String {
    of(&sample::finding("f", clause, operation, kind))
}

#[test]
fn a_title_says_what_the_target_does() {
    use FindingKind::*;
    for (clause, kind, expected) in [
        ("CreateChannel.input.name.length.max", AcceptedInvalid, "CreateChannel accepts `name` that is too long."),
        (
            "GetChannel.input.arn.required",
            ServerError,
            "GetChannel fails with a server error at a request without `arn`.",
        ),
        ("GetChannel.output.channel.arn.type", MalformedResponse, "GetChannel returns `channel.arn` of another type."),
        (
            "DeleteChannel.status",
            WrongStatus,
            "DeleteChannel reports success with status 200 instead of the documented one.",
        ),
        (
            "GetStream.error.ChannelNotBroadcasting",
            AcceptedInvalid,
            "GetStream accepts what it should refuse with ChannelNotBroadcasting.",
        ),
        (
            "ListChannels.input.maxResults.range.min",
            Transport,
            "ListChannels sends no usable HTTP response at `maxResults` that is too small.",
        ),
        ("StopStream.status", NotImplemented, "StopStream is not implemented."),
    ] {
        let operation = clause.split('.').next().unwrap_or_default();
        assert_eq!(title(clause, operation, kind), expected);
    }
}

fn names(operations: &[&str]) -> BTreeSet<String> {
    operations.iter().map(|operation| (*operation).to_owned()).collect()
}

#[test]
fn what_operations_do_not_check_is_told_of_one_two_or_many() {
    let accepted =
        sample::finding("f", "CreateChannel.input.name.pattern", "CreateChannel", FindingKind::AcceptedInvalid);
    let title = |operations: &[&str], deviation| {
        of_cause(&accepted, Some(&Common { operations: names(operations), deviation }), &names(operations))
    };
    let input = |operations: &[&str]| title(operations, CommonDeviation::UncheckedInput);
    assert_eq!(input(&["CreateChannel"]), "CreateChannel does not check its input.");
    assert_eq!(input(&["A", "B", "C"]), "3 operations do not check their input.");
    let mostly = title(&["A", "B"], CommonDeviation::MostlyUncheckedInput);
    assert_eq!(mostly, "A and B do not check most of their input.");
    let member = |operations: &[&str], extent| {
        title(operations, CommonDeviation::UncheckedMember { path: "name".to_owned(), extent })
    };
    assert_eq!(member(&["CreateChannel"], Extent::All), "CreateChannel does not check the value of `name`.");
    assert_eq!(member(&["A", "B"], Extent::All), "A and B do not check the value of `name`.");
    assert_eq!(member(&["A", "B", "C"], Extent::Value), "3 operations check no more of `name` than its type.");
    let one = Extent::One(Constraint::Pattern);
    assert_eq!(member(&["CreateChannel"], one), "CreateChannel accepts `name` that does not match its pattern.");
    assert_eq!(member(&["A", "B"], one), "A and B accept `name` that does not match its pattern.");
    let other = title(&["A", "B"], CommonDeviation::AnotherError);
    assert_eq!(other, "A and B refuse invalid input with another error than documented.");
    let fails = title(&["A", "B", "C"], CommonDeviation::FailsAt(Constraint::Pattern));
    assert_eq!(fails, "3 operations fail with a server error at input that does not match its pattern.");
    let empty = title(&["A", "B", "C"], CommonDeviation::EmptyResponse);
    assert_eq!(empty, "3 operations return an empty object.");
    let omitted = title(&["A", "B", "C"], CommonDeviation::OmittedEmpty { values: [Blank::Empty].into() });
    assert_eq!(omitted, "3 operations leave out members whose value is empty.");
    let no_object = title(&["A", "B", "C"], CommonDeviation::NoObject);
    assert_eq!(no_object, "3 operations respond with a body that is not a JSON object.");
    let quoted = title(&["A", "B", "C"], CommonDeviation::QuotedValues { example: "60".to_owned() });
    assert_eq!(quoted, "3 operations return values as texts, as \"60\" for 60.");
    let never = title(&["A", "B", "C"], CommonDeviation::NeverShown { member: "tags".to_owned() });
    assert_eq!(never, "3 operations leave out `tags` in every response.");
    let mark = title(&["A", "B", "C"], CommonDeviation::ByteOrderMark);
    assert_eq!(mark, "3 operations respond with a byte order mark before the JSON text.");
    let (documented, shown) = ("streamKeys".to_owned(), "stream_keys".to_owned());
    let renamed = title(&["A", "B", "C"], CommonDeviation::RenamedMembers { documented, shown });
    assert_eq!(renamed, "3 operations return members under other names, as `stream_keys` for `streamKeys`.");
    let inside = title(&["A", "B", "C"], CommonDeviation::OutputInside { member: "data".to_owned() });
    assert_eq!(inside, "3 operations return the documented members inside of a member `data`.");
    let value = CommonDeviation::SameValue { constraint: Constraint::Type, members: 8 };
    assert_eq!(title(&["A", "B"], value.clone()), "A and B return one value of another type in 8 members.");
    assert_eq!(title(&["A"], value), "A returns one value of another type in 8 members.");
}

#[test]
fn failures_that_show_sometimes_are_told_as_an_unreliable_target() {
    let mut finding = sample::finding("f", "GetChannel.status", "GetChannel", FindingKind::ServerError);
    finding.response.status = 502;
    let common = Common { operations: names(&["A", "B", "C"]), deviation: CommonDeviation::Unreliable };
    let title = |finding: &FindingRecord| of_cause(finding, Some(&common), &names(&["A", "B", "C"]));
    assert_eq!(title(&finding), "Requests to 3 operations fail with status 502 from time to time.");
    finding.response.status = 204;
    assert_eq!(title(&finding), "Requests to 3 operations get responses that do not belong to them from time to time.");
    finding.expected = "The body is a JSON object.".to_owned();
    assert_eq!(title(&finding), "Requests to 3 operations get a body that is not a JSON object from time to time.");
    finding.response.status = 200;
    finding.response.body = serde_json::json!("<html>log in</html>");
    assert_eq!(title(&finding), "Requests to 3 operations get a page in place of JSON from time to time.");
    (finding.kind, finding.response.status) = (FindingKind::RejectedValid, 409);
    assert_eq!(title(&finding), "Valid requests to 3 operations are refused from time to time.");
    finding.kind = FindingKind::WrongErrorCode;
    assert_eq!(title(&finding), "3 operations report another error than documented from time to time.");
    finding.response.status = 0;
    assert_eq!(title(&finding), "Requests to 3 operations get no usable HTTP response from time to time.");
}

#[test]
fn a_refusal_that_shows_sometimes_is_told_as_one_of_the_target() {
    let mut finding = sample::finding("f", "DeleteChannel.status", "DeleteChannel", FindingKind::RejectedValid);
    finding.response.status = 404;
    let alone = of_cause(&finding, None, &names(&["DeleteChannel"]));
    assert_eq!(alone, "DeleteChannel refuses valid requests.");
    (finding.seen.of, finding.seen.times) = (3, 1);
    let sometimes = of_cause(&finding, None, &names(&["DeleteChannel"]));
    assert_eq!(sometimes, "Valid requests to DeleteChannel are refused from time to time.");
}

#[test]
fn what_the_errors_of_operations_have_in_common_is_told() {
    let mut finding = sample::finding("f", "GetChannel.status", "GetChannel", FindingKind::RejectedValid);
    finding.response.status = 403;
    let title = |operations: &[&str], deviation| {
        of_cause(&finding, Some(&Common { operations: names(operations), deviation }), &names(operations))
    };
    assert_eq!(title(&["A"], CommonDeviation::NoCode), "A reports an error without a code.");
    let respelled =
        CommonDeviation::RespelledCodes { documented: "ConflictException".into(), shown: "conflict".into() };
    let spelled = "A and B report error codes in another spelling, as `conflict` for `ConflictException`.";
    assert_eq!(title(&["A", "B"], respelled), spelled);
    assert_eq!(title(&["A", "B", "C"], CommonDeviation::NoCode), "3 operations report errors without a code.");
    assert_eq!(title(&["A"], CommonDeviation::ErrorsOfSuccess), "A reports errors with status 403.");
    assert_eq!(title(&["A"], CommonDeviation::OneStatus), "A reports different errors with one status, 403.");
    let signatures = "3 operations refuse correct signatures, which other operations accept.";
    assert_eq!(title(&["A", "B", "C"], CommonDeviation::RefusedSignatures), signatures);
    let ahead = "3 operations refuse some requests, valid ones among them, with status 403 and without an error code.";
    assert_eq!(title(&["A", "B", "C"], CommonDeviation::RefusedAhead), ahead);
}

#[test]
fn failures_at_one_member_are_told_by_what_came_back() {
    let mut finding = sample::finding("f", "A.input.tags.value.length.max", "A", FindingKind::Transport);
    let mut title = |kind, extent| {
        finding.kind = kind;
        let deviation = CommonDeviation::UncheckedMember { path: "tags.value".to_owned(), extent };
        of_cause(&finding, Some(&Common { operations: names(&["A", "B", "C"]), deviation }), &names(&["A", "B", "C"]))
    };
    let one = Extent::One(Constraint::LengthMax);
    let down = "3 operations send no usable HTTP response at `tags.value` that is too long.";
    assert_eq!(title(FindingKind::Transport, one), down);
    let error = "3 operations fail with a server error at an invalid `tags.value`.";
    assert_eq!(title(FindingKind::ServerError, Extent::All), error);
}

#[test]
fn a_rule_that_several_operations_break_names_them() {
    let finding = sample::finding("f", "rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
    let title = |operations: &[&str]| {
        let common = Common { operations: names(operations), deviation: CommonDeviation::SameClause };
        of_cause(&finding, Some(&common), &common.operations)
    };
    assert_eq!(title(&["A", "B"]), "A and B break the rule: `name` has at most 128 characters.");
    assert_eq!(title(&["A", "B", "C"]), "3 operations break the rule: `name` has at most 128 characters.");
    let mut status = sample::finding("f", "A.status", "A", FindingKind::WrongStatus);
    status.response.status = 201;
    let common = Common { operations: names(&["A", "B"]), deviation: CommonDeviation::SameClause };
    let reported = "A and B report success with status 201 instead of the documented one.";
    assert_eq!(of_cause(&status, Some(&common), &common.operations), reported);
}

#[test]
fn a_rule_is_quoted() {
    let text = title("rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
    assert_eq!(text, "TagResource breaks the rule: `name` has at most 128 characters.");
}
