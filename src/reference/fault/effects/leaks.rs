//! Summaries that show what only the whole resource may show.

use serde_json::{Value, json};

use super::super::super::call::Outcome;
use super::super::super::operation::Operation;
use super::super::super::state::Region;
use super::super::Behavior;
use super::{Step, edited, items_of, text_of};

pub(super) fn after(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let name = match step.call.operation {
        Operation::ListChannels => "srt",
        Operation::ListPlaybackKeyPairs => "fingerprint",
        Operation::ListStreamKeys => "value",
        _ => return outcome,
    };
    if outcome.is_err() || !step.has(Behavior::LeakSecret) {
        return outcome;
    }
    edited(outcome, |document| {
        for item in items_of(document).into_iter().flatten() {
            let secret = secret_of(step.call.operation, region, text_of(item, "arn"));
            if let (Some(members), Some(secret)) = (item.as_object_mut(), secret) {
                members.insert(name.to_owned(), secret);
            }
        }
    })
}

fn secret_of(operation: Operation, region: &Region, arn: &str) -> Option<Value> {
    Some(match operation {
        Operation::ListChannels => json!(region.channels().get(arn)?.channel.srt),
        Operation::ListPlaybackKeyPairs => json!(region.key_pairs.get(arn)?.fingerprint),
        _ => json!(region.stream_keys.get(arn)?.value),
    })
}
