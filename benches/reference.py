#!/usr/bin/env python3
"""The reference server against a bare axum handler, empty and with 100,000 channels.

Every round measures all of them with `wrk -t1 -c16`, one after another; what counts is the median. Needs cargo and wrk.

    python3 benches/reference.py [--rounds 5] [--seconds 3] [--resources 100000]
"""

import argparse
import statistics
import tempfile

from common import RELEASE, TOOL, Server, build, call, machine, wrk


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
    build("--bins", "--example", "bare-axum")
    rates = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(RELEASE / "examples" / "bare-axum") as bare,
        Server(TOOL, "serve", "--auth", "none") as empty,
        Server(TOOL, "serve", "--auth", "none") as full,
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
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
