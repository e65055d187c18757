"""Two real devices, a real project and a real browser: what the tests of the page and its pictures are made with."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request

OFFLOAD = os.environ["OFFLOAD_BINARY"]
CHROMIUM = os.environ["OFFLOAD_CHROMIUM"]
# For work on the page: served from the folder instead of from the program.
WEB = os.environ.get("OFFLOAD_WEB_DIR")


def free_port():
    """A port that nobody listens on: other devices find a device where it was, also after its restart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Device:
    """A running `offload serve` with a data folder of its own."""

    def __init__(self, home, name, slots=4, **settings):
        self.home = pathlib.Path(home) / re.sub(r"[^a-z0-9]", "-", name.lower())
        self.home.mkdir(exist_ok=True)
        self.name = name
        self.environment = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "OFFLOAD_DATA_DIR": str(self.home / "data"), "OFFLOAD_PORT": "0",
            "OFFLOAD_PEER_PORT": str(free_port()), "OFFLOAD_DEVICE_NAME": name, "OFFLOAD_SLOTS": str(slots), "OFFLOAD_AGENT": "sample",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", **settings,
        }
        self.process = None
        self.start()

    def start(self):
        command = [OFFLOAD, "serve"] + (["--web-dir", WEB] if WEB else [])
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, cwd=self.home, start_new_session=True)
        # Says where it listens once it answers.
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://([0-9.]+:\d+)", line)
        if not found:
            raise RuntimeError(f"{self.name} did not start: {line}")
        self.address = found.group(1)
        # The same port again after a restart, as on a real machine.
        self.environment["OFFLOAD_PORT"] = self.address.split(":")[1]
        self.key = self("token").strip()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def __call__(self, *arguments, check=True):
        done = subprocess.run([OFFLOAD, *arguments], env=self.environment, capture_output=True, text=True, cwd=self.home)
        if check and done.returncode:
            raise RuntimeError(f"offload {' '.join(arguments)}: {done.stderr}{done.stdout}")
        return done.stdout

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://{self.address}/api/bridge/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"X-Bridge-API-Key": self.key, "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def link(self):
        return self("open", "--print").strip()

    def project(self, folder):
        return self.ask("POST", "projects", {"path": str(folder)})["id"]

    def ideas(self, project, ideas):
        """Each a title, and what the sample agent is to do."""
        items = [
            {"title": title, "description": f"{text}\n\n```sample\n{script}\n```", "status": status}
            for title, text, script, status in ideas
        ]
        return [idea["id"] for idea in self.ask("POST", "ideas/import", {"projectId": project, "ideas": items})["ideas"]]


def git(folder, *arguments):
    environment = {
        **os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    }
    return subprocess.run(["git", "-C", str(folder), *arguments], env=environment, check=True, capture_output=True, text=True).stdout


def bakery(folder):
    """A small project with tests of its own."""
    folder = pathlib.Path(folder)
    (folder / "tests").mkdir(parents=True)
    (folder / "README.md").write_text("# Bakery\n\nBread and cakes, and a till.\n")
    (folder / "menu.txt").write_text("rye 4.20\nspelt 4.60\nplum cake 3.10\n")
    (folder / "till.sh").write_text('#!/bin/sh\n# Prints the price of what is asked for.\nwant=$1\ngrep "^$want " menu.txt | sed "s/.* //"\n')
    (folder / "tests" / "run.sh").write_text('set -e\n[ "$(sh till.sh rye)" != "" ]\necho "all good"\n')
    (folder / "offload.yml").write_text("agent: sample\ncheck: sh tests/run.sh\n")
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Open the bakery")
    return folder


@contextlib.contextmanager
def home():
    folder = tempfile.mkdtemp(prefix="offload-page-")
    try:
        yield pathlib.Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def device(folder, name, **settings):
    started = Device(folder, name, **settings)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


@contextlib.contextmanager
def browser(playwright):
    chromium = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP evil.example 127.0.0.1"])
    try:
        yield chromium
    finally:
        chromium.close()


def pair(source, target, project_folder, source_project):
    """Pairs two devices by their Bridge API."""
    opened = source.ask("POST", "offload/pair", {"projectId": source_project})
    port = opened["addresses"][0].rsplit(":", 1)[1]
    return target.ask("POST", "offload/accept", {
        "pairingCode": opened["pairingCode"], "targetProjectPath": str(project_folder), "deviceName": target.name,
        "sourceUrl": f"127.0.0.1:{port}"})
