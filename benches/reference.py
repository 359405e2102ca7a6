#!/usr/bin/env python3
"""The reference server against a bare axum handler, empty and with 100,000 channels.

Every round measures all of them with `wrk -t1 -c16`, one after another; what counts is the median. Needs cargo and wrk.

    python3 benches/reference.py [--rounds 5] [--seconds 3] [--resources 100000]
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "target" / "release"


class Server:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def call(url, operation, body):
    request = urllib.request.Request(f"{url}/{operation}", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def wrk(folder, url, operation, body, seconds):
    """Requests per second, and how many were answered."""
    script = Path(folder) / "post.lua"
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n' f"wrk.body = [[{json.dumps(body)}]]\n"
    )
    done = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", script, f"{url}/{operation}"],
        capture_output=True, text=True, check=True,
    )
    if "Non-2xx" in done.stdout:
        sys.exit(f"wrk got errors of {operation}:\n{done.stdout}")
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))
    return rate, int(re.search(r"(\d+) requests in", done.stdout).group(1))


def fill(folder, url, resources):
    made = 1
    while made < resources:
        made += wrk(folder, url, "CreateChannel", {"name": "one-of-many"}, 2)[1]
    return made


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--resources", type=int, default=100_000)
    arguments = arguments.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bins", "--example", "bare-axum"], cwd=ROOT, check=True)
    rates = {}
    tool = RELEASE / "ivs-conformance"
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(RELEASE / "examples" / "bare-axum") as bare,
        Server(tool, "serve") as empty,
        Server(tool, "serve") as full,
    ):
        arns = {server: call(server.url, "CreateChannel", {"name": "the-one"})["channel"]["arn"] for server in (empty, full)}
        made = fill(folder, full.url, arguments.resources)
        looks = {
            "bare axum handler": (bare, "GetChannel", {"arn": arns[empty]}),
            "GetChannel, 1 channel": (empty, "GetChannel", {"arn": arns[empty]}),
            f"GetChannel, {made:,} channels": (full, "GetChannel", {"arn": arns[full]}),
            "ListChannels by 10, 1 channel": (empty, "ListChannels", {"maxResults": 10}),
            f"ListChannels by 10, {made:,} channels": (full, "ListChannels", {"maxResults": 10}),
        }
        page = call(full.url, "ListChannels", {"maxResults": 10})
        for _ in range(20):
            page = call(full.url, "ListChannels", {"maxResults": 10, "nextToken": page["nextToken"]})
        looks[f"a later page of 10, {made:,} channels"] = (full, "ListChannels", {"maxResults": 10, "nextToken": page["nextToken"]})
        for _ in range(arguments.rounds):
            for name, (server, operation, body) in looks.items():
                rates.setdefault(name, []).append(wrk(folder, server.url, operation, body, arguments.seconds)[0])
    limit = rates["bare axum handler"]
    print("| what | requests/s | of the bare handler |\n| --- | ---: | ---: |")
    for name, measured in rates.items():
        ratio = statistics.median(rate / bare for rate, bare in zip(measured, limit))
        print(f"| {name} | {statistics.median(measured):,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
