//! The contract as the other stages see it: operations, each with its input and output unfolded into a tree of [`Node`]s.

use super::clause::{ClauseIndex, ClauseTable};
use super::evidence::EvidenceFile;
pub use super::node::{Bounds, Constraints, Location, Node, NodeClauses, NodeKind, ResourceName, TimestampFormat};
pub use super::pattern::Pattern;
use super::rules::Rules;

/// A loaded and checked contract.
#[derive(Debug)]
pub struct Contract {
    /// The service shape.
    pub service: Service,
    /// All operations, by name.
    pub operations: Vec<Operation>,
    /// Every clause: those of the operations and those of the rules.
    pub clauses: ClauseTable,
    /// Facts beyond Smithy's traits; empty for a model without rules.
    pub rules: Rules,
    /// What is known of the service beyond the document.
    pub evidence: EvidenceFile,
    /// SHA-256 of the model file, lower-case hex.
    pub sha256: String,
    /// How many shapes the model defines.
    pub shape_count: usize,
    /// Whether model and rules are those that come with the program.
    pub is_builtin: bool,
}

impl Contract {
    /// Whether nothing but the model is known of the service: no rules say what the model leaves open. A model
    /// says which requests are malformed; it does not say that every other request succeeds.
    pub fn is_model_only(&self) -> bool {
        self.rules.schema.is_empty()
    }

    /// Names of members that hold secrets in some shape and nothing else in another.
    pub fn secret_names(&self) -> Vec<String> {
        let trees = self.operations.iter().flat_map(|operation| [&operation.input, &operation.output]);
        let nodes: Vec<&Node> = trees.flat_map(Node::walk).collect();
        let is_secret_name = |name: &str| nodes.iter().filter(|node| node.name == name).all(|node| node.is_sensitive);
        let secret = nodes.iter().filter(|node| node.is_sensitive && is_secret_name(&node.name));
        let mut names: Vec<String> = secret.map(|node| node.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The names of all operations, in the order of the contract.
    pub fn operation_names(&self) -> Vec<&str> {
        self.operations.iter().map(|operation| operation.name.as_str()).collect()
    }

    /// The operation of that name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations
            .binary_search_by(|operation| operation.name.as_str().cmp(name))
            .ok()
            .and_then(|index| self.operations.get(index))
    }
}

/// The service shape of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Shape id, e.g. `com.amazonaws.s3#AmazonS3`.
    pub id: String,
    /// Short name for people and reports (the sdkId, or the shape's name).
    pub name: String,
    /// The service's version.
    pub version: String,
    /// Service name in the SigV4 credential scope; none if the model does not use SigV4.
    pub signing_name: Option<String>,
    /// Prefix of the public endpoint's host name.
    pub endpoint_prefix: Option<String>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Name without the namespace.
    pub name: String,
    /// Shape id, e.g. `com.amazonaws.s3#CreateBucket`.
    pub id: String,
    /// HTTP method.
    pub method: String,
    /// The URI as literal and label segments.
    pub uri: Vec<UriSegment>,
    /// Query parameters that stand in the URI itself: name, and value if it has one.
    pub query: Vec<(String, Option<String>)>,
    /// The exact status of success.
    pub success_status: u16,
    /// The input structure; a structure without members if the operation takes none.
    pub input: Node,
    /// The output structure; a structure without members if success has no content.
    pub output: Node,
    /// Errors documented for this operation.
    pub errors: Vec<OperationError>,
    /// How the operation pages, if it does.
    pub pagination: Option<Pagination>,
    /// Whether the model says that it changes nothing.
    pub is_readonly: bool,
    /// The clause on the status of success.
    pub status_clause: ClauseIndex,
    /// The clause on the body of success as a whole.
    pub body_clause: BodyClause,
    /// Section of the reference.
    pub section: String,
}

impl Operation {
    /// The path, its labels in braces: `/buckets/{name}`.
    pub fn uri_template(&self) -> String {
        let segments = self.uri.iter().map(|segment| match segment {
            UriSegment::Literal(text) => format!("/{text}"),
            UriSegment::Label { member, .. } => format!("/{{{member}}}"),
        });
        let path: String = segments.collect();
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// The member of the input for the size of a page, and its upper bound; none if it has no bound of at least 1.
    pub fn largest_page(&self) -> Option<(&str, u64)> {
        let name = self.pagination.as_ref()?.page_size.as_deref()?;
        let most = self.input.member(name)?.constraints.range?.max?;
        (most >= 1.0).then_some((name, most as u64))
    }

    /// The documented error of that code.
    pub fn error(&self, code: &str) -> Option<&OperationError> {
        self.errors.iter().find(|error| error.code == code)
    }

    /// Whether success carries no content.
    pub fn output_is_empty(&self) -> bool {
        matches!(self.body_clause, BodyClause::Empty(_))
    }
}

/// What the contract says of the success body as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyClause {
    /// A body of this content type (`Operation.content_type`).
    ContentType(ClauseIndex),
    /// No body (`Operation.empty_body`).
    Empty(ClauseIndex),
}

/// A part of an operation's URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UriSegment {
    /// Text as it stands, without slashes.
    Literal(String),
    /// The value of an input member, percent-encoded.
    Label {
        /// Input member.
        member: String,
        /// Whether slashes of the value stay slashes.
        is_greedy: bool,
    },
}

/// An error that an operation documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    /// The code on the wire.
    pub code: String,
    /// Its documented status.
    pub status: u16,
    /// The clause `Operation.error.CODE`.
    pub clause: ClauseIndex,
}

/// How an operation pages; members by their names on the wire, with dots where they lie deeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pagination {
    /// Input member that takes the token.
    pub input_token: String,
    /// Output member that returns the token.
    pub output_token: String,
    /// Input member for the page size.
    pub page_size: Option<String>,
    /// Output member that holds the items.
    pub items: Option<String>,
}
