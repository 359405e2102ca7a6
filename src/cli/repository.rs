//! The files of the user's repository that a report can point into.

use std::path::{Path, PathBuf};

use super::config::DEFAULT_FILE;
use crate::report::sarif::{Source, UserFiles};

/// The baseline and the configuration, as far as they lie in the repository in which the program was started.
pub fn user_files(baseline: Option<&Path>, config: Option<&Path>) -> UserFiles {
    let Some(root) = root() else { return UserFiles::default() };
    UserFiles {
        baseline: baseline.and_then(|path| source(&root, path)),
        config: source(&root, config.unwrap_or(Path::new(DEFAULT_FILE))),
    }
}

/// The folder above the current one that has a repository, else the current one.
fn root() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    let root = here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    Some(root.unwrap_or(here))
}

/// A file below the root; `None` if it is elsewhere or cannot be read.
fn source(root: &Path, path: &Path) -> Option<Source> {
    let path = path.canonicalize().ok()?;
    let inside = path.strip_prefix(root).ok()?;
    let text = std::fs::read_to_string(&path).ok()?;
    Some(Source { uri: inside.to_str()?.to_owned(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_root_are_pointed_into() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        let inside = source(&root.join("src"), &root.join("src/cli/../lib.rs")).unwrap();
        assert_eq!(inside.uri, "lib.rs");
        assert!(!inside.text.is_empty());
        assert!(source(&root.join("src"), &root.join("Cargo.toml")).is_none());
        assert!(source(&root, &root.join("nowhere.toml")).is_none());
    }
}
