//! Draws requests, and proves of each that it breaks what it is meant to break.

mod minimal;

pub use minimal::Accepted;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::domain::Domains;
use super::facts::{distinct, domains, left_out, made_up, needed_states, stand_ins};
use super::family::{Family, Freshness, Intent};
use super::placeholder::{self, Placeholder};
use super::valid::{self, Scope};
use super::validate::{InputValidator, OpenValues};
use crate::plan::case::Form;
use crate::spec::Pattern;
use crate::spec::clause::{ClauseIndex, ClauseKind, Constraint};
use crate::spec::contract::{Contract, Node, NodeKind, Operation};

/// How often drawing is tried again before a family counts as barren.
const ATTEMPTS: u32 = 64;

/// The same for values that vary around the special one.
const VARIED_ATTEMPTS: u32 = 8;

/// How many valid inputs of an operation special values are put into.
const POOL_SIZE: usize = 24;

/// An input, and the tree to shrink it by.
pub type Drawn = (Box<dyn ValueTree<Value = Value>>, Value);

/// Why requests cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the schema of `{operation}` does not compile: {reason}; check the rules file with `spec check`")]
pub struct GenerateError {
    /// The operation.
    pub operation: String,
    /// What is wrong.
    pub reason: String,
}

/// Makes requests from one contract.
#[derive(Debug)]
pub struct Generator {
    pub(super) contract: Arc<Contract>,
    domains: Domains,
    /// What each operation's valid requests leave out, and which states its resources must be in.
    pub(super) details: HashMap<String, Details>,
    stand_ins: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(super) struct Details {
    pub(super) left_out: Vec<String>,
    pub(super) distinct: Vec<String>,
    states: BTreeMap<String, String>,
    pub(super) open: OpenValues,
    /// Compiled when it is needed first, for it takes long and a run of few cases needs few.
    prover: OnceLock<Option<InputValidator>>,
    minimal: OnceLock<Value>,
    /// Inputs that the target accepted, where the model alone does not tell them.
    accepted: RwLock<Option<Accepted>>,
    /// Some valid inputs, the smallest first, once they are needed.
    pool: Arc<OnceLock<Vec<Value>>>,
}

impl Generator {
    /// Prepares a contract; `states` are the states (by name and resource) that the suites know how to reach.
    ///
    /// # Errors
    /// A rule does not hold a valid JSON Schema.
    pub fn new(contract: Arc<Contract>, states: &BTreeSet<(String, String)>) -> Result<Generator, GenerateError> {
        let stand_ins = stand_ins(&contract);
        let domains = domains(&contract);
        let mut details = HashMap::new();
        for operation in &contract.operations {
            // What is wrong with somebody's rules is told before a request is sent; of the built-in ones a test knows it.
            let prover = match contract.is_builtin {
                true => OnceLock::new(),
                false => OnceLock::from(Some(InputValidator::new(&contract, operation, stand_ins.clone())?)),
            };
            details.insert(
                operation.name.clone(),
                Details {
                    left_out: left_out(&contract, operation),
                    distinct: distinct(&contract, operation),
                    states: needed_states(&contract, operation, states),
                    open: OpenValues::of(&contract, operation),
                    prover,
                    minimal: OnceLock::new(),
                    accepted: RwLock::new(None),
                    pool: Arc::default(),
                },
            );
        }
        Ok(Generator { contract, domains, details, stand_ins })
    }

    /// The contract that requests are made from.
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// A legal ARN of a resource type; it names nothing.
    pub fn stand_in(&self, resource: &str) -> Option<&str> {
        self.stand_ins.get(resource).map(String::as_str)
    }

    /// A legal id of a resource type whose ids are not ARNs, another one for each number; it names nothing.
    pub fn absent_id(&self, resource: &str, number: u32) -> Option<String> {
        let inputs = self.contract.operations.iter().flat_map(|operation| operation.input.walk());
        let is_it = |node: &&Node| node.resource.as_ref().is_some_and(|named| named.kind == resource && !named.is_arn);
        made_up(inputs.into_iter().find(is_it)?, &mut runner(u64::from(number), resource))
    }

    /// Draws an input of a family that breaks exactly what it should, with the tree to shrink it by; none if no draw does.
    /// A family that repeats itself goes on with its special value among others that vary, where that is possible.
    pub fn draw(&self, operation: &Operation, family: &Family, runner: &mut TestRunner) -> Option<Drawn> {
        if family.freshness.get() == Freshness::Varied {
            match self.draw_varied(operation, family, runner) {
                Some(drawn) => return Some(drawn),
                None => family.freshness.set(Freshness::Exhausted),
            }
        }
        let (tree, input) = self.draw_plain(operation, family, runner)?;
        if !family.repeats(&input) {
            family.first.borrow_mut().get_or_insert_with(|| input.clone());
        } else if family.freshness.get() == Freshness::Fresh {
            // What schemas tell only in part may break another rule among other values.
            let may_vary = family.varied.is_some() && family.intent != Intent::ByHand;
            family.freshness.set(if may_vary { Freshness::Varied } else { Freshness::Exhausted });
            return self.draw(operation, family, runner);
        }
        Some((tree, input))
    }

