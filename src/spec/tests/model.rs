//! Hand-written models, one per feature of Smithy.

use serde_json::{Value, json};

use super::super::contract::{BodyClause, Location, NodeKind, Operation, TimestampFormat, UriSegment};
use super::super::*;

/// A model with one service, one operation `Do` (`POST /do`) with these input and output members, and more shapes.
pub(super) fn model(input: Value, output: Value, shapes: Value) -> Value {
    let mut all = json!({
        "x#Service": {
            "type": "service", "version": "1", "operations": [{"target": "x#Do"}],
            "traits": {"aws.protocols#restJson1": {}, "aws.auth#sigv4": {"name": "x"}}
        },
        "x#Do": {
            "type": "operation", "input": {"target": "x#DoInput"}, "output": {"target": "x#DoOutput"},
            "traits": {"smithy.api#http": {"method": "POST", "uri": "/do"}}
        },
        "x#DoInput": {"type": "structure", "members": input},
        "x#DoOutput": {"type": "structure", "members": output},
    });
    for (id, shape) in shapes.as_object().unwrap() {
        all[id] = shape.clone();
    }
    json!({"smithy": "2.0", "shapes": all})
}

pub(super) fn load_model(model: &Value) -> Contract {
    load("model.json", &model.to_string(), None).unwrap_or_else(|error| panic!("{:?}", error.problems))
}

fn with_http(mut model: Value, http: Value) -> Value {
    model["shapes"]["x#Do"]["traits"]["smithy.api#http"] = http;
    model
}

fn operation(contract: &Contract) -> &Operation {
    contract.operation("Do").unwrap()
}

fn ids(contract: &Contract) -> Vec<&str> {
    contract.clauses.iter().map(|(_, clause)| clause.id.as_str()).collect()
}

#[test]
fn every_constraint_makes_its_clause_in_order() {
    let contract = load_model(&model(
        json!({
            "level": {"target": "x#Level"},
            "list": {"target": "x#Names"},
            "name": {"target": "x#Name", "traits": {"smithy.api#required": {}}},
            "tags": {"target": "x#Tags"},
        }),
        json!({"kind": {"target": "x#Kind"}}),
        json!({
            "x#Name": {"type": "string", "traits": {"smithy.api#length": {"min": 1, "max": 9}, "smithy.api#pattern": "^[a-z]+$"}},
            "x#Names": {"type": "list", "member": {"target": "x#Name"}, "traits": {"smithy.api#uniqueItems": {}, "smithy.api#length": {"max": 3}}},
            "x#Tags": {"type": "map", "key": {"target": "x#Name"}, "value": {"target": "smithy.api#String"}},
            "x#Level": {"type": "integer", "traits": {"smithy.api#range": {"min": -1, "max": 5}}},
            "x#Kind": {"type": "enum", "members": {"A": {"target": "smithy.api#Unit", "traits": {"smithy.api#enumValue": "a"}}}},
            "x#Gone": {"type": "structure", "members": {}, "traits": {"smithy.api#error": "client", "smithy.api#httpError": 410}},
        }),
    ));
    assert_eq!(
        ids(&contract),
        [
            "Do.input.level.type",
            "Do.input.level.range.min",
            "Do.input.level.range.max",
            "Do.input.list.type",
            "Do.input.list.length.max",
            "Do.input.list.unique",
            "Do.input.list.member.type",
            "Do.input.list.member.length.min",
            "Do.input.list.member.length.max",
            "Do.input.list.member.pattern",
            "Do.input.name.type",
            "Do.input.name.required",
            "Do.input.name.length.min",
            "Do.input.name.length.max",
            "Do.input.name.pattern",
            "Do.input.tags.type",
            "Do.input.tags.key.length.min",
            "Do.input.tags.key.length.max",
            "Do.input.tags.key.pattern",
            "Do.input.tags.value.type",
            "Do.output.kind.type",
            "Do.output.kind.enum",
            "Do.status",
            "Do.content_type",
        ]
    );
    let level = operation(&contract).input.member("level").unwrap();
    assert_eq!(level.constraints.range.unwrap().min, Some(-1.0));
    assert_eq!(contract.clauses.get(level.clause(Constraint::Type).unwrap()).section, "x#Do");
}

