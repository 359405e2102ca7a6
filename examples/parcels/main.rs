//! A small service that the harness checks by its own contract: `contract/` holds the model, the rules and the suites.
//!
//! ```console
//! $ cargo run --example parcels -- 127.0.0.1:8099
//! $ cargo run -- run --spec examples/parcels/contract --endpoint http://127.0.0.1:8099
//! ```
//!
//! A second argument names a fault of [`server::Fault`], for example `heavy-letters`.

mod server;

use server::Fault;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8099".to_owned());
    let fault = arguments.next().map(|name| Fault::named(&name).ok_or(format!("there is no fault `{name}`")));
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, server::router(fault.transpose()?)).await?;
    Ok(())
}
