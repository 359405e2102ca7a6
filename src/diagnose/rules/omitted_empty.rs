//! Members that responses leave out where their value is empty are one cause: what writes responses omits empty values.

use std::collections::BTreeSet;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{Evidence, is_empty_object};
use crate::diagnose::groups::positions;

/// Names of members that must be left out.
const MANY: usize = 3;
/// How sentences go on, behind the member, that expect it to be empty.
const EMPTY: [&str; 5] = ["is \"\"", "is []", "is {}", "is one of []", "has length 0"];

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let names = |is_wanted: &dyn Fn(&Evidence<'_>) -> bool| -> BTreeSet<&str> {
        findings.iter().filter(|finding| is_wanted(finding)).filter_map(missing_name).collect()
    };
    let given = names(&|finding| !finding.is_about_required_output() && !expects_empty(finding));
    let omitted: BTreeSet<&str> = &names(&|finding| expects_empty(finding) && !is_bare(finding)) - &given;
    if omitted.len() < MANY {
        return;
    }
    let belongs = |finding: &Evidence<'_>| {
        missing_name(finding).is_some_and(|name| omitted.contains(name) || is_bare(finding) && !given.contains(name))
    };
    let group = positions(findings, belongs);
    links.join_as(findings, &group, |finding| !is_bare(finding), CommonDeviation::OmittedEmpty);
}

/// Name of the member that is not there, in a response of success.
fn missing_name<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let path = finding.missing_path().filter(|_| finding.is_of_success())?;
    path.rsplit('.').next()
}

fn expects_empty(finding: &Evidence<'_>) -> bool {
    let expected = finding.expected.strip_prefix('`').and_then(|rest| rest.split_once("` "));
    expected.is_some_and(|(_, value)| EMPTY.iter().any(|empty| value.starts_with(empty)))
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
    fn members_that_are_never_there_and_responses_of_stubs_stay_apart() {
        let [required, preset, origins, keys, policies] = omitted();
        let given = absent("`channel.keys` is [\"a\"].", "`channel.keys` is absent.", json!({"channel": {"arn": "a"}}));
        assert_eq!(linked(link, &[required.clone(), preset, origins, keys, policies, given]), [0, 1, 2, 3, 4, 5]);
        let mut stubs = omitted();
        stubs.iter_mut().for_each(|finding| finding.response = body(json!({})));
        assert_eq!(linked(link, &stubs), [0, 1, 2, 3, 4]);
    }
}
