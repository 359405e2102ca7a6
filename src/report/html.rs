//! The report as one page that opens offline: verdict, score, causes with their findings, filter and search, missing
//! operations, matrix of operations against kinds of clauses, untested clauses with reasons, slowest cases. Everything is there without a script; the script
//! filters. Auto-escaping and a content security policy keep whatever a target responded text.

mod cause;
mod marked;
mod matrix;
mod view;

use base64::Engine;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

use super::record::Record;

const TEMPLATE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Writes a record as a page.
pub fn render(record: &Record) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template("page", TEMPLATE)?;
    environment.get_template("page")?.render(context! {
        page => Value::from(minijinja::value::Serde(view::page(record))),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        style_hash => hash(STYLE),
        script_hash => hash(SCRIPT),
    })
}

/// A source of the content security policy that allows exactly this text.
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_sample_makes_a_page() {
        for record in sample::all() {
            let page = render(&record).unwrap();
            assert!(page.starts_with("<!doctype html>"));
            assert!(page.trim_end().ends_with("</html>"));
        }
    }

    #[test]
    fn what_a_target_answers_stays_text() {
        let page = render(&sample::failing()).unwrap();
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("</script").count(), 1);
        assert!(page.contains("&lt;script&gt;alert(1)"));
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!page.contains('\u{202e}'));
    }

    #[test]
    fn nothing_is_fetched() {
        let page = render(&sample::failing()).unwrap();
        assert!(page.contains("default-src 'none'"));
        for word in ["<link", "<img", "@import", "url(", " src="] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn every_finding_and_clause_has_an_anchor() {
        let record = sample::failing();
        let page = render(&record).unwrap();
        for finding in &record.findings {
            assert!(page.contains(&format!("id=\"finding-{}\"", finding.id)));
            assert!(page.contains(&format!("href=\"#clause-{}\"", finding.clause)));
        }
        for clause in &record.clauses {
            assert!(page.contains(&format!("id=\"clause-{}\"", clause.id)), "{}", clause.id);
        }
    }

    #[test]
    fn thousands_stay_a_page_of_a_few_megabytes() {
        let page = render(&sample::large(2000, 2000)).unwrap();
        assert!(page.len() < 8_000_000, "{}", page.len());
    }
}
