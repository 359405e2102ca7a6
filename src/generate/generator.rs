//! Makes the requests of a case.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::domain::{Domain, Domains};
use super::invalid::Candidate;
use super::pattern::Template;
use super::plant::plant;
use super::prove::Prover;
use super::valid::Scope;
use super::{bounds, invalid, placeholder, valid};
use crate::plan::case::{Case, Check, Form};
use crate::plan::expectation::{Expectation, ExpectedError};
use crate::plan::resources;
use crate::spec::Pattern;
use crate::spec::clause::{ClauseIndex, ClauseKind, Constraint};
use crate::spec::contract::{Contract, Location, Node, NodeKind, Operation};
use crate::spec::rules::{Generator as Source, InputRule, TriggerKind};

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

/// Requests of a case that are alike: same intent, random details.
#[derive(Debug, Clone)]
pub struct Family {
    /// What is special about them.
    pub note: String,
    /// The answers that are right.
    pub expectation: Expectation,
    /// Inputs to try first, and when those break more than intended, more varied ones.
    inputs: Vec<BoxedStrategy<Value>>,
    /// The same special value in one of the operation's valid inputs, where it has a place of its own.
    varied: Option<BoxedStrategy<Value>>,
    /// What its inputs must break.
    intent: Intent,
    /// Path of the special value.
    path: Option<String>,
    /// The input that was drawn first: many families have but one, and it need not be proven again.
    first: RefCell<Option<Value>>,
    freshness: Cell<Freshness>,
}

/// Whether a family has more to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Freshness {
    /// As far as is known, every draw is another one.
    #[default]
    Fresh,
    /// Its first inputs repeat themselves: what is drawn now has the same special value among others that vary.
    Varied,
    /// Everything it has was drawn.
    Exhausted,
}

impl Family {
    /// Whether it has nothing to show that it has not shown.
    pub fn is_exhausted(&self) -> bool {
        self.freshness.get() == Freshness::Exhausted
    }

    fn repeats(&self, input: &Value) -> bool {
        self.first.borrow().as_ref() == Some(input)
    }
}

/// What the inputs of a family must break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intent {
    /// Nothing.
    Valid,
    /// This clause, and nothing that does not follow from it.
    Breaks(ClauseIndex),
    /// No constraint of the model: an example written by hand for a prose rule, which schemas tell only in part.
    ByHand,
}

