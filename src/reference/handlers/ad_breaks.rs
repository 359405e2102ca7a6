//! Ad breaks.
//!
//! The model says that a break is put into the playlist of a channel by the channel's ad configuration. Inferred is:
//!
//! | behaviour | rests on |
//! | --- | --- |
//! | an idle channel: ChannelNotBroadcasting | the listed error; a test against the service accepts it |
//! | a live channel without an ad configuration: ConflictException | the listed error; that test accepts it as well |
//! | without an id the response has a new one, without a time the present time | the response has both members |
//! | the same id twice is accepted | inferred: no error for it is described |
//! | any time is accepted, also one that is past | inferred: no bound is described |

use jiff::Timestamp;
use serde::Serialize;

use super::super::call::{Call, Outcome, json};
use super::super::error::ApiError;
use super::super::rules::Rule;
use super::super::state::Region;
use super::streams::{channel, live};

/// Characters of an id.
const ID_LENGTH: usize = 12;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inserted {
    ad_break_id: String,
    target_start_at: String,
}

pub(super) fn insert(call: &Call<'_>, region: &Region) -> Outcome {
    let row = channel(call, region)?;
    live(row)?;
    let has_ads = row.channel.ad_configuration_arn.as_ref().is_some_and(|arn| !arn.is_empty());
    call.require(Rule::AdBreakNeedsAdConfiguration, has_ads, || {
        ApiError::conflict("The channel has no ad configuration")
    })?;
    let given = call.fields();
    let id = given.text("adBreakId").map(std::borrow::Cow::into_owned);
    let start = given.text("targetStartAt").and_then(|text| text.parse::<Timestamp>().ok());
    json(&Inserted {
        ad_break_id: id.unwrap_or_else(|| call.service.ids.alphanumeric(ID_LENGTH)),
        target_start_at: start.map_or_else(|| call.service.now(), |start| start.to_string()),
    })
}
