//! Views that show something else than there is.

/// What a view shows in the place of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ViewFault {
    /// Its value before the last change.
    Stale,
    /// The value that the resource made before it has.
    Neighbour,
}

/// What a view of several resources shows otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListFault {
    /// A later page begins with the item that ended the page before.
    RepeatsOnLaterPages,
    /// A later page lacks its last item.
    LosesOnLaterPages,
    /// The last page shows a resource that was deleted.
    ShowsDeleted,
    /// Every third resource is left out.
    LosesThird,
    /// Of three items or more the second is left out.
    LosesMiddle,
    /// Of two items or more the first is left out.
    LosesFirst,
}

impl ListFault {
    pub(crate) const ALL: [Self; 6] = [
        Self::RepeatsOnLaterPages,
        Self::LosesOnLaterPages,
        Self::ShowsDeleted,
        Self::LosesThird,
        Self::LosesMiddle,
        Self::LosesFirst,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RepeatsOnLaterPages => "repeats-on-later-pages",
            Self::LosesOnLaterPages => "loses-on-later-pages",
            Self::ShowsDeleted => "shows-deleted",
            Self::LosesThird => "loses-third",
            Self::LosesMiddle => "loses-middle",
            Self::LosesFirst => "loses-first",
        }
    }
}
