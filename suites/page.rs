//! The HTML report in a real browser: it opens, filters, shows the findings, and nothing goes wrong on its console.
//! Ignored where there is no browser: `cargo test --test page -- --ignored`, with the browser's path in
//! `IVS_CONFORMANCE_CHROMIUM` if it is not `chromium`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use common::{Scratch, Target, assert_exit, conformance, finding_ids, report};
use serde_json::Value;

const FAULTS: [&str; 5] = [
    "ignore:CreateChannel.input.name.length.max",
    "ignore:CreateChannel.input.latencyMode.enum",
    "status:GetChannel=201",
    "error-code:ResourceNotFoundException=Gone",
    "ignore:TagResource.input.tags.value.length.max",
];
/// What a hostile target may answer.
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

/// Opens a file in the browser, with a fragment behind its address.
fn open(scratch: &Scratch, file: &str, fragment: &str) -> Opened {
    let browser = std::env::var("IVS_CONFORMANCE_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
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

#[test]
#[ignore = "needs Chromium"]
fn two_thousand_hostile_findings_do_no_harm_and_are_quick() {
    let scratch = Scratch::new();
    let (mut report, _) = reports(&scratch);
    let sample = report["findings"][0].clone();
    let findings: Vec<Value> = (0..2000)
        .map(|number| {
            let mut finding = sample.clone();
            finding["id"] = Value::from(format!("{}{number:04}", HOSTILE));
            finding["tier"] = Value::from("documented");
            finding["observed"] = Value::from(HOSTILE);
            finding["response"]["body"] = Value::from(HOSTILE);
            finding
        })
        .collect();
    report["findings"] = Value::from(findings);
    report["shard"] = Value::from("1/1");
    let (json, html) = (scratch.file("hostile.json"), scratch.file("hostile.html"));
    std::fs::write(&json, report.to_string()).unwrap();
    assert_exit(&conformance(&["merge", &json, "--report", &format!("html={html}")]), 1);

    let begun = Instant::now();
    let opened = open(&scratch, &html, "#?q=1999");
    assert_eq!(opened.findings().count(), 2000);
    assert_eq!(opened.console, Vec::<String>::new());
    assert!(!opened.dom.contains("<title>taken over"));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
