//! The faulty server: the stages of the plain one, with faults before, between and after them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value};

use super::super::auth;
use super::super::call::Call;
use super::super::config::Config;
use super::super::error::ApiError;
use super::super::handlers;
use super::super::http;
use super::super::ids::Ids;
use super::super::operation::{Access, Operation, Route};
use super::super::service::Service;
use super::super::state::Region;
use super::checks::FaultyChecks;
use super::identifiers::FaultyIds;
use super::memory::Memory;
use super::replies::{self, Pretended};
use super::{Behavior, Faults, ProtocolFault, Systemic, effects, requests, systemic};

/// How long a request stays in flight at least, where a fault depends on others that are.
const LINGER: Duration = Duration::from_millis(10);

/// A server with faults.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) service: Arc<Service>,
    pub(super) faults: Arc<Faults>,
    pub(super) memory: Mutex<Memory>,
    ids: Arc<FaultyIds>,
}

/// Sets a server with faults up; what it shares with its caller, and what answers requests.
pub(crate) fn faulty(config: Config) -> (Arc<Service>, Router) {
    let faults = Arc::new(Faults::new(config.faults.clone()));
    let ids = Ids::new(config.seed, Service::form_of_ids(&config));
    let ids = Arc::new(FaultyIds::new(ids, Arc::clone(&faults)));
    let service = Arc::new(Service::naming(config, Arc::clone(&ids) as _));
    let faulty = Faulty { service: Arc::clone(&service), faults, memory: Mutex::default(), ids };
    (service, Router::new().fallback(answer).with_state(Arc::new(faulty)))
}

async fn answer(State(faulty): State<Arc<Faulty>>, request: Request) -> Response {
    let (parts, body) = match http::receive(&faulty.service, request).await {
        Ok(received) => received,
        Err(error) => return faulty.error(None, &error),
    };
    let Some(flights) = faulty.faults.flights() else {
        return faulty.respond(&parts, &body);
    };
    let flight = flights.enter(requests::subject(&parts, &body));
    tokio::time::sleep(LINGER).await;
    flight.perform(|| faulty.respond(&parts, &body))
}

impl Faulty {
    fn has_anywhere(&self, quirk: Behavior) -> bool {
        self.faults.has_anywhere(quirk)
    }

    fn error(&self, operation: Option<Operation>, error: &ApiError) -> Response {
        replies::error((&self.service, &self.faults), operation, error).send(&self.service)
    }

    fn respond(&self, parts: &Parts, body: &Bytes) -> Response {
        let service = &*self.service;
        match requests::faulty_route(service.api, &self.faults, parts) {
            Route::Operation { operation, resource } => match self.perform(operation, resource, parts, body) {
                Ok((document, pretended)) => {
                    replies::success((service, &self.faults), operation, document, &pretended).send(service)
                }
                Err(error) => self.error(Some(operation), &error),
            },
            Route::Broadcast => self.broadcast(&http::region_of(service, parts), body),
            Route::Unknown if self.has_anywhere(Behavior::Protocol(ProtocolFault::AcceptUnknownPath)) => {
                http::plain(200, b"{}".to_vec())
            }
            Route::Unknown => self.error(None, &http::unknown_path(service)),
            Route::WrongMethod { allowed } => {
                let error = http::wrong_method(service);
                http::allow(self.error(None, &error), &error, allowed)
            }
        }
    }

