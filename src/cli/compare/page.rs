//! A comparison for people: on a terminal, and as Markdown.

use std::fmt::Write;

use crate::compare::{Comparison, Difference, Kind, Shown, Supports, Target};
use crate::report::Format;
use crate::report::terminal::style::{BAD, CODE, DIM, GOOD, STRONG, WARN, paint, wrap};
use crate::report::text::{count, count_of, seconds, shorten, visible};

/// Most differences on a page that is not to show everything.
const MOST: usize = 12;
/// Longest input on one line, in characters.
const LONGEST: usize = 160;

/// What a page is made for.
pub struct View {
    /// Whether it shows the verdict alone.
    pub is_quiet: bool,
    /// Whether it shows everything.
    pub is_verbose: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// The reports that were written to files.
    pub files: Vec<(Format, String)>,
}

/// The page for a terminal, coloured by ANSI escapes.
pub fn terminal(comparison: &Comparison, view: &View) -> String {
    let width = view.width.clamp(48, 120);
    let mut page = String::new();
    if !view.is_quiet {
        let contract = format!("{} {}", comparison.contract.service, comparison.contract.version);
        let _ = writeln!(
            page,
            "\n{}: A is {}, B is {}\n",
            paint(STRONG, &visible(&contract)),
            paint(STRONG, &name(&comparison.a)),
            paint(STRONG, &name(&comparison.b))
        );
        let counted: Vec<&Difference> =
            comparison.differences.iter().filter(|one| view.is_verbose || one.supports != Supports::Both).collect();
        let most = if view.is_verbose { usize::MAX } else { MOST };
        for difference in counted.iter().take(most) {
            block(&mut page, difference, width);
        }
        if counted.len() > most {
            let more = count((counted.len() - most) as u64, "more difference");
            let _ = writeln!(page, "{}\n", paint(DIM, &format!("{more}: --verbose or a report shows them")));
        }
        for note in &comparison.notes {
            for line in wrap(&visible(note), width - 2) {
                let _ = writeln!(page, "  {}", paint(DIM, &line));
            }
        }
        if !view.files.is_empty() {
            let files: Vec<String> =
                view.files.iter().map(|(format, file)| format!("{format} {}", visible(file))).collect();
            let _ = writeln!(page, "{} {}", paint(DIM, "wrote:"), files.join(", "));
        }
    }
    let (style, mark, sentence) = verdict(comparison);
    for (position, line) in wrap(&sentence, width - 2).iter().enumerate() {
        let mark = if position == 0 { mark } else { " " };
        let _ = writeln!(page, "{} {}", paint(style, mark), paint(style, line));
    }
    for line in wrap(&effort(comparison), width - 2) {
        let _ = writeln!(page, "  {}", paint(DIM, &line));
    }
    page
}

fn name(target: &Target) -> String {
    match target.embedded {
        true => "the embedded reference server".to_owned(),
        false => visible(&target.endpoint).into_owned(),
    }
}

fn block(page: &mut String, difference: &Difference, width: usize) {
    for (position, line) in wrap(&visible(&difference.title), width - 2).iter().enumerate() {
        let mark = if position == 0 { "•" } else { " " };
        let _ = writeln!(page, "{mark} {}", paint(STRONG, line));
    }
    for step in steps(difference) {
        let _ = writeln!(page, "    {}", paint(CODE, &visible(&step)));
    }
    for (side, shown) in [("A", &difference.a), ("B", &difference.b)] {
        for (position, line) in wrap(&visible(&shown_in_words(difference, shown)), width - 7).iter().enumerate() {
            let side = if position == 0 { side } else { " " };
            let _ = writeln!(page, "    {side}  {line}");
        }
    }
    for line in wrap(&visible(&support(difference)), width - 4) {
        let _ = writeln!(page, "    {}", paint(DIM, &line));
    }
    let seen = format!("seen {} by {} ({})", times(difference.occurrences), difference.found_by, difference.id);
    let _ = writeln!(page, "    {}\n", paint(DIM, &visible(&seen)));
}

fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

