//! When a fault shows: what is known of the request at hand and of the resource that it is about.

use std::cell::Cell;

use serde_json::Value;

use super::super::shape::{Constraint, Violation};

thread_local! {
    static FACTS: Cell<Facts> = const { Cell::new(Facts::NONE) };
}

/// When a fault shows among the occasions on which it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// On the first occasion only.
    Once,
    /// From the second occasion on.
    Second,
    /// On each third occasion.
    EveryThird,
    /// As soon as an update operation has succeeded.
    AfterUpdate,
    /// While another request about the same is in flight.
    Concurrent,
    /// If the resource was updated twice, by this request or before it.
    UpdatedTwice,
    /// If the tags of the resource changed twice, by this request or before it.
    TaggedTwice,
    /// On each third resource that one operation made.
    ThirdResource,
    /// If the resource has the name of one that was deleted before.
    Reborn,
    /// On every page of a list but the first.
    LaterPage,
    /// On the last item of a page that has several.
    LastItem,
    /// On the second read of the same resource without a change in between, and later ones.
    Reread,
    /// On a read of a resource that the operation had shown before its last change.
    Warm,
    /// If the value that breaks a constraint is like this.
    Breach(Breach),
}

/// Which values that break a constraint a fault lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// The first of several elements.
    First,
    /// One between others.
    Middle,
    /// The last of several elements.
    Last,
    /// A value just beyond a bound.
    OneBeyond,
    /// A number that is legal if only its low 32 bits are looked at.
    Wrapped,
    /// A number or truth value in quotes.
    Quoted,
    /// A truth value that is given as a number.
    Digit,
    /// A legal text with a newline behind it.
    Newline,
}

impl When {
    pub(super) const NAMES: [(&'static str, Self); 21] = [
        ("once", Self::Once),
        ("second", Self::Second),
        ("every-3rd", Self::EveryThird),
        ("after-update", Self::AfterUpdate),
        ("concurrent", Self::Concurrent),
        ("updated-twice", Self::UpdatedTwice),
        ("tagged-twice", Self::TaggedTwice),
        ("third-resource", Self::ThirdResource),
        ("reborn", Self::Reborn),
        ("later-page", Self::LaterPage),
        ("last-item", Self::LastItem),
        ("reread", Self::Reread),
        ("warm", Self::Warm),
        ("first", Self::Breach(Breach::First)),
        ("middle", Self::Breach(Breach::Middle)),
        ("last", Self::Breach(Breach::Last)),
        ("one-beyond", Self::Breach(Breach::OneBeyond)),
        ("wrapped", Self::Breach(Breach::Wrapped)),
        ("quoted", Self::Breach(Breach::Quoted)),
        ("digit", Self::Breach(Breach::Digit)),
        ("newline", Self::Breach(Breach::Newline)),
    ];

    /// Whether a fault shows that depends on the request and its resource; `None` for one that depends on other things.
    pub(super) fn by_facts(self, facts: Facts) -> Option<bool> {
        match self {
            Self::UpdatedTwice => Some(facts.updates >= 2),
            Self::TaggedTwice => Some(facts.tag_changes >= 2),
            Self::ThirdResource => Some(facts.ordinal > 0 && facts.ordinal.is_multiple_of(3)),
            Self::Reborn => Some(facts.is_reborn),
            Self::LaterPage => Some(facts.is_later_page),
            Self::LastItem => Some(facts.is_last_item),
            Self::Reread => Some(facts.is_reread),
            Self::Warm => Some(facts.is_warm),
            Self::Always | Self::Breach(_) => Some(true),
            Self::Once | Self::Second | Self::EveryThird | Self::AfterUpdate | Self::Concurrent => None,
        }
    }

    /// Whether a breach of a constraint is one that the fault lets pass.
    pub(super) fn lets_pass(self, violation: &Violation) -> bool {
        match self {
            Self::Breach(breach) => breach.is_like(violation),
            _ => true,
        }
    }
}

impl Breach {
    fn is_like(self, violation: &Violation) -> bool {
        let (index, of) = violation.place.unwrap_or((0, 1));
        match self {
            Self::First => of > 1 && index == 0,
            Self::Middle => index > 0 && index + 1 < of,
            Self::Last => of > 1 && index + 1 == of,
            Self::OneBeyond => violation.beyond == Some(1),
            Self::Wrapped => violation.value.as_i64().is_some_and(|number| {
                let low = i64::from(number as i32);
                low != number && violation.bounds.is_some_and(|(min, max)| (min..=max).contains(&low))
            }),
            Self::Quoted => violation.constraint == Constraint::Type && is_quoted(&violation.value),
            Self::Digit => matches!(violation.value.as_i64(), Some(0 | 1)),
            Self::Newline => violation.value.as_str().is_some_and(|text| text.ends_with('\n')),
        }
    }
}

fn is_quoted(value: &Value) -> bool {
    let inner = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    matches!(inner, Some(Value::Number(_) | Value::Bool(_)))
}

/// What is known of a request and the resource that it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Updates of the resource, this request included.
    pub(super) updates: usize,
    /// Changes of its tags, this request included.
    pub(super) tag_changes: usize,
    /// The how manieth of its kind it is, from 1; 0 if that is unknown.
    pub(super) ordinal: usize,
    /// Whether it has the name of a deleted one.
    pub(super) is_reborn: bool,
    pub(super) is_later_page: bool,
    pub(super) is_last_item: bool,
    pub(super) is_reread: bool,
    pub(super) is_warm: bool,
}

impl Facts {
    const NONE: Self = Self {
        updates: 0,
        tag_changes: 0,
        ordinal: 0,
        is_reborn: false,
        is_later_page: false,
        is_last_item: false,
        is_reread: false,
        is_warm: false,
    };

    /// Makes these the facts of the request that this thread works on.
    pub(crate) fn note(self) {
        FACTS.set(self);
    }

    /// The facts of the request that this thread works on.
    pub(super) fn of_request() -> Self {
        FACTS.get()
    }
}
