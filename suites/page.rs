//! The HTML report in a real browser: it opens, filters, shows the findings, and nothing goes wrong on its console.
//! Ignored where there is no browser: `cargo test --test page -- --ignored`, with the browser's path in
//! `IVS_CONFORMANCE_CHROMIUM` if it is not `chromium`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;

use common::{Scratch, Target, assert_exit, conformance, finding_ids, report};
use serde_json::Value;

const FAULTS: [&str; 5] = [
    "ignore:CreateChannel.input.name.length.max",
    "ignore:CreateChannel.input.latencyMode.enum",
    "status:GetChannel=201",
    "error-code:ResourceNotFoundException=Gone",
    "ignore:TagResource.input.tags.value.length.max",
];
/// What a hostile target may respond.
const HOSTILE: &str = "</script><script>document.title = 'taken over'; console.error('taken over')</script><img src=x \
                       onerror=\"console.error('taken over')\">";

/// What the browser makes of a page.
struct Opened {
    dom: String,
    console: Vec<String>,
}

impl Opened {
    /// Findings that are shown.
    fn shown(&self) -> usize {
        self.findings().filter(|tag| !tag.contains(" hidden")).count()
    }

    /// Opening tags of all findings.
    fn findings(&self) -> impl Iterator<Item = &str> {
        let tags = self.dom.split('<').filter_map(|rest| rest.split('>').next());
        tags.filter(|tag| tag.starts_with("details") && tag.contains("class=\"finding"))
    }

    fn status(&self) -> &str {
        let rest = self.dom.split("id=\"status\"").nth(1).unwrap();
        rest.split('>').nth(1).unwrap().split('<').next().unwrap()
    }
}

/// Opens a file in the browser, with a fragment behind its address, and lets time fly until nothing happens any more.
fn open(scratch: &Scratch, file: &str, fragment: &str) -> Opened {
    browse(scratch, file, fragment, &["--virtual-time-budget=5000"])
}

fn browse(scratch: &Scratch, file: &str, fragment: &str, more: &[&str]) -> Opened {
    let browser = std::env::var("IVS_CONFORMANCE_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--enable-logging=stderr", "--dump-dom"])
        .args(more)
        .arg(format!("--user-data-dir={}", scratch.file("profile")))
        .arg(format!("file://{file}{fragment}"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    let console = stderr.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    Opened { dom: String::from_utf8(output.stdout).unwrap(), console }
}

/// Reports of a target with faults, as JSON and HTML.
fn reports(scratch: &Scratch) -> (Value, String) {
    let target = Target::with(&FAULTS);
    let (json, html) = (scratch.file("report.json"), scratch.file("report.html"));
    let targets = [format!("json={json}"), format!("html={html}")];
    let mut arguments = vec!["run", "--endpoint", &target.endpoint, "--report", &targets[0], "--report", &targets[1]];
    for glob in ["CreateChannel.*", "GetChannel.*", "TagResource.*"] {
        arguments.extend(["--only", glob]);
    }
    assert_exit(&conformance(&arguments), 1);
    (report(&json), html)
}

#[test]
#[ignore = "needs Chromium"]
fn the_page_opens_filters_and_shows_the_findings() {
    let scratch = Scratch::new();
    let (report, html) = reports(&scratch);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() >= 4, "{:?}", finding_ids(&report));

    let all = open(&scratch, &html, "");
    assert_eq!(all.console, Vec::<String>::new());
    assert_eq!(all.shown(), findings.len());
    assert_eq!(all.status(), format!("{} findings", findings.len()));
    for finding in findings {
        assert!(all.dom.contains(finding["clause"].as_str().unwrap()), "{finding}");
    }

    let of_operation = |name: &str| findings.iter().filter(|finding| finding["operation"] == name).count();
    for operation in ["CreateChannel", "GetChannel", "TagResource"] {
        let one = open(&scratch, &html, &format!("#?op={operation}"));
        assert_eq!(one.shown(), of_operation(operation), "{operation}");
        assert!((1..findings.len()).contains(&one.shown()), "{operation}");
        assert_eq!(one.status(), format!("{} of {} findings", one.shown(), findings.len()));
        assert_eq!(one.console, Vec::<String>::new());
    }
    let searched = open(&scratch, &html, "#?q=latencymode+enum");
    assert_eq!(searched.shown(), 1);
    assert_eq!(open(&scratch, &html, "#?q=nothing-has-this").shown(), 0);
}