    fn perform(
        &self,
        operation: Operation,
        resource: Option<&str>,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<(Vec<u8>, Pretended), ApiError> {
        let (service, faults) = (&*self.service, &*self.faults);
        let checks = FaultyChecks::new(faults, operation, parts, body);
        requests::refuse_presigned(service, faults, parts)?;
        let condition = auth::check(service, parts, body, &checks)?;
        let body = http::body_of(operation, body);
        http::check_headers(&parts.headers, body, &checks)?;
        requests::refuse_by_protocol(faults, parts)?;
        let mut members = http::parse(service, body, &checks)?;
        requests::mend_case(service.api, operation, &mut members, &checks);
        if let Some(resource) = resource {
            http::add_uri_members(operation, resource, parts.uri.query(), &mut members);
            requests::leave_escapes(faults, resource, &mut members);
        }
        let region = http::region_of(service, parts);
        self.note_facts(operation, &members);
        self.change_members(operation, &region, &mut members)?;
        http::check_input(service, operation, &members, &checks)?;
        if let Some(condition) = condition {
            return Err(ApiError::condition(condition));
        }
        requests::reject(faults, operation, &members)?;
        let pretended = faults.rewrite(operation, &mut members);
        checks.learn(&members);
        let given = members.clone();
        let call = Call { service, operation, region: &region, members, checks: &checks };
        if let Some(names) = faults.names(operation) {
            names.check(operation, call.region, &given)?;
        }
        let document = effects::perform(self, call, |path| checks.let_pass(path))?;
        let document = self.change_document(operation, (&region, &given), document);
        if let Some(arn) = given.get("arn").and_then(Value::as_str).filter(|_| operation.name().starts_with("Delete")) {
            self.ids.note_deleted(arn);
        }
        Ok((document, pretended))
    }

    /// The state that requests about a region see.
    pub(super) fn region(&self, name: &str) -> Arc<RwLock<Region>> {
        let is_shared = self.has_anywhere(Behavior::RegionLeak);
        self.service.region(if is_shared { &self.service.default_region } else { name })
    }

    fn note_facts(&self, operation: Operation, members: &Map<String, Value>) {
        if let Some(history) = self.faults.history() {
            history.facts(operation, members).note();
        }
    }

    /// Changes a request by faults of whole layers, or refuses it.
    fn change_members(
        &self,
        operation: Operation,
        region: &str,
        members: &mut Map<String, Value>,
    ) -> Result<(), ApiError> {
        let changes: Vec<Systemic> = self.faults.systemic(operation).collect();
        for change in &changes {
            systemic::change_members(*change, members);
        }
        if changes.contains(&Systemic::LookupFirst) {
            systemic::look_up(operation, &self.region(region).read(), members)?;
        }
        Ok(())
    }

    /// Changes the document of a call by faults of views and of whole layers.
    fn change_document(
        &self,
        operation: Operation,
        (region, given): (&str, &Map<String, Value>),
        document: Vec<u8>,
    ) -> Vec<u8> {
        if let Some(names) = self.faults.names(operation) {
            names.note(operation, region, given, &document);
        }
        let document = self.shown_by_history(operation, given, document);
        let changes = self.faults.systemic(operation);
        changes.fold(document, |document, change| systemic::change_document(change, operation, document))
    }

    /// Notes what a call did, and shows otherwise what faults of views are about.
    fn shown_by_history(&self, operation: Operation, given: &Map<String, Value>, document: Vec<u8>) -> Vec<u8> {
        let Some(history) = self.faults.history() else { return document };
        let mut shown: Value = serde_json::from_slice(&document).unwrap_or_default();
        history.note(operation, given, &shown);
        if operation.access() != Access::Read {
            return document;
        }
        let mut before = shown.clone();
        self.faults.change_view(operation, given, &mut shown);
        let is_changed = shown != before;
        history.shown(operation, given, &mut before);
        if is_changed { shown.to_string().into_bytes() } else { document }
    }

    fn broadcast(&self, default_region: &str, body: &[u8]) -> Response {
        let has_other_ids = self.has_anywhere(Behavior::Systemic(Systemic::OtherIds));
        let body = if has_other_ids { systemic::own_ids(body) } else { body.to_vec() };
        let Some(members) = handlers::members(&body) else {
            return handlers::broadcast(&self.service, default_region, &body);
        };
        let region = self.region(handlers::region_of_channel(&members).unwrap_or(default_region));
        handlers::respond(effects::broadcast(self, &mut region.write(), &members))
    }
}
