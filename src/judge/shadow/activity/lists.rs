//! Lists of activities: page by page everything once, and nothing left out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Context, Shown};
use crate::judge::shadow::pages::filters;
use crate::judge::shadow::state::{Life, Shadow};
use crate::judge::shadow::{Basis, Suspicion};
use crate::plan::activity::{ActivityLawKind, Kept};
use crate::plan::sequence::LawKind;

impl Shadow {
    /// What a page shows again, and what a walk that is over did not show.
    pub(super) fn verify_walk(&mut self, context: Context<'_>, shown: &[Shown<'_>], body: &Value) -> Vec<Suspicion> {
        let Some(pagination) = &context.seen.operation.pagination else { return Vec::new() };
        let names: Vec<&str> = shown.iter().map(|one| one.name).collect();
        let mut walks = std::mem::take(&mut self.walks);
        let expected = || self.expected_names(context, &filters(pagination, context.seen.input));
        let walked = walks.add(context.seen.operation, context.seen.input, body, &names, expected);
        self.walks = walks;
        let Some((again, over)) = walked else { return Vec::new() };
        let mut found = Vec::new();
        let noun = &context.known.activity.name;
        for name in again {
            let sentences = (format!("The {noun} is shown once."), "It is shown again.".to_owned());
            found.extend(self.suspicion_of_name(context, &name, Basis::Law(LawKind::PagesAreDisjoint), sentences));
        }
        let Some(walk) = over else { return found };
        let law = match context.view.kept {
            Kept::Current => ActivityLawKind::OngoingIsShown,
            Kept::History => ActivityLawKind::HistoryIsComplete,
        };
        for name in walk.expected.iter().filter(|name| !walk.shown.contains(*name)) {
            let sentences = (format!("The {noun} is shown."), "It is not.".to_owned());
            found.extend(self.suspicion_of_name(context, name, context.law(law), sentences));
        }
        found
    }

    /// Names of what a list that is chosen by `filters` must show.
    fn expected_names(&self, context: Context<'_>, filters: &Value) -> BTreeSet<String> {
        let filters = filters.as_object().map_or(0, serde_json::Map::len);
        match (context.view.kept, context.asked_owner(), filters) {
            (Kept::Current, None, 0) => self.courses.ongoing(context.index).collect(),
            (Kept::History, Some(owner), 1) => self.courses.names_of(context.index, owner).collect(),
            _ => BTreeSet::new(),
        }
    }

    fn suspicion_of_name(
        &self,
        context: Context<'_>,
        name: &str,
        basis: Basis,
        sentences: (String, String),
    ) -> Option<Suspicion> {
        let owner = self.courses.owner_of(context.index, name)?;
        let exists = self.tracked.get(owner).is_some_and(|tracked| tracked.life == Life::Exists);
        exists.then(|| context.suspicion(owner, basis, None, sentences))
    }
}
