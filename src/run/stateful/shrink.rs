//! Makes a sequence as short, and its inputs as small, as they still show a finding.

use std::time::Duration;

use serde_json::Value;

use super::execute::VerifyWhen;
use super::generate::{Binding, Transition};
use crate::clock;
use crate::plan::case::{Case, Check, Form};
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::record::{FindingKey, Found};
use crate::run::worker::{Progress, Worker};

/// Most times that a sequence is executed again to make it shorter.
const MOST_EXECUTIONS: usize = 120;
/// Times that a sequence is tried before it is left as it was drawn.
const MOST_TRIES: usize = 2;
/// Longest time spent on it: what shows only after a wait is not waited for again and again.
const MOST_TIME: Duration = Duration::from_secs(30);

/// A sequence that shows a finding, and what is left to be spent on making it shorter.
struct Search<'s, 'c> {
    worker: &'s mut Worker,
    index: usize,
    number: usize,
    binding: &'s Binding<'c>,
    key: &'s FindingKey,
    verify_when: VerifyWhen,
    executions: usize,
    deadline: tokio::time::Instant,
    best: Vec<Transition>,
    found: Found,
}

impl Worker {
    /// Finds a shorter sequence for a finding that `transitions` showed, and keeps it as the finding's evidence.
    pub(super) async fn shorten(
        &mut self,
        index: usize,
        number: usize,
        binding: &Binding<'_>,
        transitions: &[Transition],
        key: &FindingKey,
    ) {
        let Some(found) = self.tally.findings.get(key).cloned() else { return };
        let mut search = Search {
            worker: self,
            index,
            number,
            binding,
            key,
            verify_when: VerifyWhen::LastStep,
            executions: 0,
            deadline: tokio::time::Instant::from_std(clock::instant()) + MOST_TIME,
            best: transitions.to_vec(),
            found,
        };
        search.search().await;
        let (found, occurrences) = (search.found, 1);
        self.tally.findings.insert(key.clone(), Found { occurrences, ..found });
    }
}

impl Search<'_, '_> {
    async fn search(&mut self) {
        if !self.shows_again().await {
            return;
        }
        self.drop_moves().await;
        self.drop_members().await;
        self.drop_moves().await;
    }

    /// Whether the sequence as it was drawn shows the finding again. Without that, shorter ones would be tried for chance.
    async fn shows_again(&mut self) -> bool {
        // Looking only at the end leaves the looks in between out of the sequence, if the finding does not need them.
        if self.shows_surely().await {
            return true;
        }
        self.verify_when = VerifyWhen::EveryStep;
        for _ in 0..MOST_TRIES {
            if self.shows_surely().await {
                return true;
            }
        }
        false
    }

    /// The same once; a failure, which may come by chance, must show twice in a row.
    async fn shows_surely(&mut self) -> bool {
        let times = if self.key.kind.is_failure() { 2 } else { 1 };
        for _ in 0..times {
            if !self.shows(self.best.clone()).await {
                return false;
            }
        }
        true
    }

    /// Leaves out runs of transitions, first long ones, then single ones.
    async fn drop_moves(&mut self) {
        let mut size = self.best.len() / 2;
        while size > 0 {
            let mut end = self.best.len();
            while end > 0 {
                let start = end.saturating_sub(size);
                let mut shorter = self.best.clone();
                shorter.drain(start..end.min(shorter.len()));
                if !shorter.is_empty() {
                    self.shows(shorter).await;
                }
                end = start;
            }
            size /= 2;
        }
    }

    /// Leaves out members of inputs, and entries of tags.
    async fn drop_members(&mut self) {
        for position in 0..self.best.len() {
            let Some(step) = self.best.get(position).cloned() else { return };
            let Some(role) = self.binding.roles.get(step.role) else { continue };
            for smaller in smaller_inputs(role, &step.input) {
                let Some(current) = self.best.get(position) else { return };
                let input = cut(&current.input, &smaller);
                if input == current.input || !self.is_legal(role, &input) {
                    continue;
                }
                let mut candidate = self.best.clone();
                if let Some(step) = candidate.get_mut(position) {
                    step.input = input;
                }
                self.shows(candidate).await;
            }
        }
    }

    fn is_legal(&self, role: &OperationRole, input: &Value) -> bool {
        if !matches!(role.kind, RoleKind::Create | RoleKind::Update) {
            return true;
        }
        let env = self.binding.env;
        let Some(operation) = env.contract.operation(&role.operation) else { return false };
        let case = Case {
            id: String::new(),
            clauses: Vec::new(),
            operation: Some(role.operation.clone()),
            summary: String::new(),
            check: Check::Valid { form: Form::Random },
            position: 0,
        };
        let families = env.generator.families(&case);
        families.first().is_some_and(|family| env.generator.is_intended(operation, family, input))
    }

    /// Plays a candidate; if it shows the finding, it is the best so far.
    async fn shows(&mut self, candidate: Vec<Transition>) -> bool {
        let is_over =
            self.executions >= MOST_EXECUTIONS || tokio::time::Instant::from_std(clock::instant()) >= self.deadline;
        if is_over || self.worker.env.target.is_stopped() {
            return false;
        }
        self.executions += 1;
        self.worker.tally.findings.remove(self.key);
        let mut progress = Progress::default();
        let (index, number) = (self.index, self.number);
        self.worker.execute(index, number, self.binding, &candidate, self.verify_when, &mut progress).await;
        match self.worker.tally.findings.get(self.key).cloned() {
            Some(found) => {
                self.found = found;
                self.best = candidate;
                true
            }
            None => false,
        }
    }
}

/// What can be left out of an input: paths of members, and of entries of tags.
fn smaller_inputs(role: &OperationRole, input: &Value) -> Vec<Vec<String>> {
    let Value::Object(members) = input else { return Vec::new() };
    let mut paths = Vec::new();
    for (name, value) in members {
        let is_all = role.tags.as_ref() == Some(name);
        if !is_all {
            paths.push(vec![name.clone()]);
        }
        match value {
            Value::Object(entries) => paths.extend(entries.keys().map(|key| vec![name.clone(), key.clone()])),
            Value::Array(elements) if is_all => {
                let keys = elements.iter().filter_map(Value::as_str);
                paths.extend(keys.map(|key| vec![name.clone(), key.to_owned()]));
            }
            _ => {}
        }
    }
    paths
}

/// The input without what stands at a path; at least one entry stays.
fn cut(input: &Value, path: &[String]) -> Value {
    let mut input = input.clone();
    let Value::Object(members) = &mut input else { return input };
    match path {
        [name] => {
            members.remove(name);
        }
        [name, key] => match members.get_mut(name) {
            Some(Value::Object(entries)) if entries.len() > 1 => {
                entries.remove(key);
            }
            Some(Value::Array(elements)) if elements.len() > 1 => {
                elements.retain(|element| element.as_str() != Some(key));
            }
            _ => {}
        },
        _ => {}
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_entry_stays() {
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let input = json!({"tags": {"a": "1", "b": "2"}, "name": "n"});
        let once = cut(&input, &path(&["tags", "a"]));
        assert_eq!(once, json!({"tags": {"b": "2"}, "name": "n"}));
        assert_eq!(cut(&once, &path(&["tags", "b"])), once);
        assert_eq!(cut(&once, &path(&["name"])), json!({"tags": {"b": "2"}}));
    }
}
