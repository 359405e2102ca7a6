#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::wire::sample;

/// Issues one after another what it was given, and counts.
struct Listed(Arc<AtomicU64>, Vec<Result<ExpiringCredentials, String>>);

impl CredentialsProvider for Listed {
    fn provide(&self) -> ProvidedCredentials<'_> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { self.1[usize::try_from(number).unwrap()].clone() })
    }
}

/// Credentials that are good for so many seconds more, or have been good until so many before.
fn issued(name: &str, seconds: i64) -> ExpiringCredentials {
    let span = Duration::from_secs(seconds.unsigned_abs());
    let expires = if seconds < 0 { clock::now() - span } else { clock::now() + span };
    let credentials = Credentials {
        access_key_id: format!("AKID-{name}"),
        secret_access_key: format!("secret-{name}"),
        session_token: Some(format!("token-{name}")),
    };
    ExpiringCredentials { credentials, expires: Some(expires) }
}

fn refreshing(
    first: ExpiringCredentials,
    then: Vec<Result<ExpiringCredentials, String>>,
) -> (RefreshingCredentials, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    (RefreshingCredentials::new(first, Listed(Arc::clone(&asked), then)), asked)
}

#[tokio::test]
async fn credentials_that_last_are_kept() {
    for first in [issued("a", 3600), ExpiringCredentials { expires: None, ..issued("a", 1) }] {
        let (refreshing, asked) = refreshing(first, Vec::new());
        refreshing.refresh().await;
        assert_eq!((refreshing.held().access_key_id.as_str(), refreshing.end()), ("AKID-a", None));
        assert_eq!((asked.load(Ordering::SeqCst), refreshing.secrets()), (0, Vec::new()));
    }
}

#[tokio::test]
async fn credentials_are_replaced_before_they_expire() {
    let (refreshing, asked) = refreshing(issued("a", 60), vec![Ok(issued("b", 3600))]);
    let other = refreshing.clone();
    refreshing.refresh().await;
    other.refresh().await;
    assert_eq!((other.held(), other.end()), (issued("b", 1).credentials, None));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(other.secrets(), ["AKID-b", "secret-b", "token-b"]);
}

#[tokio::test]
async fn the_same_ones_again_are_not_asked_for_at_once() {
    let (refreshing, asked) = refreshing(issued("a", 60), vec![Ok(issued("a", 60))]);
    for _ in 0..5 {
        refreshing.refresh().await;
    }
    assert_eq!((asked.load(Ordering::SeqCst), refreshing.end(), refreshing.secrets()), (1, None, Vec::new()));
}

#[tokio::test]
async fn a_refusal_matters_once_they_have_expired() {
    let (early, _) = refreshing(issued("a", 60), vec![Err("not today".to_owned())]);
    early.refresh().await;
    assert_eq!((early.held(), early.end()), (issued("a", 1).credentials, None));
    let (late, _) = refreshing(issued("a", -1), vec![Err("not today".to_owned())]);
    late.refresh().await;
    let end = late.end().unwrap();
    assert!(end.contains("have expired") && end.ends_with("not today"), "{end}");
}

#[tokio::test]
async fn expired_ones_in_place_of_expired_ones_end_it() {
    let (refreshing, _) = refreshing(issued("a", -9), vec![Ok(issued("b", -1))]);
    refreshing.refresh().await;
    assert!(refreshing.end().unwrap().contains("expired as well"));
}

#[tokio::test]
async fn new_secrets_do_not_stand_in_what_is_written_down() {
    let (refreshing, _) = refreshing(issued("a", 1), vec![Ok(issued("b", 3600))]);
    refreshing.refresh().await;
    let exchange = |body: &str| sample::exchange(sample::request("/", ""), sample::response(200, &[], body));
    let body = |exchange: &Exchange| exchange.response().unwrap().body.clone();
    let plain = exchange("{\"arn\": \"arn:of:somebody\"}");
    assert_eq!(*refreshing.without_secrets(&plain), plain);
    let hostile = exchange("{\"arn\": \"arn:token-b\"}");
    assert_eq!(body(&refreshing.without_secrets(&hostile)), "{\"arn\": \"arn:[redacted]\"}");
}

#[test]
fn secrets_are_not_shown_for_debugging() {
    let (refreshing, _) = refreshing(issued("a", 1), Vec::new());
    let shown = format!("{refreshing:?}");
    assert!(shown.contains("AKID-a") && !shown.contains("secret-a") && !shown.contains("token-a"), "{shown}");
}
