//! Fenced blocks of the documentation, which tests run.

#![allow(dead_code, clippy::unwrap_used)]

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// A block of code in a page.
pub struct Fenced {
    /// The heading of the second level above it; empty before the first.
    pub heading: String,
    /// What the fence names: `sh`, `toml`.
    pub language: String,
    pub text: String,
}

/// The fenced blocks of a page, in order.
pub fn fenced(page: &str) -> Vec<Fenced> {
    let (mut blocks, mut heading): (Vec<Fenced>, String) = (Vec::new(), String::new());
    let (mut is_heading, mut is_block) = (false, false);
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                heading.clear();
                is_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => is_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                let language = language.into_string();
                blocks.push(Fenced { heading: heading.clone(), language, text: String::new() });
                is_block = true;
            }
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Text(text) if is_block => blocks.last_mut().unwrap().text.push_str(&text),
            Event::Text(text) | Event::Code(text) if is_heading => heading.push_str(&text),
            _ => {}
        }
    }
    blocks
}
