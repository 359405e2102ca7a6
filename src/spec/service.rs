//! Finds the service of a model and builds its operations, still without clauses.
//! Source: Smithy 2.0 specification, "Service types", "HTTP bindings" and "Behavior traits".

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Ast, Reference, Shape, ShapeKind, TraitUse, UNIT, find_trait, short_name};
use super::clause::ClauseIndex;
use super::contract::{BodyClause, Location, Node, NodeKind, Operation, OperationError, Pagination, Service};
use super::error::Problems;
use super::json::{Json, Span};
use super::resolve::{reference, references};
use super::resource;
use super::shape_tree::{Side, Unfolder, field};
use super::uri;

/// The service and its operations by name; none if the model has no single service.
pub(super) fn read(ast: &Ast<'_>, root: Span, problems: &mut Problems<'_>) -> Option<(Service, Vec<Operation>)> {
    let services: Vec<&Shape<'_>> = ast.shapes.values().filter(|shape| shape.kind == ShapeKind::Service).collect();
    let &[shape] = services.as_slice() else {
        let Some(second) = services.get(1) else {
            problems.add(root, "the model has no service", "give a model with one shape of type `service`");
            return None;
        };
        let message = format!("the model has {} services", services.len());
        problems.add(second.span, message, "keep one service in the file");
        return None;
    };
    let service = read_service(shape, problems);
    let mut found = BTreeMap::new();
    for operation in operations(ast, shape, problems) {
        let name = short_name(operation.id);
        if found.insert(name, operation).is_some() {
            problems.add(operation.span, format!("two operations are called `{name}`"), "rename one of them");
        }
    }
    if found.is_empty() {
        problems.add(shape.span, "the service has no operations", "bind operations to the service");
    }
    let common = references(ast, shape, "errors", problems);
    let mut unfolder = Unfolder::new(ast, problems);
    let mut operations: Vec<Operation> =
        found.values().filter_map(|operation| read_operation(ast, shape, operation, &common, &mut unfolder)).collect();
    resource::settle(&mut operations);
    Some((service, operations))
}

fn read_service(shape: &Shape<'_>, problems: &mut Problems<'_>) -> Service {
    let text = |id: &str, key: &str| {
        find_trait(&shape.traits, id).and_then(|used| field(used, key)).and_then(Json::as_str).map(str::to_owned)
    };
    if find_trait(&shape.traits, "aws.protocols#restJson1").is_none() {
        let message = format!("the service `{}` does not use restJson1", shape.id);
        problems.add(shape.span, message, "only services of `aws.protocols#restJson1` can be checked");
    }
    let sdk_id = text("aws.api#service", "sdkId");
    let name = sdk_id.clone().unwrap_or_else(|| short_name(shape.id).to_owned());
    let signing_name = find_trait(&shape.traits, "aws.auth#sigv4").map(|_| {
        text("aws.auth#sigv4", "name")
            .or_else(|| text("aws.api#service", "arnNamespace"))
            .unwrap_or_else(|| name.to_lowercase())
    });
    let version = shape.body.and_then(|body| body.get("version"));
    if let Some(version) = version.filter(|version| version.as_str().is_none()) {
        problems.add(version.span, "the service's version must be a string", "write it in quotes");
    }
    Service {
        id: shape.id.to_owned(),
        name,
        version: version.and_then(Json::as_str).unwrap_or_default().to_owned(),
        signing_name,
        endpoint_prefix: text("aws.api#service", "endpointPrefix")
            .or_else(|| sdk_id.map(|id| id.to_lowercase().replace(' ', "-"))),
    }
}

/// Operations of the service, of its resources and of theirs.
fn operations<'m, 'a>(ast: &'m Ast<'a>, service: &'m Shape<'a>, problems: &mut Problems<'_>) -> Vec<&'m Shape<'a>> {
    let mut found = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![service];
    while let Some(shape) = waiting.pop() {
        if !seen.insert(shape.id) {
            continue;
        }
        let mut bound = references(ast, shape, "operations", problems);
        bound.extend(references(ast, shape, "collectionOperations", problems));
        if let Some(body) = shape.body.filter(|_| shape.kind == ShapeKind::Resource) {
            let lifecycle = ["create", "put", "read", "update", "delete", "list"];
            let values: Vec<&Json> = lifecycle.iter().filter_map(|key| body.get(key)).collect();
            bound.extend(values.into_iter().filter_map(|value| super::ast::read_reference(value, problems)));
        }
        for operation in bound {
            if let Some(target) = expect(ast, &operation, ShapeKind::Operation, problems) {
                found.insert(target.id, target);
            }
        }
        for resource in references(ast, shape, "resources", problems) {
            waiting.extend(expect(ast, &resource, ShapeKind::Resource, problems));
        }
    }
    found.into_values().collect()
}

