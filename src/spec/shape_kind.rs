//! The types of shapes, and the shapes that Smithy defines itself. Source: Smithy 2.0 specification, "Prelude".

/// The shape that stands for no input or no output.
pub(super) const UNIT: &str = "smithy.api#Unit";

/// What a shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShapeKind {
    Blob,
    Boolean,
    String,
    Byte,
    Short,
    Integer,
    Long,
    BigInteger,
    Float,
    Double,
    BigDecimal,
    Timestamp,
    Document,
    Enum,
    IntEnum,
    List,
    Set,
    Map,
    Structure,
    Union,
    Service,
    Resource,
    Operation,
}

impl ShapeKind {
    const NAMES: [(&'static str, Self); 23] = [
        ("blob", Self::Blob),
        ("boolean", Self::Boolean),
        ("string", Self::String),
        ("byte", Self::Byte),
        ("short", Self::Short),
        ("integer", Self::Integer),
        ("long", Self::Long),
        ("bigInteger", Self::BigInteger),
        ("float", Self::Float),
        ("double", Self::Double),
        ("bigDecimal", Self::BigDecimal),
        ("timestamp", Self::Timestamp),
        ("document", Self::Document),
        ("enum", Self::Enum),
        ("intEnum", Self::IntEnum),
        ("list", Self::List),
        ("set", Self::Set),
        ("map", Self::Map),
        ("structure", Self::Structure),
        ("union", Self::Union),
        ("service", Self::Service),
        ("resource", Self::Resource),
        ("operation", Self::Operation),
    ];

    /// The type of that name in the AST.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// The name of the type in the AST.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("shape", |(name, _)| name)
    }

    /// Properties that a shape of this kind may have besides `type`, `traits` and `mixins`.
    pub fn properties(self) -> &'static [&'static str] {
        match self {
            Self::Enum | Self::IntEnum | Self::Structure | Self::Union => &["members"],
            Self::List | Self::Set => &["member"],
            Self::Map => &["key", "value"],
            Self::Service => &["version", "operations", "resources", "errors", "rename"],
            Self::Operation => &["input", "output", "errors"],
            Self::Resource => &[
                "identifiers",
                "properties",
                "create",
                "put",
                "read",
                "update",
                "delete",
                "list",
                "operations",
                "collectionOperations",
                "resources",
            ],
            _ => &[],
        }
    }

    /// Whether values of the kind travel as data.
    pub fn is_data(self) -> bool {
        !matches!(self, Self::Service | Self::Resource | Self::Operation)
    }
}

/// Shapes that every model may use without defining them.
pub(super) const PRELUDE: [&str; 21] = [
    "smithy.api#Blob",
    "smithy.api#Boolean",
    "smithy.api#String",
    "smithy.api#Byte",
    "smithy.api#Short",
    "smithy.api#Integer",
    "smithy.api#Long",
    "smithy.api#BigInteger",
    "smithy.api#Float",
    "smithy.api#Double",
    "smithy.api#BigDecimal",
    "smithy.api#Timestamp",
    "smithy.api#Document",
    UNIT,
    "smithy.api#PrimitiveBoolean",
    "smithy.api#PrimitiveByte",
    "smithy.api#PrimitiveShort",
    "smithy.api#PrimitiveInteger",
    "smithy.api#PrimitiveLong",
    "smithy.api#PrimitiveFloat",
    "smithy.api#PrimitiveDouble",
];

/// What a shape of the prelude is.
pub(super) fn prelude_kind(id: &str) -> ShapeKind {
    let name = id.rsplit_once('#').map_or(id, |(_, name)| name);
    let name = name.strip_prefix("Primitive").unwrap_or(name);
    let mut letters = name.chars();
    let name: String = letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
    ShapeKind::parse(&name).unwrap_or(ShapeKind::Structure)
}
