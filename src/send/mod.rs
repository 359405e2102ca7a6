//! Sends requests and keeps what comes back: redirects, retries and decompression by the HTTP client are off. The client
//! is reqwest, behind the [`Transport`] seam.

mod canonical;
mod decode;
mod endpoint;
mod failure;
mod http;
mod message;
mod network;
mod sender;
mod sign;
mod tls;
mod transport;

pub use decode::undone;
pub use endpoint::is_loopback;
pub use network::{Network, SendError};
pub use sender::Sender;
pub use sign::{DateHeader, Place, Signer};
pub use transport::{BODY_LIMIT, Connections, Transport};