/// The referenced shape, which must be of that kind.
fn expect<'m, 'a>(
    ast: &'m Ast<'a>,
    reference: &Reference<'a>,
    kind: ShapeKind,
    problems: &mut Problems<'_>,
) -> Option<&'m Shape<'a>> {
    let Some(shape) = ast.shapes.get(reference.target) else {
        let message = format!("the shape `{}` does not exist", reference.target);
        problems.add(reference.span, message, "define the shape or correct the target");
        return None;
    };
    if shape.kind != kind {
        let message = format!("`{}` is a {}, not a {}", shape.id, shape.kind.name(), kind.name());
        problems.add(reference.span, message, "correct the target");
        return None;
    }
    Some(shape)
}

fn read_operation<'a>(
    ast: &Ast<'a>,
    service: &Shape<'a>,
    shape: &Shape<'a>,
    common: &[Reference<'a>],
    unfolder: &mut Unfolder<'_, 'a, '_>,
) -> Option<Operation> {
    let mut side = |key: &str, side: Side| {
        let found = reference(ast, shape, key, unfolder.problems);
        if let Some(found) = &found {
            expect(ast, found, ShapeKind::Structure, unfolder.problems)?;
        }
        let found = found.unwrap_or(Reference { target: UNIT, span: shape.span });
        Some(unfolder.structure(found.target, found.span, side))
    };
    let input = side("input", Side::Input);
    let output = side("output", Side::Output);
    let problems = &mut *unfolder.problems;
    let mut errors = references(ast, shape, "errors", problems);
    errors.extend(common);
    let errors = read_errors(ast, &errors, problems);
    let Some(http) = find_trait(&shape.traits, "smithy.api#http") else {
        let help = "give it the trait `smithy.api#http` with `method` and `uri`";
        problems.add(shape.span, format!("the operation `{}` has no HTTP binding", shape.id), help);
        return None;
    };
    let (input, output) = (input?, output?);
    let (uri, query) = uri::read(http, &input, problems);
    check_payload(shape, &input, problems);
    check_payload(shape, &output, problems);
    Some(Operation {
        name: short_name(shape.id).to_owned(),
        id: shape.id.to_owned(),
        method: method(http, problems),
        uri,
        query,
        success_status: status(http, problems),
        pagination: pagination(service, shape, &input, &output, problems),
        input,
        output,
        errors,
        is_readonly: find_trait(&shape.traits, "smithy.api#readonly").is_some(),
        status_clause: ClauseIndex(0),
        body_clause: BodyClause::Empty(ClauseIndex(0)),
        section: String::new(),
    })
}

fn check_payload(shape: &Shape<'_>, node: &Node, problems: &mut Problems<'_>) {
    let count =
        |wanted: &dyn Fn(&Location) -> bool| node.members().iter().filter(|member| wanted(&member.location)).count();
    let payloads = count(&|location| *location == Location::Payload);
    let others = count(&|location| *location == Location::Body);
    if payloads > 1 || (payloads == 1 && others > 0) {
        let message = format!("`{}` has a payload and other members in the body", node.shape);
        problems.add(shape.span, message, "bind every member but the payload to the URI or the headers");
    }
    for member in node.members().iter().filter(|member| member.location == Location::Payload) {
        if !is_json(&member.kind) {
            let message = format!(
                "`{}` of `{}` is the whole body, and it is not JSON, which cannot be judged",
                member.member, node.shape
            );
            problems.add(shape.span, message, "check this service without the operation");
        }
    }
}

