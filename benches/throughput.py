#!/usr/bin/env python3
"""How close a run comes to the wire: requests per second of `run --profile deep` against those of wrk, on one server.

Both share the machine with the server. Every round measures all of them, one after another, so that a busy machine
slows all alike; what counts is the median of the rounds' ratios. Needs cargo and wrk (Debian: apt-get install wrk).

    python3 benches/throughput.py [--rounds 5] [--seconds 5]
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "target" / "release" / "ivs-conformance"
# The well-known credentials that a run signs loopback requests with.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
WAYS = {
    "unsigned": ("none", "none", 0.6),
    "signed": ("sigv4", "none", 0.4),
    "signed and verified": ("sigv4", "sigv4", None),
}


class Server:
    """The reference server, from its first line on stdout to its end."""

    def __init__(self, auth):
        self.process = subprocess.Popen(
            [TOOL, "serve", "--auth", auth], stdout=subprocess.PIPE, text=True, env={**os.environ, **CREDENTIALS}
        )
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


def wrk(url, seconds, script):
    """Requests per second of one wrk thread with 16 connections."""
    done = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", script, f"{url}/GetChannel"],
        capture_output=True, text=True, check=True,
    )
    if "Non-2xx" in done.stdout:
        sys.exit(f"wrk got errors:\n{done.stdout}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))


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
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    ratios = {name: [] for name in WAYS}
    rates = {name: [] for name in WAYS}
    bare = []
    with tempfile.TemporaryDirectory() as folder, Server("none") as plain, Server("sigv4") as verifying:
        servers = {"none": plain, "sigv4": verifying}
        arn = call(plain.url, "CreateChannel", {"name": "throughput"})["channel"]["arn"]
        script = Path(folder) / "post.lua"
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
            f"wrk.body = [[{json.dumps({'arn': arn})}]]\n"
        )
        for number in range(1, arguments.rounds + 1):
            limit = wrk(plain.url, arguments.seconds, script)
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


if __name__ == "__main__":
    main()
