//! The reference server compiles without the rest of the crate: nothing is shared, or this would not build.

#![allow(missing_docs, dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../src/reference/mod.rs"]
mod reference;

#[tokio::test]
async fn it_serves_on_its_own() {
    let server = reference::start(reference::Config::default()).await.unwrap();
    assert!(server.address().ip().is_loopback());
    server.stop().await;
}
