//! Scenarios, states and probes: tests written as data in `suites/scenarios/*.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::accepted::Accepted;
use super::sequence::{Law, Sequence};
use super::source::Source;

/// Everything that `suites/scenarios/` holds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suites {
    /// Sequences of calls with what must hold along the way.
    #[serde(default, rename = "scenario")]
    pub scenarios: Vec<Scenario>,
    /// States that a resource must be in before some operations can succeed.
    #[serde(default, rename = "state")]
    pub states: Vec<State>,
    /// HTTP requests that no input alone describes.
    #[serde(default, rename = "probe")]
    pub probes: Vec<Probe>,
    /// Members that must come back as they were given.
    #[serde(default, rename = "echo")]
    pub echoes: Vec<Echo>,
    /// What a response says twice.
    #[serde(default, rename = "agreement")]
    pub agreements: Vec<Agreement>,
    /// Random sequences of operations.
    #[serde(default, rename = "sequence")]
    pub sequences: Vec<Sequence>,
    /// What holds along them.
    #[serde(default, rename = "law")]
    pub laws: Vec<Law>,
    /// How a broadcaster finds out where to stream to.
    #[serde(default)]
    pub ingest: Ingest,
    /// The files that all this comes from.
    #[serde(skip)]
    pub(super) sources: Vec<Source>,
}

/// How a broadcaster finds out where to stream to: steps with `${channel}` bound, which set the variables
/// `ingest-endpoint` and `stream-key`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// The calls, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

/// A sequence of calls with what must hold along the way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Stable name; the case id is `scenario/NAME`.
    pub name: String,
    /// What it shows, in one sentence.
    pub summary: String,
    /// What the target must offer.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Whether it waits for seconds by its nature; the quick profile leaves it out.
    #[serde(default)]
    pub slow: bool,
    /// The calls, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// What a scenario needs of a target beyond the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A way to start a broadcast.
    Broadcast,
    /// A target on this machine: too many resources for any other.
    Loopback,
}

/// One step of a scenario: a call, a walk over all pages, or a broadcast.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Operation to call once.
    #[serde(default)]
    pub call: Option<String>,
    /// Operation to call page by page; the output is `{"items": […], "pages": […]}`.
    #[serde(default)]
    pub walk: Option<String>,
    /// Starts or ends a broadcast.
    #[serde(default)]
    pub broadcast: Option<BroadcastStep>,
    /// Input of the call; strings may hold placeholders.
    #[serde(default)]
    pub input: Value,
    /// Names of members in the input that its shape does not have, on purpose.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// Adds valid values for required members that the input leaves out.
    #[serde(default)]
    pub complete: bool,
    /// Region of the call; the run's own if none. `${other-region}` is one that differs from it.
    #[serde(default)]
    pub region: Option<String>,
    /// How often, with `${index}` counting from 1.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the repetitions are in flight all at once.
    #[serde(default)]
    pub concurrent: bool,
    /// Answers of which each must come at least once among the repetitions.
    #[serde(default)]
    pub among: Vec<String>,
    /// How often these answers come among the repetitions, exactly.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// Other calls that are in flight at the same time, each with its own repetitions and answers.
    #[serde(default)]
    pub beside: Vec<Step>,
    /// Variables set to lists: what stands at a path, `input.…` or `output.…`, of each of the calls in flight that
    /// succeeded, those beside it included.
    #[serde(default)]
    pub gather: BTreeMap<String, String>,
    /// What must come back.
    #[serde(default)]
    pub expect: Expect,
    /// The rule that is violated if something else comes back; the operation's own clauses if none.
    #[serde(default)]
    pub rule: Option<String>,
    /// Whether what this step shows of a documented rule is only inferred.
    #[serde(default)]
    pub inferred: bool,
    /// Repeats the call until all its assertions hold, within the time that the run allows for what may lag.
    #[serde(default)]
    pub eventually: bool,
    /// Whether what follows cannot be decided unless this step does what it should.
    #[serde(default)]
    pub optional: bool,
    /// Variables set from the output, by path.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// What must hold of the output.
    #[serde(default, rename = "assert")]
    pub asserts: Vec<Assert>,
}

fn once() -> u32 {
    1
}

/// A change of a resource's broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroadcastStep {
    /// Identifier of the resource that broadcasts; may be a placeholder.
    #[serde(rename = "channel")]
    pub resource: String,
    /// What it becomes.
    pub state: BroadcastState,
    /// Health of the broadcast, where the target lets the broadcaster choose it.
    #[serde(default)]
    pub health: Option<String>,
}

