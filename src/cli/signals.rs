//! Ctrl-C and its kin.

use tokio::signal;

/// Waits until the process is asked to end, and says by what.
pub async fn interrupted() -> String {
    let name = first_signal().await;
    format!("interrupted by {name}")
}

#[cfg(unix)]
async fn first_signal() -> &'static str {
    use signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return ctrl_c().await;
    };
    tokio::select! {
        name = ctrl_c() => name,
        _ = terminate.recv() => "SIGTERM",
    }
}

#[cfg(not(unix))]
async fn first_signal() -> &'static str {
    ctrl_c().await
}

async fn ctrl_c() -> &'static str {
    match signal::ctrl_c().await {
        Ok(()) => "Ctrl-C",
        // Without a handler the system ends the process by itself.
        Err(_) => std::future::pending().await,
    }
}
