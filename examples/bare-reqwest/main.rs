//! The least that a client on reqwest does: one small request over and over, as many at once as `wrk -c16` sends, on a
//! thread for each processor as a run does. `benches/throughput.py` measures runs against it.

use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

const CONNECTIONS: usize = 16;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, body, seconds] = arguments.as_slice() else {
        return Err("bare-reqwest URL BODY SECONDS".to_owned());
    };
    let seconds: u64 = seconds.parse().map_err(|error| format!("{seconds}: {error}"))?;
    // reqwest makes no client without a provider, though nothing here is encrypted.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "a provider is installed".to_owned())?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let number = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(CONNECTIONS);
    let threads: Vec<_> = (0..number)
        .map(|thread| {
            let (url, body) = (url.clone(), body.clone());
            let connections = (thread..CONNECTIONS).step_by(number).count();
            std::thread::spawn(move || send_until(end, &url, &body, connections))
        })
        .collect();
    let mut requests = 0;
    for thread in threads {
        requests += thread.join().map_err(|_| "a thread panicked".to_owned())??;
    }
    println!("{} requests/s", requests / seconds.max(1));
    Ok(())
}

/// How many requests were answered until then.
fn send_until(end: Instant, url: &str, body: &str, connections: usize) -> Result<u64, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let connections = (0..connections).map(|_| send_one_by_one(end, url, body));
    let requests = runtime.block_on(async { futures_util::future::try_join_all(connections).await });
    requests.map(|requests| requests.into_iter().sum()).map_err(|error| error.to_string())
}

async fn send_one_by_one(end: Instant, url: &str, body: &str) -> Result<u64, reqwest::Error> {
    let client = Client::builder().no_proxy().http1_only().tcp_nodelay(true).build()?;
    let mut requests = 0;
    while Instant::now() < end {
        let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body.to_owned());
        request.send().await?.error_for_status()?.bytes().await?;
        requests += 1;
    }
    Ok(requests)
}
