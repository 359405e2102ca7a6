//! Judges a walk over the pages of a list: what they show together, and whether they end.

use serde_json::{Value, json};

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::spec::path;

/// Most pages that a walk follows.
const MOST_PAGES: usize = 2_000;

/// Most pages in a row that a walk follows though nothing is on them.
const MOST_EMPTY_PAGES: usize = 100;

/// Most bytes of pages that a walk reads.
const MOST_BYTES: usize = 64 << 20;

/// The pages of a list that were read so far.
#[derive(Debug)]
pub struct Walk<'o> {
    operation: &'o Operation,
    focus: ClauseIndex,
    items: Vec<Value>,
    /// Number of items of each page.
    pages: Vec<Value>,
    /// Tokens that were followed.
    tokens: Vec<String>,
    upheld: Vec<ClauseIndex>,
    violations: Vec<Violation>,
    /// Empty pages in a row.
    empty_pages: usize,
    bytes: usize,
    is_endless: bool,
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The page of this token.
    Page(String),
    /// Nothing: it was the last page, or was refused.
    End,
    /// Nothing: a token came again, or there are too many pages.
    Endless,
}

impl Walk<'_> {
    /// Begins; `focus` is the clause to blame if the pages do not end.
    pub fn new(operation: &Operation, focus: ClauseIndex) -> Walk<'_> {
        Walk {
            operation,
            focus,
            items: Vec::new(),
            pages: Vec::new(),
            tokens: Vec::new(),
            upheld: Vec::new(),
            violations: Vec::new(),
            empty_pages: 0,
            bytes: 0,
            is_endless: false,
        }
    }

    /// Takes a page of so many bytes, with what its exchange says. A refusal is the end, too.
    pub fn take(&mut self, judgement: &mut Judgement, bytes: usize) -> Next {
        self.upheld.append(&mut judgement.upheld);
        // A page with a wrong form, for example a wrong content type, can still be read.
        self.violations.append(&mut judgement.violations);
        let (items, token) = parts(self.operation, judgement.body.as_ref().unwrap_or(&Value::Null));
        self.pages.push(Value::from(items.len()));
        self.empty_pages = if items.is_empty() { self.empty_pages + 1 } else { 0 };
        self.bytes += bytes;
        self.items.extend(items);
        let Some(token) = token.filter(|_| judgement.is_success()) else { return Next::End };
        let is_too_much =
            self.tokens.len() >= MOST_PAGES || self.empty_pages >= MOST_EMPTY_PAGES || self.bytes >= MOST_BYTES;
        if is_too_much || self.tokens.contains(&token) {
            self.violations.push(self.endless());
            self.is_endless = true;
            return Next::Endless;
        }
        self.tokens.push(token.clone());
        Next::Page(token)
    }

    /// Whether it took so many pages that it should not be taken again.
    pub fn took_long(&self) -> bool {
        self.pages.len() >= MOST_EMPTY_PAGES
    }

    /// What all pages say together, given what the last one says, and `{"items": […], "pages": […]}`; null if the last
    /// page cannot be read, or if the pages do not end.
    pub fn end(self, last: Judgement) -> (Judgement, Value) {
        let is_unreadable = last.is_success() && last.body.is_none();
        let output = match is_unreadable || self.is_endless {
            true => Value::Null,
            false => json!({"items": self.items, "pages": self.pages}),
        };
        let undecided = match self.is_endless {
            true => Some(format!("the pages of {} do not end", self.operation.name)),
            false => last.undecided,
        };
        (Judgement { upheld: self.upheld, violations: self.violations, undecided, ..last }, output)
    }

    fn endless(&self) -> Violation {
        let pages = self.tokens.len() + 1;
        Violation {
            clause: self.focus,
            operation: self.operation.name.clone(),
            detail: Some("end".to_owned()),
            kind: FindingKind::WrongBehaviour,
            expected: "Following the tokens ends.".to_owned(),
            observed: format!("After {pages} pages a token came again, or the pages go on for ever."),
            tier: None,
        }
    }
}

/// The items of a page, and the token of the next one.
fn parts(operation: &Operation, page: &Value) -> (Vec<Value>, Option<String>) {
    let Some(pagination) = &operation.pagination else { return (Vec::new(), None) };
    let by_name = pagination.items.as_deref().and_then(|place| path::find(page, place));
    let first_array = || page.as_object().and_then(|members| members.values().find(|value| value.is_array()));
    let items = by_name.or_else(first_array).and_then(Value::as_array).cloned().unwrap_or_default();
    let token = path::find(page, &pagination.output_token).and_then(Value::as_str).filter(|token| !token.is_empty());
    (items, token.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::judge::Answer;
    use crate::spec;

    /// What a walk over these pages says, and what came after the last of them.
    fn walked(pages: &[Value]) -> (Judgement, Value, Next) {
        let contract = spec::builtin().unwrap();
        let operation = contract.operation("ListChannels").unwrap();
        let mut walk = Walk::new(operation, operation.status_clause);
        let (mut last, mut next) = (Judgement::default(), Next::End);
        for page in pages {
            last = Judgement { answer: Answer::Success, body: Some(page.clone()), ..Judgement::default() };
            next = walk.take(&mut last, 10);
        }
        let (judgement, output) = walk.end(last);
        (judgement, output, next)
    }

    #[test]
    fn pages_show_their_items_together() {
        let first = json!({"channels": [{"arn": "a"}, {"arn": "b"}], "nextToken": "t"});
        let (judgement, output, next) = walked(&[first, json!({"channels": [{"arn": "c"}]})]);
        assert_eq!((judgement.violations.len(), next), (0, Next::End));
        assert_eq!(output, json!({"items": [{"arn": "a"}, {"arn": "b"}, {"arn": "c"}], "pages": [2, 1]}));
    }

    #[test]
    fn a_token_that_comes_again_does_not_end() {
        let page = json!({"channels": [], "nextToken": "t"});
        let (judgement, output, next) = walked(&[page.clone(), page]);
        assert_eq!((next, output), (Next::Endless, Value::Null));
        assert!(judgement.violations.first().unwrap().observed.starts_with("After 2 pages"));
    }

    #[test]
    fn pages_that_stay_empty_do_not_end() {
        let pages: Vec<Value> =
            (0..MOST_EMPTY_PAGES).map(|number| json!({"channels": [], "nextToken": number.to_string()})).collect();
        assert_eq!(walked(&pages).2, Next::Endless);
        assert_eq!(walked(pages.split_last().unwrap().1).2, Next::Page((MOST_EMPTY_PAGES - 2).to_string()));
    }
}
