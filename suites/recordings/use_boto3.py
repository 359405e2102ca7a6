"""Uses a client of boto3 that records: python use_boto3.py ENDPOINT DIRECTORY_OF_RECORD_BOTO3 FILE"""

import sys

import boto3
from botocore.exceptions import ClientError

endpoint, scripts, path = sys.argv[1:]
sys.path.insert(0, scripts)
from record_boto3 import record  # noqa: E402

client = boto3.client(
    "ivs", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
)
record(client, path)
arn = client.create_channel(name="demo", tags={"team": "video"})["channel"]["arn"]
client.get_channel(arn=arn)
client.list_channels(maxResults=1)
client.tag_resource(resourceArn=arn, tags={"b": "2"})
client.untag_resource(resourceArn=arn, tagKeys=["b", "team"])
client.list_tags_for_resource(resourceArn=arn)
client.update_channel(arn=arn, latencyMode="NORMAL")
try:
    client.get_stream(channelArn=arn)
except ClientError as error:
    assert error.response["Error"]["Code"] == "ChannelNotBroadcasting", error
client.delete_channel(arn=arn)
