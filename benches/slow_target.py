#!/usr/bin/env python3
"""How long a standard run takes at a target with latency, by the number of requests in flight.

    python3 benches/slow_target.py [--milliseconds 0 20 200] [--jobs auto 16 64]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import TOOL, Server, build, machine

PROXY = Path(__file__).with_name("latency_proxy.py")


def run(url, jobs, folder):
    """Seconds and requests of a standard run."""
    report = Path(folder) / "report.json"
    chosen = [] if jobs == "auto" else ["--jobs", jobs]
    started = time.monotonic()
    done = subprocess.run(
        [TOOL, "run", "--endpoint", url, "--auth", "none", "--broadcast", "/_reference/broadcast",
         "--report", f"json={report}", *chosen],
        capture_output=True, text=True,
    )
    if done.returncode != 0:
        sys.exit(f"the run ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.monotonic() - started, json.loads(report.read_text())["summary"]["requests"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--milliseconds", type=float, nargs="+", default=[0, 20, 200])
    arguments.add_argument("--jobs", nargs="+", default=["auto", "16", "64"])
    arguments = arguments.parse_args()
    build()
    print("| latency | jobs | seconds | requests |\n| ---: | --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, Server(TOOL, "serve", "--auth", "none") as target:
        address = target.url.removeprefix("http://")
        for latency in arguments.milliseconds:
            with Server(sys.executable, PROXY, "--to", address, "--milliseconds", latency) as proxy:
                for jobs in arguments.jobs:
                    seconds, requests = run(proxy.url, jobs, folder)
                    print(f"| {latency:g} ms | {jobs} | {seconds:.1f} | {requests:,} |", flush=True)
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
