//! The least that a client on reqwest does: one small request over and over, as many at once as `wrk -c16` sends, on two
//! threads as a run does. `benches/throughput.py` measures runs against it.

use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

const THREADS: usize = 2;
const CONNECTIONS_OF_A_THREAD: usize = 8;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, body, seconds] = arguments.as_slice() else {
        return Err("bare-reqwest URL BODY SECONDS".to_owned());
    };
    let seconds: u64 = seconds.parse().map_err(|error| format!("{seconds}: {error}"))?;
    // reqwest makes no client without a provider, though nothing here is encrypted.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "a provider is installed".to_owned())?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (url, body) = (url.clone(), body.clone());
            std::thread::spawn(move || send_until(end, &url, &body))
        })
        .collect();
    let mut requests = 0;
    for thread in threads {
        requests += thread.join().map_err(|_| "a thread panicked".to_owned())?.map_err(|error| error.to_string())?;
    }
    println!("{} requests/s", requests / seconds.max(1));
    Ok(())
}

/// How many requests were answered until then.
fn send_until(end: Instant, url: &str, body: &str) -> Result<u64, reqwest::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return Ok(0) };
    runtime.block_on(async {
        let connections = (0..CONNECTIONS_OF_A_THREAD).map(|_| send_one_by_one(end, url, body));
        futures_util::future::try_join_all(connections).await.map(|requests| requests.into_iter().sum())
    })
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
