//! Lists of a target's resources, read to their end outside of any case.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::target::Target;
use crate::plan::resources::Finder;
use crate::protocol;
use crate::spec::Contract;
use crate::spec::path;
use crate::wire::{Exchange, Reply, Request};

/// How often a page is asked for until its list counts as broken: noise on the way makes one or two requests fail.
const ATTEMPTS: u32 = 3;

/// All items of the list of a finder, or those on its first `pages` pages.
///
/// # Errors
/// A page got no response with a readable success, or the pages do not end; in a few words.
pub(super) async fn items(
    contract: &Contract,
    target: &Target,
    finder: &Finder,
    region: Option<&str>,
    pages: Pages,
) -> Result<Vec<Value>, String> {
    let Some(operation) = contract.operation(&finder.operation) else {
        return Err("the contract does not have the operation".to_owned());
    };
    let mut items = Vec::new();
    let mut tokens: BTreeSet<String> = BTreeSet::new();
    let mut input = Map::new();
    if let (Pages::Largest(_), Some((member, size))) = (pages, &finder.largest_page) {
        input.insert(member.clone(), Value::from(*size));
    }
    loop {
        let request = protocol::request(operation, &Value::Object(input.clone()));
        let page = page(target, region, &request, &finder.items).await?;
        items.extend(path::find(&page, &finder.items).and_then(Value::as_array).cloned().unwrap_or_default());
        let Some((input_token, output_token)) = &finder.tokens else { return Ok(items) };
        let token = path::find(&page, output_token).and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token.filter(|_| pages.is_more(tokens.len() + 1)) else { return Ok(items) };
        if !tokens.insert(token.to_owned()) {
            return Err("a page token came again".to_owned());
        }
        if let Pages::AtMost(most) | Pages::Largest(most) = pages
            && tokens.len() >= most
        {
            return Err(format!("there are more than {most} pages"));
        }
        input.insert(input_token.clone(), Value::from(token));
    }
}

/// One page; a request that fails as noise on the way makes it fail is sent again, and one without the list that it must have.
async fn page(target: &Target, region: Option<&str>, request: &Request, items: &str) -> Result<Value, String> {
    let mut attempts = 1;
    loop {
        let exchange = target.send_in(region, request).await;
        let failure = match exchange.response() {
            Some(response) if (200..300).contains(&response.status) => match protocol::read(response) {
                Ok(body) if attempts == ATTEMPTS || path::find(&body.value, items).is_some() => return Ok(body.value),
                Ok(_) => "the response has no list".to_owned(),
                Err(_) => "the response is not JSON".to_owned(),
            },
            Some(response) if response.status < 500 && response.status != 429 => return Err(said(&exchange)),
            _ => said(&exchange),
        };
        if attempts == ATTEMPTS || target.is_stopped() {
            return Err(failure);
        }
        attempts += 1;
    }
}

/// How many pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    /// The first one; there may be more.
    First,
    /// All; more than this many are an error.
    AtMost(usize),
    /// All, in the largest pages that the contract allows; more than this many are an error.
    Largest(usize),
}

impl Pages {
    fn is_more(self, read: usize) -> bool {
        match self {
            Pages::First => read < 1,
            Pages::AtMost(_) | Pages::Largest(_) => true,
        }
    }
}

/// What came back, in a few words; never what the body says.
pub(super) fn said(exchange: &Exchange) -> String {
    match &exchange.reply {
        Reply::Response(response) => format!("the target responded with status {}", response.status),
        Reply::Failure(failure) => failure.detail.clone(),
    }
}
