//! The few styles of the page.

use anstyle::{AnsiColor, Color, Style};

/// What is well.
pub const GOOD: Style = coloured(AnsiColor::Green).bold();
/// What diverges.
pub const BAD: Style = coloured(AnsiColor::Red).bold();
/// What wants attention.
pub const WARN: Style = coloured(AnsiColor::Yellow).bold();
/// What can be copied.
pub const CODE: Style = coloured(AnsiColor::Cyan);
/// Headings.
pub const STRONG: Style = Style::new().bold();
/// What is read last.
pub const DIM: Style = Style::new().dimmed();

const fn coloured(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// The text in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Text in lines of at most `width` characters, broken between words; a word longer than a line is broken anywhere.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > width && letters <= width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        let gap = (length > 0).then_some(' ');
        for c in gap.into_iter().chain(word.chars()) {
            if length == width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(c);
            length += 1;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert!(wrap("", 10).is_empty());
    }
}
