//! The rules of the diagnosis, one file each, in the order in which they are asked.

mod declared;
mod malformed_identifier;
mod malformed_member;
mod refused_everywhere;
mod same_deviation;
mod same_member;
mod smallest_refusal;
mod wrongly_accepted;

use super::engine::Links;
use super::evidence::Evidence;

/// A rule: links findings to the ones that they follow from.
type Rule = fn(&[Evidence<'_>], &mut Links);

/// All rules, in their order: what is declared, and what is plain, goes before what is inferred.
pub(super) const ALL: [Rule; 8] = [
    malformed_identifier::link,
    refused_everywhere::link,
    declared::link,
    malformed_member::link,
    wrongly_accepted::link,
    smallest_refusal::link,
    same_member::link,
    same_deviation::link,
];
