//! What no response named, because the target, or what stands before it, carried a request out twice. It is the run's own if it
//! has the run's tag or name, or refers to what the run made; what else is new may be another's.

use serde_json::Value;

use super::clean;
use super::damage::MOST_PAGES;
use super::ledger::Named;
use super::ledger::ownership_tags::Marks;
use super::lists::{self, Pages};
use super::run_context::RunContext;
use crate::spec::path;

/// What lists of a target on this machine show of it, and of what the run made: not every deletion that was reported was carried
/// out. A list that fails shows nothing.
pub(super) async fn in_lists(env: &RunContext) -> Vec<Named> {
    let mut unnamed = Vec::new();
    for (kind, finder, before) in env.damage.before() {
        let items = lists::items(&env.contract, &env.target, &finder, None, Pages::AtMost(MOST_PAGES)).await;
        for item in items.unwrap_or_default() {
            let Some(arn) = path::find(&item, &finder.arn).and_then(Value::as_str) else { continue };
            if !before.contains(arn) && (env.remains.has_made(arn) || is_of_the_run(env, &item)) {
                unnamed.push(Named { kind: kind.clone(), arn: arn.to_owned() });
            }
        }
    }
    unnamed
}

fn is_of_the_run(env: &RunContext, item: &Value) -> bool {
    let mut texts = item.as_object().into_iter().flat_map(|members| members.values()).filter_map(Value::as_str);
    env.marker.marks_in(item) != Marks::default() || texts.any(|text| env.remains.has_made(text))
}

/// Deletes what carries the run's tag in an account. Returns what of it no response had named; nothing if it cannot be searched.
pub(super) async fn deleted_by_tag(env: &RunContext) -> Vec<Named> {
    if env.target.ledger().is_none() {
        return Vec::new();
    }
    let cleaned = clean::by_tag(&env.contract, &env.settings, &env.run_id).await.unwrap_or_default();
    cleaned.deleted.into_iter().filter(|found| !env.remains.has_made(&found.arn)).collect()
}
