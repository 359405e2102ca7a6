//! Deletes what tests made.

mod request;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use self::request::ResourceDeletion;
use super::{Bundle, Session};
use crate::protocol;
use crate::record::Purpose;
use crate::run::remains::{Obstacle, Undeleted};
use crate::run::target::Target;
use crate::spec::contract::Operation;

/// Statuses of refusals that have nothing to do with what is there.
const OTHER_REFUSALS: [u16; 6] = [401, 403, 408, 409, 425, 429];

impl Session<'_> {
    /// Deletes what the test made.
    pub async fn finish(mut self) {
        self.variables.clear();
        self.delete_own().await;
    }

    /// Deletes what the test has made so far.
    pub(in crate::run) async fn delete_own(&mut self) {
        let bundles = std::mem::take(&mut self.own);
        self.delete_all(bundles).await;
    }

    /// Deletes the resources that the worker's tests share: at the end, and when a request may have changed them which
    /// should have been refused.
    pub async fn delete_shared(&mut self) {
        let bundles = std::mem::take(&mut self.worker.shared);
        self.delete_all(bundles).await;
    }

    /// Uses resources that another test left.
    pub(in crate::run) fn take_over(&mut self, bundles: Vec<Bundle>) {
        self.own.extend(bundles);
    }

    /// Deletes some of what the test made.
    pub(in crate::run) async fn delete_bundles(&mut self, bundles: Vec<Bundle>) {
        self.delete_all(bundles).await;
    }

    /// Ends the test and lends its resources to another one.
    pub(in crate::run) fn lend(mut self) {
        self.worker.lent = std::mem::take(&mut self.own);
    }

    /// Ends the test and lends the resources that its operation needed to another one, but for those that the operation made,
    /// which are deleted.
    pub(in crate::run) async fn lend_what_was_needed(mut self, operation: &Operation) {
        let made = self.worker.env.plan.resources.products(&operation.name).first().map(|made| made.resource.clone());
        let kind = |bundle: &Bundle| bundle.resources.first().map(|(kind, _)| kind.clone());
        let (made, needed) =
            std::mem::take(&mut self.own).into_iter().partition(|bundle| made.is_some() && kind(bundle) == made);
        self.delete_all(made).await;
        self.worker.lent = needed;
    }

    /// Deletes as far as possible now; the rest is tried again at the end of the run.
    async fn delete_all(&mut self, bundles: Vec<Bundle>) {
        let outer = self.worker.enter(Purpose::Deletion);
        let undeleted = self.delete_in_order(self.without_deleted(bundles)).await;
        self.worker.purpose = outer;
        self.worker.env.remains.keep(undeleted);
    }

    /// Deletes what refers to other resources before these, and the newest first; again as long as that frees something
    /// that was in use. What could not be deleted.
    pub(in crate::run) async fn delete_in_order(&mut self, bundles: Vec<Bundle>) -> Vec<Undeleted> {
        let env = Arc::clone(&self.worker.env);
        let rank = |bundle: &Bundle| bundle.resources.first().map(|(kind, _)| env.plan.resources.deletion_rank(kind));
        let mut waiting = bundles;
        waiting.reverse();
        waiting.sort_by_key(rank);
        let mut undeleted = Vec::new();
        loop {
            let before: usize = waiting.iter().map(|bundle| bundle.resources.len()).sum();
            let mut in_use = Vec::new();
            for rest in self.delete_each(waiting).await {
                match rest.obstacle {
                    Obstacle::InUse => in_use.push(rest),
                    _ => undeleted.push(rest),
                }
            }
            let after: usize = in_use.iter().map(|rest| rest.bundle.resources.len()).sum();
            if after == 0 || after == before {
                undeleted.extend(in_use);
                return undeleted;
            }
            waiting = in_use.into_iter().map(|rest| rest.bundle).collect();
        }
    }

    /// The resource that a request would delete and that another test made: one that a list showed by mistake.
    pub(in crate::run) fn of_another_test(&self, operation: &str, input: &Value) -> Option<String> {
        let deleted = self.resource_to_delete(operation, input)?;
        (self.worker.env.remains.has_made(deleted) && !self.made.contains(deleted)).then(|| deleted.to_owned())
    }

    /// The resource that a request deletes.
    fn resource_to_delete<'i>(&self, operation: &str, input: &'i Value) -> Option<&'i str> {
        let resources = &self.worker.env.plan.resources;
        resources.types().find_map(|kind| {
            let (deleter, member) = resources.deleter(kind)?;
            (deleter == operation).then(|| input.get(member)?.as_str())?
        })
    }

    /// Notes that a request of the test deleted a resource: it need not be deleted at the end.
    pub(in crate::run) fn note_deletion(&mut self, operation: &str, input: &Value) {
        let deleted = self.resource_to_delete(operation, input).map(str::to_owned);
        self.deleted.extend(deleted);
    }

    /// Bundles without what requests of the test deleted, and what is gone with it.
    fn without_deleted(&self, mut bundles: Vec<Bundle>) -> Vec<Bundle> {
        let env = &self.worker.env;
        let takes_along = |kind: &str| env.savings.takes_along(kind) == Some(true);
        for bundle in &mut bundles {
            let is_whole = |(kind, arn): &(String, String)| self.deleted.contains(arn) && takes_along(kind);
            if bundle.resources.first().is_some_and(is_whole) {
                bundle.resources.drain(..).for_each(|(_, arn)| env.target.note_gone(&arn));
            }
            bundle.resources.retain(|(_, arn)| !self.deleted.contains(arn));
        }
        bundles.retain(|bundle| !bundle.resources.is_empty());
        bundles
    }

    /// Whether the target says that a resource does not exist: as it is documented, or as it says so of one that it never had.
    pub(in crate::run) async fn is_gone(&mut self, region: Option<&str>, kind: &str, arn: &str) -> bool {
        let Some((status, code)) = self.read(region, kind, arn).await else { return false };
        match status {
            404 => true,
            400..=499 if !OTHER_REFUSALS.contains(&status) => match self.worker.env.absent_arn(kind, 1) {
                Some(absent) => self.read(region, kind, &absent).await == Some((status, code)),
                None => false,
            },
            _ => false,
        }
    }

    /// Whether the target shows a resource, and not one that it never had alike.
    pub(in crate::run) async fn is_shown(&mut self, region: Option<&str>, kind: &str, arn: &str) -> bool {
        let absent = self.worker.env.absent_arn(kind, 1);
        self.is_read(region, kind, arn).await
            && match absent {
                Some(absent) => !self.is_read(region, kind, &absent).await,
                None => true,
            }
    }

    async fn is_read(&mut self, region: Option<&str>, kind: &str, arn: &str) -> bool {
        self.read(region, kind, arn).await.is_some_and(|(status, _)| (200..300).contains(&status))
    }

    /// The status, and the code of an error, with which the target responds to a read of a resource; `None` if it has no
    /// operation for that, or did not respond.
    async fn read(&mut self, region: Option<&str>, kind: &str, arn: &str) -> Option<(u16, Option<String>)> {
        let env = Arc::clone(&self.worker.env);
        let (reader, member) = env.plan.resources.reader(&env.contract, kind)?;
        let operation = env.contract.operation(reader).filter(|operation| !env.is_unavailable(&operation.name))?;
        let input = Value::Object(serde_json::Map::from_iter([(member, Value::from(arn))]));
        self.worker.count_request();
        let exchange = env.target.send_in(region, &protocol::request(operation, &input)).await;
        let response = exchange.response()?;
        let body = protocol::read(response).ok().map(|document| document.value);
        let code = protocol::error_code(response, body.as_ref()).filter(|_| response.status >= 400);
        Some((protocol::documented_status(&operation.errors, response), code))
    }

    /// Deletes bundles in their order, those of one rank side by side where each request takes long. What is left.
    async fn delete_each(&mut self, bundles: Vec<Bundle>) -> Vec<Undeleted> {
        let env = Arc::clone(&self.worker.env);
        let kind = |bundle: &Bundle| bundle.resources.first().map(|(kind, _)| kind.clone());
        let mut undeleted = Vec::new();
        let mut bundles = VecDeque::from(bundles);
        while let Some(first) = bundles.pop_front() {
            let of_kind = kind(&first);
            let mut deletions = vec![self.deletion(first).await];
            while deletions.len() < env.target.concurrency().lanes()
                && let Some(next) = bundles.pop_front_if(|next| kind(next) == of_kind)
            {
                deletions.push(self.deletion(next).await);
            }
            undeleted.extend(self.carry_out(deletions).await);
        }
        undeleted
    }

    /// Carries deletions out side by side. What is left, in their order.
    async fn carry_out(&mut self, deletions: Vec<Deletion>) -> Vec<Undeleted> {
        let requests: usize = deletions.iter().map(|deletion| deletion.requests.len()).sum();
        (0..requests).for_each(|_| self.worker.count_request());
        let target = &self.worker.env.target;
        let done = join_all(deletions.into_iter().map(|deletion| deletion.carry_out(target))).await;
        let mut undeleted = Vec::new();
        for (deleted, rest) in done {
            deleted.iter().for_each(|arn| self.worker.shadow.deleted(arn));
            rest.iter().filter(|rest| rest.obstacle == Obstacle::NotFound).for_each(|rest| self.lose(&rest.bundle));
            undeleted.extend(rest);
        }
        undeleted
    }

    /// Forgets what is known of resources that may be there or not.
    fn lose(&mut self, bundle: &Bundle) {
        bundle.resources.iter().for_each(|(_, arn)| self.worker.shadow.lose(arn));
    }

    /// What has to be sent to delete what one call made, after it has left its state and its streams have ended.
    async fn deletion(&mut self, mut bundle: Bundle) -> Deletion {
        let leave = bundle.state.take().and_then(|name| {
            let (resource, _) = bundle.resources.first()?;
            self.state(&name, resource).map(|state| state.leave.clone())
        });
        if let Some(steps) = leave {
            // Deleting goes on whatever the target says: what is left is reported at the end.
            let _ = self.take_steps(&bundle, &steps).await;
        }
        let resources = std::mem::take(&mut bundle.resources);
        let (resources, along) = self.without_taken_along(bundle.region.as_deref(), resources).await;
        let mut requests = Vec::new();
        for (resource, arn) in resources.into_iter().rev() {
            requests.extend(self.deletion_of(resource, arn).await);
        }
        Deletion { bundle, requests, along }
    }

    /// What has to be sent to delete a resource, if the target can delete it.
    async fn deletion_of(&mut self, resource: String, arn: String) -> Option<ResourceDeletion> {
        let env = Arc::clone(&self.worker.env);
        let (deleter, member) = env.plan.resources.deleter(&resource)?;
        let operation = env.contract.operation(deleter)?;
        if env.not_implemented.contains(deleter) {
            env.remains.note_undeletable(deleter);
            return None;
        }
        let input = Value::Object(serde_json::Map::from_iter([(member.to_owned(), Value::from(arn.as_str()))]));
        let request = protocol::request(operation, &input);
        let was_streaming = self.stop_streaming(&arn).await;
        let patience = if was_streaming { env.settings.patience } else { Duration::ZERO };
        Some(ResourceDeletion {
            is_gone: self.worker.shadow.is_gone(&arn),
            resource,
            arn,
            request,
            patience,
            contract: Arc::clone(&env.contract),
            operation: deleter.to_owned(),
        })
    }

    /// The resources that have to be deleted one by one, of several that one call made, and those that the deletion of the
    /// first takes along. Whether it does is looked at once for each type, on the first that is deleted.
    async fn without_taken_along(&mut self, region: Option<&str>, mut resources: Resources) -> (Resources, Resources) {
        let env = Arc::clone(&self.worker.env);
        let Some((kind, arn)) = resources.first().cloned().filter(|_| resources.len() > 1) else {
            return (resources, Vec::new());
        };
        match env.savings.takes_along(&kind) {
            Some(true) => {
                let along = resources.split_off(1);
                (resources, along)
            }
            Some(false) => (resources, Vec::new()),
            None if !self.are_there(region, &resources).await => (resources, Vec::new()),
            None => {
                let Some(first) = self.deletion_of(kind.clone(), arn).await else { return (resources, Vec::new()) };
                self.worker.count_request();
                if first.obstacle(&env.target, region).await.is_some() {
                    return (resources, Vec::new());
                }
                resources.remove(0);
                let mut are_gone = true;
                for (other, arn) in &resources {
                    are_gone = are_gone && self.is_gone(region, other, arn).await;
                }
                env.savings.note_takes_along(&kind, are_gone);
                if are_gone {
                    resources.drain(..).for_each(|(_, arn)| env.target.note_gone(&arn));
                }
                (resources, Vec::new())
            }
        }
    }

    /// Whether the target shows all of these resources but the first.
    async fn are_there(&mut self, region: Option<&str>, resources: &Resources) -> bool {
        for (kind, arn) in resources.iter().skip(1) {
            if !self.is_read(region, kind, arn).await {
                return false;
            }
        }
        true
    }
}

/// Resources with their types.
type Resources = Vec<(String, String)>;

/// What has to be sent to delete what one call made.
struct Deletion {
    bundle: Bundle,
    requests: Vec<ResourceDeletion>,
    /// What is gone with it.
    along: Resources,
}

impl Deletion {
    /// Sends one request after another. ARNs of what was deleted, and what is left.
    async fn carry_out(mut self, target: &Target) -> (Vec<String>, Option<Undeleted>) {
        let region = self.bundle.region.clone();
        let (mut deleted, mut obstacle) = (Vec::new(), None);
        self.bundle.resources.clear();
        for deletion in self.requests {
            match deletion.obstacle(target, region.as_deref()).await {
                None => deleted.push(deletion.arn),
                Some(found) => {
                    obstacle = Some(found);
                    self.bundle.resources.insert(0, (deletion.resource, deletion.arn));
                }
            }
        }
        match obstacle {
            None => self.along.iter().for_each(|(_, arn)| target.note_gone(arn)),
            Some(_) => self.bundle.resources.extend(self.along),
        }
        (deleted, obstacle.map(|obstacle| Undeleted { bundle: self.bundle, obstacle }))
    }
}
