#!/usr/bin/env python3
"""This tool and Schemathesis, side by side, against the reference server and against moto.

Both get the same contract: ours as it is, Schemathesis as the OpenAPI document that `spec export` makes of it. Every run
gets a target of its own. Neither target verifies signatures, so that both leave authentication out. A failure is counted
once for each operation and check (Schemathesis) or clause and kind (this tool), however many requests show it; one that
is also reported of the reference server, which conforms, is a false alarm. Needs cargo, and python3 with pip for both
peers, which go into target/side-by-side.

    python3 benches/side_by_side.py [--max-time 300]

`--max-time` bounds each Schemathesis run, in seconds.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from common import ROOT, TOOL, build, machine

FOLDER = ROOT / "target" / "side-by-side"
PEERS = {"schemathesis": "4.32.5", "moto[server]": "5.2.5"}
# moto finds the service by the scope of a signature, which it does not verify.
SCOPE = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ivs/aws4_request, SignedHeaders=host, Signature=0"


def installed():
    """The programs of a virtual environment with both peers."""
    programs = FOLDER / "venv" / "bin"
    if not (programs / "moto_server").exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER / "venv"], check=True)
        wanted = [f"{name}=={version}" for name, version in PEERS.items()]
        subprocess.run([programs / "pip", "install", "--quiet", *wanted], check=True)
    return programs


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Reference:
    """The reference server; it counts the requests that it answers."""

    name = "reference server"
    header = []

    def __init__(self, _):
        self.process = subprocess.Popen([TOOL, "serve", "--auth", "none"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate()
        return int(re.search(r"served ([\d,]+) request", rest).group(1).replace(",", ""))


class Moto:
    """moto; its log has a line for every request."""

    name = "moto 5.2.5"
    header = ["--header", SCOPE]

    def __init__(self, programs):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = FOLDER / "moto.log"
        with self.log.open("w") as log:
            arguments = [programs / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("moto does not answer within a minute")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        return len(re.findall(r'" \d{3} ', self.log.read_text(errors="replace")))


def exported():
    """The contract as OpenAPI, without what it says of signatures: neither target looks at them."""
    done = subprocess.run([TOOL, "spec", "export", "--format", "openapi"], stdout=subprocess.PIPE, check=True)
    document = json.loads(done.stdout)
    document.pop("security", None)
    document.get("components", {}).pop("securitySchemes", None)
    return document


def timed(arguments):
    """Wall time, peak memory in MB and exit code of a command."""
    started = time.monotonic()
    with (FOLDER / "output.txt").open("w") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=output, cwd=FOLDER)
        _, status, usage = os.wait4(process.pid, 0)
    return time.monotonic() - started, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def ours(target, profile):
    report = FOLDER / "ours.json"
    arguments = [
        TOOL, "run", "--endpoint", target.url, "--profile", profile, "--report", f"json={report}", "--skip", "auth.*",
    ]
    if isinstance(target, Reference):
        arguments += ["--broadcast", "/_reference/broadcast", "--auth", "none"]
    seconds, memory, code = timed(arguments)
    if code not in (0, 1):
        sys.exit(f"our run ended with {code}:\n{(FOLDER / 'output.txt').read_text()}")
    findings = json.loads(report.read_text())["findings"]
    return seconds, memory, {(finding["clause"], finding["kind"]) for finding in findings}


def schemathesis(target, programs, contract, workers, limit):
    report = FOLDER / "schemathesis.json"
    arguments = [
        programs / "st", "run", contract, "--url", target.url, "--workers", str(workers), "--seed", "1",
        "--max-time", str(limit), "--continue-on-failure", "--exclude-checks", "ignored_auth", "--no-color", "--report", "json",
        "--report-json-path", report, *target.header,
    ]
    seconds, memory, code = timed(arguments)
    if code not in (0, 1):
        sys.exit(f"Schemathesis ended with {code}:\n{(FOLDER / 'output.txt').read_text()[-2000:]}")
    failures = json.loads(report.read_text())["failures"]
    return seconds, memory, {(operation, failure["title"]) for failure in failures for operation in failure["operations"]}


def described(failures):
    """How many failures there are, by kind."""
    kinds = Counter(kind for _, kind in failures)
    return ", ".join(f"{number} × {kind}" for kind, number in kinds.most_common()) or "none"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--max-time", type=int, default=300)
    limit = arguments.parse_args().max_time
    build()
    FOLDER.mkdir(parents=True, exist_ok=True)
    programs = installed()
    contract = FOLDER / "openapi.json"
    contract.write_text(json.dumps(exported()))
    tools = {
        "this tool, quick": lambda target: ours(target, "quick"),
        "this tool, standard": lambda target: ours(target, "standard"),
        "Schemathesis, 1 worker": lambda target: schemathesis(target, programs, contract, 1, limit),
        "Schemathesis, 2 workers": lambda target: schemathesis(target, programs, contract, 2, limit),
    }
    false_alarms = {}
    print("| target | tool | requests | wall time | requests/s | peak memory | failures | false alarms among them | kinds |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for kind in (Reference, Moto):
        for name, run in tools.items():
            target = kind(programs)
            try:
                seconds, memory, failures = run(target)
            finally:
                requests = target.stop()
            false = failures & false_alarms.setdefault(name, failures)
            print(
                f"| {kind.name} | {name} | {requests:,} | {seconds:.1f} s | {requests / seconds:,.0f} "
                f"| {memory:.0f} MB | {len(failures)} | {len(false)} | {described(failures)} |",
                flush=True,
            )
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
