"""W5: what it takes until the work of an agent on one device is forecast on the other, beside git alone."""

import http.client
import json
import os
import shutil
import struct
import subprocess
import threading
import time

FILES, COMMITS, CHANGED = 5_000, 200, 10

# Changes files, then tells the time of its end: the agent takes its stamp as its last act.
AGENT = """i=0; while [ $i -lt {changed} ]; do echo "$1 $i" >>"dir-$i/file-$i.txt"; i=$((i+1)); done; exec {agent} {fifo}"""


def git(folder, *arguments, given=None):
    environment = {
        "PATH": os.environ["PATH"], "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "B", "GIT_AUTHOR_EMAIL": "b@b", "GIT_COMMITTER_NAME": "B", "GIT_COMMITTER_EMAIL": "b@b"}
    return subprocess.run(
        ["git", "-c", "gc.auto=0", *arguments], cwd=folder, env=environment, input=given, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode().strip()


def make(folder, files=FILES, commits=COMMITS):
    """A repository of so many files in 100 folders, whose history has changed one file per commit."""
    os.makedirs(folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for number in range(files):
        os.makedirs(f"{folder}/dir-{number % 100}", exist_ok=True)
        with open(f"{folder}/dir-{number % 100}/file-{number}.txt", "w") as file:
            file.write("".join(f"{number} {line}\n" for line in range(60)))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Begin")
    for number in range(1, commits):
        with open(f"{folder}/dir-{number % 100}/file-{number}.txt", "a") as file:
            file.write("more\n")
        git(folder, "commit", "--quiet", "--all", f"--message=Change {number}")
    git(folder, "gc", "--quiet")


def settings(folder, agent, fifo):
    script = AGENT.format(changed=CHANGED, agent=agent, fifo=fifo)
    with open(f"{folder}/offload.yml", "w") as file:
        file.write("agent: command\ncommand: " + json.dumps(["/bin/sh", "-c", script, "sh", "work"]) + "\n")


class Watch(threading.Thread):
    """Hears of results that are here."""

    def __init__(self, device):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", device.port)
        self.connection.request("GET", "/api/bridge/stream", headers={"X-Bridge-API-Key": device.key})
        self.answer = self.connection.getresponse()
        self.ready = threading.Semaphore(0)
        self.start()

    def run(self):
        try:
            for line in self.answer:
                if line.strip() == b"event: offload_result_ready":
                    self.ready.release()
        except (OSError, ValueError, AttributeError):
            pass


def crossing(source, target, project, fifo, runs):
    """Milliseconds from the end of each agent until its result is forecast on the source."""
    watch = Watch(source)
    target.ask("POST", "/batches/batch1/control", {"action": "start"})
    times = []
    for idea in source.add_ideas(project, runs):
        source.ask("POST", "/offload/queue", {"ideaIds": [idea]})
        if not watch.ready.acquire(timeout=60):
            raise SystemExit("benchmarks: no result came home")
        task = source.ask("GET", "/offload/results?limit=1")["results"][0]
        ended = time.monotonic_ns()
        if task["state"] != "ready":
            raise SystemExit(f"benchmarks: a result is {task['state']}")
        times.append((ended - struct.unpack("Q", os.read(fifo, 8))[0]) / 1e6)
        # What was looked at is put away: a forecast is made against everything else that waits.
        source.ask("POST", f"/offload/results/{task['taskId']}/discard")
        target_is_idle(target)
        time.sleep(0.05)
    return times


def target_is_idle(target):
    while target.ask("GET", "/tasks?status=running&limit=1")["tasks"]:
        time.sleep(0.01)


def bare(folder, repository, runs):
    """The same by git alone: milliseconds from the end of the work, and of the part that begins with the commit."""
    here, there = f"{folder}/bare-here", f"{folder}/bare-there"
    for clone in (here, there):
        git(folder, "clone", "--quiet", repository, clone)
    base = git(here, "rev-parse", "HEAD")
    whole, crossing_alone = [], []
    for run in range(runs):
        for number in range(CHANGED):
            with open(f"{here}/dir-{number}/file-{number}.txt", "a") as file:
                file.write(f"work {run}\n")
        bundle, pack = f"{folder}/bundle", f"{folder}/pack"
        began = time.monotonic()
        git(here, "add", "--all")
        git(here, "commit", "--quiet", "--message=Work")
        committed = time.monotonic()
        git(here, "bundle", "create", "--quiet", bundle, "HEAD", f"^{base}")
        with open(bundle, "rb") as file:
            content = file.read()
        start = content.index(b"\n\n") + 2
        tip = content[:start].split(b"\n")[2].split()[0].decode()
        git(there, "index-pack", "--strict", "--fix-thin", "--stdin", given=content[start:])
        git(there, "merge-tree", "--write-tree", base, tip)
        ended = time.monotonic()
        whole.append((ended - began) * 1000)
        crossing_alone.append((ended - committed) * 1000)
        git(here, "reset", "--quiet", "--hard", base)
    for clone in (here, there):
        shutil.rmtree(clone)
    return whole, crossing_alone

