//! Checks what suites say of activities and of the filters of lists.

use std::collections::BTreeSet;

use super::{Lint, Place};
use crate::plan::activity::{Activity, ActivityLawKind};
use crate::plan::operation_role;
use crate::plan::suite::source::List;

const NAME_A_CLAUSE: &str = "name a clause; `ivs-conformance list` shows them";
const NAME_AN_OPERATION: &str = "name an operation of the contract";
const NAME_A_RESOURCE: &str = "name a resource type that an operation makes";

impl<'c> Lint<'c> {
    pub(super) fn activities(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, activity) in self.suites.activities.iter().enumerate() {
            self.enter(List::Activities, index);
            let place = Place::default();
            if !seen.insert(&activity.name) {
                let message = format!("the activity `{}` is defined twice", activity.name);
                self.wrong(&place.at("name"), message, "give it another name");
            }
            if let Err(message) = self.names.resource(&activity.resource) {
                self.wrong(&place.at("resource"), message, NAME_A_RESOURCE);
            }
            self.activity_operations(activity);
            self.activity_laws(activity);
        }
    }

    fn activity_operations(&mut self, activity: &Activity) {
        let place = Place::default();
        for (key, names) in [("current", &activity.current), ("history", &activity.history)] {
            for (index, name) in names.iter().enumerate() {
                match self.names.operation(name).map(|operation| activity.view(operation)) {
                    Err(message) => self.wrong(&place.at(key).at(index), message, NAME_AN_OPERATION),
                    Ok(None) => {
                        let message = format!("`{name}` does not show a `{}` and whose it is", activity.id);
                        self.wrong(&place.at(key).at(index), message, "name an operation whose output has the member");
                    }
                    Ok(Some(_)) => {}
                }
            }
        }
        for (index, name) in activity.ended_by.iter().enumerate() {
            match self.names.operation(name).map(|operation| activity.owner_input(operation)) {
                Err(message) => self.wrong(&place.at("ended_by").at(index), message, NAME_AN_OPERATION),
                Ok(None) => {
                    let message = format!("`{name}` does not name a `{}`", activity.resource);
                    self.wrong(&place.at("ended_by").at(index), message, "name an operation whose input names it");
                }
                Ok(Some(_)) => {}
            }
        }
        let shown: BTreeSet<&str> = self.members_shown(activity);
        let members =
            activity.unsettled.iter().enumerate().map(|(index, name)| (place.at("unsettled").at(index), name));
        let members: Vec<(Place, &String)> =
            members.chain(activity.end.iter().map(|name| (place.at("end"), name))).collect();
        for (place, name) in members {
            if !shown.contains(name.as_str()) {
                let message = format!("no view shows a member `{name}`");
                self.narrows(&place, message, "name a member of what the operations show");
            }
        }
    }

    /// The members that views of an activity have.
    fn members_shown(&self, activity: &Activity) -> BTreeSet<&'c str> {
        let contract = self.names.contract;
        let views = contract.operations.iter().filter_map(|operation| {
            let place = operation.output.member(&activity.view(operation)?.place)?;
            Some(operation_role::element(place).unwrap_or(place))
        });
        views.flat_map(|node| node.members()).map(|member| member.name.as_str()).collect()
    }

    fn activity_laws(&mut self, activity: &Activity) {
        let mut seen = BTreeSet::new();
        for (index, law) in activity.laws.iter().enumerate() {
            let place = Place::default().at("law").at(index);
            if let Err(message) = self.names.clause(&law.rule) {
                self.wrong(&place.at("rule"), message, NAME_A_CLAUSE);
            }
            if !seen.insert((law.holds, &law.resource)) {
                let message = "an earlier law holds of the same: this one would never be used";
                self.wrong(&place.at("holds"), message, "remove one of the two");
            }
            match &law.resource {
                Some(_) if law.holds != ActivityLawKind::KeepsItsResources => {
                    self.wrong(&place.at("resource"), "the law speaks of no other resource", "remove `resource`");
                }
                Some(resource) => {
                    if let Err(message) = self.names.resource(resource) {
                        self.wrong(&place.at("resource"), message, NAME_A_RESOURCE);
                    }
                }
                None => {}
            }
        }
    }

    pub(super) fn filters(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, filter) in self.suites.filters.iter().enumerate() {
            self.enter(List::Filters, index);
            let place = Place::default();
            if let Err(message) = self.names.clause(&filter.rule) {
                self.wrong(&place.at("rule"), message, NAME_A_CLAUSE);
            }
            if !seen.insert((&filter.operation, &filter.member)) {
                self.wrong(&place.at("member"), "the filter is defined twice", "remove one of the two");
            }
            match self.names.operation(&filter.operation) {
                Err(message) => self.wrong(&place.at("operation"), message, NAME_AN_OPERATION),
                Ok(operation) if operation.input.member(&filter.member).is_none() => {
                    let known = operation.input.members().iter().map(|member| member.name.as_str());
                    let question = self.names.question(&filter.member, known);
                    let message = format!("{} does not take a `{}`{question}", operation.name, filter.member);
                    self.wrong(&place.at("member"), message, "name a member of the operation's input");
                }
                Ok(_) => {}
            }
        }
    }
}