    fn draw_plain(&self, operation: &Operation, family: &Family, runner: &mut TestRunner) -> Option<Drawn> {
        for attempt in 0..ATTEMPTS {
            let choice = if attempt < 4 { family.inputs.first() } else { family.inputs.last() };
            let Ok(tree) = choice?.new_tree(runner) else { continue };
            let input = tree.current();
            if family.repeats(&input) || self.is_intended(operation, family, &input) {
                return Some((tree, input));
            }
            if family.inputs.len() == 1 && attempt >= 16 {
                return None;
            }
        }
        None
    }

    fn draw_varied(&self, operation: &Operation, family: &Family, runner: &mut TestRunner) -> Option<Drawn> {
        self.fill_pool(operation);
        (0..VARIED_ATTEMPTS).find_map(|_| {
            let tree = family.varied.as_ref()?.new_tree(runner).ok()?;
            let input = tree.current();
            (!family.repeats(&input) && self.is_intended(operation, family, &input)).then_some((tree, input))
        })
    }

    /// Draws the valid inputs that special values are put into.
    fn fill_pool(&self, operation: &Operation) {
        let Some(details) = self.details.get(&operation.name) else { return };
        details.pool.get_or_init(|| {
            let mut pool = vec![self.minimal_input(operation)];
            let Some(scope) = self.scope(operation).filter(|scope| !scope.is_model_only) else { return pool };
            let family = Family::valid(vec![valid::any(scope, &operation.input)], Form::Random);
            let mut runner = runner(1, &operation.name);
            let drawn = (1..POOL_SIZE).filter_map(|_| self.draw_plain(operation, &family, &mut runner));
            pool.extend(drawn.map(|(_, input)| input));
            pool
        });
    }

    /// One of the pool's inputs; it shrinks to the smallest.
    pub(super) fn pooled(&self, operation: &Operation) -> Option<BoxedStrategy<Value>> {
        let pool = Arc::clone(&self.details.get(&operation.name)?.pool);
        let choose = move |index: usize| {
            let inputs = pool.get().map(Vec::as_slice).unwrap_or_default();
            inputs.get(index % inputs.len().max(1)).cloned().unwrap_or_default()
        };
        Some((0..POOL_SIZE).prop_map(choose).boxed())
    }

    /// Whether an input breaks what its family means to break, and nothing that does not follow from it.
    pub fn is_intended(&self, operation: &Operation, family: &Family, input: &Value) -> bool {
        let Some(details) = self.details.get(&operation.name) else { return false };
        if !placeholder::names(input).into_iter().all(|name| self.can_be_bound(name)) {
            return false;
        }
        let finished = finished(input.clone());
        let Some(prover) = self.prover(operation) else { return false };
        let broken = |input| prover.broken(operation, input);
        match family.intent {
            Intent::Valid => prover.keeps_all(operation, finished),
            Intent::ByHand => broken(finished).iter().all(|clause| self.is_rule(*clause)),
            Intent::Breaks(clause) => {
                let is_open = family.path.as_deref().is_some_and(|path| {
                    value_at(&operation.input, &finished, path).is_some_and(|value| details.open.contain(path, value))
                });
                let broken = broken(finished);
                !is_open && broken.contains(&clause) && broken.iter().all(|other| self.follows(*other, clause))
            }
        }
    }

    /// Whether an input is legal, and a run can make what its placeholders stand for.
    pub fn is_valid(&self, operation: &Operation, input: &Value) -> bool {
        let can_be_bound = placeholder::names(input).into_iter().all(|name| self.can_be_bound(name));
        can_be_bound && self.prover(operation).is_some_and(|prover| prover.keeps_all(operation, input.clone()))
    }

    /// What proves of inputs of an operation which clauses they break; none proves nothing, and no input is drawn then.
    pub(super) fn prover(&self, operation: &Operation) -> Option<&InputValidator> {
        let compile = || InputValidator::new(&self.contract, operation, self.stand_ins.clone()).ok();
        self.details.get(&operation.name)?.prover.get_or_init(compile).as_ref()
    }

