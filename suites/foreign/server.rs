//! A server of whatever service a model describes: it validates requests by the model's schemas and implements the
//! operations that create, show, list and delete one resource. It has no rules, and shares no code with the judge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Request, Response};
use ivs_conformance::generate::Generator;
use ivs_conformance::spec::contract::{Contract, Location, Node, NodeKind, Operation, TimestampFormat, UriSegment};
use ivs_conformance::spec::{Arn, input_schema};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// The operations that the server implements.
#[derive(Debug, Clone, Copy)]
pub struct Implemented {
    /// Type of the resource, as the contract names it.
    pub resource: &'static str,
    pub create: &'static str,
    pub get: &'static str,
    pub list: &'static str,
    pub delete: &'static str,
}

/// What the server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    None,
    /// Requests to create are not validated.
    TakesAnything,
    /// A deletion that succeeds has another status than documented.
    DeletionStatus,
    /// Headers of responses hold a word where a number belongs.
    WordInHeader,
}

struct Server {
    contract: Contract,
    generator: Generator,
    implemented: Implemented,
    defect: Defect,
    objects: Mutex<BTreeMap<String, Map<String, Value>>>,
}

/// Starts the server on a free port; it ends with the runtime. Its base URL.
pub async fn start(model: &str, implemented: Implemented, defect: Defect) -> String {
    let contract = ivs_conformance::spec::load("model.json", model, None).unwrap();
    let again = Arc::new(ivs_conformance::spec::load("model.json", model, None).unwrap());
    let generator = Generator::new(again, &std::collections::BTreeSet::new()).unwrap();
    let server = Arc::new(Server { contract, generator, implemented, defect, objects: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(server);
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

/// An error: its code and status.
type Refusal = (String, u16);

async fn answer(State(server): State<Arc<Server>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 22).await.unwrap();
    let Some((operation, labels)) = server.route(head.method.as_str(), head.uri.path()) else {
        return refused(&("UnknownOperationException".to_owned(), 404));
    };
    let input = match input(operation, labels, head.uri.query().unwrap_or_default(), &body) {
        Ok(input) => input,
        Err(()) => return refused(&("SerializationException".to_owned(), 400)),
    };
    match server.call(operation, &input) {
        Ok(output) => server.shown(operation, &output),
        Err(refusal) => refused(&refusal),
    }
}

fn refused((code, status): &Refusal) -> Response<Body> {
    let response = Response::builder().status(*status).header("x-amzn-errortype", code.as_str());
    response.header("content-type", "application/json").body(Body::from(json!({"message": "no"}).to_string())).unwrap()
}

/// The input of a request, out of all its parts.
fn input(
    operation: &Operation,
    labels: Map<String, Value>,
    query: &str,
    body: &[u8],
) -> Result<Map<String, Value>, ()> {
    let mut input = match body {
        [] => Map::new(),
        body => serde_json::from_slice::<Value>(body).map_err(|_| ())?.as_object().cloned().ok_or(())?,
    };
    input.retain(|_, value| !value.is_null());
    input.extend(labels);
    for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
        let known = operation.input.members().iter().find(|node| node.location == Location::Query(name.to_string()));
        if let Some(node) = known {
            let number = matches!(node.kind, NodeKind::Integer { .. }).then(|| text.parse::<i64>().ok()).flatten();
            input.insert(node.name.clone(), number.map_or_else(|| Value::from(text.as_ref()), Value::from));
        }
    }
    Ok(input)
}

impl Server {
    fn route(&self, method: &str, path: &str) -> Option<(&Operation, Map<String, Value>)> {
        let Implemented { create, get, list, delete, .. } = self.implemented;
        let operations = [create, get, list, delete].map(|name| self.contract.operation(name).unwrap());
        operations.into_iter().filter(|operation| operation.method == method).find_map(|operation| {
            let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
            let mut labels = Map::new();
            let fits = |(segment, text): (&UriSegment, &&str)| match segment {
                UriSegment::Literal(literal) => literal == text,
                UriSegment::Label { member, .. } => {
                    let text = percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
                    !text.is_empty() && labels.insert(member.clone(), Value::from(text)).is_none()
                }
            };
            let is_it = operation.uri.len() == segments.len() && operation.uri.iter().zip(&segments).all(fits);
            is_it.then_some((operation, labels))
        })
    }

    fn call(&self, operation: &Operation, input: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        let creates = operation.name == self.implemented.create;
        let schema = jsonschema::draft202012::new(&input_schema(&self.contract, operation)).unwrap();
        let is_checked = !(creates && self.defect == Defect::TakesAnything);
        if is_checked && !schema.is_valid(&Value::Object(input.clone())) {
            return Err(("ValidationException".to_owned(), 400));
        }
        let mut objects = self.objects.lock().unwrap();
        if creates {
            let number = u32::try_from(objects.len()).unwrap() + 1;
            let name = self.name(number);
            let mut object = input.clone();
            object.insert(NAME.to_owned(), Value::from(name.as_str()));
            objects.insert(name, object.clone());
            return Ok(object);
        }
        if operation.name == self.implemented.list {
            return page(&objects, input);
        }
        let named = operation.input.members().iter().find(|node| self.names(node)).unwrap();
        let name = input.get(&named.name).and_then(Value::as_str).unwrap_or_default();
        let absent = || ("ResourceNotFoundException".to_owned(), 404);
        match objects.get_mut(name).filter(|object| !object.contains_key(GONE)) {
            None => Err(absent()),
            Some(object) if operation.name == self.implemented.delete => {
                object.insert(GONE.to_owned(), Value::Bool(true));
                Ok(Map::new())
            }
            Some(object) => Ok(object.clone()),
        }
    }

    fn names(&self, node: &Node) -> bool {
        node.resource.as_ref().is_some_and(|named| named.kind == self.implemented.resource)
    }

    /// A name that no other object has.
    fn name(&self, number: u32) -> String {
        let resource = self.implemented.resource;
        let stand_in = self.generator.stand_in(resource).unwrap();
        match Arn::parse(stand_in) {
            Some(arn) => {
                let id = format!("made{number:08}");
                Arn { region: "us-east-1", account: "123456789012", resource_id: &id, ..arn }.to_string()
            }
            // Those that are made up for absent ones have other numbers.
            None => self.generator.absent_id(resource, number + 1_000_000).unwrap(),
        }
    }

    fn shown(&self, operation: &Operation, object: &Map<String, Value>) -> Response<Body> {
        let deletes = operation.name == self.implemented.delete;
        let status = operation.success_status + u16::from(deletes && self.defect == Defect::DeletionStatus);
        let mut response = Response::builder().status(status);
        let mut body = Map::new();
        let mut payload = None;
        for node in operation.output.members() {
            let Some(value) = self.value(node, object) else { continue };
            match &node.location {
                Location::Header(name) => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let text = if self.defect == Defect::WordInHeader { "word".to_owned() } else { text };
                    response = response.header(name, text);
                }
                Location::Payload => payload = Some(value),
                _ => drop(body.insert(node.name.clone(), value)),
            }
        }
        if operation.output_is_empty() {
            return response.body(Body::empty()).unwrap();
        }
        let body = payload.unwrap_or(Value::Object(body)).to_string();
        response.header("content-type", "application/json").body(Body::from(body)).unwrap()
    }

    /// The value of an output member for an object.
    fn value(&self, node: &Node, object: &Map<String, Value>) -> Option<Value> {
        if self.names(node) {
            return object.get(NAME).cloned();
        }
        if let (NodeKind::List { element }, Some(Value::Array(items))) = (&node.kind, object.get(ITEMS)) {
            let items = items.iter().filter_map(Value::as_object);
            return Some(items.filter_map(|item| self.value(element, item)).collect());
        }
        match (&node.kind, object.get(&node.name)) {
            (NodeKind::Structure(members), None) if members.iter().any(|member| self.names(member)) => {
                let shown =
                    members.iter().filter_map(|member| Some((member.name.clone(), self.value(member, object)?)));
                Some(Value::Object(shown.collect()))
            }
            (_, Some(value)) => Some(value.clone()),
            (NodeKind::Integer { .. }, None) if node.is_required => Some(json!(1)),
            (NodeKind::Timestamp(TimestampFormat::DateTime), None) => Some(json!("2026-01-02T03:04:05Z")),
            (NodeKind::Timestamp(TimestampFormat::EpochSeconds), None) => Some(json!(1_767_323_045)),
            _ => None,
        }
    }
}

/// Keys of objects that no member is called by.
const NAME: &str = " name";
const GONE: &str = " gone";
const ITEMS: &str = " items";

fn page(
    objects: &BTreeMap<String, Map<String, Value>>,
    input: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let size = input.get("maxResults").and_then(Value::as_u64).unwrap_or(50);
    let start = match input.get("nextToken").and_then(Value::as_str) {
        None | Some("") => 0,
        Some(token) => token.parse::<usize>().map_err(|_| ("ValidationException".to_owned(), 400))?,
    };
    let present: Vec<&Map<String, Value>> = objects.values().filter(|object| !object.contains_key(GONE)).collect();
    let end = start.saturating_add(usize::try_from(size).unwrap()).min(present.len());
    let items: Vec<Value> = present.get(start..end).unwrap_or_default().iter().map(|item| json!(item)).collect();
    let mut page = Map::from_iter([(ITEMS.to_owned(), Value::Array(items))]);
    if end < present.len() {
        page.insert("nextToken".to_owned(), Value::from(end.to_string()));
    }
    Ok(page)
}
