"""What the scripts in this folder share: a server of its own for every measurement, calls, and wrk."""

import json
import os
import platform
import re
import subprocess
import sys
import urllib.request
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "target" / "release"
TOOL = RELEASE / "ivs-conformance"
# The well-known credentials that a run signs loopback requests with.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


def build(*targets):
    """Builds what is measured; without targets the program."""
    subprocess.run(["cargo", "build", "--release", "--quiet", *targets], cwd=ROOT, check=True)


def machine():
    """Date and machine, for the line below a table."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return f"{date.today()}, {os.cpu_count()} × {model.group(1) if model else platform.machine()}, Linux {platform.release()}"


class Server:
    """A program that says on its first line where it listens, until the end of the block."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, text=True, env={**os.environ, **CREDENTIALS}
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


def wrk(folder, url, operation, body, seconds):
    """Requests per second of one wrk thread with 16 connections, and how many requests that were."""
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
