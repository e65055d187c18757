"""The programs under measurement: the device and the floor, and what the system knows about them."""

import http.client
import json
import os
import re
import signal
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Program:
    """A program that says on its first line where it listens."""

    def __init__(self, command, environment=None):
        self.log = b""
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        line = self.process.stdout.readline()
        match = re.search(rb"listens on http://127\.0\.0\.1:(\d+)", line)
        if not match:
            raise SystemExit(f"benchmarks: {command[0]} did not start: {line!r}")
        self.seconds_to_listen = time.monotonic() - started
        self.started = started
        self.port = int(match.group(1))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    def cpu_seconds(self):
        """User and system time of the program and of every child that it has reaped."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / TICKS_PER_SECOND

    def memory(self, name):
        """VmRSS or VmHWM in megabytes."""
        with open(f"/proc/{self.process.pid}/status") as file:
            match = re.search(rf"^{name}:\s+(\d+) kB", file.read(), re.MULTILINE)
        return int(match.group(1)) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")

    def sleeps(self):
        """How often each of its threads went to sleep by itself."""
        counts = {}
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/status") as file:
                counts[thread] = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.MULTILINE).group(1))
        return counts


class Floor(Program):
    def __init__(self, executable, database, agent, slots):
        super().__init__([executable, database, str(slots), *agent])


class Device(Program):
    """A device with one project, whose agent is the benchmark's own."""

    def __init__(self, executable, folder, slots, settings=None):
        self.folder = folder
        # Nothing of the caller's may change what is measured.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OFFLOAD_")}
        environment.pop("BRIDGE_API_KEY", None)
        environment |= {"OFFLOAD_DATA_DIR": folder, "OFFLOAD_PORT": "0", "OFFLOAD_SLOTS": str(slots), "OFFLOAD_PEER_PORT": "0"} | (settings or {})
        # From a folder of its own: a device also reads the `.env` of where it is started.
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chdir(folder)
        super().__init__([executable, "serve"], environment)
        with open(f"{folder}/bridge.key") as file:
            self.key = file.read().strip()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self.ask("GET", "/status")
        self.seconds_to_answer = time.monotonic() - self.started

    def ask(self, method, path, body=None):
        self.connection.request(
            method, f"/api/bridge{path}", None if body is None else json.dumps(body),
            {"X-Bridge-API-Key": self.key, "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"benchmarks: {method} {path} was answered with {answer.status}: {content[:400]!r}")
        return json.loads(content) if content else None

    def join(self, source, project, folder):
        """Takes work from another device, for the same project."""
        opened = source.ask("POST", "/offload/pair", {"projectId": project})
        port = opened["addresses"][0].rpartition(":")[2]
        self.ask("POST", "/offload/accept", {
            "pairingCode": opened["pairingCode"], "targetProjectPath": folder, "sourceUrl": f"127.0.0.1:{port}"})

    def add_project(self, folder, agent):
        os.makedirs(folder)
        with open(f"{folder}/offload.yml", "w") as file:
            file.write(f"agent: command\ncommand: {json.dumps(agent)}\nworkspace: none\n")
        return self.ask("POST", "/projects", {"path": folder})["id"]

    def add_ideas(self, project, count):
        """The ids of new, accepted ideas."""
        ids = []
        while len(ids) < count:
            size = min(1000, count - len(ids))
            drafts = [{"title": f"Idea {len(ids) + number}", "status": "accepted"} for number in range(1, size + 1)]
            ids += [idea["id"] for idea in self.ask("POST", "/ideas/import", {"projectId": project, "ideas": drafts})["ideas"]]
        return ids


def machine():
    """What has to be known to judge the figures."""
    policies = {os.SCHED_OTHER: "normal", os.SCHED_FIFO: "real-time", os.SCHED_RR: "real-time"}
    with open("/proc/cpuinfo") as file:
        model = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return {"cpu": model.group(1) if model else "unknown", "cores": os.cpu_count(), "kernel": os.uname().release,
            "scheduling": policies.get(os.sched_getscheduler(0), "other")}


def load(folder):
    """Load average of the last minute, percent of time in which somebody waited for a core, and what the disk takes."""
    with open("/proc/loadavg") as file:
        average = float(file.read().split()[0])
    try:
        with open("/proc/pressure/cpu") as file:
            pressure = float(re.search(r"some avg10=([\d.]+)", file.read()).group(1))
    except OSError:
        pressure = None
    return {"average": average, "pressure": pressure, "fdatasync ms": fdatasync(folder)}


def fdatasync(folder):
    """Median milliseconds to make an appended page durable."""
    path, times = f"{folder}/page", []
    page = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(31):
        os.write(page, bytes(4096))
        began = time.monotonic()
        os.fdatasync(page)
        times.append((time.monotonic() - began) * 1000)
    os.close(page)
    os.unlink(path)
    return sorted(times)[15]
