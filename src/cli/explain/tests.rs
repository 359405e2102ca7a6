use super::*;

fn with_builtin(check: impl Fn(&Knowledge<'_>)) {
    let contract = crate::spec::builtin().unwrap();
    let suites = crate::plan::Suites::builtin().unwrap();
    let plan = stages::plan(&contract, &suites, &[], &[], Shard::default()).unwrap();
    check(&Knowledge { contract: &contract, plan: &plan });
}

#[test]
fn everything_that_has_an_id_is_explained() {
    with_builtin(|knowledge| {
        let rules = &knowledge.contract.rules;
        let clauses = knowledge.contract.clauses.iter().map(|(_, clause)| clause.id.clone());
        let cases = knowledge.plan.cases.iter().map(|case| case.id.clone());
        let errata = rules.errata.iter().map(|erratum| erratum.id.clone());
        let numbers = rules.rules.iter().map(|rule| format!("rule:{}", rule.number));
        let kinds = FindingKind::ALL.iter().map(|kind| kind.id().to_owned());
        let operations = knowledge.contract.operations.iter().map(|operation| operation.name.clone());
        for id in
            operations.chain(clauses.step_by(40)).chain(cases.step_by(40)).chain(errata).chain(numbers).chain(kinds)
        {
            assert!(knowledge.explain(&id).is_some_and(|page| page.len() > id.len() + 20), "{id}");
        }
    });
}

#[test]
fn an_unknown_id_is_answered_with_the_nearest() {
    with_builtin(|knowledge| {
        let message = |id: &str| knowledge.unknown(id).message();
        assert!(message("CreateChanel.status").contains("did you mean `CreateChannel.status`"));
        assert!(message("rule:4711").contains("from 1 to 161"));
        assert!(message("zzzzzz").contains("`list` shows every id"));
    });
}

#[test]
fn a_clause_says_where_it_stands_and_what_diverges() {
    with_builtin(|knowledge| {
        let page = knowledge.explain("CreateChannel.input.name.pattern").unwrap();
        for word in ["Actions / CreateChannel", "accepted_invalid", "Tested by", "erratum.name-pattern"] {
            assert!(page.contains(word), "{word}: {page}");
        }
    });
}

#[test]
fn a_place_may_be_a_glob() {
    assert!(globs::is_match("CreateChannel.*", "CreateChannel.status"));
    assert!(globs::is_match("rule.tags-merge", "rule.tags-merge"));
    assert!(!globs::is_match("GetChannel.*", "CreateChannel.status"));
}

#[test]
fn a_finding_is_explained_without_its_report() {
    with_builtin(|knowledge| {
        let page = knowledge.finding_without_report("DeleteChannel.status:wrong_status").unwrap();
        for word in ["wrong_status", "A successful DeleteChannel responds with status 204", "--from latest"] {
            assert!(page.contains(word), "{word}: {page}");
        }
        assert!(knowledge.finding_without_report("DeleteChannel.status:no_such_kind").is_none());
        assert!(knowledge.finding_without_report("DeleteChannel.statos:wrong_status").is_none());
    });
}

#[test]
fn an_operation_names_its_members_and_errors() {
    with_builtin(|knowledge| {
        let page = knowledge.explain("GetChannel").unwrap();
        for word in ["POST /GetChannel", "requires    arn", "returns     channel", "ResourceNotFoundException (404)"] {
            assert!(page.contains(word), "{word}: {page}");
        }
    });
}
