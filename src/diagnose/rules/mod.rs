//! The rules of the diagnosis, one file each, in the order in which they are asked.

mod same_deviation;

use super::engine::Links;
use super::evidence::Evidence;

/// A rule: links findings to the ones that they follow from.
type Rule = fn(&[Evidence<'_>], &mut Links);

/// All rules, in their order.
pub(super) const ALL: [Rule; 1] = [same_deviation::link];
