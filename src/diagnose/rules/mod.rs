//! The rules of the diagnosis, one file each, in the order in which they are asked.

mod absent_member;
mod absent_part;
mod byte_order_mark;
mod declared;
mod empty_as_absent;
mod empty_response;
mod garbled_text;
mod kept_input;
mod malformed_identifier;
mod malformed_member;
mod misplaced_member;
mod never_shown;
mod no_object;
mod omitted_empty;
mod refused_ahead;
mod refused_everywhere;
mod repeated_item;
mod respelled_code;
mod rewritten_value;
mod same_deviation;
mod same_identifier;
mod same_member;
mod same_response;
mod same_value;
mod shows_nothing;
mod smallest_refusal;
mod split_state;
mod surrounding_space;
mod unchecked_member;
mod unlisted_item;
mod unreliable;
mod unvalidated;
mod wrong_status;
mod wrongly_accepted;

use std::collections::BTreeSet;

pub(super) use self::unreliable::common_noise;
use super::engine::Links;
use super::evidence::Evidence;

/// A rule: links findings to the ones that they follow from.
pub(super) type Rule = fn(&[Evidence<'_>], &mut Links);

/// A rule that reads the ids of upheld clauses too.
type RuleOfChecks = fn(&[Evidence<'_>], &BTreeSet<&str>, &mut Links);

/// The rule on what something before the API refuses, which asks before all others.
pub(super) const BEFORE_THE_API: RuleOfChecks = refused_ahead::link;

/// The rule on members that no response has, which asks after those on the form of responses.
pub(super) const OF_MEMBERS: RuleOfChecks = never_shown::link;

/// Rules on what operations do not check, which ask after all others: whole operations before members.
pub(super) const OF_CHECKS: [RuleOfChecks; 2] = [unvalidated::link, unchecked_member::link];

/// The rule on what was accepted and is shown again, which asks last: an operation that checks nothing says it best.
pub(super) const LAST: Rule = kept_input::link;

/// Rules that ask before all others on what the API does.
pub(super) const FIRST: [Rule; 6] = [
    split_state::link,
    unreliable::link,
    malformed_identifier::link,
    same_identifier::link,
    refused_everywhere::link,
    shows_nothing::link,
];

/// Rules on the form that responses have, whatever they are about.
pub(super) const OF_FORM: [Rule; 6] = [
    garbled_text::link,
    byte_order_mark::link,
    omitted_empty::link,
    no_object::link,
    misplaced_member::link,
    rewritten_value::link,
];

/// All other rules, in their order: what is declared, and what is plain, goes before what is inferred.
pub(super) const OTHERS: [Rule; 17] = [
    empty_response::link,
    declared::link,
    unlisted_item::link,
    empty_as_absent::link,
    surrounding_space::link,
    repeated_item::link,
    malformed_member::link,
    wrongly_accepted::link,
    smallest_refusal::link,
    absent_member::link,
    absent_part::link,
    same_member::link,
    same_response::link,
    wrong_status::link,
    respelled_code::link,
    same_deviation::link,
    same_value::link,
];