/// Whether a resource broadcasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BroadcastState {
    /// It broadcasts.
    Live,
    /// It does not.
    Offline,
}

impl BroadcastState {
    /// Name on the wire of the reference's control path.
    pub fn id(self) -> &'static str {
        match self {
            BroadcastState::Live => "live",
            BroadcastState::Offline => "offline",
        }
    }
}

/// What a step must answer: `"success"`, an error code, `"4xx"` for any client error, or several of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Expect {
    /// One answer.
    One(String),
    /// Any of these answers.
    AnyOf(Vec<String>),
}

impl Default for Expect {
    fn default() -> Self {
        Expect::One("success".to_owned())
    }
}

impl Expect {
    /// The answers as a list.
    pub fn answers(&self) -> &[String] {
        match self {
            Expect::One(answer) => std::slice::from_ref(answer),
            Expect::AnyOf(answers) => answers,
        }
    }
}

/// What an observation that does not violate a clause says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upholds {
    /// It upholds the clause.
    #[default]
    Clause,
    /// It upholds nothing: a target that breaks the clause may respond in the same way.
    Nothing,
}

/// Something that must hold of a step's output.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assert {
    /// The rule it decides.
    pub rule: String,
    /// Whether this consequence of a documented rule is only inferred.
    #[serde(default)]
    pub inferred: bool,
    /// Whether it holds as well where nothing, or null, stands at the path.
    #[serde(default)]
    pub if_present: bool,
    /// Names of members that comparisons leave out, at any depth and on both sides.
    #[serde(default)]
    pub ignoring: Vec<String>,
    /// Path into the output; the whole output if empty. `items[arn=${channel}].name` selects an item by a member.
    #[serde(default)]
    pub at: String,
    /// Deep equality; null counts as absent.
    #[serde(default)]
    pub equals: Option<Value>,
    /// Not equal.
    #[serde(default)]
    pub differs: Option<Value>,
    /// Equal to one of these.
    #[serde(default)]
    pub one_of: Option<Vec<Value>>,
    /// Equal to one element of this list, which may be a variable.
    #[serde(default)]
    pub element_of: Option<Value>,
    /// An object that some order of these inputs leaves behind: each member that one of them gives has a value that one
    /// of them gives.
    #[serde(default)]
    pub result_of: Option<Value>,
    /// Members present on both sides are equal.
    #[serde(default)]
    pub agrees: Option<Value>,
    /// There, or not there; null counts as absent.
    #[serde(default)]
    pub present: Option<bool>,
    /// An array with an item that has at least these members.
    #[serde(default)]
    pub contains: Option<Value>,
    /// An array without such an item.
    #[serde(default)]
    pub lacks: Option<Value>,
    /// Length of an array, object or string (code points).
    #[serde(default)]
    pub length: Option<u64>,
    /// Largest length.
    #[serde(default)]
    pub length_at_most: Option<u64>,
    /// Whole-string regular expression.
    #[serde(default)]
    pub matches: Option<String>,
    /// No member of this name at any depth.
    #[serde(default)]
    pub hides: Option<String>,
    /// The text occurs nowhere in the JSON.
    #[serde(default)]
    pub never_shows: Option<Value>,
    /// An array whose items go down by this member.
    #[serde(default)]
    pub descends_by: Option<String>,
    /// An array without two items that agree in this member.
    #[serde(default)]
    pub distinct_by: Option<String>,
    /// A time that is not before this one.
    #[serde(default)]
    pub not_before: Option<Value>,
    /// An array of numbers of which none is larger.
    #[serde(default)]
    pub each_at_most: Option<u64>,
    /// Whether it upholds the rule where it holds.
    #[serde(default)]
    pub upholds: Upholds,
    /// Path of what must be in the output and not empty, so that the assertion says something.
    #[serde(default)]
    pub requires: Option<String>,
    /// Pages that a walk must have followed, so that the assertion says something.
    #[serde(default)]
    pub pages_at_least: Option<u64>,
    /// The output of a paginated call: exactly this many items if a token follows, at most this many otherwise.
    #[serde(default)]
    pub page_of: Option<u64>,
}

/// A state that a resource must be in before some operations can succeed; the contract's preconditions say which.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Name; `${NAME:RESOURCE}` stands for a resource in this state.
    pub name: String,
    /// Resource type.
    pub resource: String,
    /// What reaching it needs of the target.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Steps that bring a new resource into the state; `${resource}` and its siblings are bound.
    pub reach: Vec<Step>,
    /// Steps that leave it again before the resource is deleted.
    #[serde(default)]
    pub leave: Vec<Step>,
}

