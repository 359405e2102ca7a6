//! What an emulator's own `tests/contract.rs` looks like.

pub mod app;

use std::process::ExitCode;

use ivs_conformance::trials::Suite;
use tokio::net::TcpListener;

/// Runs every case of the contract as a test.
pub fn main() -> ExitCode {
    Suite::new()
        .serve(|| async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let endpoint = format!("http://{}", listener.local_addr()?);
            tokio::spawn(async { axum::serve(listener, app::router()).await });
            std::io::Result::Ok(endpoint)
        })
        .implemented_only()
        .main()
}
