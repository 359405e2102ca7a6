//! Every case a test named by its id, for `cargo test` and cargo-nextest, in this crate and in others.
//!
//! A Rust emulator gets the whole contract as named tests with a file of a few lines. In its `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! ivs-conformance = { path = "../ivs-conformance" } # or git = "…", wherever you keep it
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
//! The arguments are those of every Rust test: `cargo test --test contract -- OPERATION`, `--exact`, `--list`,
//! `--skip`, `--ignored`, `--test-threads`. The exit code is 0 if no test failed and 101 if one did.
//!
//! A case that could not decide is reported as ignored, with its reason; it never passes. One that shows nothing but
//! what the [baseline](Suite::baseline) knows is ignored too.
//!
//! Under cargo-nextest every test is a process of its own, of which nothing but the exit code counts. So the target is
//! looked over when the tests are listed, and what that shows to be undecidable (operations that it does not have,
//! broadcasts that it cannot make, signatures that it does not check) is listed as ignored. A case that turns out to be
//! undecidable later fails with its reason. One that shows nothing but what the baseline knows passes, and says so.
//!
//! # Versions
//!
//! This module is what other crates can rely on: [`Suite`], and what its methods take. Names, meaning of the methods and
//! ids of the tests stay as they are within a major version (before 1.0: a minor one). New cases can come with any
//! release, as the contract is understood better; [`Suite::baseline`] is made for that.
//!
//! # Environment
//!
//! | variable | meaning |
//! | --- | --- |
//! | `IVS_CONFORMANCE_ENDPOINT` | checks this target instead; nothing is started |
//! | `IVS_CONFORMANCE_BROADCAST` | path of that target that starts and ends broadcasts |
//! | `IVS_CONFORMANCE_…` | every other setting; `docs/configuration.md` has a table of them |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | credentials for that target |
//! | `AWS_REGION`, `AWS_DEFAULT_REGION` | region to sign for |

mod case_runner;
mod execute;
mod known;
mod outcome;
mod reports;
mod suite;
mod trial;
mod variables;

pub use suite::Suite;
pub use variables::names as variables;

pub use crate::report::Format;
pub use crate::run::settings::{Credentials, Profile, Settings, Shard};