/// Makes requests from one contract.
#[derive(Debug)]
pub struct Generator {
    contract: Arc<Contract>,
    domains: Domains,
    /// What each operation's valid requests leave out, and which states its resources must be in.
    details: HashMap<String, Details>,
    stand_ins: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Details {
    left_out: Vec<String>,
    distinct: Vec<String>,
    states: BTreeMap<String, String>,
    prover: Prover,
    minimal: OnceLock<Value>,
    /// Some valid inputs, the smallest first, once they are needed.
    pool: Arc<OnceLock<Vec<Value>>>,
}

impl Generator {
    /// Prepares a contract; `states` are the states (by name and resource) that the suites know how to reach.
    ///
    /// # Errors
    /// A rule of the companion file is no valid JSON Schema.
    pub fn new(contract: Arc<Contract>, states: &BTreeSet<(String, String)>) -> Result<Generator, GenerateError> {
        let stand_ins = stand_ins(&contract);
        let domains = domains(&contract);
        let mut details = HashMap::new();
        for operation in &contract.operations {
            let prover = Prover::new(&contract, operation, stand_ins.clone())?;
            details.insert(
                operation.name.clone(),
                Details {
                    left_out: left_out(&contract, operation),
                    distinct: distinct(&contract, operation),
                    states: needed_states(&contract, operation, states),
                    prover,
                    minimal: OnceLock::new(),
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

    /// The families of requests of a case; none for scenarios and probes, and for what no request can show.
    pub fn families(&self, case: &Case) -> Vec<Family> {
        let operation = case.operation.as_deref().and_then(|name| self.contract.operation(name));
        let Some((operation, scope)) = operation.and_then(|operation| Some((operation, self.scope(operation)?))) else {
            return Vec::new();
        };
        match &case.check {
            Check::Valid { form } => vec![valid_family(self.inputs_of_form(scope, *form), *form)],
            Check::Accepts { path, constraint } => self.accepting(operation, scope, path, *constraint),
            Check::Refuses { path, constraint } => self.refusing(operation, scope, path, *constraint),
            Check::RuleAccepts { rule } => self.rule_families(operation, scope, *rule, Side::Keeps),
            Check::RuleRefuses { rule } => self.rule_families(operation, scope, *rule, Side::Breaks),
            Check::UnknownResource { path } => self.unknown(operation, scope, path).into_iter().collect(),
            Check::Condition { code } => vec![self.condition(operation, code)],
            Check::Scenario { .. } | Check::Sequence { .. } | Check::Probe { .. } => Vec::new(),
        }
    }

    /// A smallest valid input of an operation, the same at every call.
    pub fn minimal_input(&self, operation: &Operation) -> Value {
        let known = self.details.get(&operation.name).and_then(|details| details.minimal.get());
        if let Some(known) = known {
            return known.clone();
        }
        let found = self.find_minimal(operation);
        if let Some(details) = self.details.get(&operation.name) {
            let _ = details.minimal.set(found.clone());
        }
        found
    }

    /// Required members only, where that is valid; else a random valid input, shrunk as far as it stays valid.
    fn find_minimal(&self, operation: &Operation) -> Value {
        let empty = Value::Object(serde_json::Map::new());
        let Some(scope) = self.scope(operation) else { return empty };
        let mut runner = runner(0, &operation.name);
        let root = &operation.input;
        for inputs in [vec![valid::minimal(scope, root)], vec![valid::any(scope, root)]] {
            let family = valid_family(inputs, Form::Minimal);
            if let Some((mut tree, mut smallest)) = self.draw(operation, &family, &mut runner) {
                let mut steps = 0;
                while steps < 400 && tree.simplify() {
                    steps += 1;
                    while !self.is_intended(operation, &family, &tree.current()) && tree.complicate() {
                        steps += 1;
                    }
                    if self.is_intended(operation, &family, &tree.current()) {
                        smallest = tree.current();
                    }
                }
                return finished(smallest);
            }
        }
        empty
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
            let Some(scope) = self.scope(operation) else { return pool };
            let family = valid_family(vec![valid::any(scope, &operation.input)], Form::Random);
            let mut runner = runner(1, &operation.name);
            let drawn = (1..POOL_SIZE).filter_map(|_| self.draw_plain(operation, &family, &mut runner));
            pool.extend(drawn.map(|(_, input)| input));
            pool
        });
    }

    /// One of the pool's inputs; it shrinks to the smallest.
    fn pooled(&self, operation: &Operation) -> Option<BoxedStrategy<Value>> {
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
        let finished = finished(input.clone());
        let broken = |input| details.prover.broken(operation, input);
        match family.intent {
            Intent::Valid => details.prover.keeps_all(operation, finished),
            Intent::ByHand => broken(finished).iter().all(|clause| self.is_rule(*clause)),
            Intent::Breaks(clause) => {
                let is_open = family.path.as_deref().is_some_and(|path| {
                    value_at(&operation.input, &finished, path).is_some_and(|value| details.prover.is_open(path, value))
                });
                let broken = broken(finished);
                !is_open && broken.contains(&clause) && broken.iter().all(|other| self.follows(*other, clause))
            }
        }
    }

    fn is_rule(&self, clause: ClauseIndex) -> bool {
        self.contract.clauses.get(clause).kind == ClauseKind::Rule
    }

    /// Whether breaking `clause` can leave no way to keep `other`, so that both are broken and the refusal is the same:
    /// a value of a wrong type keeps no other constraint of its member, one of a wrong length may match no pattern, and
    /// rules about the member speak of legal values only.
    fn follows(&self, other: ClauseIndex, clause: ClauseIndex) -> bool {
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

    fn scope<'g>(&'g self, operation: &'g Operation) -> Option<Scope<'g>> {
        let details = self.details.get(&operation.name)?;
        Some(Scope {
            operation,
            domains: &self.domains,
            left_out: &details.left_out,
            distinct: &details.distinct,
            states: &details.states,
        })
    }

    fn inputs_of_form(&self, scope: Scope<'_>, form: Form) -> Vec<BoxedStrategy<Value>> {
        let root = &scope.operation.input;
        match form {
            Form::Minimal => vec![self.smallest(scope.operation)],
            Form::Full => vec![valid::full(scope, root), valid::any(scope, root)],
            Form::Random => vec![valid::any(scope, root), valid::any(scope, root)],
        }
    }

    fn accepting(&self, operation: &Operation, scope: Scope<'_>, path: &str, constraint: Constraint) -> Vec<Family> {
        let Some(node) = operation.input.find(path) else { return Vec::new() };
        bounds::candidates(scope, node, constraint)
            .into_iter()
            .map(|candidate| {
                let expectation = self.acceptance(operation, node, constraint);
                // What may be refused although it keeps the constraint is outside some rule's unambiguous domain.
                let intent = if expectation.any_client_error { Intent::ByHand } else { Intent::Valid };
                self.planted(scope, path, candidate, expectation, intent)
            })
            .collect()
    }

    fn refusing(&self, operation: &Operation, scope: Scope<'_>, path: &str, constraint: Constraint) -> Vec<Family> {
        let Some(node) = operation.input.find(path) else { return Vec::new() };
        let Some(clause) = node.clause(constraint) else { return Vec::new() };
        let errors = invalid_input_errors(&self.contract, operation, constraint);
        invalid::candidates(scope, node, constraint)
            .into_iter()
            .map(|candidate| {
                let expectation = refusal(node, constraint, errors.clone());
                self.planted(scope, path, candidate, expectation, Intent::Breaks(clause))
            })
            .collect()
    }

    /// Valid requests by a caller for whom every call meets the error.
    fn condition(&self, operation: &Operation, code: &str) -> Family {
        let trigger = self.contract.rules.error_trigger(&operation.name, code);
        let also = trigger.map(|trigger| trigger.accepts.as_slice()).unwrap_or_default();
        let main = operation.error(code).map(|error| ExpectedError { code: error.code.clone(), status: error.status });
        let errors = main
            .into_iter()
            .chain(also.iter().map(|error| ExpectedError { code: error.code.clone(), status: error.status }));
        let mut family = valid_family(vec![self.smallest(operation)], Form::Minimal);
        family.expectation = Expectation::refusal(errors.collect());
        family.note = format!("a valid request by a caller that meets {code}");
        family
    }

    fn unknown(&self, operation: &Operation, scope: Scope<'_>, path: &str) -> Option<Family> {
        let node = operation.input.find(path)?;
        let resource = resources::resource_of(node)?;
        let errors = not_found_errors(&self.contract, operation);
        let value = Value::from(format!("${{absent:{resource}}}"));
        let candidate = Candidate::exactly("the ARN of a resource that does not exist", value);
        Some(self.planted(scope, path, candidate, Expectation::refusal(errors), Intent::Valid))
    }

    fn rule_families(&self, operation: &Operation, scope: Scope<'_>, rule: usize, side: Side) -> Vec<Family> {
        let Some(rule) = self.contract.rules.input_rules.get(rule) else { return Vec::new() };
        let (values, expectation, noun) = match side {
            Side::Keeps => (&rule.accepted, Expectation::success(), "example"),
            Side::Breaks => (&rule.violating, Expectation::refusal(rule_errors(rule)), "breach"),
        };
        let given = rule.given.get(&operation.name);
        let prefix = format!("{}.input.", operation.name);
        let paths: Vec<&str> = rule.paths.iter().filter_map(|path| path.strip_prefix(&prefix)).collect();
        let mut families = Vec::new();
        for (number, value) in (1..).zip(values) {
            let note = format!("{noun} {number}");
            if paths.is_empty() {
                families.push(self.merged(scope, &note, given, value, expectation.clone()));
            }
            for path in &paths {
                let candidate = Candidate::exactly(note.clone(), value.clone());
                families.push(self.planted(scope, path, candidate, expectation.clone(), Intent::ByHand));
            }
        }
        families
    }

    /// Valid inputs with one special value.
    fn planted(
        &self,
        scope: Scope<'_>,
        path: &str,
        candidate: Candidate,
        expectation: Expectation,
        intent: Intent,
    ) -> Family {
        let contract = Arc::clone(&self.contract);
        let operation_name = scope.operation.name.clone();
        let fillers = fillers(scope, path);
        let bases = [self.smallest(scope.operation), valid::any(scope, &scope.operation.input)];
        let with_value = |base: BoxedStrategy<Value>| {
            let (contract, name, fillers, path) =
                (Arc::clone(&contract), operation_name.clone(), fillers.clone(), path.to_owned());
            (base, candidate.values.clone())
                .prop_map(move |(mut input, value)| {
                    if let Some(operation) = contract.operation(&name) {
                        let filler = |node: &Node| fillers.get(&node.path).cloned().unwrap_or(Value::Null);
                        plant(&operation.input, &mut input, &path, value, &filler);
                    }
                    input
                })
                .boxed()
        };
        let varied = self.pooled(scope.operation).map(with_value);
        let inputs = bases.into_iter().map(with_value).collect();
        Family {
            note: candidate.note,
            expectation,
            inputs,
            varied,
            intent,
            path: Some(path.to_owned()),
            first: RefCell::default(),
            freshness: Cell::default(),
        }
    }

    /// The smallest valid input with the given members on top.
    fn merged(
        &self,
        scope: Scope<'_>,
        note: &str,
        given: Option<&serde_json::Map<String, Value>>,
        members: &Value,
        expectation: Expectation,
    ) -> Family {
        let (given, members) = (given.cloned().unwrap_or_default(), members.clone());
        let input = self.smallest(scope.operation).prop_map(move |mut input| {
            if let (Value::Object(input), Value::Object(members)) = (&mut input, &members) {
                input.extend(given.clone());
                input.extend(members.clone());
            }
            input
        });
        Family {
            note: note.to_owned(),
            expectation,
            inputs: vec![input.boxed()],
            varied: None,
            intent: Intent::ByHand,
            path: None,
            first: RefCell::default(),
            freshness: Cell::default(),
        }
    }

    fn smallest(&self, operation: &Operation) -> BoxedStrategy<Value> {
        Just(self.minimal_input(operation)).boxed()
    }

    /// A value at a bound is accepted; an ARN or identifier made up for the purpose may name nothing, a token that no
    /// page gave out may be refused, and so may what the reference leaves open.
    fn acceptance(&self, operation: &Operation, node: &Node, constraint: Constraint) -> Expectation {
        let is_token = operation.pagination.as_ref().is_some_and(|pages| pages.input_token == node.path);
        let is_empty = constraint == Constraint::LengthMin && valid::lower_bound(node) == 0;
        let is_open = self
            .details
            .get(&operation.name)
            .is_some_and(|details| details.prover.is_open(&node.path, &Value::from("")));
        if is_empty && (is_token || is_open || matches!(node.location, Location::Query(_))) {
            let mut expectation = Expectation::success();
            expectation.any_client_error = true;
            return expectation;
        }
        let names_something = valid::is_reference(node)
            || self.details.get(&operation.name).is_some_and(|details| details.left_out.contains(&node.path));
        match names_something {
            true => Expectation::success_or(not_found_errors(&self.contract, operation)),
            false => Expectation::success(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Keeps,
    Breaks,
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

fn valid_family(inputs: Vec<BoxedStrategy<Value>>, form: Form) -> Family {
    Family {
        note: format!("{} members", form.id()),
        expectation: Expectation::success(),
        inputs,
        varied: None,
        intent: Intent::Valid,
        path: None,
        first: RefCell::default(),
        freshness: Cell::default(),
    }
}

/// Valid values for the containers on the way to `path`.
fn fillers(scope: Scope<'_>, path: &str) -> BTreeMap<String, Value> {
    let mut runner = runner(0, path);
    let mut values = BTreeMap::new();
    for node in scope.operation.input.walk() {
        let is_on_the_way = path.strip_prefix(node.path.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if is_on_the_way && let Ok(tree) = valid::minimal(scope, node).new_tree(&mut runner) {
            values.insert(node.path.clone(), tree.current());
        }
    }
    values
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

/// A legal ARN of every resource type that the contract names.
fn stand_ins(contract: &Contract) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut runner = runner(0, "stand-ins");
    for operation in &contract.operations {
        for node in operation.input.walk() {
            let Some(pattern) = &node.constraints.pattern else { continue };
            let Some(resource) = pattern.arn_resource.as_deref().filter(|kind| *kind != Pattern::ANY_RESOURCE) else {
                continue;
            };
            let arn = Template::of(pattern)
                .and_then(|template| template.of_length(template.lengths().0.max(1) + 12))
                .and_then(|matching| matching.new_tree(&mut runner).ok())
                .map(|tree| tree.current());
            if let Some(arn) = arn {
                found.entry(resource.to_owned()).or_insert(arn);
            }
        }
    }
    found
}

fn domains(contract: &Contract) -> Domains {
    let mut domains = Domains::default();
    for rule in contract.rules.input_rules.iter().filter(|rule| !rule.paths.is_empty()) {
        let pattern = rule.schema.get("pattern").and_then(Value::as_str).and_then(Template::new);
        let domain = match (&rule.generator, rule.schema.get("enum")) {
            (Some(Source::P384PublicKeyPem), _) => Some(Domain::Placeholder("${p384-public-key}".to_owned())),
            (_, Some(Value::Array(values))) => Some(Domain::Values(values.clone())),
            _ => pattern.map(Domain::Pattern),
        };
        for path in &rule.paths {
            if let Some(domain) = &domain {
                domains.insert(path.clone(), domain.clone());
            }
        }
    }
    domains
}

/// Page tokens and identifiers: values only the target can give.
fn left_out(contract: &Contract, operation: &Operation) -> Vec<String> {
    let mut paths: Vec<String> = operation.pagination.iter().map(|pagination| pagination.input_token.clone()).collect();
    for member in operation.input.members() {
        if !member.is_required && is_identifier(contract, operation, member) {
            paths.push(member.path.clone());
        }
    }
    paths
}

/// A read-only operation takes an identifier if the same shape comes back from operations but never goes into one that
/// changes anything.
fn is_identifier(contract: &Contract, operation: &Operation, member: &Node) -> bool {
    let is_text = matches!(member.kind, NodeKind::String) && member.constraints.pattern.is_some();
    if !operation.is_readonly || !is_text || valid::is_reference(member) {
        return false;
    }
    let has_shape = |root: &Node| root.walk().iter().any(|node| node.shape == member.shape);
    let comes_back = contract.operations.iter().any(|other| has_shape(&other.output));
    let goes_in = contract.operations.iter().any(|other| !other.is_readonly && has_shape(&other.input));
    comes_back && !goes_in
}

fn distinct(contract: &Contract, operation: &Operation) -> Vec<String> {
    let prefix = format!("{}.input.", operation.name);
    contract.rules.distinct.iter().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect()
}

fn needed_states(
    contract: &Contract,
    operation: &Operation,
    known: &BTreeSet<(String, String)>,
) -> BTreeMap<String, String> {
    let preconditions = contract.rules.preconditions.iter().filter(|needed| needed.operation == operation.name);
    preconditions
        .filter_map(|needed| {
            let resource = resources::resource_of(operation.input.find(&needed.member)?)?;
            let is_known = known.contains(&(needed.state.clone(), resource.to_owned()));
            is_known.then(|| (needed.member.clone(), needed.state.clone()))
        })
        .collect()
}

/// The documented refusal; any client error where the request without its label is no longer the operation's, and
/// success as well where an absent list of a query is an empty one, which is within its bounds.
fn refusal(node: &Node, constraint: Constraint, errors: Vec<ExpectedError>) -> Expectation {
    let is_empty = matches!(constraint, Constraint::Required | Constraint::LengthMin);
    let may_be_empty = matches!(node.kind, NodeKind::List { .. }) && valid::lower_bound(node) == 0;
    match &node.location {
        Location::Label if is_empty => Expectation::any_refusal(errors),
        Location::Query(_) if is_empty && may_be_empty => Expectation::success_or(errors),
        _ => Expectation::refusal(errors),
    }
}

/// What an operation answers to a request that breaks its constraints.
fn invalid_input_errors(contract: &Contract, operation: &Operation, constraint: Constraint) -> Vec<ExpectedError> {
    // Other errors that input alone causes belong to prose rules, e.g. filters that exclude each other.
    let mut errors = trigger_errors(contract, operation, TriggerKind::InvalidInput);
    errors.retain(|error| error.status == 400);
    if errors.is_empty() {
        let documented = operation
            .error("ValidationException")
            .or_else(|| operation.errors.iter().find(|error| error.status == 400 && error.code.contains("alidation")));
        errors.push(match documented {
            Some(error) => ExpectedError { code: error.code.clone(), status: error.status },
            None => ExpectedError { code: "ValidationException".to_owned(), status: 400 },
        });
    }
    if constraint == Constraint::Type {
        errors.push(ExpectedError { code: "SerializationException".to_owned(), status: 400 });
    }
    errors
}

/// What an operation answers to an ARN of nothing.
pub fn not_found_errors(contract: &Contract, operation: &Operation) -> Vec<ExpectedError> {
    let errors = trigger_errors(contract, operation, TriggerKind::AbsentResource);
    if !errors.is_empty() {
        return errors;
    }
    let not_found = operation.errors.iter().filter(|error| error.status == 404 && error.code.contains("NotFound"));
    not_found.map(|error| ExpectedError { code: error.code.clone(), status: error.status }).collect()
}

fn trigger_errors(contract: &Contract, operation: &Operation, kind: TriggerKind) -> Vec<ExpectedError> {
    let triggers = contract.rules.error_triggers.iter().filter(|trigger| trigger.operation == operation.name);
    triggers
        .filter(|trigger| trigger.trigger.as_ref().is_some_and(|how| how.kind == kind))
        .flat_map(|trigger| {
            let main = ExpectedError { code: trigger.code.clone(), status: trigger.status };
            let others =
                trigger.accepts.iter().map(|error| ExpectedError { code: error.code.clone(), status: error.status });
            std::iter::once(main).chain(others)
        })
        .collect()
}

fn rule_errors(rule: &InputRule) -> Vec<ExpectedError> {
    rule.errors.iter().map(|error| ExpectedError { code: error.code.clone(), status: error.status }).collect()
}
