//! The AWS SDK for Rust works against the reference server: all operations, signed, over HTTP.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_ivs::Client;
use aws_sdk_ivs::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_ivs::config::retry::RetryConfig;
use aws_sdk_ivs::config::{
    AsyncSleep, BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents, Sleep,
};
use aws_sdk_ivs::error::{BoxError, ProvideErrorMetadata as _};
use aws_sdk_ivs::types::{
    BatchStartViewerSessionRevocationViewerSession, ChannelLatencyMode, ChannelType, DestinationConfiguration,
    RecordingConfigurationState, S3DestinationConfiguration, StreamState,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use ivs_conformance::plan::{Filter, Suites};
use ivs_conformance::recording;
use ivs_conformance::reference::{self, Auth, Config, Server};
use ivs_conformance::traffic::{self, Auditor};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELlw4KOEAipbsLGFERcEI/hwU8CYIXg3T\nTZ3+4HxFJXya/IIIih7v47o0lH9lNZ8Z12FcyjXYOzmI8mUgtTX4SAI2fl984OPC\nXp6KjjL2IBaohSh2KK6XCAsS8jkpcS9h\n-----END PUBLIC KEY-----";

/// Notes the operations that a client calls.
#[derive(Debug, Clone, Default)]
struct Called(Arc<Mutex<BTreeSet<String>>>);

impl Intercept for Called {
    fn name(&self) -> &'static str {
        "called operations"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let metadata = config.load::<Metadata>().ok_or("the call has no operation")?;
        self.0.lock().unwrap().insert(metadata.name().to_owned());
        Ok(())
    }
}

/// What was sent, until the response is there.
#[derive(Debug, Clone)]
struct Sent(serde_json::Value);

impl Storable for Sent {
    type Storer = StoreReplace<Sent>;
}

/// Records what a client exchanges, as `docs/recordings.md` shows it.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let line = json!({"method": request.method(), "url": request.uri(), "request_body": body});
        config.interceptor_state().store_put(Sent(line));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Sent(mut line)) = config.load::<Sent>().cloned() else { return Ok(()) };
        let response = context.response();
        let body = response.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let headers: BTreeMap<&str, &str> = response.headers().iter().collect();
        line["status"] = json!(response.status().as_u16());
        line["response_headers"] = json!(headers);
        line["response_body"] = json!(body);
        self.0.lock().unwrap().push_str(&format!("{line}\n"));
        Ok(())
    }
}

/// Waits for the client. The feature `rt-tokio` of `aws-sdk-ivs` would bring this along, but change what this crate itself
/// is compiled with.
#[derive(Debug)]
struct Sleeping;

impl AsyncSleep for Sleeping {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration))
    }
}

/// A server that checks signatures, and a client that makes them.
struct Setup {
    server: Server,
    ivs: Client,
    called: Called,
    recorded: Recorder,
}

impl Setup {
    async fn new() -> Setup {
        Setup::signing_with("test-secret").await
    }