/// A report of 2,000 clauses and as many findings, in which every text of the target is hostile.
fn large(scratch: &Scratch) -> String {
    let (mut report, _) = reports(scratch);
    let (finding, clause) = (report["findings"][0].clone(), report["clauses"][0].clone());
    let operation = |number: usize| format!("Operation{:02}", number % 40);
    let id = |number: usize| format!("{}.input.member{number:04}.pattern", operation(number));
    let findings = (0..2000).map(|number| {
        let mut finding = finding.clone();
        finding["id"] = Value::from(format!("{HOSTILE}{number:04}"));
        finding["clause"] = Value::from(id(number));
        finding["operation"] = Value::from(operation(number));
        finding["tier"] = Value::from("documented");
        finding["observed"] = Value::from(HOSTILE);
        finding["response"]["body"] = Value::from(HOSTILE);
        finding
    });
    let findings: Vec<Value> = findings.collect();
    let clauses = (0..2000).map(|number| {
        let mut clause = clause.clone();
        clause["id"] = Value::from(id(number));
        clause["operation"] = Value::from(operation(number));
        clause["verdict"] = Value::from("violated");
        clause
    });
    let clauses: Vec<Value> = clauses.collect();
    (report["findings"], report["clauses"]) = (findings.into(), clauses.into());
    let (json, html) = (scratch.file("hostile.json"), scratch.file("hostile.html"));
    std::fs::write(&json, report.to_string()).unwrap();
    assert_exit(&conformance(&["merge", &json, "--report", &format!("html={html}")]), 1);
    html
}

#[test]
#[ignore = "needs Chromium"]
fn two_thousand_hostile_findings_do_no_harm() {
    let scratch = Scratch::new();
    let html = large(&scratch);
    let opened = open(&scratch, &html, "#?q=1999");
    assert_eq!(opened.findings().count(), 2000);
    assert_eq!(opened.shown(), 1);
    assert_eq!(opened.console, Vec::<String>::new());
    assert!(!opened.dom.contains("<title>taken over"));
    let one = open(&scratch, &html, "#?op=Operation07");
    assert_eq!(one.shown(), 50);
}

/// Opens the page in a frame, types into its search, and writes down how many milliseconds each took.
const STOPWATCH: &str = "<!doctype html><iframe id=page style='width:1200px;height:900px'></iframe><pre id=times></pre>
<script>
const begun = performance.now();
page.onload = () => {
  const doc = page.contentDocument, q = doc.getElementById('q'), opened = performance.now() - begun;
  const typed = (text) => {
    const begun = performance.now();
    q.value = text;
    q.dispatchEvent(new Event('input', { bubbles: true }));
    doc.body.getBoundingClientRect();
    const shown = doc.querySelectorAll('.finding:not([hidden])').length;
    return { milliseconds: performance.now() - begun, shown };
  };
  times.textContent = JSON.stringify({ opened, first: typed('member1999'), second: typed('operation07'), all: typed('') });
};
page.src = 'hostile.html';
</script>";

#[test]
#[ignore = "needs Chromium"]
fn two_thousand_findings_open_and_filter_quickly() {
    let scratch = Scratch::new();
    large(&scratch);
    let stopwatch = scratch.file("stopwatch.html");
    std::fs::write(&stopwatch, STOPWATCH).unwrap();
    let more = ["--disable-web-security", "--allow-file-access-from-files"];
    let opened = browse(&scratch, &stopwatch, "", &more);
    let times = opened.dom.split("id=\"times\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let times: Value = serde_json::from_str(times).unwrap_or_else(|_| panic!("{}", opened.dom));
    println!("milliseconds: {times}");
    let shown = |step: &str| times[step]["shown"].as_u64().unwrap();
    // The findings of the operation, and the cause of another one that is on this operation too.
    assert_eq!([shown("first"), shown("second"), shown("all")], [1, 51, 2000]);
    // A quiet machine takes a tenth of that.
    assert!(times["opened"].as_f64().unwrap() < 10_000.0, "{times}");
    for step in ["first", "second", "all"] {
        assert!(times[step]["milliseconds"].as_f64().unwrap() < 2_000.0, "{times}");
    }
}
