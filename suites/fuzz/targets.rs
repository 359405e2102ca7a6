//! What is fed with arbitrary bytes: by `suites/fuzz.rs` on every test run, by `fuzz/` for as long as one likes. Each
//! function panics if something does not hold.

#[path = "answers.rs"]
pub mod answers;

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ivs_conformance::cli::config::Config;
use ivs_conformance::judge::Judge;
use ivs_conformance::plan::expectation::{Expectation, ExpectedError};
use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::protocol;
use ivs_conformance::recording::{self, ReadError};
use ivs_conformance::report::baseline::Baseline;
use ivs_conformance::report::sarif::UserFiles;
use ivs_conformance::report::{Format, Record, merge, terminal};
use ivs_conformance::run::ledger::{Entry, JournalState, journal};
use ivs_conformance::spec::{self, Contract};
use ivs_conformance::traffic::{self, Auditor};
use ivs_conformance::wire::{Exchange, FailureKind, Reply, Request, Response, TransportFailure};
use serde_json::Value;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| spec::builtin().unwrap());
static SHARED: LazyLock<Arc<Contract>> = LazyLock::new(|| Arc::new(spec::builtin().unwrap()));
static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    traffic::plan(&SHARED, plan::plan(&SHARED, &Suites::builtin().unwrap(), &Filter::default()).unwrap())
});
static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(&CONTRACT));
/// Three operations of the built-in contract, and what of its rules is about them: thousands are read in a minute.
const MODEL: &str = include_str!("contract.json");
const RULES: &str = include_str!("contract.rules.toml");
const RECORD: &str = include_str!("report.json");

/// A target by name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 12] = [
    ("answer", answer),
    ("judge", judge),
    ("model", model),
    ("rules", rules),
    ("suite", suite),
    ("config", config),
    ("baseline", baseline),
    ("report", report),
    ("journal", journal),
    ("recording", recording),
    ("error_header", error_header),
    ("rendering", rendering),
];

/// What a target sends over its socket before it closes: HTTP, or something else.
pub fn answer(data: &[u8]) {
    let method = if data.first().is_some_and(|first| first % 16 == 15) { "HEAD" } else { "POST" };
    match answers::exchange(method, data).reply {
        Reply::Response(response) => {
            assert!((100..1000).contains(&response.status), "{}", response.status);
            assert!(response.headers.iter().all(|(name, _)| !name.is_empty() && !name.contains(['\r', '\n', ' '])));
            assert!(response.body.len() <= data.len(), "a body of {} bytes of {}", response.body.len(), data.len());
        }
        Reply::Failure(failure) => {
            let is_known = matches!(failure.kind, FailureKind::Protocol | FailureKind::Closed);
            assert!(is_known, "{:?}: {}", failure.kind, failure.detail);
            assert!(!failure.detail.is_empty() && failure.detail.len() < 1_000, "{}", failure.detail.len());
        }
    }
}

/// A response of any form to any operation: status, a header, the body.
pub fn judge(data: &[u8]) {
    let (Some((head, rest)), true) = (data.split_first_chunk::<4>(), data.len() < 1 << 16) else { return };
    let operation = &CONTRACT.operations[usize::from(head[0]) % CONTRACT.operations.len()];
    let status = [200, 204, 400, 403, 404, 429, 500, 100 + u16::from(head[1]) * 4][usize::from(head[2]) % 8];
    let (header, body) = rest.split_at(usize::from(head[3]).min(rest.len()));
    let name = ["x-amzn-errortype", "content-type", "content-encoding", "x-other"][usize::from(head[3]) % 4];
    let reply = match head[2] {
        255 => Reply::Failure(TransportFailure {
            kind: FailureKind::Protocol,
            detail: String::from_utf8_lossy(body).into_owned(),
        }),
        _ => Reply::Response(Response {
            status,
            headers: vec![(name.into(), String::from_utf8_lossy(header).into())],
            body: body.to_vec().into(),
            is_truncated: head[1] == 0,
            coding: Default::default(),
        }),
    };
    let request = Request { method: "POST".into(), target: "/".into(), headers: Vec::new(), body: Default::default() };
    let exchange = Exchange { request, reply, elapsed: Duration::ZERO, repeats: 0 };
    let refusal = Expectation::refusal(vec![ExpectedError { code: "ValidationException".to_owned(), status: 400 }]);
    for expectation in [Expectation::success(), refusal] {
        let judged = JUDGE.exchange(operation, &expectation, operation.status_clause, &exchange);
        let says_something = !judged.violations.is_empty() || judged.undecided.is_some() || !judged.upheld.is_empty();
        assert!(says_something, "{exchange:?}");
        for violation in &judged.violations {
            assert!(violation.observed.len() < 2_000 + body.len(), "{}", violation.observed.len());
        }
    }
}

