//! The rules on what this package depends on: sources, licences, features.

use std::collections::BTreeSet;
use std::process::Command;

use super::project_file;

/// Runs a command of Cargo on this package. Returns its standard output.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn dependencies_come_from_the_registry_with_a_checksum() {
    let lock: toml::Table = toml::from_str(&project_file("Cargo.lock")).unwrap();
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages.iter().filter(|package| package["name"].as_str() != Some(env!("CARGO_PKG_NAME"))) {
        let source = package.get("source").and_then(toml::Value::as_str).unwrap_or_default();
        assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{package}");
        assert!(package.get("checksum").is_some(), "{package}");
    }
}

#[test]
fn dependencies_have_licences_that_are_allowed() {
    let policy: toml::Table = toml::from_str(&project_file("deny.toml")).unwrap();
    let allowed: Vec<&str> =
        policy["licenses"]["allow"].as_array().unwrap().iter().map(|licence| licence.as_str().unwrap()).collect();
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{} has the licence `{licence}`", package["name"]);
    }
}

/// Each dependency on this platform with its version and features, as Cargo resolves them over these kinds of edges.
fn resolved(edges: &str) -> BTreeSet<String> {
    let options =
        ["--offline", "--locked", "--prefix", "none", "--no-dedupe", "--format", "{p} [{f}]", "--edges", edges];
    cargo(&[&["tree"], &options[..]].concat()).lines().map(str::to_owned).collect()
}

#[test]
fn tests_compile_no_dependency_with_other_features() {
    // Otherwise this crate, and all that depends on such a crate, is compiled once for `cargo build` and once for `cargo test`.
    let (program, tests) = (resolved("normal,build"), resolved("normal,build,dev"));
    assert!(program.len() > 100 && tests.len() > program.len(), "{} {}", program.len(), tests.len());
    let changed: Vec<&String> = program.difference(&tests).collect();
    assert!(changed.is_empty(), "with dev-dependencies these have more features: {changed:#?}");
}

/// Whether an SPDX expression can be met by allowed licences: one of each `OR`, every one of an `AND`.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ");
    // `AND` binds tighter, but for parentheses, which only ever hold an `OR` here.
    let parts = expression.replace(['(', ')'], " ");
    let is_listed = |licence: &str| allowed.contains(&licence.split(" WITH ").next().unwrap().trim());
    match expression.contains('(') {
        true => parts.split(" AND ").all(|part| part.split(" OR ").any(is_listed)),
        false => parts.split(" OR ").any(|part| part.split(" AND ").all(is_listed)),
    }
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "ISC"];
    for good in ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "MIT AND ISC", "(MIT OR GPL-3.0) AND ISC"] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}
