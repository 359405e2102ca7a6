//! Makes a program as short, and its inputs as small, as they still tell the two targets apart.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::play::{Key, Pairing, Run};
use super::program::{Action, Program};
use crate::clock;

/// Most times that a program is played again to make it shorter.
const MOST_PLAYS: usize = 80;
/// Longest time spent on it.
const MOST_TIME: Duration = Duration::from_secs(15);
/// How often a program is played again that does not show the difference at once.
const TRIES: usize = 3;

/// The shortest program that was found, and how it was played.
pub struct Shrunk {
    pub program: Program,
    pub run: Run,
}

struct Search<'s, 'p> {
    pairing: &'s mut Pairing<'p>,
    key: &'s Key,
    plays: usize,
    deadline: Instant,
    best: Option<Shrunk>,
}

/// Finds a shorter program for a difference that a step of `program` showed; `None` if it does not show again.
pub async fn shrink(pairing: &mut Pairing<'_>, program: &Program, step: usize, key: &Key) -> Option<Shrunk> {
    let mut search = Search { pairing, key, plays: 0, deadline: clock::instant() + MOST_TIME, best: None };
    for _ in 0..TRIES {
        if search.shows(program.up_to(step)).await || search.shows(program.clone()).await {
            break;
        }
    }
    search.best.as_ref()?;
    search.drop_steps().await;
    search.drop_members().await;
    search.drop_steps().await;
    search.best
}

impl Search<'_, '_> {
    /// Leaves out runs of steps, first long ones, then single ones.
    async fn drop_steps(&mut self) {
        let mut size = self.steps().len() / 2;
        while size > 0 {
            let mut end = self.steps().len();
            while end > 0 {
                let ids = self.steps();
                let start = end.saturating_sub(size);
                let left_out: BTreeSet<usize> =
                    ids.get(start..end.min(ids.len())).unwrap_or_default().iter().copied().collect();
                let shorter = self.best.as_ref().and_then(|best| best.program.without(&left_out));
                if let Some(shorter) = shorter.filter(|shorter| shorter.steps.len() < ids.len()) {
                    self.shows(shorter).await;
                }
                end = start;
            }
            size /= 2;
        }
    }

    fn steps(&self) -> Vec<usize> {
        self.best.iter().flat_map(|best| best.program.steps.iter().map(|step| step.id)).collect()
    }

    /// Leaves out members of inputs, and entries of maps and lists.
    async fn drop_members(&mut self) {
        for id in self.steps() {
            let Some(best) = &self.best else { return };
            let Some(step) = best.program.steps.iter().find(|step| step.id == id) else { continue };
            let required = self.required(step.operation());
            for path in paths(step.input(), &required) {
                let Some(best) = &self.best else { return };
                let mut smaller = best.program.clone();
                let Some(step) = smaller.steps.iter_mut().find(|step| step.id == id) else { break };
                if let Action::Call { input, .. } = &mut step.action
                    && cut(input, &path)
                {
                    self.shows(smaller).await;
                }
            }
        }
    }

    fn required(&self, operation: Option<&str>) -> BTreeSet<String> {
        let operation = operation.and_then(|name| self.pairing.contract.operation(name));
        let members = operation.into_iter().flat_map(|operation| operation.input.members());
        members.filter(|member| member.is_required).map(|member| member.name.clone()).collect()
    }

    /// Plays a candidate; if it shows the difference, it is the best so far.
    async fn shows(&mut self, candidate: Program) -> bool {
        if self.plays >= MOST_PLAYS || clock::instant() >= self.deadline || self.pairing.is_stopped() {
            return false;
        }
        self.plays += 1;
        let run = self.pairing.play(&candidate).await;
        let Some(told) = run.told.iter().find(|told| told.key == *self.key) else { return false };
        let program = candidate.up_to(told.step);
        self.best = Some(Shrunk { program, run });
        true
    }
}

/// What can be left out of an input: optional members, and entries of maps and lists.
fn paths(input: &Value, required: &BTreeSet<String>) -> Vec<Vec<String>> {
    let Value::Object(members) = input else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in members {
        if !required.contains(name) {
            found.push(vec![name.clone()]);
        }
        match value {
            Value::Object(entries) => found.extend(entries.keys().map(|key| vec![name.clone(), key.clone()])),
            Value::Array(elements) => {
                found.extend((0..elements.len()).rev().map(|position| vec![name.clone(), position.to_string()]));
            }
            _ => {}
        }
    }
    found
}

/// Takes out what stands at a path; false if it is the last entry, or not there.
fn cut(input: &mut Value, path: &[String]) -> bool {
    let Value::Object(members) = input else { return false };
    match path {
        [name] => members.remove(name).is_some(),
        [name, key] => match members.get_mut(name) {
            Some(Value::Object(entries)) if entries.len() > 1 => entries.remove(key).is_some(),
            Some(Value::Array(elements)) if elements.len() > 1 => match key.parse::<usize>() {
                Ok(position) if position < elements.len() => {
                    elements.remove(position);
                    true
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn required_members_and_last_entries_stay() {
        let mut input = json!({"arn": "a", "tags": {"k": "v", "l": "w"}, "keys": ["x"]});
        let required = BTreeSet::from(["arn".to_owned(), "keys".to_owned()]);
        let all = paths(&input, &required);
        assert!(all.contains(&vec!["tags".to_owned()]) && !all.contains(&vec!["arn".to_owned()]));
        assert!(cut(&mut input, &["tags".to_owned(), "k".to_owned()]));
        assert!(!cut(&mut input, &["tags".to_owned(), "l".to_owned()]));
        assert!(!cut(&mut input, &["keys".to_owned(), "0".to_owned()]));
        assert_eq!(input, json!({"arn": "a", "tags": {"l": "w"}, "keys": ["x"]}));
    }
}
