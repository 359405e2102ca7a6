//! Reports are safe to open: whatever a target responds stays text in every format, for the program that reads it.

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::fuzz::targets::{MARK, filled, render};

/// Texts that a target may respond to deceive whoever opens a report.
const HOSTILE: [&str; 12] = [
    "</script><script>zq()</script>",
    "\"><img src=x onerror=zq>",
    "' onmouseover='zq",
    "\u{1b}]0;zq\u{7}\u{1b}[2J\u{9b}31m",
    "\u{202e}zq\u{2066}",
    "=HYPERLINK(\"http://zq\")",
    "[zq](javascript:zq) ![zq](http://zq)",
    "# zq\n- zq\n> zq\n\n    zq",
    "```\n<zq>\n````",
    "https://zq.example www.zq.example @zq zq@zq.example",
    "]]><zq/><!-- zq",
    "|zq|\n|--|\n| zq |",
];

fn pages(hostile: &str) -> Vec<(&'static str, String)> {
    let pages = render(&filled(&mut std::iter::repeat(hostile.to_owned())));
    assert_eq!(pages.len(), 8, "every format is made");
    pages
}

fn page(hostile: &str, format: &str) -> String {
    pages(hostile).into_iter().find(|(name, _)| *name == format).unwrap().1
}

#[test]
fn nothing_steers_a_terminal_or_turns_text_around() {
    for hostile in HOSTILE.into_iter().chain([MARK]) {
        for (name, page) in pages(hostile) {
            let raw = page.chars().find(|c| {
                (*c != '\n' && c.is_control()) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(raw, None, "{name} of {hostile:?}");
        }
    }
}

/// A page without the tags for what stands between backticks.
fn without_code(page: &str) -> String {
    page.replace("<code>", "").replace("</code>", "")
}

#[test]
fn no_markup_survives_in_html() {
    let plain = without_code(&page("zq", "html"));
    for hostile in HOSTILE.into_iter().chain([MARK]) {
        let page = page(hostile, "html");
        for raw in ["<zq", "<script>zq", "<img", "\"zq", "'zq", "&zq"] {
            assert!(!page.contains(raw), "{raw} of {hostile:?}");
        }
        for bracket in ['<', '>'] {
            assert_eq!(without_code(&page).matches(bracket).count(), plain.matches(bracket).count(), "{hostile:?}");
        }
    }
}

#[test]
fn no_markup_survives_in_xml() {
    for hostile in HOSTILE.into_iter().chain([MARK]) {
        let page = page(hostile, "junit");
        for raw in ["<zq", "<script", "<img", "&zq", "]]>", "<!", "\u{ffff}"] {
            assert!(!page.contains(raw), "{raw} of {hostile:?}");
        }
    }
}

#[test]
fn json_reads_back_as_it_was() {
    for hostile in HOSTILE.into_iter().chain([MARK]) {
        let record = filled(&mut std::iter::repeat(hostile.to_owned()));
        for (name, page) in render(&record) {
            if name == "json" {
                assert_eq!(serde_json::from_str::<ivs_conformance::report::Record>(&page).unwrap(), record);
            } else if ["sarif", "badge"].contains(&name) {
                serde_json::from_str::<serde_json::Value>(&page).unwrap();
            }
        }
    }
}

#[test]
fn no_markup_survives_in_markdown() {
    for hostile in HOSTILE.into_iter().chain([MARK]) {
        let page = page(hostile, "markdown");
        let mut text = page.clone().into_bytes();
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, place) in Parser::new_ext(&page, options).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(_)) | Event::Code(_) => text[place].fill(b'.'),
                // What stands between tags of ours is text; a tag of a target's would be another one.
                Event::Html(html) | Event::InlineHtml(html) => {
                    text[place].fill(b'.');
                    for raw in ["<zq", "<script", "<img", "<!"] {
                        assert!(!html.contains(raw), "{html} of {hostile:?}");
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    panic!("a link to {dest_url} of {hostile:?}")
                }
                Event::Start(Tag::Emphasis | Tag::Strikethrough) => panic!("emphasis of {hostile:?}"),
                _ => {}
            }
        }
        // What build servers make links of by themselves; code is left out.
        let text = String::from_utf8(text).unwrap();
        for link in ["://zq", "www.zq", "@zq"] {
            assert!(!text.replace(&format!("\\{link}"), "").contains(link), "{link} of {hostile:?}: {text}");
        }
    }
}

/// No format is one that spreadsheets open: a text that begins with `=` is nowhere at the beginning of a cell.
#[test]
fn there_is_no_cell_for_a_formula() {
    let formats: Vec<&str> = ivs_conformance::report::Format::ALL.into_iter().map(|format| format.id()).collect();
    assert_eq!(formats, ["json", "junit", "html", "markdown", "sarif", "badge"]);
    for formula in ["=1+zq", "+zq", "-zq", "@zq", "\tzq"] {
        for line in page(formula, "markdown").lines().filter(|line| line.starts_with('|')) {
            for cell in line.split('|').map(str::trim) {
                assert!(!cell.starts_with(['=', '+', '@']) && !cell.starts_with("-z"), "{line}");
            }
        }
    }
}
