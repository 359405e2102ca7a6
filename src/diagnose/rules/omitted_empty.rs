//! Members that responses leave out where their value is empty, `false` or zero are one cause: what writes responses omits such
//! values.

use std::collections::BTreeSet;

use crate::diagnose::common::{Blank, CommonDeviation};
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{Evidence, is_empty_object};
use crate::diagnose::groups::positions;

/// Names of members that must be left out.
const MANY: usize = 3;
/// How sentences go on, behind the member, that expect such a value.
const EXPECTED: [(&str, Blank); 7] = [
    ("is \"\"", Blank::Empty),
    ("is []", Blank::Empty),
    ("is {}", Blank::Empty),
    ("is one of []", Blank::Empty),
    ("has length 0", Blank::Empty),
    ("is false", Blank::False),
    ("is 0", Blank::Zero),
];

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let names = |is_wanted: &dyn Fn(&Evidence<'_>) -> bool| -> BTreeSet<&str> {
        findings.iter().filter(|finding| is_wanted(finding)).filter_map(missing_name).collect()
    };
    let given = names(&|finding| !finding.is_about_required_output() && expected(finding).is_none());
    let omitted: BTreeSet<&str> = &names(&|finding| expected(finding).is_some() && !is_bare(finding)) - &given;
    if omitted.len() < MANY {
        return;
    }
    let belongs = |finding: &Evidence<'_>| {
        missing_name(finding).is_some_and(|name| omitted.contains(name) || is_bare(finding) && !given.contains(name))
    };
    let group = positions(findings, belongs);
    let values = group.iter().filter_map(|position| expected(findings.get(*position)?)).collect();
    links.join_as(findings, &group, |finding| !is_bare(finding), CommonDeviation::OmittedEmpty { values });
}

/// Name of the member that is not there, in a response of success.
fn missing_name<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let path = finding.missing_path().or_else(|| finding.detail.filter(|_| finding.misses_something()));
    path.filter(|_| finding.is_of_success())?.rsplit('.').next()
}

/// The empty value, or the like, that the member should have: the one that is promised, or that was given.
fn expected(finding: &Evidence<'_>) -> Option<Blank> {
    if finding.missing_path().is_none() {
        return finding.given_at(finding.detail?).and_then(Blank::of);
    }
    let (_, value) = finding.expected.strip_prefix('`')?.split_once("` ")?;
    EXPECTED.iter().find(|(blank, _)| value.starts_with(blank)).map(|(_, blank)| *blank)
}

/// Whether nothing is left of the response, as of one that has no other member.
fn is_bare(finding: &Evidence<'_>) -> bool {
    is_empty_object(finding.response)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};
    use crate::judge::finding::FindingKind;

    fn absent(expected: &'static str, observed: &'static str, response: Value) -> Evidence<'static> {
        let behaviour = finding("rule.default", "CreateChannel", FindingKind::WrongBehaviour);
        Evidence { expected, observed, response: body(response), ..behaviour }
    }

    fn omitted() -> [Evidence<'static>; 5] {
        let shown = || json!({"channel": {"arn": "a"}});
        let required = finding("ListChannels.output.channels.required", "ListChannels", FindingKind::MalformedResponse);
        let policies = finding("ListPolicies.output.p.member.origins.required", "ListPolicies", required.kind);
        [
            Evidence { observed: "`channels` is missing.", response: body(json!({})), ..required },
            absent("`channel.preset` is \"\", for it is left out.", "`channel.preset` is absent.", shown()),
            absent("`channel.origins` is one of [].", "`channel.origins` is absent.", shown()),
            absent("`channel.keys` has length 0.", "`channel.keys` is absent.", shown()),
            Evidence { observed: "`p.member.origins` is missing.", response: body(json!({"p": [{}]})), ..policies },
        ]
    }

    #[test]
    fn members_that_are_left_out_where_they_are_empty_are_one_cause() {
        assert_eq!(linked(link, &omitted()), [1; 5]);
        let mut null = omitted();
        null[0].response = body(json!({"channels": null}));
        assert_eq!(linked(link, &null), [1; 5]);
    }

    #[test]
    fn so_are_false_and_zero() {
        let shown = || json!({"channel": {"arn": "a"}});
        let given = finding("rule.get-returns-what-create-answered", "CreateChannel", FindingKind::WrongBehaviour);
        let given = |request| Evidence {
            detail: Some("authorized"),
            observed: "`authorized` is not there.",
            request: body(request),
            response: body(shown()),
            ..given.clone()
        };
        let absent = [
            absent("`channel.authorized` is false, for it is left out.", "`channel.authorized` is absent.", shown()),
            absent("`channel.insecure` is false.", "`channel.insecure` is absent.", shown()),
            absent("`channel.viewers` is 0.", "`channel.viewers` is absent.", shown()),
        ];
        let linked_with = |request| linked(link, &[&absent[..], &[given(request)]].concat());
        assert_eq!(linked_with(json!({"authorized": false})), [0; 4]);
        assert_eq!(linked_with(json!({"authorized": true})), [0, 1, 2, 3], "it is never shown");
    }

    #[test]
    fn members_that_are_never_there_and_responses_of_stubs_stay_apart() {
        let [required, preset, origins, keys, policies] = omitted();
        let given = absent("`channel.keys` is [\"a\"].", "`channel.keys` is absent.", json!({"channel": {"arn": "a"}}));
        assert_eq!(linked(link, &[required.clone(), preset, origins, keys, policies, given]), [0, 1, 2, 3, 4, 5]);
        let mut stubs = omitted();
        stubs.iter_mut().for_each(|finding| finding.response = body(json!({})));
        assert_eq!(linked(link, &stubs), [0, 1, 2, 3, 4]);
    }
}
