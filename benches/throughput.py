#!/usr/bin/env python3
"""How close a run comes to the wire: requests per second of `run --profile deep` against those of wrk, on one server.

Beside them stands the least that a client on reqwest does (`examples/bare-reqwest`): what it does not reach no run can.
All share the machine with the server. Every round measures all of them, one after another, so that a busy machine
slows all alike; what counts is the median of the rounds' ratios. It fails if one is more than a tenth below the ratio
that `throughput.json` holds; `--update` writes that file. Needs cargo and wrk (Debian: apt-get install wrk).

    python3 benches/throughput.py [--rounds 5] [--seconds 5] [--update]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import CREDENTIALS, RELEASE, TOOL, Server, build, call, machine, wrk

STORED = Path(__file__).with_suffix(".json")
BARE = "bare reqwest"
# A ratio below this part of the stored one is a regression.
BEARABLE = 0.9
WAYS = {
    "unsigned": ("none", "none", 0.5),
    "signed": ("sigv4", "none", None),
    "signed and verified": ("sigv4", "sigv4", 0.4),
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


def bare_reqwest(url, operation, body, seconds):
    """Requests per second of a client that does nothing but send and receive."""
    command = [RELEASE / "examples" / "bare-reqwest", f"{url}/{operation}", json.dumps(body), str(seconds)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0])


def regressions(ratios, stored):
    """What is more than a tenth slower than it was, as lines for the console."""
    slower = [name for name, ratio in ratios.items() if ratio < stored.get(name, 0) * BEARABLE]
    return [f"regression: {name} has a ratio of {ratios[name]:.2f}, and had {stored[name]:.2f}" for name in slower]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5, help="how long each wrk run takes")
    arguments.add_argument("--update", action="store_true", help="store the ratios instead of comparing with them")
    arguments = arguments.parse_args()
    build("--bins", "--example", "bare-reqwest")
    ratios = {name: [] for name in (BARE, *WAYS)}
    rates = {name: [] for name in (BARE, *WAYS)}
    limits = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(TOOL, "serve", "--auth", "none") as plain,
        Server(TOOL, "serve", "--auth", "sigv4") as verifying,
    ):
        servers = {"none": plain, "sigv4": verifying}
        arn = call(plain.url, "CreateChannel", {"name": "throughput"})["channel"]["arn"]
        for number in range(1, arguments.rounds + 1):
            limit, _ = wrk(folder, plain.url, "GetChannel", {"arn": arn}, arguments.seconds)
            limits.append(limit)
            bare = bare_reqwest(plain.url, "GetChannel", {"arn": arn}, arguments.seconds)
            rates[BARE].append(bare)
            ratios[BARE].append(bare / limit)
            line = f"round {number}: wrk {limit:,.0f}/s, {BARE} {bare:,.0f}/s"
            for name, (signing, checking, _) in WAYS.items():
                rate, requests = run(servers[checking].url, signing, folder)
                rates[name].append(rate)
                ratios[name].append(rate / limit)
                line += f", {name} {rate:,.0f}/s ({requests:,} requests)"
            print(line, flush=True)
    print(f"\n{'wrk -t1 -c16, small POST':<30} {statistics.median(limits):>8,.0f}/s")
    for name, values in ratios.items():
        goal = WAYS[name][2] if name in WAYS else None
        wanted = f"  goal {goal}" if goal else ""
        what = f"deep run, {name}" if name in WAYS else f"{name}, the same"
        print(f"{what:<30} {statistics.median(rates[name]):>8,.0f}/s  ratio {statistics.median(values):.2f}{wanted}")
    print(f"\n{machine()}")
    medians = {name: round(statistics.median(of_way), 3) for name, of_way in ratios.items()}
    if arguments.update:
        STORED.write_text(json.dumps(medians, indent=2) + "\n")
    elif not STORED.exists():
        sys.exit(f"there is no {STORED.name} to compare with: --update writes it, on a machine without other work")
    elif slower := regressions(medians, json.loads(STORED.read_text())):
        sys.exit("\n".join(slower))


if __name__ == "__main__":
    main()
