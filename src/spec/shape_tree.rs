//! Unfolds a shape into a tree of nodes with their effective constraints.

use std::collections::{HashMap, HashSet};

use super::ast::{Ast, Member, Shape, ShapeKind, TraitUse, find_trait, short_name};
use super::constraints;
use super::contract::{Constraints, Location, Node, NodeClauses, NodeKind, TimestampFormat};
use super::error::Problems;
use super::json::{Json, Span};
use super::pattern::Pattern;
use super::resource::{self, Identifiers};

/// How deep a contract's values may nest.
const DEEPEST: usize = 48;
/// How many nodes a contract may unfold into.
const MOST_NODES: usize = 200_000;

/// Whether a tree describes a request or a response: some bindings hold on one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A request.
    Input,
    /// A response.
    Output,
}

/// Unfolds the shapes of one model.
pub(super) struct Unfolder<'m, 'a, 'p> {
    ast: &'m Ast<'a>,
    /// Where what is wrong is noted.
    pub problems: &'m mut Problems<'p>,
    patterns: HashMap<String, Result<Pattern, String>>,
    identifiers: Identifiers<'a>,
    nodes: usize,
    is_too_large: bool,
}

/// Where a node stands while it is unfolded.
struct Place<'s> {
    path: String,
    name: String,
    span: Span,
    location: Location,
    is_sensitive: bool,
    stack: Vec<&'s str>,
}

impl<'m, 'a, 'p> Unfolder<'m, 'a, 'p> {
    pub fn new(ast: &'m Ast<'a>, problems: &'m mut Problems<'p>) -> Self {
        let identifiers = resource::identifiers(ast);
        Self { ast, problems, patterns: HashMap::new(), identifiers, nodes: 0, is_too_large: false }
    }

    /// The tree of an operation's input or output structure.
    pub fn structure(&mut self, id: &'a str, span: Span, side: Side) -> Node {
        let shape = self.ast.shapes.get(id);
        let is_structure = shape.is_none_or(|shape| shape.kind == ShapeKind::Structure);
        if !is_structure {
            self.problems.add(span, format!("`{id}` is no structure"), "inputs, outputs and errors are structures");
        }
        let members = match shape {
            Some(shape) if is_structure => self.top_members(shape, side),
            _ => Vec::new(),
        };
        Node {
            path: String::new(),
            name: String::new(),
            member: String::new(),
            shape: short_name(id).to_owned(),
            kind: NodeKind::Structure(members),
            is_required: true,
            is_sensitive: false,
            holds_secret: false,
            is_nullable: false,
            is_map_key: false,
            resource: None,
            location: Location::Body,
            constraints: Constraints::default(),
            clauses: NodeClauses::default(),
        }
        .knowing_its_secrets()
    }

    fn top_members(&mut self, shape: &'m Shape<'a>, side: Side) -> Vec<Node> {
        let is_secret = find_trait(&shape.traits, "smithy.api#sensitive").is_some();
        let members: Vec<Node> = shape
            .members
            .iter()
            .map(|member| {
                let location = self.location(member, side);
                let name = match location {
                    Location::Body => wire_name(member),
                    _ => member.name.to_owned(),
                };
                let place = Place {
                    path: name.clone(),
                    name,
                    span: member.span,
                    location,
                    is_sensitive: is_secret,
                    stack: vec![shape.id],
                };
                self.node(member, place)
            })
            .collect();
        self.check_names(shape, &members);
        members
    }

    fn check_names(&mut self, shape: &Shape<'a>, members: &[Node]) {
        let mut seen = HashSet::new();
        for member in members.iter().filter(|member| !seen.insert(member.name.as_str())) {
            let message = format!("two members of `{}` are called `{}` on the wire", shape.id, member.name);
            self.problems.add(shape.span, message, "give them different names");
        }
    }

