//! The files of a contract's rules: the one that belongs to the model, and what it extends.

use super::super::super::error::Problem;
use super::super::RuleText;
use super::super::sources::{self, Place, Sources};
use super::super::written::File;

/// How many files may extend one another in a row.
const LONGEST: usize = 8;

/// Reads the files, each of which extends the next.
pub(super) fn read(
    texts: Vec<RuleText>,
    builtin: &dyn Fn(&str) -> Option<RuleText>,
) -> Result<(Vec<File>, Sources), Vec<Problem>> {
    let mut waiting = texts.into_iter();
    let mut texts: Vec<RuleText> = Vec::new();
    let mut files: Vec<File> = Vec::new();
    let mut next = waiting.next();
    while let Some(source) = next {
        let file = sources::read(&source.name, &source.text)?;
        let base = file.extends.clone();
        texts.push(source);
        files.push(file);
        let Some(base) = base else { break };
        next = waiting.next().or_else(|| builtin(&base));
        if next.is_none() || files.len() == LONGEST {
            let message = match next {
                None => format!(
                    "the rules extend `{base}`, and neither `{base}.rules.toml` is beside them nor is such a contract built in"
                ),
                Some(_) => format!("more than {LONGEST} files extend one another"),
            };
            let place = Place { file: files.len() - 1, path: vec!["extends".to_owned()] };
            let help = "name a built-in contract, or rules beside this file, without `.rules.toml`";
            return Err(Sources::new(texts).problems(vec![(place, message, help.to_owned())]));
        }
    }
    Ok((files, Sources::new(texts)))
}
