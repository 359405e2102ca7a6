"""Calls every operation of Amazon IVS that this botocore knows once, against the endpoint in the first argument, and lets
botocore check its input and parse its output. Prints the operations called, one a line."""

import json
import sys
import urllib.request

import botocore.session

PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELlw4KOEAipbsLGFERcEI/hwU8CYIXg3T
TZ3+4HxFJXya/IIIih7v47o0lH9lNZ8Z12FcyjXYOzmI8mUgtTX4SAI2fl984OPC
Xp6KjjL2IBaohSh2KK6XCAsS8jkpcS9h
-----END PUBLIC KEY-----"""
TAILOR = "arn:aws:mediatailor:us-east-1:123456789012:playbackConfiguration/one"

endpoint, key, secret = sys.argv[1:4]
client = botocore.session.get_session().create_client(
    "ivs", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret
)
called = set()
client.meta.events.register("after-call.ivs", lambda model, **_: called.add(model.name))


def broadcast(channel, state):
    body = json.dumps({"channelArn": channel, "state": state}).encode()
    urllib.request.urlopen(endpoint + "/_reference/broadcast", body, timeout=10).close()


tags = {"stage": "test"}
recording = client.create_recording_configuration(
    destinationConfiguration={"s3": {"bucketName": "conformance-recordings"}}, tags=tags
)["recordingConfiguration"]["arn"]
policy = client.create_playback_restriction_policy(allowedCountries=["US"])["playbackRestrictionPolicy"]["arn"]
ads = client.create_ad_configuration(
    name="ads",
    mediaTailorPlaybackConfigurations=[{"playbackConfigurationArn": TAILOR}],
    postRollConfiguration={"durationSeconds": 30, "enabled": True},
    tags=tags,
)["adConfiguration"]["arn"]
slate = client.create_failover_slate_configuration(activationThresholdSeconds=4, tags=tags)[
    "failoverSlateConfiguration"
]["arn"]
created = client.create_channel(
    name="channel",
    recordingConfigurationArn=recording,
    playbackRestrictionPolicyArn=policy,
    adConfigurationArn=ads,
    failoverSlateConfigurationArn=slate,
    tags=tags,
)
channel, stream_key = created["channel"]["arn"], created["streamKey"]["arn"]
assert created["channel"]["adConfigurationArn"] == ads, created

assert client.get_ad_configuration(arn=ads)["adConfiguration"]["tags"] == tags
assert client.get_failover_slate_configuration(arn=slate)["failoverSlateConfiguration"]["state"] == "CREATED"
assert client.list_ad_configurations()["adConfigurations"][0]["arn"] == ads
assert client.list_failover_slate_configurations()["failoverSlateConfigurations"][0]["arn"] == slate
updated = client.update_ad_configuration(arn=ads, postRollConfiguration={"durationSeconds": 15, "enabled": False})
assert not updated["adConfiguration"]["postRollConfiguration"]["enabled"], updated
updated = client.update_failover_slate_configuration(arn=slate, maxSlateDisplaySeconds=90)
assert updated["failoverSlateConfiguration"]["maxSlateDisplaySeconds"] == 90, updated

assert client.get_channel(arn=channel)["channel"]["name"] == "channel"
assert client.list_channels(filterByAdConfigurationArn=ads)["channels"][0]["arn"] == channel
assert client.batch_get_channel(arns=[channel])["channels"][0]["arn"] == channel
assert client.update_channel(arn=channel, latencyMode="NORMAL")["channel"]["latencyMode"] == "NORMAL"
assert client.get_recording_configuration(arn=recording)["recordingConfiguration"]["state"] == "ACTIVE"
assert client.list_recording_configurations()["recordingConfigurations"]
assert client.get_playback_restriction_policy(arn=policy)["playbackRestrictionPolicy"]["arn"] == policy
assert client.list_playback_restriction_policies()["playbackRestrictionPolicies"]
assert client.update_playback_restriction_policy(arn=policy, name="policy")["playbackRestrictionPolicy"]["name"] == "policy"

assert client.get_stream_key(arn=stream_key)["streamKey"]["channelArn"] == channel
assert client.list_stream_keys(channelArn=channel)["streamKeys"]
assert client.batch_get_stream_key(arns=[stream_key])["streamKeys"]
client.delete_stream_key(arn=stream_key)
client.create_stream_key(channelArn=channel)

pair = client.import_playback_key_pair(publicKeyMaterial=PUBLIC_KEY)["keyPair"]["arn"]
assert client.get_playback_key_pair(arn=pair)["keyPair"]["fingerprint"]
assert client.list_playback_key_pairs()["keyPairs"]
client.delete_playback_key_pair(arn=pair)

client.tag_resource(resourceArn=channel, tags={"a": "1", "b": "2"})
client.untag_resource(resourceArn=channel, tagKeys=["a", "b"])
assert client.list_tags_for_resource(resourceArn=channel)["tags"] == tags

client.start_viewer_session_revocation(channelArn=channel, viewerId="viewer")
client.batch_start_viewer_session_revocation(viewerSessions=[{"channelArn": channel, "viewerId": "viewer"}])

broadcast(channel, "live")
assert client.get_stream(channelArn=channel)["stream"]["state"] == "LIVE"
assert client.list_streams()["streams"]
client.put_metadata(channelArn=channel, metadata="{}")
inserted = client.insert_ad_break(channelArn=channel, durationSeconds=30, adBreakId="abcdefABCDEF")
assert inserted["adBreakId"] == "abcdefABCDEF" and inserted["targetStartAt"].year >= 2026, inserted
session = client.get_stream_session(channelArn=channel)["streamSession"]
assert session["failoverSlateConfiguration"]["arn"] == slate, session
assert client.list_stream_sessions(channelArn=channel)["streamSessions"]
client.stop_stream(channelArn=channel)
try:
    client.insert_ad_break(channelArn=channel, durationSeconds=30)
    sys.exit("an ad break was inserted into an idle channel")
except client.exceptions.ChannelNotBroadcasting as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error.response

try:
    client.delete_ad_configuration(arn=ads)
    sys.exit("an ad configuration in use was deleted")
except client.exceptions.ConflictException:
    pass
client.delete_channel(arn=channel)
client.delete_ad_configuration(arn=ads)
client.delete_failover_slate_configuration(arn=slate)
client.delete_recording_configuration(arn=recording)
client.delete_playback_restriction_policy(arn=policy)

missing = set(client.meta.service_model.operation_names) - called
if missing:
    sys.exit(f"not called: {', '.join(sorted(missing))}")
print("\n".join(sorted(called)))