/// Whether a payload of the kind travels as JSON: texts and bytes travel as they are.
fn is_json(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Structure(_) | NodeKind::Union(_) | NodeKind::Document | NodeKind::Recursive => true,
        NodeKind::List { .. } | NodeKind::Map { .. } => true,
        NodeKind::String | NodeKind::Enum(_) | NodeKind::IntEnum(_) | NodeKind::Integer { .. } => false,
        NodeKind::Float | NodeKind::Boolean | NodeKind::Timestamp(_) | NodeKind::Blob => false,
    }
}

fn method(http: &TraitUse<'_>, problems: &mut Problems<'_>) -> String {
    let method = field(http, "method").and_then(Json::as_str).unwrap_or_default();
    if method.is_empty() || !method.chars().all(|letter| letter.is_ascii_alphabetic()) {
        let span = field(http, "method").map_or(http.span, |value| value.span);
        problems.add(span, "the HTTP binding has no method", "write e.g. `POST`");
    }
    method.to_owned()
}

fn status(http: &TraitUse<'_>, problems: &mut Problems<'_>) -> u16 {
    let Some(code) = field(http, "code") else {
        return 200;
    };
    let status = code.as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| (100..600).contains(code));
    status.unwrap_or_else(|| {
        problems.add(code.span, "this is no HTTP status", "write a number from 100 to 599");
        200
    })
}

fn read_errors(ast: &Ast<'_>, errors: &[Reference<'_>], problems: &mut Problems<'_>) -> Vec<OperationError> {
    let mut found: BTreeMap<String, OperationError> = BTreeMap::new();
    for reference in errors {
        let Some(shape) = expect(ast, reference, ShapeKind::Structure, problems) else {
            continue;
        };
        let Some(kind) = find_trait(&shape.traits, "smithy.api#error") else {
            let message = format!("`{}` is no error", shape.id);
            problems.add(reference.span, message, "give it the trait `smithy.api#error` with `client` or `server`");
            continue;
        };
        let by_kind = match kind.value.as_str() {
            Some("client") => 400,
            Some("server") => 500,
            _ => {
                problems.add(kind.value.span, "an error is of the `client` or the `server`", "write one of the two");
                continue;
            }
        };
        let stated = find_trait(&shape.traits, "smithy.api#httpError").and_then(|used| {
            let status = used.value.as_u64().and_then(|code| u16::try_from(code).ok());
            let status = status.filter(|code| (400..600).contains(code));
            if status.is_none() {
                problems.add(used.value.span, "this is no status of an error", "write a number from 400 to 599");
            }
            status
        });
        let code = short_name(shape.id).to_owned();
        let error = OperationError { code: code.clone(), status: stated.unwrap_or(by_kind), clause: ClauseIndex(0) };
        found.entry(code).or_insert(error);
    }
    found.into_values().collect()
}

/// How the operation pages: its own trait, completed by the service's.
fn pagination(
    service: &Shape<'_>,
    shape: &Shape<'_>,
    input: &Node,
    output: &Node,
    problems: &mut Problems<'_>,
) -> Option<Pagination> {
    let own = find_trait(&shape.traits, "smithy.api#paginated")?;
    let common = find_trait(&service.traits, "smithy.api#paginated");
    let text = |key: &str| {
        let value = field(own, key).or_else(|| common.and_then(|common| field(common, key)))?;
        value.as_str().map(|text| (text.to_owned(), value.span))
    };
    let help = "name a member; a path of several uses dots";
    let mut member = |key: &str, node: &Node| {
        let (path, span) = text(key)?;
        let mut current = Some(node);
        for segment in path.split('.') {
            current = current.and_then(|node| node.members().iter().find(|member| member.member == segment));
        }
        if current.is_none() {
            problems.add(span, format!("`{key}` names `{path}`, which `{}` does not have", node.shape), help);
        }
        Some(current.map_or(path, |node| node.path.clone()))
    };
    let input_token = member("inputToken", input);
    let output_token = member("outputToken", output);
    let page_size = member("pageSize", input);
    let items = member("items", output);
    let (Some(input_token), Some(output_token)) = (input_token, output_token) else {
        problems.add(own.span, "pagination needs `inputToken` and `outputToken`", help);
        return None;
    };
    Some(Pagination { input_token, output_token, page_size, items })
}
