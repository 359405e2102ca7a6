//! The member that a finding is about.

use crate::record::Violation;
use crate::spec::Contract;
use crate::spec::clause_id::ClauseId;
use crate::spec::contract::{Node, NodeKind, Operation};
use crate::spec::path::names;

/// How scenarios call the elements of a list, whatever the operation calls them.
const ITEMS: &str = "items";

/// The member that a violation is about, as `Shape$member`: what the clause constrains, or what a rule found wrong in the
/// response. Empty if it is about none, or about a resource as a whole.
pub(super) fn of(contract: &Contract, violation: &Violation) -> String {
    let clause = contract.clauses.get(violation.clause);
    match ClauseId::parse(&clause.id) {
        Some(ClauseId::Input { operation, path, .. }) => {
            contract.operation(operation).map(|operation| reached(&operation.input, &names(path))).unwrap_or_default()
        }
        Some(ClauseId::Output { operation, path, .. }) => {
            contract.operation(operation).map(|operation| reached(&operation.output, &names(path))).unwrap_or_default()
        }
        Some(ClauseId::General { .. }) => {
            contract.operation(&violation.operation).map(|operation| compared(operation, violation)).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The member that a rule compared: its detail names it, or what was observed does.
fn compared(operation: &Operation, violation: &Violation) -> String {
    let detail = names(violation.detail.as_deref().unwrap_or_default());
    let observed = quoted(&violation.observed);
    for names in [&detail, &observed] {
        let member = reached(&operation.output, &resolved(operation, names));
        if !member.is_empty() {
            return member;
        }
    }
    // Echoes name the member alone.
    // Sequences name it in a sentence: `` `name` of the bucket is … ``.
    let is_of_noun = violation.observed.split('`').nth(2).is_some_and(|between| between.starts_with(" of the "));
    let alone = if is_of_noun && detail.len() != 1 { &observed } else { &detail };
    let is_named = |node: &&Node| alone.len() == 1 && alone.first() == Some(&node.name.as_str());
    let found = operation.output.walk().into_iter().skip(1).find(is_named);
    found
        .filter(|node| !is_container(node))
        .map(|node| reached(&operation.output, &names(&node.path)))
        .unwrap_or_default()
}

/// The path that a sentence quotes: `` `bucket.name` is … ``, `` `name` of `bucket` is … ``.
fn quoted(sentence: &str) -> Vec<&str> {
    let mut quotes = sentence.split('`').skip(1);
    let (first, between, second) = (quotes.next(), quotes.next(), quotes.next());
    let mut path = match (between, second) {
        (Some(" of "), Some(second)) => names(second),
        _ => Vec::new(),
    };
    path.extend(names(first.unwrap_or_default()));
    path
}

/// The names with that of the operation's own list where a scenario says `items`.
fn resolved<'a>(operation: &'a Operation, names: &[&'a str]) -> Vec<&'a str> {
    let list = operation.output.members().iter().find(|member| matches!(member.kind, NodeKind::List { .. }));
    let own = |name: &&'a str| match list {
        Some(list) if *name == ITEMS => list.name.as_str(),
        _ => *name,
    };
    names.iter().map(own).collect()
}

/// The deepest member of a structure that names lead to; empty if it holds a whole resource.
fn reached(node: &Node, names: &[&str]) -> String {
    let mut found: Option<(&Node, &Node)> = None;
    let mut place = node;
    for name in names {
        while let NodeKind::List { element } = &place.kind {
            place = element;
        }
        match place.members().iter().find(|member| member.name == *name) {
            Some(member) => {
                found = Some((place, member));
                place = member;
            }
            // Clause ids name the step to the elements of a list.
            None if place.name == *name => {}
            None => break,
        }
    }
    match found {
        Some((parent, member)) if !(std::ptr::eq(parent, node) && is_container(member)) => {
            format!("{}${}", parent.shape, member.name)
        }
        _ => String::new(),
    }
}

/// Whether a member holds structures.
fn is_container(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Structure(_) | NodeKind::Union(_) => true,
        NodeKind::List { element } => is_container(element),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::record::FindingKind;
    use crate::spec;

    /// The member that a violation of a clause on an operation is about.
    fn member(clause: &str, operation: &str, detail: Option<&str>, observed: &str) -> String {
        let contract = spec::builtin().unwrap();
        of(
            &contract,
            &Violation {
                clause: contract.clauses.find(clause).unwrap(),
                operation: operation.to_owned(),
                detail: detail.map(str::to_owned),
                kind: FindingKind::WrongBehaviour,
                expected: String::new(),
                observed: observed.to_owned(),
                tier: None,
            },
        )
    }

    #[test]
    fn a_constraint_is_about_the_member_that_it_constrains() {
        let of_clause = |clause: &str| member(clause, clause.split('.').next().unwrap(), None, "");
        assert_eq!(of_clause("ListChannels.output.channels.member.arn.pattern"), "ChannelSummary$arn");
        assert_eq!(of_clause("GetChannel.output.channel.tags.key.length.max"), "Channel$tags");
        assert_eq!(of_clause("GetStreamKey.output.streamKey.value.type"), "StreamKey$value");
        assert_eq!(of_clause("GetChannel.output.channel.type"), "", "a whole resource");
        assert_eq!(of_clause("ListChannels.output.channels.member.type"), "", "an element as a whole");
        assert_eq!(of_clause("GetChannel.status"), "");
    }

    #[test]
    fn a_rule_is_about_the_member_that_it_found_wrong() {
        let rule = "rule.get-returns-what-create-answered";
        let about = |operation: &str, detail: &str, observed: &str| member(rule, operation, Some(detail), observed);
        assert_eq!(about("GetChannel", "channel.tags.B", ""), "Channel$tags");
        assert_eq!(about("GetStreamKey", "streamKey.value", ""), "StreamKey$value");
        assert_eq!(about("ListChannels", "items[arn=channel].name", ""), "ChannelSummary$name");
        assert_eq!(about("GetChannel", "channel", "`channel.preset` is \"\"."), "Channel$preset");
        assert_eq!(
            about("ListChannels", "items[arn=channel]", "`preset` of `items[arn=…]` is \"\"."),
            "ChannelSummary$preset"
        );
        assert_eq!(about("CreateChannel", "authorized", ""), "Channel$authorized", "an echo names the member alone");
        assert_eq!(about("GetChannel", "channel", "`channel` is absent."), "", "a whole resource");
        let sequence = |operation: &str, observed: &str| member(rule, operation, None, observed);
        assert_eq!(sequence("GetChannel", "`name` of the channel is \"\"."), "Channel$name");
        assert_eq!(sequence("ListChannels", "`name` of the channel is \"\"."), "ChannelSummary$name");
        assert_eq!(sequence("GetChannel", "`name` differs."), "");
    }
}