    /// Whether a placeholder stands for something that a run can make: chance may draw a text that only looks like one.
    fn can_be_bound(&self, name: &str) -> bool {
        match Placeholder::parse(name) {
            Placeholder::PublicKey { .. } => true,
            Placeholder::Resource { resource, .. } | Placeholder::Absent { resource, .. } => {
                let is_key = matches!(Placeholder::parse(&resource), Placeholder::PublicKey { .. });
                is_key || self.is_known(&resource)
            }
            Placeholder::Variable(resource) => self.is_known(&resource),
        }
    }

    fn is_known(&self, resource: &str) -> bool {
        resource == Pattern::ANY_RESOURCE || self.stand_ins.contains_key(resource)
    }

    fn is_rule(&self, clause: ClauseIndex) -> bool {
        self.contract.clauses.get(clause).kind == ClauseKind::Rule
    }

    /// Whether breaking `clause` can leave no way to keep `other`, so that both are broken and the refusal is the same:
    /// a value of a wrong type keeps no other constraint of its member, one of a wrong length may match no pattern, and
    /// rules about the member speak of legal values only.
    pub(super) fn follows(&self, other: ClauseIndex, clause: ClauseIndex) -> bool {
        let (broken, meant) = (self.contract.clauses.get(other), self.contract.clauses.get(clause));
        let ClauseKind::Input { path, constraint } = &meant.kind else { return other == clause };
        let leaves_nothing = matches!(constraint, Constraint::Type | Constraint::LengthMin | Constraint::LengthMax);
        match &broken.kind {
            ClauseKind::Input { path: other_path, .. } => other == clause || (leaves_nothing && path == other_path),
            ClauseKind::Rule => *constraint == Constraint::Type || self.is_rule_on_member(other, clause),
            _ => false,
        }
    }

    /// A value that breaks a member's constraint may be outside the domain that a rule gives the same member.
    fn is_rule_on_member(&self, rule: ClauseIndex, clause: ClauseIndex) -> bool {
        let rule_id = &self.contract.clauses.get(rule).id;
        let clause_id = &self.contract.clauses.get(clause).id;
        let is_on_it = |path: &String| clause_id.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let mut rules = self.contract.rules.input_rules.iter();
        rules.any(|known| known.id == *rule_id && known.paths.iter().any(is_on_it))
    }

    pub(super) fn scope<'g>(&'g self, operation: &'g Operation) -> Option<Scope<'g>> {
        let details = self.details.get(&operation.name)?;
        Some(Scope {
            operation,
            domains: &self.domains,
            left_out: &details.left_out,
            distinct: &details.distinct,
            states: &details.states,
            is_model_only: self.contract.is_model_only(),
        })
    }
}

/// A source of randomness that depends on the seed and the case only.
pub fn runner(seed: u64, case: &str) -> TestRunner {
    let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(case.as_bytes()).finalize();
    let config = Config { failure_persistence: None, max_local_rejects: 4096, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &digest))
}

/// The input as it is sent, but for placeholders.
pub fn finished(mut input: Value) -> Value {
    placeholder::make_distinct(&mut input);
    input
}

fn value_at<'v>(node: &Node, value: &'v Value, path: &str) -> Option<&'v Value> {
    if node.path == path {
        return Some(value);
    }
    let child = node.children().into_iter().find(|child| {
        path.strip_prefix(child.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })?;
    let below = match &node.kind {
        NodeKind::List { .. } => value.as_array()?.first()?,
        NodeKind::Map { .. } => value.as_object()?.values().next()?,
        _ => value.get(&child.name)?,
    };
    value_at(child, below, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::plan::case::{Case, Check};

    #[test]
    fn a_text_that_only_looks_like_a_placeholder_is_not_sent() {
        let contract = Arc::new(crate::spec::builtin().unwrap());
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        let case = Case {
            id: String::new(),
            clauses: Vec::new(),
            operation: Some("ListStreamSessions".to_owned()),
            summary: String::new(),
            check: Check::Refuses { path: "channelArn".to_owned(), constraint: Constraint::Pattern },
            position: 0,
        };
        let family = generator.families(&case).into_iter().next().unwrap();
        let operation = contract.operation("ListStreamSessions").unwrap();
        let is_intended = |arn: &str| generator.is_intended(operation, &family, &json!({"channelArn": arn}));
        assert!(is_intended("arn:aws:ivs:us-east-1:123456789012:channel!abc"));
        assert!(!is_intended("arn:aws:ivs:us-east-1:123456789012:channel!${x}c"));
        for name in ["channel", "live:channel", "any", "absent:channel#2", "p384-public-key-a", "used:p384-public-key"]
        {
            assert!(generator.can_be_bound(name), "{name}");
        }
    }
}
