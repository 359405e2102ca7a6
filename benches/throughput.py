#!/usr/bin/env python3
"""How close a run comes to the wire: requests per second of `run --profile deep` against those of wrk, on one server.

Both share the machine with the server. Every round measures all of them, one after another, so that a busy machine
slows all alike; what counts is the median of the rounds' ratios. Needs cargo and wrk (Debian: apt-get install wrk).

    python3 benches/throughput.py [--rounds 5] [--seconds 5]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import CREDENTIALS, TOOL, Server, build, call, machine, wrk

WAYS = {
    "unsigned": ("none", "none", 0.6),
    "signed": ("sigv4", "none", 0.4),
    "signed and verified": ("sigv4", "sigv4", None),
}


def run(url, auth, folder):
    """Requests per second of a deep run, from its own report: set-up, generation, judging and clean-up included."""
    report = Path(folder) / "report.json"
    # A server that does not verify signatures diverges in that, as it should.
    unverified = ["--skip", "auth.*"]
    done = subprocess.run(
        [TOOL, "run", "--endpoint", url, "--auth", auth, "--broadcast", "/_reference/broadcast",
         "--profile", "deep", "--report", f"json={report}", *unverified],
        capture_output=True, text=True, env={**os.environ, **CREDENTIALS},
    )
    if done.returncode != 0:
        sys.exit(f"the run ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    summary = json.loads(report.read_text())["summary"]
    return summary["requests_per_second"], summary["requests"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5, help="how long each wrk run takes")
    arguments = arguments.parse_args()
    build()
    ratios = {name: [] for name in WAYS}
    rates = {name: [] for name in WAYS}
    bare = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(TOOL, "serve", "--auth", "none") as plain,
        Server(TOOL, "serve", "--auth", "sigv4") as verifying,
    ):
        servers = {"none": plain, "sigv4": verifying}
        arn = call(plain.url, "CreateChannel", {"name": "throughput"})["channel"]["arn"]
        for number in range(1, arguments.rounds + 1):
            limit, _ = wrk(folder, plain.url, "GetChannel", {"arn": arn}, arguments.seconds)
            bare.append(limit)
            line = f"round {number}: wrk {limit:,.0f}/s"
            for name, (signing, checking, _) in WAYS.items():
                rate, requests = run(servers[checking].url, signing, folder)
                rates[name].append(rate)
                ratios[name].append(rate / limit)
                line += f", {name} {rate:,.0f}/s ({requests:,} requests)"
            print(line, flush=True)
    print(f"\nwrk -t1 -c16, small POST    {statistics.median(bare):>9,.0f}/s")
    for name, (_, _, goal) in WAYS.items():
        wanted = f"  goal {goal}" if goal else ""
        ratio = statistics.median(ratios[name])
        print(f"deep run, {name:<19} {statistics.median(rates[name]):>8,.0f}/s  ratio {ratio:.2f}{wanted}")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
