//! The words of the description.

use super::super::pattern::Pattern;

/// Whether a member must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
}

/// One member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) presence: Presence,
    pub(crate) shape: &'static Shape,
}

/// What a value must look like. Lengths of strings count code points.
#[derive(Debug)]
pub(crate) enum Shape {
    Boolean,
    /// An ISO 8601 date and time.
    Timestamp,
    Integer {
        min: i64,
        max: i64,
    },
    Text {
        min: usize,
        max: usize,
        pattern: Option<Pattern>,
    },
    Choice(&'static [&'static str]),
    List {
        min: usize,
        max: usize,
        item: &'static Shape,
    },
    Map {
        max: usize,
        key: &'static Shape,
        value: &'static Shape,
    },
    Structure(&'static [Member]),
}

/// How long a text, list or map, or how large a number may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
}

impl Shape {
    /// The bounds that the contract states.
    pub(crate) fn bounds(&self) -> Bounds {
        let length = |length: usize| i64::try_from(length).ok();
        let (min, max) = match self {
            Self::Boolean | Self::Timestamp | Self::Choice(_) | Self::Structure(_) => (None, None),
            Self::Integer { min, max } => (Some(*min), Some(*max)),
            Self::Text { min, max, .. } | Self::List { min, max, .. } => (length(*min), length(*max)),
            Self::Map { max, .. } => (Some(0), length(*max)),
        };
        Bounds { min, max }
    }
}

/// The kind of a broken constraint, spelled as in clause ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Constraint {
    Type,
    Required,
    LengthMin,
    LengthMax,
    Pattern,
    Enum,
    RangeMin,
    RangeMax,
}

impl Constraint {
    const ALL: [Self; 8] = [
        Self::Type,
        Self::Required,
        Self::LengthMin,
        Self::LengthMax,
        Self::Pattern,
        Self::Enum,
        Self::RangeMin,
        Self::RangeMax,
    ];

    /// The spelling in ids.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Required => "required",
            Self::LengthMin => "length.min",
            Self::LengthMax => "length.max",
            Self::Pattern => "pattern",
            Self::Enum => "enum",
            Self::RangeMin => "range.min",
            Self::RangeMax => "range.max",
        }
    }

    /// Splits `path.constraint` into its parts.
    pub(crate) fn split(text: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|constraint| {
            let path = text.strip_suffix(constraint.name())?.strip_suffix('.')?;
            (!path.is_empty()).then_some((path, constraint))
        })
    }
}
