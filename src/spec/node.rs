//! Members in their place: a tree of nodes for each input and output, which carry their effective constraints and the
//! clauses those constraints make.

use super::clause::{ClauseIndex, Constraint};
use super::pattern::Pattern;

/// A member in its place: type, constraints and clauses.
#[derive(Debug)]
pub struct Node {
    /// Path below the input or output, e.g. `bucket.tags.value`; empty for the structure itself.
    pub path: String,
    /// Name on the wire (of the last path segment).
    pub name: String,
    /// Name of the member in the model; differs from `name` where the model renames it on the wire.
    pub member: String,
    /// Name of the target shape, without the namespace.
    pub shape: String,
    /// Type, with the nodes below it.
    pub kind: NodeKind,
    /// Whether the member must be there.
    pub is_required: bool,
    /// Whether the value is a secret; what lies below a secret is one too.
    pub is_sensitive: bool,
    /// Whether it or anything below it is a secret.
    pub holds_secret: bool,
    /// Whether null is a legal value: elements of sparse lists and values of sparse maps.
    pub is_nullable: bool,
    /// Whether it stands for the keys of a map, which JSON always writes as strings.
    pub is_map_key: bool,
    /// The resource that the value names, if it names one.
    pub resource: Option<ResourceName>,
    /// Where the member travels (top-level members only; deeper ones are always in the body).
    pub location: Location,
    /// Effective constraints: the member's own where it has them, else its shape's.
    pub constraints: Constraints,
    /// The clauses that its constraints make, by constraint.
    pub clauses: NodeClauses,
}

impl Node {
    /// The clause that a constraint of this node makes.
    pub fn clause(&self, constraint: Constraint) -> Option<ClauseIndex> {
        self.clauses.0.get(constraint as usize).copied().flatten()
    }

    /// Whether a value can break a constraint at all: nothing is shorter than 0, and any value is a document.
    pub fn can_break(&self, constraint: Constraint) -> bool {
        match constraint {
            Constraint::Type => !matches!(self.kind, NodeKind::Document),
            Constraint::LengthMin => self.constraints.length.and_then(|length| length.min) != Some(0),
            _ => true,
        }
    }

    /// Members of a structure or union; nothing for other kinds.
    pub fn members(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Structure(members) | NodeKind::Union(members) => members,
            _ => &[],
        }
    }

    /// The member of that wire name.
    pub fn member(&self, name: &str) -> Option<&Node> {
        self.members().iter().find(|member| member.name == name)
    }

    /// The nodes directly below: members, list element, map key and value.
    pub fn children(&self) -> Vec<&Node> {
        match &self.kind {
            NodeKind::Structure(members) | NodeKind::Union(members) => members.iter().collect(),
            NodeKind::List { element } => vec![element],
            NodeKind::Map { key, value } => vec![key, value],
            _ => Vec::new(),
        }
    }

    /// The same node, which knows whether it holds a secret.
    pub(super) fn knowing_its_secrets(self) -> Node {
        let holds_secret = self.is_sensitive || self.children().iter().any(|child| child.holds_secret);
        Node { holds_secret, ..self }
    }

    /// The nodes directly below, to be changed.
    pub(super) fn children_mut(&mut self) -> Vec<&mut Node> {
        match &mut self.kind {
            NodeKind::Structure(members) | NodeKind::Union(members) => members.iter_mut().collect(),
            NodeKind::List { element } => vec![element],
            NodeKind::Map { key, value } => vec![key, value],
            _ => Vec::new(),
        }
    }

    /// The node at a path below this one, e.g. `bucket.tags.value`; this one for its own path.
    pub fn find(&self, path: &str) -> Option<&Node> {
        if self.path == path {
            return Some(self);
        }
        self.children().into_iter().find(|child| child.covers(path)).and_then(|child| child.find(path))
    }

    /// Whether a path leads to this node or below it.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// This node and all nodes below it, parents first.
    pub fn walk(&self) -> Vec<&Node> {
        let mut found = vec![self];
        for child in self.children() {
            found.extend(child.walk());
        }
        found
    }
}

/// The resource that a member's values name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceName {
    /// Type of the resource, e.g. `access-key`; [`Pattern::ANY_RESOURCE`] if the pattern leaves it open.
    pub kind: String,
    /// Whether values are ARNs; otherwise they are ids of another form.
    pub is_arn: bool,
    /// The type that the pattern alone names.
    pub(super) by_pattern: Option<String>,
}

impl ResourceName {
    /// A resource of which nothing but the ARN's pattern is known.
    pub(super) fn by_pattern(kind: String) -> Self {
        Self { by_pattern: Some(kind.clone()), kind, is_arn: true }
    }
}

/// Clause of each constraint, by `Constraint as usize`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeClauses(pub [Option<ClauseIndex>; Constraint::COUNT]);

/// The type of a node.
#[derive(Debug)]
pub enum NodeKind {
    /// A JSON object with named members.
    Structure(Vec<Node>),
    /// A JSON object with exactly one of the named members.
    Union(Vec<Node>),
    /// A JSON array.
    List {
        /// Its elements.
        element: Box<Node>,
    },
    /// A JSON object with free keys.
    Map {
        /// Its keys.
        key: Box<Node>,
        /// Its values.
        value: Box<Node>,
    },
    /// A string.
    String,
    /// A string out of a closed set.
    Enum(Vec<String>),
    /// An integer out of a closed set.
    IntEnum(Vec<i64>),
    /// A whole number.
    Integer {
        /// Smallest value of the Smithy type (byte, short, integer, long).
        lowest: i64,
        /// Largest value of the Smithy type.
        highest: i64,
    },
    /// A number with a fraction.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A point in time.
    Timestamp(TimestampFormat),
    /// Base64 in a string.
    Blob,
    /// Any JSON value.
    Document,
    /// A shape that contains itself; unfolded no further.
    Recursive,
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// ISO 8601 in a string.
    DateTime,
    /// Seconds since 1970 as a number.
    EpochSeconds,
    /// RFC 7231 date in a string.
    HttpDate,
}

/// Where a top-level member travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In the JSON body.
    Body,
    /// In the URI.
    Label,
    /// In the query, under this name; lists repeat the name.
    Query(String),
    /// A map whose entries are the query.
    QueryParams,
    /// In this header.
    Header(String),
    /// In headers that begin with this prefix.
    PrefixHeaders(String),
    /// The whole body is this member.
    Payload,
    /// The status code.
    StatusCode,
}

/// Constraints in force at a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constraints {
    /// Code points of a string, elements of a list, entries of a map, bytes of a blob.
    pub length: Option<Bounds<u64>>,
    /// Range of a number.
    pub range: Option<Bounds<f64>>,
    /// Pattern of a whole string.
    pub pattern: Option<Pattern>,
    /// Whether list elements must differ.
    pub unique_items: bool,
}

/// An inclusive range, open where a side is missing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds<T> {
    /// Smallest allowed.
    pub min: Option<T>,
    /// Largest allowed.
    pub max: Option<T>,
}
