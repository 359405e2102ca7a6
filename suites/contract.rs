//! Every case of the contract as a test of its own: against the embedded reference server, or against the target that
//! `IVS_CONFORMANCE_ENDPOINT` names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

use ivs_conformance::cli::embedded;
use ivs_conformance::reference::StartError;
use ivs_conformance::trials::Suite;

fn main() -> std::process::ExitCode {
    Suite::new()
        .serve_with(|mut settings| async {
            let server = embedded::start(&mut settings).await?;
            tokio::spawn(async move {
                // It serves until the runtime ends.
                let _server = server;
                std::future::pending::<()>().await;
            });
            Ok::<_, StartError>(settings)
        })
        .broadcast("/_reference/broadcast")
        .main()
}
