//! Every case a test named by its id, for `cargo test` and cargo-nextest, in this crate and in others.
//!
//! A Rust emulator gets the whole contract as named tests with a file of a few lines. In its `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! ivs-conformance = "0.1"
//! tokio = { version = "1", features = ["net"] }
//!
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//!
//! and in `tests/contract.rs`:
//!
//! ```no_run
//! # async fn serve_my_emulator(_: tokio::net::TcpListener) {}
//! use ivs_conformance::trials::Suite;
//!
//! fn main() -> std::process::ExitCode {
//!     Suite::new()
//!         .serve(|| async {
//!             let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//!             let endpoint = format!("http://{}", listener.local_addr()?);
//!             tokio::spawn(serve_my_emulator(listener));
//!             std::io::Result::Ok(endpoint)
//!         })
//!         .implemented_only()
//!         .main()
//! }
//! ```
//!
//! The arguments are those of every Rust test: `cargo test --test contract -- CreateChannel`, `--exact`, `--list`,
//! `--skip`, `--ignored`, `--test-threads`. The exit code is 0 if no test failed and 101 if one did.
//!
//! A case that could not decide is reported as ignored, with its reason; it never passes. Under cargo-nextest every
//! test is a process of its own and nothing but the exit code counts, so there such a case fails with its reason;
//! what is known to be undecidable is already listed as ignored.
//!
//! # Environment
//!
//! | variable | meaning |
//! | --- | --- |
//! | `IVS_CONFORMANCE_ENDPOINT` | checks this target instead; nothing is started |
//! | `IVS_CONFORMANCE_BROADCAST` | path of that target that makes a channel live |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | credentials for that target |
//! | `AWS_REGION`, `AWS_DEFAULT_REGION` | region to sign for |

mod crew;
mod known;
mod outcome;
mod suite;
mod trial;

pub use suite::Suite;