/// The steps as lines: `1. CreateItem {"name":"a"}`.
fn steps(difference: &Difference) -> Vec<String> {
    let line = |step: &crate::compare::StepRecord| {
        let region = step.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        let input = step.input.to_string();
        format!("{}. {}{region} {}", step.number, step.operation, shorten(&input, LONGEST))
    };
    difference.steps.iter().map(line).collect()
}

fn shown_in_words(difference: &Difference, shown: &Shown) -> String {
    match difference.kind {
        Kind::Answer => shown.answer.clone(),
        Kind::Items if shown.value.is_string() => shown.value.as_str().unwrap_or_default().to_owned(),
        Kind::Items | Kind::Deleted => format!("also shows {}", shorten(&shown.value.to_string(), LONGEST)),
        _ if shown.value.is_null() => format!("nothing at `{}`", difference.path),
        _ => shorten(&shown.value.to_string(), LONGEST).into_owned(),
    }
}

/// Which side the contract supports, and why.
fn support(difference: &Difference) -> String {
    let side = match difference.supports {
        Supports::A => "The contract supports A",
        Supports::B => "The contract supports B",
        Supports::Both => "Both readings are allowed",
        Supports::Neither => "The contract supports neither",
    };
    let clauses = match difference.clauses.is_empty() {
        true => String::new(),
        false => format!(" ({})", difference.clauses.join(", ")),
    };
    let also = match difference.also.is_empty() {
        true => String::new(),
        false => format!(" Also seen in: {}.", difference.also.join(", ")),
    };
    format!("{side}{clauses}: {}{also}", difference.reason)
}

fn verdict(comparison: &Comparison) -> (anstyle::Style, &'static str, String) {
    let summary = &comparison.summary;
    if let Some(reason) = &comparison.stopped_early {
        let seen = count(summary.differences, "difference");
        return (WARN, "!", format!("stopped early: {} ({seen} until then)", visible(reason)));
    }
    if !comparison.is_tested() {
        let sentence = "nothing was compared: there is no operation of which both targets accept a request".to_owned();
        return (WARN, "!", sentence);
    }
    let allowed = match summary.allowed {
        0 => String::new(),
        number => format!("; {} that the contract allows", count(number, "difference")),
    };
    match summary.differences {
        0 => (GOOD, "✓", format!("A and B respond alike{allowed}")),
        number => {
            let sides = format!(
                "the contract supports A in {}, B in {}, neither in {}",
                summary.supports_a, summary.supports_b, summary.supports_neither
            );
            (BAD, "✗", format!("A and B differ in {}: {sides}{allowed}", count(number, "place")))
        }
    }
}

fn effort(comparison: &Comparison) -> String {
    let summary = &comparison.summary;
    format!(
        "{} with {} of {}, {} to A and {} to B in {}, profile {}, seed {}",
        count(summary.programs, "program"),
        count_of(summary.steps, "pair of responses", "pairs of responses"),
        count(summary.operations, "operation"),
        count(comparison.a.requests, "request"),
        count(comparison.b.requests, "request"),
        seconds(comparison.duration_seconds),
        comparison.profile,
        comparison.seed
    )
}

/// The page as Markdown.
pub fn markdown(comparison: &Comparison) -> String {
    let mut page = String::from("# Comparison\n\n");
    let _ = writeln!(page, "- A: {}\n- B: {}", code(&name(&comparison.a)), code(&name(&comparison.b)));
    let _ = writeln!(page, "- {}\n- {}\n", verdict(comparison).2, effort(comparison));
    for difference in &comparison.differences {
        let _ = writeln!(page, "## {}\n", visible(&difference.title));
        let _ = writeln!(page, "{}\n", visible(&support(difference)));
        for step in &difference.steps {
            let _ = writeln!(page, "{}. {} {}", step.number, code(&step.operation), code(&step.input.to_string()));
        }
        let _ = writeln!(
            page,
            "\n| A | B |\n| --- | --- |\n| {} | {} |\n\nSeen {} by {}.\n",
            cell(&shown_in_words(difference, &difference.a)),
            cell(&shown_in_words(difference, &difference.b)),
            times(difference.occurrences),
            code(&difference.found_by)
        );
    }
    for note in &comparison.notes {
        let _ = writeln!(page, "- {}", visible(note));
    }
    page
}

/// Inline code; a text with backquotes stands between more of them.
fn code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let gap = if longest > 0 { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}