/// An HTTP request that no input alone describes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The clause it decides, e.g. `protocol.malformed-json`.
    pub clause: String,
    /// Name of this probe within the clause.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Operations to try it on; all whose requests it fits if empty.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Replaces the method.
    #[serde(default)]
    pub method: Option<String>,
    /// Replaces the path; `${path}` is the right one, `${path-lower-hex}` has lower-case digits in its percent escapes,
    /// `${path-capital}` begins with a capital letter.
    #[serde(default)]
    pub path: Option<String>,
    /// Replaces the body; `${body}` is the right one, `${input.MEMBER}` a member of the right input as JSON,
    /// `${times:N:TEXT}` a text N times over.
    #[serde(default)]
    pub body: Option<String>,
    /// Headers to set; an empty value removes one.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Changes how the request is signed.
    #[serde(default)]
    pub signature: Option<SignatureChange>,
    /// Answers that are right.
    pub accepts: Vec<Accepted>,
    /// Whether a right answer upholds the clause. One that allows success and any refusal alike only looks for server
    /// errors: it upholds nothing.
    #[serde(default)]
    pub upholds: Upholds,
    /// Another wrong body: if the target accepts that too where it must not, it lacks another check than this probe is
    /// about, and that it accepts the probe shows nothing.
    #[serde(default)]
    pub unless_accepted: Option<String>,
    /// Whether what it shows of a documented clause is only inferred.
    #[serde(default)]
    pub inferred: bool,
}

/// A change of how a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureChange {
    /// Signed in the query instead of a header.
    InQuery,
    /// Signed in the query hours ago, for some minutes.
    ExpiredInQuery,
    /// Signed in the query ten minutes ago, for one minute: the date itself is within the allowance for clocks.
    OutlivedInQuery,
    /// Not signed at all.
    Unsigned,
    /// Signed with another secret.
    WrongSecret,
    /// Signed with a key that nobody has.
    UnknownKey,
    /// Signed an hour ago.
    Expired,
    /// Signed an hour ahead.
    Future,
    /// Signed for another service.
    WrongService,
    /// Signed with temporary credentials, but without their session token.
    MissingToken,
    /// The body is changed after signing.
    TamperedBody,
    /// One digit of the signature is changed.
    TamperedSignature,
    /// Signed as always, but named after another algorithm.
    OtherAlgorithm,
    /// Dated by a `Date` header in ISO 8601 basic form instead of `X-Amz-Date`.
    IsoDate,
}

/// Whether a name matches a pattern in which `*` stands for any text.
fn name_matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => match name.strip_prefix(head) {
            Some(rest) => (0..=rest.len()).any(|start| rest.get(start..).is_some_and(|rest| name_matches(tail, rest))),
            None => false,
        },
    }
}

impl Scenario {
    /// How many calls it makes, roughly; one that waits counts as many.
    pub fn weight(&self) -> u64 {
        let calls: u64 = self.steps.iter().map(|step| u64::from(step.times.max(1))).sum();
        if self.slow { calls + 1_000_000 } else { calls }
    }

    /// Whether one of its steps decides a clause.
    pub fn decides_something(&self) -> bool {
        let decides = |step: &Step| {
            let expects_error = matches!(&step.expect, Expect::One(answer) if answer != "success");
            step.rule.is_some() || !step.asserts.is_empty() || expects_error
        };
        self.steps.iter().any(|step| decides(step) || step.beside.iter().any(decides))
    }
}

/// Whether one of several patterns matches a name.
fn any_matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| name_matches(pattern, name))
}

impl Agreement {
    /// Whether it holds for an operation.
    pub fn applies_to(&self, operation: &str) -> bool {
        any_matches(&self.operations, operation)
    }
}

/// Two places of a response that say the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The rule it decides.
    pub rule: String,
    /// Operations it holds for; `*` stands for any part of a name.
    pub operations: Vec<String>,
    /// One place, as a path below the output.
    pub at: String,
    /// The other place.
    pub equals: String,
}

impl Echo {
    /// Whether it holds for an operation.
    pub fn applies_to(&self, operation: &str) -> bool {
        any_matches(&self.operations, operation)
    }
}

/// Members of a request that must come back in the response as they were given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// The rule it decides.
    pub rule: String,
    /// Operations it holds for; `*` stands for any part of a name.
    pub operations: Vec<String>,
    /// Members that it does not hold for, as paths below the input.
    #[serde(default)]
    pub except: Vec<String>,
}
