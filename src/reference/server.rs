//! The running server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::config::Config;
use super::fault;
use super::http;
use super::service::Service;

/// How long open requests may take to finish when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The region is not one that can stand in an ARN.
    #[error("{0:?} is no region's name")]
    Region(String),
    /// The account is not one that can stand in an ARN.
    #[error("{0:?} is no account number")]
    Account(String),
}

/// A running server. Dropping it stops it without waiting for open requests.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    service: Arc<Service>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

/// Binds the address and serves on the current tokio runtime.
///
/// # Errors
/// When the address cannot be bound or the settings cannot stand in an ARN.
pub async fn start(config: Config) -> Result<Server, StartError> {
    if !super::pattern::is_region(&config.region) {
        return Err(StartError::Region(config.region));
    }
    if config.account.is_empty() || !config.account.bytes().all(|b| b.is_ascii_digit()) {
        return Err(StartError::Account(config.account));
    }
    let requested = config.listen;
    let failed = |source| StartError::Listen { address: requested, source };
    let listener = TcpListener::bind(requested).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (service, router) = if config.faults.is_empty() { conforming(config) } else { fault::faulty(config) };
    let listener = listener.tap_io(|stream| {
        // Small responses must not wait for more; a refusal only costs time.
        let _ = stream.set_nodelay(true);
    });
    let (stop, mut stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
        // Serving ends without an error: failed connections are dropped.
        let _ = serve.await;
    });
    Ok(Server { address, service, stop, task: Some(task) })
}

fn conforming(config: Config) -> (Arc<Service>, Router) {
    let service = Arc::new(Service::new(config));
    let router = Router::new().fallback(http::answer).with_state(Arc::clone(&service));
    (service, router)
}

impl Server {
    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests answered so far, whatever they asked for.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.service.requests.load(Ordering::Relaxed)
    }

    /// Stops accepting and lets open requests finish, within two seconds.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(GRACE, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}
