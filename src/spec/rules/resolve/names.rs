//! Globs over operations and members of a model.

use globset::{Glob, GlobMatcher};

use super::super::super::contract::{Node, Operation};
use super::super::super::globs::is_glob;

/// The names of a model, in its order.
pub(super) struct Names {
    operations: Vec<String>,
    members: Vec<String>,
}

/// What each glob stands for, or its position and text if it stands for nothing.
type Found = Vec<Result<Vec<String>, (usize, String)>>;

impl Names {
    /// Of operations and of all members of their inputs and outputs.
    pub fn of(operations: &[Operation]) -> Names {
        let paths = |operation: &Operation, side: &str, root: &Node| -> Vec<String> {
            let below = root.walk().into_iter().filter(|node| !node.path.is_empty());
            below.map(|node| format!("{}.{side}.{}", operation.name, node.path)).collect()
        };
        let members = operations.iter().flat_map(|operation| {
            [paths(operation, "input", &operation.input), paths(operation, "output", &operation.output)].concat()
        });
        Names {
            operations: operations.iter().map(|operation| operation.name.clone()).collect(),
            members: members.collect(),
        }
    }

    pub fn operations(&self, globs: &[String]) -> Found {
        written_out(globs, &self.operations)
    }

    pub fn members(&self, globs: &[String]) -> Found {
        written_out(globs, &self.members)
    }
}

/// A name without a star stands for itself, whether the model has it or not: `spec::lint` says that better.
fn written_out(globs: &[String], names: &[String]) -> Found {
    let each = globs.iter().enumerate().map(|(index, glob)| {
        let Some(matcher) = matcher(glob) else { return Ok(vec![glob.clone()]) };
        let found: Vec<String> = names.iter().filter(|name| matcher.is_match(name)).cloned().collect();
        if found.is_empty() { Err((index, glob.clone())) } else { Ok(found) }
    });
    each.collect()
}

/// None for a text that is not a glob.
fn matcher(glob: &str) -> Option<GlobMatcher> {
    is_glob(glob).then(|| Glob::new(glob).ok()).flatten().map(|glob| glob.compile_matcher())
}
