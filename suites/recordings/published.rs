//! Responses of the service that others published, judged without a false finding; corrupted copies of them are caught.
//!
//! `published.ndjson` holds what github.com/aws-samples/amazon-ivs-ugc-platform-web-demo has of the service's responses, as
//! HTTP: the errors of PutMetadata with the service's request ids (`cdk/api/channel/authRouter/__tests__/sendStreamAction.test.ts`,
//! commit 1b2cbea) and a stream session (`cdk/api/__mocks__/streamSession.json`, commit 1b2cbea; its start from
//! `cdk/api/metrics/__tests__/getStreamSession.test.ts`). The SDK shows neither the names of the headers nor how long the
//! metadata was; that request has no body here.

use serde_json::{Value, json};

use super::{judge, verdict};
use crate::common::{assert_exit, finding_ids};

const PUBLISHED: &str = include_str!("published.ndjson");

fn lines() -> Vec<Value> {
    PUBLISHED.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn judged(lines: &[Value]) -> (i32, Value) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (output, report) = judge(text.as_bytes(), &[]);
    (output.status.code().unwrap(), report)
}

#[test]
fn published_responses_are_judged_without_a_finding() {
    let (output, report) = judge(PUBLISHED.as_bytes(), &[]);
    assert_exit(&output, 0);
    assert_eq!(report["findings"], json!([]));
    for clause in [
        "PutMetadata.error.ChannelNotBroadcasting",
        "PutMetadata.error.ThrottlingException",
        "PutMetadata.error.ValidationException",
        "GetStreamSession.output.streamSession.truncatedEvents.member.eventTime.type",
        "GetStreamSession.output.streamSession.ingestConfiguration.video.videoHeight.type",
    ] {
        assert_eq!(verdict(&report, clause), "upheld", "{clause}");
    }
}

#[test]
fn corrupted_copies_of_published_responses_are_caught() {
    let good = lines();
    for (number, place, value, id) in [
        (1, "/status", json!(409), "PutMetadata.error.ChannelNotBroadcasting:wrong_status"),
        (
            1,
            "/response_headers/x-amzn-errortype",
            json!("ValidationException"),
            "PutMetadata.error.ValidationException:wrong_status",
        ),
        (1, "/status", json!(200), "PutMetadata.error.ChannelNotBroadcasting:wrong_status"),
        (1, "/response_body", json!("not online"), "protocol.error-body-is-json-object@PutMetadata:malformed_response"),
        (4, "/status", json!(204), "PutMetadata.error.ValidationException:wrong_status"),
        (
            4,
            "/response_headers/x-amzn-errortype",
            json!("BadRequest"),
            "PutMetadata.error.ValidationException:wrong_error_code",
        ),
        (
            5,
            "/response_body/streamSession/startTime",
            json!(1_654_888_020),
            "GetStreamSession.output.streamSession.startTime.type:malformed_response",
        ),
        (
            5,
            "/response_body/streamSession/channel/type",
            json!("FREE"),
            "GetStreamSession.output.streamSession.channel.type.enum:malformed_response",
        ),
        (
            5,
            "/response_body/streamSession/truncatedEvents/0/eventTime",
            json!("yesterday"),
            "GetStreamSession.output.streamSession.truncatedEvents.member.eventTime.type:malformed_response",
        ),
        (
            5,
            "/response_body/streamSession/ingestConfiguration/audio/channels",
            json!("2"),
            "GetStreamSession.output.streamSession.ingestConfiguration.audio.channels.type:malformed_response",
        ),
        (5, "/response_headers/content-type", json!("text/html"), "GetStreamSession.content_type:malformed_response"),
        (5, "/status", json!(201), "GetStreamSession.status:wrong_status"),
    ] {
        let mut corrupted = good.clone();
        *corrupted[number].pointer_mut(place).unwrap() = value;
        let (code, report) = judged(&corrupted);
        let found = finding_ids(&report);
        assert!(code == 1 && found.iter().any(|known| known == id), "{number} {place}: {found:?}");
    }
}
