//! Runs the program against a target and measures it.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Most memory that the program may ever hold, in bytes.
const MOST_MEMORY: u64 = 400 << 20;
/// The operation that targets spoil, where they spoil one.
pub const SPOILED: &str = "/GetChannel";
/// What is checked: the operation that is spoiled, and others.
const ONLY: [&str; 3] = ["GetChannel.*", "GetStreamKey.*", "ListChannels.*"];

/// A run that is over.
pub struct Finished {
    pub code: Option<i32>,
    pub elapsed: Duration,
    /// The JSON report; null if none was written.
    pub report: Value,
    pub said: String,
}

/// A run under way.
pub struct Running {
    pub child: Child,
    started: Instant,
    report: std::path::PathBuf,
}

/// Starts a run against a URL with some cases of three operations.
pub fn start(url: &str, arguments: &[&str]) -> Running {
    start_as(url, arguments, &[])
}

/// The same with variables, which are all of AWS that there are.
pub fn start_as(url: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).unwrap();
    let report = folder.join(format!("{}-{number}.json", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ivs-conformance"));
    command.current_dir(&folder).args(["run", "--endpoint", url]);
    command.arg(format!("--report=json={}", report.display())).args(arguments);
    for (flag, usual) in [("--jobs", "4"), ("--profile", "quick")] {
        if !arguments.contains(&flag) {
            command.args([flag, usual]);
        }
    }
    if !arguments.contains(&"--only") {
        // Scenarios ask again for seconds what a spoiled operation shows; that is no matter here.
        command.args(ONLY.map(|glob| format!("--only={glob}"))).arg("--skip=scenario/*");
    }
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("IVS_CONFORMANCE_STATE_DIR", folder.join("state"));
    command.envs(variables.iter().copied()).env("HOME", &folder).env("NO_COLOR", "1").stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Running { child, started: Instant::now(), report }
}

impl Running {
    /// Waits for its end, at most two minutes, and checks that it neither panicked nor took too much memory.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        let status = format!("/proc/{}/status", self.child.id());
        let mut peak = 0;
        let code = loop {
            peak = peak.max(high_water(&status));
            if let Some(ended) = self.child.try_wait().unwrap() {
                break ended.code();
            }
            if self.started.elapsed() > Duration::from_secs(120) {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let elapsed = self.started.elapsed();
        let mut said = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let report = std::fs::read_to_string(&self.report).unwrap_or_default();
        let _ = std::fs::remove_file(&self.report);
        assert!(!said.contains("panicked"), "{said}");
        assert!(peak < MOST_MEMORY, "{} MiB", peak >> 20);
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
        eprintln!("exit {code:?}, {:.1} s, {} MiB", elapsed.as_secs_f64(), peak >> 20);
        Finished { code, elapsed, report: serde_json::from_str(&report).unwrap_or_default(), said }
    }
}

/// Runs to the end.
#[track_caller]
pub fn run(url: &str) -> Finished {
    start(url, &[]).finish()
}

/// Runs to the end, waiting a second for each response.
#[track_caller]
pub fn run_impatiently(url: &str) -> Finished {
    start(url, &["--request-timeout", "1"]).finish()
}

/// Peak memory of a process in bytes, as long as it lives.
fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

impl Finished {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.said);
        self
    }

    #[track_caller]
    pub fn within(self, seconds: u64) -> Self {
        assert!(self.elapsed < Duration::from_secs(seconds), "{:?}\n{}", self.elapsed, self.said);
        self
    }

    pub fn findings(&self) -> Vec<&Value> {
        self.report["findings"].as_array().unwrap().iter().collect()
    }

    /// Asserts a finding of this kind on the spoiled operation that observed this.
    #[track_caller]
    pub fn found(self, kind: &str, observed: &str) -> Self {
        let is_it = |finding: &&Value| {
            finding["kind"] == kind
                && finding["operation"] == SPOILED[1..]
                && text(&finding["observed"]).contains(observed)
        };
        let seen: Vec<&str> = self.findings().iter().map(|finding| text(&finding["observed"])).collect();
        assert!(self.findings().iter().any(is_it), "no {kind} with `{observed}` in {seen:#?}");
        self
    }

    /// Asserts a case of the spoiled operation that could not decide for this reason.
    #[track_caller]
    pub fn undecided(self, reason: &str) -> Self {
        let reasons = self.reasons(&SPOILED[1..]);
        assert!(reasons.iter().any(|known| known.contains(reason)), "no `{reason}` in {reasons:#?}");
        self
    }

    fn reasons(&self, operation: &str) -> Vec<String> {
        let cases = self.report["cases"].as_array().unwrap().iter().filter(|case| case["operation"] == operation);
        cases.filter_map(|case| case["reason"].as_str().map(str::to_owned)).collect()
    }

    /// Asserts that the run went to its end, and found nothing on the operations that nobody spoiled.
    #[track_caller]
    pub fn others_are_upheld(self) -> Self {
        assert_eq!(self.report["stopped_early"], Value::Null);
        for finding in self.findings() {
            assert_eq!(finding["operation"], SPOILED[1..], "{finding:#}");
        }
        for other in ["GetStreamKey", "ListChannels"] {
            let upheld = self.upheld(other);
            assert!(upheld >= 15, "only {upheld} clauses of {other} are upheld:\n{}", self.said);
        }
        self
    }

    /// How many clauses of an operation were upheld.
    pub fn upheld(&self, operation: &str) -> usize {
        let clauses = self.report["clauses"].as_array().unwrap().iter();
        clauses.filter(|clause| clause["operation"] == operation && clause["verdict"] == "upheld").count()
    }

    /// Asserts that the run stopped early for this reason.
    #[track_caller]
    pub fn stopped(self, reason: &str) -> Self {
        let why = text(&self.report["stopped_early"]);
        assert!(why.contains(reason), "{why:?}\n{}", self.said);
        self
    }

    /// Asserts that the program said this.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let said = self.said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{}", self.said);
        self
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