    /// Where a top-level member travels. Source: Smithy 2.0 specification, "HTTP binding traits".
    fn location(&mut self, member: &Member<'a>, side: Side) -> Location {
        let text = |id: &str| find_trait(&member.traits, id).and_then(|used| used.value.as_str()).map(str::to_owned);
        let has = |id: &str| find_trait(&member.traits, id).is_some();
        if has("smithy.api#httpPayload") {
            return Location::Payload;
        }
        if let Some(name) = text("smithy.api#httpHeader") {
            if has("smithy.api#mediaType") {
                let message = format!("`{}` travels encoded in a header, which is not supported", member.name);
                self.problems.add(member.span, message, "remove the media type if the header is plain");
            }
            return Location::Header(name);
        }
        if let Some(prefix) = text("smithy.api#httpPrefixHeaders") {
            return Location::PrefixHeaders(prefix);
        }
        match side {
            Side::Input if has("smithy.api#httpLabel") => Location::Label,
            Side::Input if has("smithy.api#httpQueryParams") => Location::QueryParams,
            Side::Input => text("smithy.api#httpQuery").map_or(Location::Body, Location::Query),
            Side::Output if has("smithy.api#httpResponseCode") => Location::StatusCode,
            Side::Output => Location::Body,
        }
    }

    fn node(&mut self, member: &'m Member<'a>, place: Place<'a>) -> Node {
        let id = member.target.target;
        let shape = self.ast.shapes.get(id);
        let shape_traits: &[TraitUse<'a>] = shape.map_or(&[], |shape| &shape.traits);
        let effective = |id: &str| find_trait(&member.traits, id).or_else(|| find_trait(shape_traits, id));
        let is_sensitive = place.is_sensitive || effective("smithy.api#sensitive").is_some();
        let is_required = find_trait(&member.traits, "smithy.api#required").is_some();
        let mut found = constraints::read(&effective, &mut self.patterns, self.problems);
        found.unique_items |= shape.is_some_and(|shape| shape.kind == ShapeKind::Set);
        let resource = resource::of_member(&self.identifiers, member, &effective, found.pattern.as_ref());
        let format = effective("smithy.api#timestampFormat").copied();
        let (path, name, location) = (place.path.clone(), place.name.clone(), place.location.clone());
        let kind = shape.map_or(NodeKind::Document, |shape| self.kind(shape, format, Place { is_sensitive, ..place }));
        Node {
            path,
            name,
            member: member.name.to_owned(),
            shape: short_name(id).to_owned(),
            kind,
            is_required,
            is_sensitive,
            holds_secret: false,
            is_nullable: false,
            is_map_key: false,
            resource,
            location,
            constraints: found,
            clauses: NodeClauses::default(),
        }
        .knowing_its_secrets()
    }

    fn kind(&mut self, shape: &'m Shape<'a>, format: Option<TraitUse<'a>>, place: Place<'a>) -> NodeKind {
        if let Some(simple) = self.simple_kind(shape, format, &place.location) {
            return simple;
        }
        if place.stack.contains(&shape.id) {
            return NodeKind::Recursive;
        }
        self.nodes += shape.members.len();
        if self.nodes > MOST_NODES {
            self.too_large(place.span, format!("the model unfolds into more than {MOST_NODES} members"));
            return NodeKind::Document;
        }
        if place.stack.len() >= DEEPEST {
            self.too_large(place.span, format!("values of `{}` nest deeper than {DEEPEST} levels", shape.id));
            return NodeKind::Document;
        }
        let mut nodes: Vec<Node> = shape
            .members
            .iter()
            .map(|member| {
                let below = self.below(shape, member, &place);
                self.node(member, below)
            })
            .collect();
        self.check_names(shape, &nodes);
        if let (Some(last), Some(_)) = (nodes.last_mut(), find_trait(&shape.traits, "smithy.api#sparse")) {
            last.is_nullable = true;
        }
        if shape.kind == ShapeKind::Map {
            self.check_key(shape, &nodes);
            if let Some(key) = nodes.first_mut() {
                key.is_map_key = true;
            }
        }
        compound_kind(shape.kind, nodes)
    }

    fn below(&self, shape: &Shape<'a>, member: &Member<'a>, place: &Place<'a>) -> Place<'a> {
        let name = match shape.kind {
            ShapeKind::Structure | ShapeKind::Union => wire_name(member),
            _ => member.name.to_owned(),
        };
        let mut stack = place.stack.clone();
        stack.push(shape.id);
        Place {
            path: format!("{}.{name}", place.path),
            name,
            span: member.span,
            location: Location::Body,
            is_sensitive: place.is_sensitive,
            stack,
        }
    }

    fn check_key(&mut self, shape: &Shape<'a>, nodes: &[Node]) {
        let is_string = nodes.first().is_some_and(|key| matches!(key.kind, NodeKind::String | NodeKind::Enum(_)));
        if !is_string {
            self.problems.add(
                shape.span,
                format!("the keys of `{}` are no strings", shape.id),
                "target a string shape",
            );
        }
    }

    fn too_large(&mut self, span: Span, message: String) {
        if !self.is_too_large {
            self.is_too_large = true;
            self.problems.add(span, message, "split the model: check a service with fewer or flatter shapes");
        }
    }

    fn simple_kind(
        &mut self,
        shape: &Shape<'a>,
        format: Option<TraitUse<'a>>,
        location: &Location,
    ) -> Option<NodeKind> {
        let integer = |lowest: i64, highest: i64| Some(NodeKind::Integer { lowest, highest });
        match shape.kind {
            ShapeKind::Blob => Some(NodeKind::Blob),
            ShapeKind::Boolean => Some(NodeKind::Boolean),
            ShapeKind::String => Some(match find_trait(&shape.traits, "smithy.api#enum") {
                Some(used) => NodeKind::Enum(constraints::old_enum(used, self.problems)),
                None => NodeKind::String,
            }),
            ShapeKind::Byte => integer(i64::from(i8::MIN), i64::from(i8::MAX)),
            ShapeKind::Short => integer(i64::from(i16::MIN), i64::from(i16::MAX)),
            ShapeKind::Integer => integer(i64::from(i32::MIN), i64::from(i32::MAX)),
            ShapeKind::Long | ShapeKind::BigInteger => integer(i64::MIN, i64::MAX),
            ShapeKind::Float | ShapeKind::Double | ShapeKind::BigDecimal => Some(NodeKind::Float),
            ShapeKind::Timestamp => Some(NodeKind::Timestamp(self.timestamp(format, location))),
            ShapeKind::Document => Some(NodeKind::Document),
            ShapeKind::Enum => Some(NodeKind::Enum(constraints::enum_values(shape, self.problems))),
            ShapeKind::IntEnum => Some(NodeKind::IntEnum(constraints::int_enum_values(shape, self.problems))),
            _ => None,
        }
    }

    /// The format in force: the trait's, else that of the place. Source: Smithy 2.0, "Timestamp formats" and restJson1.
    fn timestamp(&mut self, format: Option<TraitUse<'a>>, location: &Location) -> TimestampFormat {
        let Some(used) = format else {
            return match location {
                Location::Header(_) | Location::PrefixHeaders(_) => TimestampFormat::HttpDate,
                Location::Label | Location::Query(_) | Location::QueryParams => TimestampFormat::DateTime,
                _ => TimestampFormat::EpochSeconds,
            };
        };
        match used.value.as_str() {
            Some("date-time") => TimestampFormat::DateTime,
            Some("epoch-seconds") => TimestampFormat::EpochSeconds,
            Some("http-date") => TimestampFormat::HttpDate,
            _ => {
                let help = "write `date-time`, `epoch-seconds` or `http-date`";
                self.problems.add(used.value.span, "this timestamp format is unknown", help);
                TimestampFormat::DateTime
            }
        }
    }
}

fn compound_kind(kind: ShapeKind, nodes: Vec<Node>) -> NodeKind {
    match kind {
        ShapeKind::Structure => NodeKind::Structure(nodes),
        ShapeKind::Union => NodeKind::Union(nodes),
        _ => {
            let mut nodes = nodes.into_iter();
            match (nodes.next(), nodes.next()) {
                (Some(key), Some(value)) => NodeKind::Map { key: Box::new(key), value: Box::new(value) },
                (Some(element), None) => NodeKind::List { element: Box::new(element) },
                _ => NodeKind::Document,
            }
        }
    }
}

/// The name of a member in a JSON body.
fn wire_name(member: &Member<'_>) -> String {
    find_trait(&member.traits, "smithy.api#jsonName")
        .and_then(|used| used.value.as_str())
        .unwrap_or(member.name)
        .to_owned()
}

/// A member of a trait's value.
pub(super) fn field<'a>(used: &TraitUse<'a>, key: &str) -> Option<&'a Json> {
    used.value.get(key)
}
