//! A third party's emulator: a few operations on channels, and not very careful about its input.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::post};
use serde_json::{Map, Value, json};

#[derive(Default)]
struct Store {
    channels: BTreeMap<String, Value>,
    created: usize,
}

type Channels = Arc<Mutex<Store>>;

/// The emulator.
pub fn router() -> Router {
    Router::new()
        .route("/CreateChannel", post(create))
        .route("/GetChannel", post(get))
        .route("/DeleteChannel", post(delete))
        .with_state(Channels::default())
}

async fn create(State(channels): State<Channels>, body: Bytes) -> Response {
    let input = members(&body);
    let mut store = channels.lock().unwrap_or_else(PoisonError::into_inner);
    store.created += 1;
    let id = format!("{:012}", store.created);
    let arn = format!("arn:aws:ivs:us-east-1:123456789012:channel/{id}");
    let mut channel = json!({
        "arn": arn, "name": "", "latencyMode": "LOW", "type": "STANDARD", "authorized": false, "insecureIngest": false,
        "recordingConfigurationArn": "", "playbackRestrictionPolicyArn": "", "tags": {},
    });
    for (name, value) in input {
        channel[name] = value;
    }
    store.channels.insert(arn.clone(), channel.clone());
    let key = json!({
        "arn": arn.replace("channel/", "stream-key/"), "channelArn": arn, "value": format!("sk_us-east-1_{id}"),
    });
    answer(StatusCode::OK, &json!({"channel": channel, "streamKey": key}))
}

async fn get(State(channels): State<Channels>, body: Bytes) -> Response {
    let store = channels.lock().unwrap_or_else(PoisonError::into_inner);
    match store.channels.get(&arn(&body)) {
        Some(channel) => answer(StatusCode::OK, &json!({"channel": channel})),
        None => not_found(),
    }
}

async fn delete(State(channels): State<Channels>, body: Bytes) -> Response {
    let mut store = channels.lock().unwrap_or_else(PoisonError::into_inner);
    match store.channels.remove(&arn(&body)) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => not_found(),
    }
}

fn members(body: &Bytes) -> Map<String, Value> {
    serde_json::from_slice(body).unwrap_or_default()
}

fn arn(body: &Bytes) -> String {
    members(body).get("arn").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn not_found() -> Response {
    let error = json!({"__type": "ResourceNotFoundException", "exceptionMessage": "There is no such channel."});
    answer(StatusCode::NOT_FOUND, &error)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
