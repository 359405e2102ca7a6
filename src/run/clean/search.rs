//! Looks for what a run may have made, by the marks that it gives everything.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Cleaner, Trust};
use crate::plan::resources;
use crate::run::ledger::ownership_tags::Marks;
use crate::run::ledger::{CreatedResources, JournalState, Named, UnresolvedRequest};
use crate::run::lists::{self, Pages};
use crate::spec::path;

/// Most pages that a search follows.
const MOST_PAGES: usize = 10_000;

impl Cleaner<'_> {
    /// Looks for what requests without a response may have made: what there is of it, and the requests of which all is
    /// known now.
    pub(super) async fn find<'s>(
        &mut self,
        story: &'s JournalState,
    ) -> (Vec<CreatedResources>, Vec<&'s UnresolvedRequest>) {
        let (mut found, mut searched): (Vec<CreatedResources>, Vec<&UnresolvedRequest>) = (Vec::new(), Vec::new());
        let mut lists: BTreeMap<(&str, Option<&str>), Option<Vec<Value>>> = BTreeMap::new();
        for intent in &story.open {
            let products = self.resources.products(&intent.operation);
            let Some(kind) = products.first().map(|product| product.resource.clone()) else { continue };
            if self.belongs_to_another(&kind) {
                // It went with what it belongs to, which the journal names.
                searched.push(intent);
                continue;
            }
            if !intent.tagged && intent.name.is_none() {
                let what = format!("what {} (request {}) may have made", intent.operation, intent.number);
                let need = format!("its request could carry neither tag nor name: look for a {kind} without both");
                self.cleaned.note_unsearched(what, format!("{}, and {need}", intent.fate()));
                continue;
            }
            let is_it = |marks: &Marks| match &intent.name {
                Some(name) => marks.name.as_ref() == Some(name),
                None => marks.tagged,
            };
            let place = (intent.operation.as_str(), intent.region.as_deref());
            let items = match lists.entry(place) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(empty) => empty.insert(self.items(&kind, place.1).await),
            };
            let Some(items) = items else { continue };
            let lots = self.marked(&kind, place.1, items, &is_it);
            let named = story.lots.iter().chain(&found).flat_map(|lot| &lot.resources);
            let named: BTreeSet<&Named> = named.collect();
            let is_new = |lot: &CreatedResources| lot.resources.iter().any(|resource| !named.contains(resource));
            let new: Vec<CreatedResources> = lots.into_iter().filter(is_new).collect();
            found.extend(new);
            searched.push(intent);
        }
        (found, searched)
    }

    pub(super) fn note_settled(&mut self, intent: &UnresolvedRequest) {
        if let Some(Err(reason)) = self.target.ledger().map(|ledger| ledger.settled(intent.number)) {
            self.cleaned.kept.push((intent.operation.clone(), reason));
        }
    }

    /// Whether resources of a type are made in another resource, with which they go.
    fn belongs_to_another(&self, kind: &str) -> bool {
        let producer = self.resources.producer(kind).and_then(|producer| self.contract.operation(producer));
        producer.is_some_and(|producer| resources::needed_resources(producer) > 0)
    }

    /// Everything that lists show with the tag of the run.
    pub(super) async fn tagged(&mut self) -> Vec<CreatedResources> {
        let kinds: Vec<String> = self.resources.types().map(str::to_owned).collect();
        let elsewhere = self.target.other_regions().filter(|_| self.target.signs());
        let regions: Vec<Option<String>> =
            std::iter::once(None).chain(elsewhere.map(|region| Some(region.to_owned()))).collect();
        let mut lots = Vec::new();
        for region in &regions {
            for kind in &kinds {
                lots.extend(self.search(kind, region.as_deref(), &|marks| marks.tagged).await);
            }
        }
        lots
    }

    /// Resources of a type that a list shows with the marks that are looked for.
    async fn search(
        &mut self,
        kind: &str,
        region: Option<&str>,
        is_it: &dyn Fn(&Marks) -> bool,
    ) -> Vec<CreatedResources> {
        match self.items(kind, region).await {
            Some(items) => self.marked(kind, region, &items, is_it),
            None => Vec::new(),
        }
    }

    /// What a list shows of a type; `None`, and a note why, if nothing shows it. Empty for what cannot be deleted or goes
    /// with another resource.
    async fn items(&mut self, kind: &str, region: Option<&str>) -> Option<Vec<Value>> {
        if self.resources.deleter(kind).is_none() {
            return Some(Vec::new());
        }
        let Some(finder) = self.resources.finder(self.contract, kind) else {
            let producer = self.resources.producer(kind).and_then(|producer| self.contract.operation(producer));
            let goes_with_another = producer.is_some_and(|producer| self.resources.makes_more(&producer.name, kind));
            if goes_with_another || self.belongs_to_another(kind) {
                return Some(Vec::new());
            }
            let reason = format!("no list shows every {kind} with its tags");
            self.cleaned.note_unsearched(format!("every {kind} of the run"), reason);
            return None;
        };
        let pages = Pages::AtMost(MOST_PAGES);
        match lists::items(self.contract, &self.target, &finder, region, pages).await {
            Ok(items) => Some(items),
            Err(reason) => {
                let place = region.map_or_else(String::new, |region| format!(" in {region}"));
                let what = format!("every {kind}{place} whose ARN is not known");
                self.cleaned.note_unsearched(what, format!("{} failed: {reason}", finder.operation));
                None
            }
        }
    }

    /// Those of a list's items that carry the marks that are looked for.
    fn marked(
        &mut self,
        kind: &str,
        region: Option<&str>,
        items: &[Value],
        is_it: &dyn Fn(&Marks) -> bool,
    ) -> Vec<CreatedResources> {
        let Some(finder) = self.resources.finder(self.contract, kind) else { return Vec::new() };
        let mut lots = Vec::new();
        for item in items {
            let Some(arn) = path::find(item, &finder.arn).and_then(Value::as_str) else { continue };
            let marks = self.marker.marks_in(item);
            if is_it(&marks) {
                let resource = Named { kind: kind.to_owned(), arn: arn.to_owned() };
                if let Some(ledger) = self.target.ledger() {
                    ledger.adopt([arn.to_owned()], 0);
                }
                lots.push(CreatedResources {
                    number: 0,
                    region: region.map(str::to_owned),
                    tagged: marks.tagged,
                    name: marks.name,
                    resources: vec![resource],
                });
            } else if marks.name.is_some() && self.trust == Trust::Full {
                self.cleaned.alike.push(arn.to_owned());
            }
        }
        lots
    }
}
