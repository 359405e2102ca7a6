//! The reference server compiles without the rest of the crate: nothing is shared, or this would not build.
//!
//! Its unit tests run here too, on the server alone.

#![allow(missing_docs, dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../src/reference/mod.rs"]
mod reference;

#[test]
fn it_deviates_only_if_it_is_told_to() {
    let config = reference::Config::default();
    assert!(config.faults.is_empty() && config.variants.is_empty());
}