/// A model of its own, and damaged versions of one that is right.
pub fn model(data: &[u8]) {
    load(&String::from_utf8_lossy(data), None);
    if let Some(damaged) = damaged(MODEL, data) {
        load(&damaged, None);
        load(&damaged, Some(RULES));
    }
}

/// Rules of a model, and damaged versions of one that is right.
pub fn rules(data: &[u8]) {
    load(MODEL, Some(&String::from_utf8_lossy(data)));
    if let Some(damaged) = damaged(RULES, data) {
        load(MODEL, Some(&damaged));
    }
}

/// Loads a contract, and says what is wrong with it.
fn load(model: &str, rules: Option<&str>) {
    let rules = rules.map(|text| ("rules", text));
    if let Err(mut error) = spec::load("model.json", model, rules) {
        // Hundreds of problems are shown like the first ones, and take a hundred times as long.
        error.problems.truncate(4);
        assert!(!format!("{:?}", miette::Report::new(error)).is_empty());
    }
}

/// The text with one place, which the first bytes name, replaced by the others.
fn damaged(text: &str, data: &[u8]) -> Option<String> {
    let (place, piece) = data.split_first_chunk::<4>()?;
    let start = text.floor_char_boundary(u32::from_le_bytes(*place) as usize % text.len());
    let end = text.ceil_char_boundary((start + piece.len()).min(text.len()));
    Some([&text[..start], &String::from_utf8_lossy(piece), &text[end..]].concat())
}

/// A suite file.
pub fn suite(data: &[u8]) {
    let _ = Suites::parse(Path::new("suite.toml"), &String::from_utf8_lossy(data)).map_err(|error| error.to_string());
}

/// A configuration file.
pub fn config(data: &[u8]) {
    let read = Config::parse(Path::new("config.toml"), &String::from_utf8_lossy(data));
    let _ = read.map_err(|error| format!("{error} {error:?}"));
}

/// A baseline; what is understood is written so that it is understood again.
pub fn baseline(data: &[u8]) {
    let path = Path::new("baseline.toml");
    if let Ok(baseline) = Baseline::parse(path, &String::from_utf8_lossy(data)) {
        let again = Baseline::parse(path, &baseline.render()).unwrap();
        assert_eq!(again.render(), baseline.render());
    }
}

/// A JSON report from elsewhere: it is joined and shown in every format.
pub fn report(data: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<Record>(data) {
        let _ = merge::merge([record.clone(), record.clone()]);
        if let Ok(merged) = merge::merge([record.clone()]) {
            render(&merged);
        }
        render(&record);
    }
}