#[test]
fn a_members_own_trait_overrides_its_shapes() {
    let contract = load_model(&model(
        json!({"name": {"target": "x#Name", "traits": {"smithy.api#length": {"max": 3}, "smithy.api#pattern": "b"}}}),
        json!({}),
        json!({"x#Name": {"type": "string", "traits": {"smithy.api#length": {"min": 2}, "smithy.api#pattern": "a"}}}),
    ));
    let name = &operation(&contract).input.members()[0];
    let length = name.constraints.length.unwrap();
    assert_eq!((length.min, length.max), (None, Some(3)));
    assert!(name.constraints.pattern.as_ref().unwrap().is_match("b"));
}

#[test]
fn every_simple_type_has_its_kind() {
    let names = [
        "Blob",
        "Boolean",
        "String",
        "Byte",
        "Short",
        "Integer",
        "Long",
        "BigInteger",
        "Float",
        "Double",
        "BigDecimal",
        "Timestamp",
        "Document",
        "PrimitiveInteger",
    ];
    let members: Value =
        names.iter().map(|name| (name.to_lowercase(), json!({"target": format!("smithy.api#{name}")}))).collect();
    let contract = load_model(&model(members, json!({}), json!({})));
    let kind = |name: &str| format!("{:?}", operation(&contract).input.member(name).unwrap().kind);
    assert_eq!(kind("blob"), "Blob");
    assert_eq!(kind("byte"), "Integer { lowest: -128, highest: 127 }");
    assert_eq!(kind("primitiveinteger"), kind("integer"));
    assert_eq!(kind("long"), kind("biginteger"));
    assert_eq!(kind("bigdecimal"), "Float");
    assert_eq!(kind("timestamp"), "Timestamp(EpochSeconds)");
    assert_eq!(kind("document"), "Document");
    assert!(contract.clauses.find("Do.input.document.type").is_none());
}

