//! `POST /_reference/broadcast`: the broadcaster's side, outside the contract.

use axum::response::Response;
use serde_json::{Value, json};

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
    let (status, document) = perform(service, default_region, body);
    plain(status, document.to_string().into_bytes())
}

fn perform(service: &Service, default_region: &str, body: &[u8]) -> (u16, Value) {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return (400, json!({"message": "The body must be a JSON object"}));
    };
    let given = Fields::new(&members);
    let arn = given.text_or_empty("channelArn");
    let region = arn.split(':').nth(3).unwrap_or(default_region);
    let region = service.region(region);
    let mut region = region.write();
    if region.channels().number(&arn).is_none() {
        return (404, json!({"message": format!("There is no channel {arn}")}));
    }
    let stream_id = match given.text_or_empty("state").as_ref() {
        "live" => go_live(service, &mut region, &arn, given),
        "offline" => go_offline(service, &mut region, &arn),
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