/// A journal: what it names is what would be deleted.
pub fn journal(data: &[u8]) {
    match journal::parse(Path::new("run.journal"), data) {
        Ok((header, entries)) => {
            let deleted: Vec<String> = entries
                .iter()
                .filter_map(|entry| if let Entry::Deleted { arn } = entry { Some(arn.clone()) } else { None })
                .collect();
            let story = JournalState::of(header, entries);
            assert!(story.open.iter().all(|open| open.number < story.next || story.next == u64::MAX));
            for lot in &story.lots {
                assert!(!lot.resources.is_empty());
                assert!(lot.resources.iter().all(|resource| !deleted.contains(&resource.arn)));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

thread_local! {
    /// What judges recordings; it is made once, because it takes a while.
    static AUDITOR: RefCell<Auditor<'static>> = RefCell::new(Auditor::new(&SHARED, &PLAN, None).unwrap());
}

/// A recording of traffic: somebody else's, of any form.
pub fn recording(data: &[u8]) {
    let read = AUDITOR.with(|auditor| recording::read(data, &mut |recorded| auditor.borrow_mut().hear(&recorded)));
    if let Err(ReadError::Broken { line, problem, .. }) = read {
        assert!(line > 0 && !problem.is_empty());
    }
}

/// Where a response names its error.
pub fn error_header(data: &[u8]) {
    let header = String::from_utf8_lossy(data).into_owned();
    let headers = vec![("x-amzn-errortype".into(), header.as_str().into())];
    let response =
        Response { status: 400, headers, body: Default::default(), is_truncated: false, coding: Default::default() };
    let code = protocol::error_code(&response, None);
    assert!(code.is_none_or(|code| !code.is_empty() && header.contains(&code) && !code.contains(['#', ':'])));
}

/// A report in which every text is arbitrary, as if a target had written it.
pub fn rendering(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let record = filled(&mut text.split('\n').cycle().map(|piece| format!("{piece}{MARK}{piece}")));
    let pages = render(&record);
    for (name, page) in &pages {
        let raw = page.chars().find(|c| *c != '\n' && is_deceptive(*c));
        assert_eq!(raw, None, "{name}");
    }
}

/// What must never come through as it is, around a word that can be looked for.
pub const MARK: &str =
    "<zq a='zq' b=\"zq\">&zq;\u{1b}[31m\u{9b}2J\u{202e}\u{7f}\u{0}\r\u{ffff}]]>--><![CDATA[`zq`[zq](zq)|zq|=zq*zq*";

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{ffff}')
}

/// The sample record with every text that is free replaced by the next of these.
pub fn filled(texts: &mut dyn Iterator<Item = String>) -> Record {
    let mut record: Value = serde_json::from_str(RECORD).unwrap();
    fill(&mut record, "", texts);
    serde_json::from_value(record).unwrap()
}

fn fill(value: &mut Value, name: &str, texts: &mut dyn Iterator<Item = String>) {
    match value {
        Value::String(text) if !matches!(name, "schema" | "verdict" | "kind" | "tier" | "baseline" | "expires") => {
            *text = texts.next().unwrap_or_default();
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| fill(element, name, texts)),
        Value::Object(members) => {
            members.iter_mut().for_each(|(name, member)| fill(member, name, texts));
            if matches!(name, "headers" | "body") {
                let renamed: Vec<Value> = std::mem::take(members).into_iter().map(|(_, member)| member).collect();
                members.extend(renamed.into_iter().map(|member| (texts.next().unwrap_or_default(), member)));
            }
        }
        _ => {}
    }
}

/// The record in every format, the terminal without the program's own colours.
pub fn render(record: &Record) -> Vec<(&'static str, String)> {
    let files = UserFiles::default();
    let mut pages: Vec<(&'static str, String)> = Format::ALL
        .into_iter()
        .filter_map(|format| format.render(record, &files).ok().map(|page| (format.id(), page)))
        .collect();
    pages.push(("terminal", without_colours(&terminal::render(record, &terminal::View::brief(100)))));
    pages.push(("terminal -v", without_colours(&terminal::render(record, &terminal::View::full(100)))));
    pages
}

/// The page without the few escapes that the program writes itself.
fn without_colours(page: &str) -> String {
    let own = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"];
    own.iter().fold(page.to_owned(), |page, colour| page.replace(colour, ""))
}
