//! Reads the files of a contract: a model, plain or gzipped, with what stands beside it, or a directory that holds one.
//! What a file is follows from its content, not from its name.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::bundle::Bundle;
use super::error::{Problem, SpecError};
use super::rules::base_of;
use super::{botocore, json, overlay};

/// Largest file that is read, in bytes, before and after decompression.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// How gzipped files begin (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Where botocore keeps how operations page, beside their model.
const PAGINATORS: [&str; 2] = ["paginators-1.json", "paginators-1.json.gz"];
/// Ends of the names of rules files.
const RULES: [&str; 2] = [".rules.toml", ".rules.json"];
/// How many rules files are read that extend one another.
const MOST_RULES: usize = 16;
/// Folder of a bundle's suites.
const SUITES: &str = "suites";

/// A file with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its path, as it was given or found.
    pub path: PathBuf,
    /// Its content, decompressed.
    pub text: String,
}

impl TextFile {
    /// Name for messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// The files of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The model.
    pub model: TextFile,
    /// The model that it extends.
    pub extended: Option<TextFile>,
    /// The file with rules beyond the model, then the one that it extends, and so on, as far as they are there.
    pub rules: Vec<TextFile>,
    /// botocore's `paginators-1.json` beside its model.
    pub paginators: Option<TextFile>,
    /// Suite files (`suites/*.toml` of a bundle), by name.
    pub suites: Vec<TextFile>,
}

impl Files {
    /// Reads the files of a contract: `path` is a model, a directory with exactly one, or the name of a built-in contract
    /// where there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read, or a directory without a model or with several.
    pub fn read(path: &Path) -> Result<Files, SpecError> {
        if let Some(bundle) = path.to_str().filter(|_| !path.exists()).and_then(Bundle::named) {
            return Ok(bundle.files());
        }
        if !path.exists() {
            let names: Vec<&str> = Bundle::ALL.iter().filter_map(|bundle| bundle.names.first().copied()).collect();
            let help = format!("give the path of a file or directory, or a built-in contract: {}", names.join(", "));
            return Err(wrong(path, "there is no such file, and no built-in contract of that name", &help));
        }
        let name = path.display().to_string();
        let of_contract = |error: SpecError| SpecError { name: name.clone(), ..error };
        let is_bundle = path.is_dir();
        let model = if is_bundle { find_model(path) } else { text(path) }.map_err(of_contract)?;
        let rules = rules(&model.path).map_err(of_contract)?;
        let mut paginators = None;
        let root = json::parse(&model.text).ok();
        let extended = root.as_ref().and_then(|root| Some(extended(&model.path, overlay::extends(root)?.0)));
        let extended = extended.transpose().map_err(of_contract)?.flatten();
        if root.is_some_and(|root| botocore::is_model(&root)) {
            for name in PAGINATORS {
                paginators = paginators.or(beside(&model.path.with_file_name(name)).map_err(of_contract)?);
            }
        }
        let suites = if is_bundle { suites(&path.join(SUITES)).map_err(of_contract)? } else { Vec::new() };
        Ok(Files { model, extended, rules, paginators, suites })
    }
}

/// The model of that name which another one extends: a file beside it, or a built-in one.
fn extended(model: &Path, name: &str) -> Result<Option<TextFile>, SpecError> {
    let file = beside(&model.with_file_name(format!("{name}.json")))?;
    Ok(file.or_else(|| Bundle::named(name).map(|bundle| bundle.files().model)))
}

/// The built-in contract whose model the model extends.
pub(super) fn extended_builtin(model: &str) -> Option<&'static Bundle> {
    Bundle::named(overlay::extends(&json::parse(model).ok()?)?.0)
}

/// What is wrong with a file or directory as a whole.
fn wrong(path: &Path, message: impl Into<String>, help: &str) -> SpecError {
    let name = path.display().to_string();
    SpecError { problems: vec![Problem::of_file(&name, message, help)], name }
}

/// The only model in a directory.
fn find_model(directory: &Path) -> Result<TextFile, SpecError> {
    let (mut models, mut extended) = (Vec::new(), Vec::new());
    for path in list(directory)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_candidate =
            (name.ends_with(".json") || name.ends_with(".json.gz")) && !RULES.iter().any(|end| name.ends_with(end));
        if is_candidate {
            let file = text(&path)?;
            let root = json::parse(&file.text);
            let Some(root) = root.ok().filter(|root| root.get("smithy").is_some() || botocore::is_model(root)) else {
                continue;
            };
            extended.extend(overlay::extends(&root).map(|(name, _)| path.with_file_name(format!("{name}.json"))));
            models.push(file);
        }
    }
    // The model that another one extends is part of that one.
    models.retain(|model| !extended.contains(&model.path));
    match models.len() {
        1 => Ok(models.remove(0)),
        0 => Err(wrong(
            directory,
            "the directory has no model",
            "give a directory with one Smithy 2.0 JSON AST model or one botocore model",
        )),
        several => {
            let names: Vec<String> = models.iter().map(TextFile::name).collect();
            let message = format!("the directory has {several} models: {}", names.join(", "));
            Err(wrong(directory, message, "name the file of one of them"))
        }
    }
}

/// The files of a directory, by name.
fn list(directory: &Path) -> Result<Vec<PathBuf>, SpecError> {
    let fail = |error: std::io::Error| {
        let help = "give the path of a readable directory";
        wrong(directory, error.to_string(), help)
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn suites(directory: &Path) -> Result<Vec<TextFile>, SpecError> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let files = list(directory)?.into_iter();
    files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).map(|path| text(&path)).collect()
}

/// `X.rules.toml` or `X.rules.json` beside `X.json` or `X.json.gz`, and what it extends.
fn rules(model: &Path) -> Result<Vec<TextFile>, SpecError> {
    let name = model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = plain.rsplit_once('.').map_or(plain, |(stem, _)| stem);
    let mut found: Vec<TextFile> = Vec::new();
    for end in RULES {
        found.extend(beside(&model.with_file_name(format!("{stem}{end}")))?);
    }
    if let [_, second] = found.as_slice() {
        let message = "the model has two files of rules, one in TOML and one in JSON";
        return Err(wrong(&second.path, message, "keep one of the two"));
    }
    while let Some(base) = found.last().and_then(|file| base_of(&file.text)) {
        let mut file = None;
        for end in RULES {
            file = file.or(beside(&model.with_file_name(format!("{base}{end}")))?);
        }
        match file {
            Some(file) if found.len() < MOST_RULES => found.push(file),
            _ => break,
        }
    }
    Ok(found)
}

/// The text of a file that need not be there.
fn beside(path: &Path) -> Result<Option<TextFile>, SpecError> {
    if path.is_file() { text(path).map(Some) } else { Ok(None) }
}

/// Reads a file, decompressed and within limits.
fn text(path: &Path) -> Result<TextFile, SpecError> {
    let read = || -> Result<String, String> {
        let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
        let bytes = limited(file)?;
        let bytes = if bytes.starts_with(&GZIP) { limited(GzDecoder::new(bytes.as_slice()))? } else { bytes };
        String::from_utf8(bytes).map_err(|error| error.utf8_error().to_string())
    };
    let help = "give the path of a readable file in UTF-8, plain or gzipped, of at most 64 MiB";
    let text = read().map_err(|problem| wrong(path, problem, help))?;
    Ok(TextFile { path: path.to_owned(), text })
}

/// All bytes of a source that is not too large.
fn limited(source: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("the file is too large: it has more than 64 MiB".to_owned());
    }
    Ok(bytes)
}
