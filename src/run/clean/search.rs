//! Looks for what a run may have made, by the marks that it gives everything.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Cleaner, Trust};
use crate::judge::path;
use crate::plan::resources;
use crate::run::ledger::mark::{Marks, marks_in};
use crate::run::ledger::{Lot, Named, Open, Story};
use crate::run::lists::{self, Pages};

/// Most pages that a search follows.
const MOST_PAGES: usize = 10_000;

impl Cleaner<'_> {
    /// Looks for what requests without an answer may have made: what there is of it, and the requests of which all is
    /// known now.
    pub(super) async fn find<'s>(&mut self, story: &'s Story) -> (Vec<Lot>, Vec<&'s Open>) {
        let (mut found, mut searched): (Vec<Lot>, Vec<&Open>) = (Vec::new(), Vec::new());
        for intent in &story.open {
            let kinds: Vec<String> =
                self.resources.products(&intent.operation).iter().map(|product| product.resource.clone()).collect();
            let before = self.cleaned.unsearched.len();
            let Some(kind) = kinds.first() else { continue };
            if self.belongs_to_another(kind) {
                // It went with what it belongs to, which the journal names.
                searched.push(intent);
                continue;
            }
            if !intent.tagged && intent.name.is_none() {
                let reason = format!(
                    "{}, and its request could carry neither tag nor name: look for a {kind} without both",
                    intent.fate()
                );
                self.cleaned
                    .unsearched
                    .push((format!("what {} (request {}) may have made", intent.operation, intent.number), reason));
                continue;
            }
            let is_it = |marks: &Marks| match &intent.name {
                Some(name) => marks.name.as_ref() == Some(name),
                None => marks.tagged,
            };
            let lots = self.search(kind, intent.region.as_deref(), &is_it).await;
            let named = story.lots.iter().chain(&found).flat_map(|lot| &lot.resources);
            let named: BTreeSet<&Named> = named.collect();
            let is_new = |lot: &Lot| lot.resources.iter().any(|resource| !named.contains(resource));
            let new: Vec<Lot> = lots.into_iter().filter(is_new).collect();
            found.extend(new);
            if before == self.cleaned.unsearched.len() {
                searched.push(intent);
            }
        }
        (found, searched)
    }

    pub(super) fn note_settled(&mut self, intent: &Open) {
        if let Some(Err(reason)) = self.target.ledger().map(|ledger| ledger.settled(intent.number)) {
            self.cleaned.kept.push((intent.operation.clone(), reason));
        }
    }

    /// Whether resources of a type are made in another resource, with which they go.
    fn belongs_to_another(&self, kind: &str) -> bool {
        let producer = self.resources.producer(kind).and_then(|producer| self.contract.operation(producer));
        producer.is_some_and(|producer| resources::needed_resources(producer) > 0)
    }

    /// Resources of a type that a list shows with the marks that are looked for.
    pub(super) async fn search(
        &mut self,
        kind: &str,
        region: Option<&str>,
        is_it: &dyn Fn(&Marks) -> bool,
    ) -> Vec<Lot> {
        if self.resources.deleter(kind).is_none() {
            return Vec::new();
        }
        let Some(finder) = self.resources.finder(self.contract, kind) else {
            let producer = self.resources.producer(kind).and_then(|producer| self.contract.operation(producer));
            let goes_with_another = producer.is_some_and(|producer| self.resources.makes_more(&producer.name, kind));
            if !goes_with_another && !self.belongs_to_another(kind) {
                let reason = format!("no list shows every {kind} with its tags");
                self.cleaned.unsearched.push((format!("every {kind} of the run"), reason));
            }
            return Vec::new();
        };
        let pages = Pages::AtMost(MOST_PAGES);
        let items = match lists::items(self.contract, &self.target, &finder, region, pages).await {
            Ok(items) => items,
            Err(reason) => {
                let place = region.map_or_else(String::new, |region| format!(" in {region}"));
                let what = format!("every {kind}{place} whose ARN is not known");
                self.cleaned.unsearched.push((what, format!("{} failed: {reason}", finder.operation)));
                return Vec::new();
            }
        };
        let mut lots = Vec::new();
        for item in items {
            let Some(arn) = path::find(&item, &finder.arn).and_then(Value::as_str) else { continue };
            let marks = marks_in(&item, self.run);
            if is_it(&marks) {
                let resource = Named { kind: kind.to_owned(), arn: arn.to_owned() };
                if let Some(ledger) = self.target.ledger() {
                    ledger.adopt([arn.to_owned()], 0);
                }
                lots.push(Lot {
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
