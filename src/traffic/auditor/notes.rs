//! What a recording has besides what was judged.

use std::collections::BTreeMap;

use super::Auditor;

/// Most origins that are named.
const MOST_ORIGINS: usize = 5;

#[derive(Debug, Default)]
pub(super) struct PassedOverCounts {
    pub(super) elsewhere: u64,
    pub(super) no_operation: u64,
    pub(super) no_response: u64,
    /// Exchanges of which the response was judged alone, by the reason.
    pub(super) alone: BTreeMap<&'static str, u64>,
}

impl Auditor<'_> {
    /// One sentence each.
    pub(super) fn notes(&self, judged: u64) -> Vec<String> {
        let passed = &self.passed_over;
        let entries = |number: u64| if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") };
        let mut notes = vec![format!("Judged {} of the recording; nothing was sent.", entries(judged))];
        for (number, why) in [
            (passed.elsewhere, "of other hosts or services"),
            (passed.no_operation, "with a method and path that the contract does not have"),
            (passed.no_response, "of the contract without a response"),
        ] {
            if number > 0 {
                notes.push(format!("Passed over {} {why}.", entries(number)));
            }
        }
        let alone = passed.alone.iter();
        notes.extend(alone.map(|(why, number)| format!("Judged the response alone in {}: {why}.", entries(*number))));
        if let [first, others @ ..] = &self.origins[..]
            && !others.is_empty()
        {
            let named = others.iter().take(MOST_ORIGINS).cloned().collect::<Vec<_>>().join(", ");
            notes.push(format!("Besides {first} the recording has exchanges with {named}."));
        }
        let counted = [
            (self.tally.unknown_members, "that the contract does not know"),
            (self.tally.nulls, "that were null instead of absent"),
        ];
        let counted = counted.iter().filter(|(number, _)| *number > 0);
        notes.extend(counted.map(|(number, what)| format!("Responses had {number} members {what}.")));
        notes
    }
}
