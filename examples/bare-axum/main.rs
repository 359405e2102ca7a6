//! The least that a server on axum does: any request, one constant answer. `benches/reference.py` measures against it.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let answer = || async { ([(CONTENT_TYPE, "application/json")], r#"{"channel":{"name":"constant"}}"#) };
    axum::serve(listener, Router::new().fallback(answer)).await
}
