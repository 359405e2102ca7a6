//! The check against the signer of the AWS SDKs.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::http::Request;
use axum::http::request::Parts;

use super::super::checks::Strict;
use super::super::config::{Auth, Config};
use super::super::error::ErrorCode;
use super::super::service::Service;
use super::check;

pub(crate) const BODY: &str = r#"{"name":"a"}"#;
pub(crate) const URL: &str = "http://127.0.0.1:8080/CreateChannel";

/// How a request of a test is signed.
pub(crate) struct Signing {
    pub(crate) key: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) token: Option<&'static str>,
    pub(crate) service: &'static str,
    pub(crate) time: SystemTime,
    pub(crate) location: SignatureLocation,
    pub(crate) lifetime: Option<Duration>,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            key: "AKID",
            secret: "secret",
            token: None,
            service: "ivs",
            time: SystemTime::now(),
            location: SignatureLocation::Headers,
            lifetime: None,
        }
    }
}

impl Signing {
    pub(crate) fn presigned(seconds: u64) -> Self {
        Self {
            location: SignatureLocation::QueryParams,
            lifetime: Some(Duration::from_secs(seconds)),
            ..Self::default()
        }
    }

    pub(crate) fn ago(self, seconds: u64) -> Self {
        Self { time: SystemTime::now() - Duration::from_secs(seconds), ..self }
    }

    pub(crate) fn sign(&self, method: &str, url: &str, body: &str) -> Parts {
        let token = self.token.map(str::to_owned);
        let identity = Credentials::new(self.key, self.secret, token, None, "test").into();
        let mut settings = SigningSettings::default();
        settings.signature_location = self.location;
        settings.expires_in = self.lifetime;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .unwrap();
        let headers = [("content-type", "application/json")];
        let body = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new(method, url, headers.into_iter(), body).unwrap();
        let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
        let mut request =
            Request::builder().method(method).uri(url).header("content-type", "application/json").body(()).unwrap();
        instructions.apply_to_request_http1x(&mut request);
        let (mut parts, ()) = request.into_parts();
        let authority = parts.uri.authority().unwrap().to_string();
        parts.headers.insert("host", authority.parse().unwrap());
        let on_the_wire = parts.uri.path_and_query().unwrap().to_string();
        parts.uri = on_the_wire.parse().unwrap();
        parts
    }
}

pub(crate) fn service(token: Option<&str>) -> Service {
    Service::new(Config {
        auth: Auth::SigV4 {
            access_key_id: "AKID".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: token.map(str::to_owned),
        },
        ..Config::default()
    })
}

fn outcome(signing: &Signing) -> Result<(), ErrorCode> {
    let parts = signing.sign("POST", URL, BODY);
    check(&service(None), &parts, BODY.as_bytes(), &Strict).map(drop).map_err(|error| error.code)
}

#[test]
fn signed_requests_pass() {
    assert_eq!(outcome(&Signing::default()), Ok(()));
    assert_eq!(outcome(&Signing::default().ago(800)), Ok(()));
    assert_eq!(outcome(&Signing::presigned(60)), Ok(()));
    assert_eq!(outcome(&Signing::presigned(3600).ago(3000)), Ok(()));
}

