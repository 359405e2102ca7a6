//! The progress bar: on stderr, and only if someone looks at it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::environment::Environment;
use crate::compare;
use crate::record::Event;
use crate::report::text::{count, visible};

const TEMPLATE: &str = "{bar:28} {pos}/{len} cases  {msg}";

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    findings: std::sync::atomic::AtomicUsize,
}

impl Progress {
    /// A bar if stderr is a terminal and no build server reads it; else nothing at all.
    pub fn new(environment: &Environment) -> Progress {
        let is_watched = std::io::stderr().is_terminal() && !environment.is_ci();
        let target = if is_watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(TEMPLATE)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━╌");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Progress { bar, findings: Default::default() }
    }

    /// Shows an event.
    pub fn observe(&self, event: &Event) {
        match event {
            Event::Started { cases } => self.bar.set_length(*cases as u64),
            Event::CaseFinished { id, findings, requests, .. } => {
                let order = std::sync::atomic::Ordering::Relaxed;
                let found = self.findings.fetch_add(*findings, order) + findings;
                let seen = if found > 0 { format!(", {}", count(found as u64, "divergence")) } else { String::new() };
                self.bar.inc(1);
                self.bar.set_message(format!("{}{seen}  {}", count(*requests, "request"), visible(id)));
            }
            Event::CasesReopened { cases } => self.bar.inc_length(*cases as u64),
            Event::CleaningUp { resources } => {
                self.bar.set_message(format!("deleting {}", count(*resources as u64, "resource")));
            }
        }
    }

    /// Shows how far a comparison is.
    pub fn compared(&self, step: &compare::Progress) {
        self.bar.set_length(step.of);
        self.bar.set_position(step.done);
        let seen = match step.differences {
            0 => String::new(),
            number => format!(", {}", count(number as u64, "difference")),
        };
        self.bar.set_message(format!("{}{seen}  {}", count(step.requests, "request"), visible(&step.case)));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
