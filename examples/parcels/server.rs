//! The service: parcels are registered, tracked and cancelled. It keeps them in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

/// What the server does wrong, to show that the harness finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The rule on the weight of letters is not checked.
    HeavyLetters,
    /// A recipient may be of any length.
    LongRecipients,
    /// Cancelled parcels can still be tracked.
    CancelsNothing,
    /// Registering has the status 200.
    RegisterStatus,
    /// What is tracked has no history.
    NoHistory,
    /// What is tracked is never fragile.
    ForgetsFragile,
}

impl Fault {
    /// The fault of a name on the command line.
    pub fn named(name: &str) -> Option<Fault> {
        match name {
            "heavy-letters" => Some(Fault::HeavyLetters),
            "long-recipients" => Some(Fault::LongRecipients),
            "cancels-nothing" => Some(Fault::CancelsNothing),
            "register-status" => Some(Fault::RegisterStatus),
            "no-history" => Some(Fault::NoHistory),
            "forgets-fragile" => Some(Fault::ForgetsFragile),
            _ => None,
        }
    }
}

/// Heaviest parcel that fits into a letterbox, in grams.
const HEAVIEST_LETTER: i64 = 500;

struct Server {
    fault: Option<Fault>,
    /// Parcels by tracking code; nothing in the place of one that was cancelled, so that no code is given twice.
    parcels: Mutex<BTreeMap<String, Option<Map<String, Value>>>>,
}

/// The routes of the service.
pub fn router(fault: Option<Fault>) -> Router {
    let server = Arc::new(Server { fault, parcels: Mutex::default() });
    let one = get(track).delete(cancel);
    Router::new().route("/parcels", post(register)).route("/parcels/{code}", one).fallback(unknown).with_state(server)
}

/// A response that is not a success: status, error code and message.
struct Refusal(StatusCode, &'static str, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(status, code, message) = self;
        let body = json!({"message": message}).to_string();
        (status, [(CONTENT_TYPE.as_str(), "application/json"), ("x-amzn-errortype", code)], body).into_response()
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, "ValidationException", message.into())
}

fn not_found(code: &str) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "ParcelNotFound", format!("there is no parcel {code}"))
}

fn success(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn unknown() -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "UnknownOperationException", "there is no such operation".to_owned())
}

async fn register(State(server): State<Arc<Server>>, body: Bytes) -> Result<Response, Refusal> {
    let input: Value = serde_json::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
    let members = input.as_object().ok_or_else(|| invalid("the body must be an object"))?;
    let parcel = server.checked(members)?;
    let mut parcels = server.parcels.lock().unwrap_or_else(PoisonError::into_inner);
    let code = format!("PA{:09}", parcels.len() + 1);
    parcels.insert(code.clone(), Some(parcel.clone()));
    let status = if server.fault == Some(Fault::RegisterStatus) { StatusCode::OK } else { StatusCode::CREATED };
    Ok(success(status, &json!({"trackingCode": code, "parcel": parcel})))
}

async fn track(
    State(server): State<Arc<Server>>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    check_code(&code)?;
    let query = query.unwrap_or_default();
    let query: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let detail = query.get("detail").map_or("LATEST", String::as_str);
    if !matches!(detail, "LATEST" | "ALL") {
        return Err(invalid("detail is LATEST or ALL"));
    }
    let steps = query.get("steps").map_or(Ok(20), |text| text.parse::<i64>());
    if !steps.is_ok_and(|steps| (1..=20).contains(&steps)) {
        return Err(invalid("steps is a number from 1 to 20"));
    }
    let parcels = server.parcels.lock().unwrap_or_else(PoisonError::into_inner);
    let parcel = parcels.get(&code).and_then(Option::as_ref).ok_or_else(|| not_found(&code))?;
    let mut output = json!({"trackingCode": code, "parcel": parcel});
    if server.fault != Some(Fault::NoHistory) {
        output["history"] = json!([{"what": "registered"}]);
    }
    if server.fault == Some(Fault::ForgetsFragile) {
        output["parcel"]["fragile"] = Value::Bool(false);
    }
    Ok(success(StatusCode::OK, &output))
}

async fn cancel(State(server): State<Arc<Server>>, Path(code): Path<String>) -> Result<Response, Refusal> {
    check_code(&code)?;
    let mut parcels = server.parcels.lock().unwrap_or_else(PoisonError::into_inner);
    let parcel = parcels.get_mut(&code).filter(|parcel| parcel.is_some()).ok_or_else(|| not_found(&code))?;
    if server.fault != Some(Fault::CancelsNothing) {
        *parcel = None;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn check_code(code: &str) -> Result<(), Refusal> {
    let (letters, digits) = code.split_at_checked(2).unwrap_or_default();
    let is_code = letters.bytes().all(|letter| letter.is_ascii_uppercase())
        && digits.len() == 9
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_code { Ok(()) } else { Err(invalid("a tracking code has two capitals and nine digits")) }
}

impl Server {
    /// A parcel out of the members of a request.
    fn checked(&self, members: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        let given = |name: &str| members.get(name).filter(|value| !value.is_null());
        let recipient =
            given("recipient").and_then(Value::as_str).ok_or_else(|| invalid("recipient must be a text"))?;
        let length = recipient.chars().count();
        if length < 1 || (length > 60 && self.fault != Some(Fault::LongRecipients)) {
            return Err(invalid("recipient has 1 to 60 characters"));
        }
        let weight = given("weightGrams").and_then(Value::as_i64).filter(|weight| (1..=31_500).contains(weight));
        let weight = weight.ok_or_else(|| invalid("weightGrams is a number from 1 to 31500"))?;
        let service = given("service").map_or(Some("DOOR"), Value::as_str);
        let service = service.filter(|service| matches!(*service, "DOOR" | "LETTERBOX"));
        let service = service.ok_or_else(|| invalid("service is DOOR or LETTERBOX"))?;
        let fragile = given("fragile").map_or(Some(false), Value::as_bool);
        let fragile = fragile.ok_or_else(|| invalid("fragile is true or false"))?;
        if service == "LETTERBOX" && weight > HEAVIEST_LETTER && self.fault != Some(Fault::HeavyLetters) {
            return Err(invalid("what goes into a letterbox weighs at most 500 grams"));
        }
        let parcel = json!({"recipient": recipient, "weightGrams": weight, "service": service, "fragile": fragile});
        Ok(parcel.as_object().cloned().unwrap_or_default())
    }
}