#[test]
fn tag_paths_and_queries_pass() {
    let arn = "arn%3Aaws%3Aivs%3Aus-east-1%3A123456789012%3Achannel%2Fabc";
    for query in ["", "?tagKeys=b&tagKeys=a%20%2B%C3%A9", "?tagKeys=a%3D%26b"] {
        let url = format!("http://127.0.0.1:8080/tags/{arn}{query}");
        for signing in [Signing::default(), Signing::presigned(60)] {
            let parts = signing.sign("DELETE", &url, "");
            assert_eq!(check(&service(None), &parts, b"", &Strict), Ok(None), "{url}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    use ErrorCode::{InvalidSignature, UnrecognizedClient};
    let with = |change: fn(&mut Signing)| {
        let mut signing = Signing::default();
        change(&mut signing);
        outcome(&signing)
    };
    assert_eq!(with(|s| s.key = "OTHER"), Err(UnrecognizedClient));
    assert_eq!(with(|s| s.token = Some("token")), Err(UnrecognizedClient));
    assert_eq!(with(|s| s.secret = "other"), Err(InvalidSignature));
    assert_eq!(with(|s| s.service = "s3"), Err(InvalidSignature));
    assert_eq!(outcome(&Signing::default().ago(1000)), Err(InvalidSignature));
    let future = Signing { time: SystemTime::now() + Duration::from_secs(1000), ..Signing::default() };
    assert_eq!(outcome(&future), Err(InvalidSignature));
    assert_eq!(outcome(&Signing::presigned(60).ago(90)), Err(InvalidSignature));
}

#[test]
fn a_tampered_request_is_refused() {
    let service = service(None);
    let refused = |parts: &Parts, body: &[u8]| {
        let error = check(&service, parts, body, &Strict).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidSignature);
    };
    for signing in [Signing::default(), Signing::presigned(60)] {
        let parts = signing.sign("POST", URL, BODY);
        refused(&parts, br#"{"name":"b"}"#);
        let mut other_method = parts.clone();
        other_method.method = axum::http::Method::PUT;
        refused(&other_method, BODY.as_bytes());
        let mut other_host = parts.clone();
        other_host.headers.insert("host", "example.com".parse().unwrap());
        refused(&other_host, BODY.as_bytes());
        let mut extra = parts.clone();
        extra.headers.insert("x-amz-extra", "1".parse().unwrap());
        refused(&extra, BODY.as_bytes());
        let mut other_hash = parts;
        let hash = "0".repeat(64).parse().unwrap();
        other_hash.headers.insert("x-amz-content-sha256", hash);
        refused(&other_hash, BODY.as_bytes());
    }
}

#[test]
fn session_tokens_must_match() {
    let service = service(Some("token"));
    let outcome = |token, location| {
        let signing = Signing { token, location, ..Signing::presigned(60) };
        let parts = signing.sign("POST", URL, BODY);
        check(&service, &parts, BODY.as_bytes(), &Strict).map(drop).map_err(|error| error.code)
    };
    for location in [SignatureLocation::Headers, SignatureLocation::QueryParams] {
        assert_eq!(outcome(Some("token"), location), Ok(()));
        assert_eq!(outcome(Some("t"), location), Err(ErrorCode::UnrecognizedClient));
        assert_eq!(outcome(None, location), Err(ErrorCode::UnrecognizedClient));
    }
}

#[test]
fn unsigned_and_malformed_requests_are_told_apart() {
    let outcome = |authorization: Option<&str>| {
        let mut request = Request::builder().uri("/ListChannels");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&service(None), &parts, b"", &Strict).unwrap_err().code
    };
    assert_eq!(outcome(None), ErrorCode::MissingAuthenticationToken);
    for malformed in
        ["", "Basic YTpi", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0"]
    {
        assert_eq!(outcome(Some(malformed)), ErrorCode::IncompleteSignature);
    }
}

#[test]
fn the_region_is_read_from_the_scope() {
    for signing in [Signing::default(), Signing::presigned(60)] {
        let parts = signing.sign("POST", URL, BODY);
        assert_eq!(super::scope_region(&parts).as_deref(), Some("eu-west-1"));
    }
    // Escapes mean what they stand for, in either case, also where none is needed.
    for scope in
        ["AK%2F20260101%2Feu%2Dwest%2D1%2Fivs%2Faws4_request", "AK%2f20260101%2feu-west-1%2fivs%2faws4_request"]
    {
        let request = Request::builder().uri(format!("/ListChannels?X-Amz-Credential={scope}&X-Amz-Date=x"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(super::scope_region(&parts).as_deref(), Some("eu-west-1"));
    }
    let (parts, ()) = Request::builder().body(()).unwrap().into_parts();
    assert_eq!(super::scope_region(&parts), None);
}
