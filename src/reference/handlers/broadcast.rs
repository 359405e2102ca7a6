//! `POST /_reference/broadcast`: the broadcaster's side, outside the contract.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::http::plain;
use super::super::input::Fields;
use super::super::service::Service;
use super::super::state::Region;
use super::sessions::{self, Broadcast};

/// Makes a channel live or ends its broadcast. Besides `channelArn` and `state`
/// it takes `health` (HEALTHY, STARVING or UNKNOWN) and `errorEvent`, the code
/// of an event. Asking for the state that a channel already has changes nothing
/// but the health.
pub(crate) fn broadcast(service: &Service, default_region: &str, body: &[u8]) -> Response {
    let Some(members) = members(body) else {
        return respond((400, json!({"message": "The body must be a JSON object"})));
    };
    let region = service.region(region_of_channel(&members).unwrap_or(default_region));
    respond(broadcast_in(service, &mut region.write(), &members))
}

/// Puts the outcome of a broadcast into a response.
pub(crate) fn respond((status, document): (u16, Value)) -> Response {
    plain(status, document.to_string().into_bytes())
}

/// The members of a request.
pub(crate) fn members(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

/// The region in the ARN of the channel.
pub(crate) fn region_of_channel(members: &Map<String, Value>) -> Option<&str> {
    members.get("channelArn")?.as_str()?.split(':').nth(3)
}

/// The same in a region that is locked already; status and document of the response.
pub(crate) fn broadcast_in(service: &Service, region: &mut Region, members: &Map<String, Value>) -> (u16, Value) {
    let given = Fields::new(members);
    let arn = given.text_or_empty("channelArn");
    if region.channels().number(&arn).is_none() {
        return (404, json!({"message": format!("There is no channel {arn}")}));
    }
    let stream_id = match given.text_or_empty("state").as_ref() {
        "live" => go_live(service, region, &arn, given),
        "offline" => go_offline(service, region, &arn),
        _ => return (400, json!({"message": "state must be live or offline"})),
    };
    (200, json!({"streamId": stream_id}))
}

fn go_live(service: &Service, region: &mut Region, arn: &str, given: Fields<'_>) -> Option<String> {
    let health = given.text("health").map(std::borrow::Cow::into_owned);
    let row = region.channel_mut(arn)?;
    if let Some(session) = row.sessions.last_mut().filter(|session| session.is_live()) {
        session.health = health.unwrap_or_else(|| session.health.clone());
        return Some(session.session.stream_id.clone());
    }
    let broadcast = Broadcast { health, error_code: given.text("errorEvent").map(std::borrow::Cow::into_owned) };
    sessions::begin(service, region, arn, broadcast)
}

fn go_offline(service: &Service, region: &mut Region, arn: &str) -> Option<String> {
    sessions::end(service, region, arn);
    let session = region.channels().get(arn)?.sessions.last()?;
    Some(session.session.stream_id.clone())
}