#[test]
fn enums_of_every_form_are_read() {
    let contract = load_model(&model(
        json!({"old": {"target": "x#Old"}, "new": {"target": "x#New"}, "number": {"target": "x#Number"}}),
        json!({}),
        json!({
            "x#Old": {"type": "string", "traits": {"smithy.api#enum": [{"value": "a", "name": "A"}, {"value": "b"}]}},
            "x#New": {"type": "enum", "members": {"A": {"target": "smithy.api#Unit"}}},
            "x#Number": {"type": "intEnum", "members": {"A": {"target": "smithy.api#Unit", "traits": {"smithy.api#enumValue": 7}}}},
        }),
    ));
    let kind = |name: &str| format!("{:?}", operation(&contract).input.member(name).unwrap().kind);
    assert_eq!(kind("old"), r#"Enum(["a", "b"])"#);
    assert_eq!(kind("new"), r#"Enum(["A"])"#);
    assert_eq!(kind("number"), "IntEnum([7])");
}

#[test]
fn http_bindings_decide_where_members_travel() {
    let bound = |id: &str, name: Value| json!({"target": "smithy.api#String", "traits": {id: name}});
    let input = json!({
        "id": {"target": "smithy.api#String", "traits": {"smithy.api#httpLabel": {}, "smithy.api#required": {}}},
        "rest": {"target": "smithy.api#String", "traits": {"smithy.api#httpLabel": {}, "smithy.api#required": {}}},
        "query": bound("smithy.api#httpQuery", json!("q")),
        "header": bound("smithy.api#httpHeader", json!("X-Header")),
        "when": {"target": "smithy.api#Timestamp", "traits": {"smithy.api#httpHeader": "X-When"}},
        "all": {"target": "x#Map", "traits": {"smithy.api#httpQueryParams": {}}},
        "more": {"target": "x#Map", "traits": {"smithy.api#httpPrefixHeaders": "X-More-"}},
        "body": {"target": "smithy.api#String", "traits": {"smithy.api#jsonName": "Body"}},
    });
    let output = json!({
        "code": {"target": "smithy.api#Integer", "traits": {"smithy.api#httpResponseCode": {}}},
        "file": {"target": "smithy.api#Document", "traits": {"smithy.api#httpPayload": {}}},
    });
    let shapes = json!({"x#Map": {"type": "map", "key": {"target": "smithy.api#String"}, "value": {"target": "smithy.api#String"}}});
    let http = json!({"method": "PUT", "uri": "/a/{id}/{rest+}?fixed=1&flag", "code": 201});
    let contract = load_model(&with_http(model(input, output, shapes), http));
    let found = operation(&contract);
    let location = |name: &str| found.input.member(name).unwrap().location.clone();
    assert_eq!((found.method.as_str(), found.success_status), ("PUT", 201));
    assert_eq!(
        found.uri,
        [
            UriSegment::Literal("a".to_owned()),
            UriSegment::Label { member: "id".to_owned(), is_greedy: false },
            UriSegment::Label { member: "rest".to_owned(), is_greedy: true },
        ]
    );
    assert_eq!(found.query, [("fixed".to_owned(), Some("1".to_owned())), ("flag".to_owned(), None)]);
    assert_eq!(location("id"), Location::Label);
    assert_eq!(location("query"), Location::Query("q".to_owned()));
    assert_eq!(location("header"), Location::Header("X-Header".to_owned()));
    assert_eq!(location("all"), Location::QueryParams);
    assert_eq!(location("more"), Location::PrefixHeaders("X-More-".to_owned()));
    assert_eq!(location("Body"), Location::Body);
    assert!(matches!(found.input.member("when").unwrap().kind, NodeKind::Timestamp(TimestampFormat::HttpDate)));
    assert_eq!(found.output.member("code").unwrap().location, Location::StatusCode);
    assert_eq!(found.output.member("file").unwrap().location, Location::Payload);
    let document = export_openapi(&contract);
    assert!(document["paths"]["/a/{id}/{rest}"]["put"]["responses"]["201"].is_object());
}

#[test]
fn operations_are_found_through_resources() {
    let mut model = model(json!({}), json!({}), json!({}));
    let shapes = &mut model["shapes"];
    shapes["x#Service"]["operations"] = json!([]);
    shapes["x#Service"]["resources"] = json!([{"target": "x#Outer"}]);
    shapes["x#Outer"] = json!({"type": "resource", "identifiers": {}, "resources": [{"target": "x#Inner"}]});
    shapes["x#Inner"] = json!({"type": "resource", "read": {"target": "x#Do"}, "resources": [{"target": "x#Outer"}]});
    assert_eq!(load_model(&model).operations.len(), 1);
}

#[test]
fn mixins_and_apply_are_worked_in() {
    let mut model = model(
        json!({"own": {"target": "smithy.api#String"}}),
        json!({}),
        json!({
            "x#Base": {
                "type": "structure",
                "members": {"shared": {"target": "smithy.api#String"}},
                "traits": {"smithy.api#mixin": {}}
            },
            "x#DoInput$shared": {"type": "apply", "traits": {"smithy.api#required": {}}},
            "x#DoInput$own": {"type": "apply", "traits": {"smithy.api#length": {"max": 4}}},
        }),
    );
    model["shapes"]["x#DoInput"]["mixins"] = json!([{"target": "x#Base"}]);
    let contract = load_model(&model);
    assert!(contract.clauses.find("Do.input.shared.required").is_some());
    assert!(contract.clauses.find("Do.input.own.length.max").is_some());
}

#[test]
fn a_shape_that_contains_itself_is_cut() {
    let contract = load_model(&model(
        json!({"tree": {"target": "x#Tree"}}),
        json!({}),
        json!({
            "x#Tree": {"type": "structure", "members": {"left": {"target": "x#Tree"}, "all": {"target": "x#Trees"}}},
            "x#Trees": {"type": "list", "member": {"target": "x#Tree"}},
        }),
    ));
    let all = operation(&contract).input.find("tree.all.member").unwrap();
    assert!(matches!(all.kind, NodeKind::Recursive));
    assert!(contract.clauses.find("Do.input.tree.left.type").is_none());
}

#[test]
fn sparse_secret_and_union_shapes_are_marked() {
    let contract = load_model(&model(
        json!({"list": {"target": "x#List"}, "choice": {"target": "x#Choice"}, "set": {"target": "x#Set"}}),
        json!({}),
        json!({
            "x#List": {"type": "list", "member": {"target": "smithy.api#String"}, "traits": {"smithy.api#sparse": {}, "smithy.api#sensitive": {}}},
            "x#Choice": {"type": "union", "members": {"a": {"target": "smithy.api#String"}, "b": {"target": "smithy.api#Unit"}}},
            "x#Set": {"type": "set", "member": {"target": "smithy.api#String"}},
        }),
    ));
    let found = operation(&contract);
    let element = found.input.find("list.member").unwrap();
    assert!(element.is_nullable && element.is_sensitive);
    assert!(matches!(found.input.member("choice").unwrap().kind, NodeKind::Union(_)));
    assert!(contract.clauses.find("Do.input.set.unique").is_some());
    let schema = input_schema(&contract, found);
    let valid = |value: Value| jsonschema::draft202012::is_valid(&schema, &value);
    assert!(valid(json!({"list": ["a", null], "choice": {"a": "x"}, "set": ["a", "b"]})));
    assert!(!valid(json!({"choice": {"a": "x", "b": {}}})));
    assert!(!valid(json!({"set": ["a", "a"]})));
}

#[test]
fn pagination_takes_the_services_defaults() {
    let mut model = model(
        json!({"token": {"target": "smithy.api#String", "traits": {"smithy.api#jsonName": "Token"}}}),
        json!({"page": {"target": "x#Page"}}),
        json!({
            "x#Page": {"type": "structure", "members": {"token": {"target": "smithy.api#String"}, "items": {"target": "x#Items"}}},
            "x#Items": {"type": "list", "member": {"target": "smithy.api#String"}},
        }),
    );
    model["shapes"]["x#Service"]["traits"]["smithy.api#paginated"] =
        json!({"inputToken": "token", "outputToken": "page.token"});
    model["shapes"]["x#Do"]["traits"]["smithy.api#paginated"] = json!({"items": "page.items"});
    let contract = load_model(&model);
    let pagination = operation(&contract).pagination.clone().unwrap();
    assert_eq!(pagination.input_token, "Token");
    assert_eq!(pagination.output_token, "page.token");
    assert_eq!(pagination.items.as_deref(), Some("page.items"));
}

#[test]
fn errors_come_from_the_operation_and_the_service() {
    let error = |kind: &str| json!({"type": "structure", "members": {}, "traits": {"smithy.api#error": kind}});
    let mut model = model(json!({}), json!({}), json!({"x#Mine": error("client"), "x#Common": error("server")}));
    model["shapes"]["x#Do"]["errors"] = json!([{"target": "x#Mine"}]);
    model["shapes"]["x#Service"]["errors"] = json!([{"target": "x#Common"}]);
    let contract = load_model(&model);
    let statuses: Vec<(&str, u16)> =
        operation(&contract).errors.iter().map(|error| (error.code.as_str(), error.status)).collect();
    assert_eq!(statuses, [("Common", 500), ("Mine", 400)]);
}

#[test]
fn an_empty_output_promises_no_body_and_is_certain_only_where_the_model_is() {
    let mut model = model(json!({}), json!({}), json!({}));
    let empty = load_model(&model);
    let BodyClause::Empty(clause) = operation(&empty).body_clause else { panic!("there is a body") };
    assert_eq!(empty.clauses.get(clause).tier, Tier::Inferred);
    model["shapes"]["x#Do"]["output"] = json!({"target": "smithy.api#Unit"});
    let unit = load_model(&model);
    let BodyClause::Empty(clause) = operation(&unit).body_clause else { panic!("there is a body") };
    assert_eq!(unit.clauses.get(clause).tier, Tier::Documented);
}
