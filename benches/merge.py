#!/usr/bin/env python3
"""Time and memory of `merge` for the reports of 64 shards that together have 100,000 findings. Needs cargo only.

The findings are those of a run against a faulty reference server, repeated under ids of their own: once each shard has
the same ids, as shards of one target have, and once no two shards have one in common.

    python3 benches/merge.py [--findings 100000] [--shards 64] [--tool PROGRAM]
"""

import argparse
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pool
from pathlib import Path

from common import TOOL, Server, build, machine

FAULTS = ["ignore:CreateChannel.input.name.pattern", "retype:GetChannel.output.channel.name", "status:GetChannel=201"]


def template(tool, folder):
    """The report of a run that has findings."""
    file = Path(folder) / "template.json"
    with Server(tool, "serve", *(word for fault in FAULTS for word in ("--fault", fault))) as server:
        subprocess.run(
            [tool, "run", "--endpoint", server.url, "--quiet", "--report", f"json={file}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    report = json.loads(file.read_text())
    if not report["findings"]:
        sys.exit("the run found nothing")
    return report


def finding(template, number):
    """The finding of that number: one of the template's, with a detail of its own in its id."""
    made = copy.copy(template["findings"][number % len(template["findings"])])
    head, kind = made["id"].split("#")[0].rsplit(":", 1) if "#" not in made["id"] else (made["id"].split("#")[0], made["kind"])
    made["id"] = f"{head}#member-{number}:{kind}"
    return made


def shards(tool, folder, number, findings, distinct):
    """Writes the reports of shards; their paths."""
    made, files = template(tool, folder), []
    for index in range(number):
        own = range(index * findings // number, (index + 1) * findings // number)
        numbers = own if distinct else range(len(own))
        report = dict(made, shard=f"{index + 1}/{number}", causes=[])
        report["cases"] = [case for place, case in enumerate(made["cases"]) if place % number == index]
        report["findings"] = sorted((finding(made, one) for one in numbers), key=lambda one: one["id"])
        files.append(Path(folder) / f"shard-{index}.json")
        files[-1].write_text(json.dumps(report, indent=2, ensure_ascii=False))
    return files


def measure(tool, files, to):
    """Seconds and peak memory in MB."""
    started = time.monotonic()
    merge = subprocess.Popen(
        [tool, "merge", "--quiet", *files, "--report", f"json={to}"], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(merge.pid, 0)
    if os.waitstatus_to_exitcode(status) != 1:
        sys.exit(f"merge ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--findings", type=int, default=100_000)
    arguments.add_argument("--shards", type=int, default=64)
    arguments.add_argument("--tool", type=Path, help="a program that is built already")
    arguments = arguments.parse_args()
    tool = arguments.tool
    if tool is None:
        build()
        tool = TOOL
    print("| findings of all shards | different ones | shards | their reports | seconds | peak memory |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for number, distinct in [(arguments.shards, False), (arguments.shards, True), (1, True)]:
            # By another process: what this one takes at its most would count for the programs that it starts.
            with Pool(1) as pool:
                files = pool.apply(shards, (tool, folder, number, arguments.findings, distinct))
            megabytes = sum(file.stat().st_size for file in files) / 1e6
            merged = Path(folder) / "merged.json"
            seconds, peak = measure(tool, files, merged)
            head = merged.open().read(1 << 20)
            found = int(re.search(r'"findings": \{\s*"total": (\d+)', head).group(1))
            print(
                f"| {arguments.findings:,} | {found:,} | {number} | {megabytes:,.0f} MB | {seconds:.1f} | {peak:,.0f} MB |",
                flush=True,
            )
            for file in [*files, merged]:
                file.unlink()
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
