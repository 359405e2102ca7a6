//! Resources that stay although they were deleted.

use super::super::super::call::Outcome;
use super::super::super::operation::Operation;
use super::super::super::state::Region;
use super::super::Behavior;
use super::Step;

pub(super) fn after(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let operation = step.call.operation;
    if outcome.is_err() || !operation.name().starts_with("Delete") {
        return outcome;
    }
    let arn = step.text("arn");
    if step.has(Behavior::KeepDeleted) {
        region.clone_from(&step.before);
    } else if operation == Operation::DeleteChannel && step.has(Behavior::OrphanKeys) {
        let keys = step.before.channels().get(&arn).into_iter().flat_map(|row| &row.stream_keys);
        for number in keys {
            if let Some(key) = step.before.stream_keys.row(*number) {
                region.stream_keys.insert(*number, key.clone());
            }
        }
    }
    if operation == Operation::DeletePlaybackKeyPair && region.key_pairs.number(&arn).is_none() {
        // A pair may have been shown with another fingerprint than its key has.
        region.fingerprints.retain(|_, owner| *owner != arn);
    }
    outcome
}