    async fn signing_with(secret: &str) -> Setup {
        let auth = Auth::SigV4 {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "test-secret".to_owned(),
            session_token: None,
        };
        let server = reference::start(Config { auth, ..Config::default() }).await.unwrap();
        let (called, recorded) = (Called::default(), Recorder::default());
        let config = aws_sdk_ivs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("AKIDEXAMPLE", secret, None, None, "test"))
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{}", server.address()))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .sleep_impl(Sleeping)
            .retry_config(RetryConfig::disabled())
            .interceptor(called.clone())
            .interceptor(recorded.clone())
            .build();
        Setup { server, ivs: Client::from_conf(config), called, recorded }
    }

    async fn channel(&self, name: &str) -> String {
        let created = self.ivs.create_channel().name(name).send().await.unwrap();
        created.channel().unwrap().arn().unwrap().to_owned()
    }

    async fn broadcast(&self, channel: &str, state: &str) {
        let body = serde_json::json!({"channelArn": channel, "state": state}).to_string();
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        let length = body.len();
        let head = "POST /_reference/broadcast HTTP/1.1\r\nhost: reference\r\nconnection: close";
        let request = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

/// Status and code of an error that came as an HTTP response.
macro_rules! refusal {
    ($call:expr) => {{
        let error = $call.send().await.unwrap_err();
        let status = error.raw_response().unwrap().status().as_u16();
        (status, error.into_service_error())
    }};
}

#[tokio::test]
async fn all_operations_can_be_called() {
    let setup = Setup::new().await;
    channels(&setup).await;
    stream_keys(&setup).await;
    recordings(&setup).await;
    policies(&setup).await;
    key_pairs(&setup).await;
    tags(&setup).await;
    revocations(&setup).await;
    streams(&setup).await;
    let contract = ivs_conformance::spec::builtin().unwrap();
    let documented: BTreeSet<String> = contract.operations.iter().map(|operation| operation.name.clone()).collect();
    assert_eq!(documented.len(), 35);
    assert_eq!(*setup.called.0.lock().unwrap(), documented);
    judged(&setup.recorded.0.lock().unwrap());
    setup.server.stop().await;
}

/// What the SDK exchanged with the reference server shows no divergence, and something of every operation.
fn judged(lines: &str) {
    let contract = Arc::new(ivs_conformance::spec::builtin().unwrap());
    let plan = ivs_conformance::plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
    let plan = traffic::plan(&contract, plan);
    let mut auditor = Auditor::new(&contract, &plan, None).unwrap();
    recording::read(lines.as_bytes(), &mut |recorded| auditor.hear(&recorded)).unwrap();
    let audit = auditor.finish(None);
    assert_eq!(audit.judged as usize, lines.lines().count());
    assert!(audit.outcome.findings.is_empty(), "{:#?}", audit.outcome.findings.keys());
    assert_eq!(audit.outcome.cases.iter().filter(|case| case.decided > 0).count(), contract.operations.len());
}

async fn channels(setup: &Setup) {
    let ivs = &setup.ivs;
    let created = ivs
        .create_channel()
        .name("first")
        .latency_mode(ChannelLatencyMode::NormalLatency)
        .r#type(ChannelType::BasicChannelType)
        .tags("team", "ä 1")
        .send()
        .await
        .unwrap();
    let channel = created.channel().unwrap();
    let arn = channel.arn().unwrap();
    assert_eq!(channel.latency_mode(), Some(&ChannelLatencyMode::NormalLatency));
    assert_eq!(created.stream_key().unwrap().channel_arn(), Some(arn));
    let got = ivs.get_channel().arn(arn).send().await.unwrap();
    assert_eq!(got.channel(), Some(channel));
    let updated = ivs.update_channel().arn(arn).name("second").send().await.unwrap();
    let updated = updated.channel().unwrap();
    assert_eq!((updated.name(), updated.r#type()), (Some("second"), Some(&ChannelType::BasicChannelType)));
    let absent = format!("{arn}x");
    let batch = ivs.batch_get_channel().arns(arn).arns(&absent).send().await.unwrap();
    assert_eq!(batch.channels(), std::slice::from_ref(updated));
    assert_eq!(batch.errors()[0].arn(), Some(absent.as_str()));
    let listed = ivs.list_channels().filter_by_name("second").send().await.unwrap();
    assert_eq!(listed.channels().len(), 1);
    ivs.delete_channel().arn(arn).send().await.unwrap();
    let (status, error) = refusal!(ivs.get_channel().arn(arn));
    assert!(status == 404 && error.is_resource_not_found_exception(), "{status} {error:?}");
}

async fn stream_keys(setup: &Setup) {
    let ivs = &setup.ivs;
    let channel = setup.channel("keys").await;
    let listed = ivs.list_stream_keys().channel_arn(&channel).send().await.unwrap();
    let key = listed.stream_keys()[0].arn().unwrap();
    let got = ivs.get_stream_key().arn(key).send().await.unwrap();
    let batch = ivs.batch_get_stream_key().arns(key).send().await.unwrap();
    assert_eq!(batch.stream_keys(), std::slice::from_ref(got.stream_key().unwrap()));
    assert!(got.stream_key().unwrap().value().unwrap().starts_with("sk_us-east-1_"));
    let (status, error) = refusal!(ivs.create_stream_key().channel_arn(&channel));
    assert!(status == 402 && error.is_service_quota_exceeded_exception(), "{status} {error:?}");
    ivs.delete_stream_key().arn(key).send().await.unwrap();
    let second = ivs.create_stream_key().channel_arn(&channel).send().await.unwrap();
    assert_ne!(second.stream_key().unwrap().value(), got.stream_key().unwrap().value());
}

async fn recordings(setup: &Setup) {
    let ivs = &setup.ivs;
    let bucket = S3DestinationConfiguration::builder().bucket_name("a-bucket").build().unwrap();
    let destination = DestinationConfiguration::builder().s3(bucket).build();
    let created = ivs.create_recording_configuration().destination_configuration(destination).send().await.unwrap();
    let arn = created.recording_configuration().unwrap().arn().to_owned();
    let got = ivs.get_recording_configuration().arn(&arn).send().await.unwrap();
    assert_eq!(got.recording_configuration().unwrap().state(), &RecordingConfigurationState::Active);
    let channel = ivs.create_channel().recording_configuration_arn(&arn).send().await.unwrap();
    let (status, error) = refusal!(ivs.delete_recording_configuration().arn(&arn));
    assert!(status == 409 && error.is_conflict_exception(), "{status} {error:?}");
    ivs.delete_channel().arn(channel.channel().unwrap().arn().unwrap()).send().await.unwrap();
    let listed = ivs.list_recording_configurations().send().await.unwrap();
    assert_eq!(listed.recording_configurations()[0].arn(), arn);
    ivs.delete_recording_configuration().arn(&arn).send().await.unwrap();
}

async fn policies(setup: &Setup) {
    let ivs = &setup.ivs;
    let created = ivs.create_playback_restriction_policy().allowed_countries("DE").name("p").send().await.unwrap();
    let policy = created.playback_restriction_policy().unwrap();
    let got = ivs.get_playback_restriction_policy().arn(policy.arn()).send().await.unwrap();
    assert_eq!(got.playback_restriction_policy(), Some(policy));
    let update = ivs.update_playback_restriction_policy().arn(policy.arn());
    let updated = update.allowed_origins("https://example.com").send().await.unwrap();
    let updated = updated.playback_restriction_policy().unwrap();
    assert_eq!((updated.allowed_countries(), updated.allowed_origins().len()), (&["DE".to_owned()][..], 1));
    let listed = ivs.list_playback_restriction_policies().send().await.unwrap();
    assert_eq!(listed.playback_restriction_policies()[0].arn(), policy.arn());
    ivs.delete_playback_restriction_policy().arn(policy.arn()).send().await.unwrap();
    let (status, error) = refusal!(ivs.create_playback_restriction_policy().allowed_countries("Germany"));
    assert!(status == 400 && error.is_validation_exception(), "{status} {error:?}");
}

async fn key_pairs(setup: &Setup) {
    let ivs = &setup.ivs;
    let imported = ivs.import_playback_key_pair().public_key_material(PUBLIC_KEY).name("k").send().await.unwrap();
    let pair = imported.key_pair().unwrap();
    let got = ivs.get_playback_key_pair().arn(pair.arn().unwrap()).send().await.unwrap();
    assert_eq!(got.key_pair(), Some(pair));
    let listed = ivs.list_playback_key_pairs().send().await.unwrap();
    assert_eq!(listed.key_pairs()[0].arn(), pair.arn());
    ivs.delete_playback_key_pair().arn(pair.arn().unwrap()).send().await.unwrap();
}

async fn tags(setup: &Setup) {
    let ivs = &setup.ivs;
    let arn = setup.channel("tags").await;
    ivs.tag_resource().resource_arn(&arn).tags("a b", "1").tags("ü/+", "2").tags("c", "3").send().await.unwrap();
    ivs.untag_resource().resource_arn(&arn).tag_keys("ü/+").tag_keys("a b").send().await.unwrap();
    let left = ivs.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    assert_eq!(left.tags(), &[("c".to_owned(), "3".to_owned())].into());
}

async fn revocations(setup: &Setup) {
    let ivs = &setup.ivs;
    let channel = setup.channel("viewers").await;
    let session = |arn: &str| {
        BatchStartViewerSessionRevocationViewerSession::builder().channel_arn(arn).viewer_id("v").build().unwrap()
    };
    let absent = format!("{channel}x");
    let batch = ivs.batch_start_viewer_session_revocation();
    let batch = batch.viewer_sessions(session(&channel)).viewer_sessions(session(&absent)).send().await.unwrap();
    assert_eq!(batch.errors().len(), 1);
    assert_eq!(batch.errors()[0].channel_arn(), absent);
    ivs.start_viewer_session_revocation().channel_arn(&channel).viewer_id("v").send().await.unwrap();
}

async fn streams(setup: &Setup) {
    let ivs = &setup.ivs;
    let channel = setup.channel("live").await;
    let (status, error) = refusal!(ivs.get_stream().channel_arn(&channel));
    assert!(status == 404 && error.is_channel_not_broadcasting(), "{status} {error:?}");
    setup.broadcast(&channel, "live").await;
    let got = ivs.get_stream().channel_arn(&channel).send().await.unwrap();
    let stream = got.stream().unwrap();
    assert_eq!(stream.state(), Some(&StreamState::StreamLive));
    assert!(stream.start_time().unwrap().secs() > 1_700_000_000, "{:?}", stream.start_time());
    assert_eq!(ivs.list_streams().send().await.unwrap().streams()[0].stream_id(), stream.stream_id());
    ivs.put_metadata().channel_arn(&channel).metadata("now").send().await.unwrap();
    let (status, error) = refusal!(ivs.update_channel().arn(&channel).name("new"));
    assert!(status == 409 && error.is_conflict_exception(), "{status} {error:?}");
    let (status, error) = refusal!(ivs.delete_channel().arn(&channel));
    assert!(status == 409 && error.is_conflict_exception(), "{status} {error:?}");
    ivs.stop_stream().channel_arn(&channel).send().await.unwrap();
    let sessions = ivs.list_stream_sessions().channel_arn(&channel).send().await.unwrap();
    assert_eq!(sessions.stream_sessions()[0].stream_id(), stream.stream_id());
    let session = ivs.get_stream_session().channel_arn(&channel).send().await.unwrap();
    let session = session.stream_session().unwrap();
    assert_eq!(session.stream_id(), stream.stream_id());
    assert!(session.end_time() >= session.start_time());
    let (status, error) = refusal!(ivs.put_metadata().channel_arn(&channel).metadata("late"));
    assert!(status == 404 && error.is_channel_not_broadcasting(), "{status} {error:?}");
}

#[tokio::test]
async fn paginators_walk_all_pages() {
    let setup = Setup::new().await;
    let mut created = BTreeSet::new();
    for number in 0..7 {
        created.insert(setup.channel(&format!("page-{number}")).await);
    }
    let pages: Result<Vec<_>, _> = setup.ivs.list_channels().into_paginator().page_size(3).send().collect().await;
    let pages = pages.unwrap();
    let sizes: Vec<usize> = pages.iter().map(|page| page.channels().len()).collect();
    assert_eq!(sizes, [3, 3, 1]);
    let seen: BTreeSet<String> =
        pages.iter().flat_map(|page| page.channels()).map(|channel| channel.arn().unwrap().to_owned()).collect();
    assert_eq!(seen, created);
    let channel = created.first().unwrap();
    for _ in 0..3 {
        setup.broadcast(channel, "live").await;
        setup.broadcast(channel, "offline").await;
    }
    let sessions = setup.ivs.list_stream_sessions().channel_arn(channel).into_paginator().page_size(2);
    let pages: Result<Vec<_>, _> = sessions.send().collect().await;
    let sizes: Vec<usize> = pages.unwrap().iter().map(|page| page.stream_sessions().len()).collect();
    assert_eq!(sizes, [2, 1]);
}

#[tokio::test]
async fn too_much_metadata_is_throttled() {
    let setup = Setup::new().await;
    let channel = setup.channel("busy").await;
    setup.broadcast(&channel, "live").await;
    let mut refused = None;
    for _ in 0..40 {
        if let Err(error) = setup.ivs.put_metadata().channel_arn(&channel).metadata("x").send().await {
            refused = Some((error.raw_response().unwrap().status().as_u16(), error.into_service_error()));
            break;
        }
    }
    let (status, error) = refused.unwrap();
    assert!(status == 429 && error.is_throttling_exception(), "{status} {error:?}");
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let setup = Setup::signing_with("another-secret").await;
    let error = setup.ivs.list_channels().send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(error.into_service_error().code(), Some("InvalidSignatureException"));
}
