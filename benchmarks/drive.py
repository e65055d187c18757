"""Runs the measurements, one after another, and writes down what they gave.

    drive.py --programs FOLDER --device EXECUTABLE --results FILE [--quick]
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

import results
from programs import Device, Floor, load, machine
from report import median, percentile, row, table

SLOTS = 4


@dataclass(frozen=True)
class Extent:
    wake_runs: int
    wake_warm_ups: int
    rounds: int
    tasks: int
    depths: tuple
    enqueues: int
    claims: int
    idle_seconds: int
    results: int


FULL = Extent(wake_runs=200, wake_warm_ups=20, rounds=5, tasks=2000, depths=(1_000, 10_000, 100_000), enqueues=10,
              claims=20, idle_seconds=10, results=30)
QUICK = Extent(wake_runs=60, wake_warm_ups=10, rounds=1, tasks=1000, depths=(1_000, 5_000), enqueues=5, claims=10,
               idle_seconds=3, results=8)


PARTS = ("small_store", "two_devices", "results", "large_store")


class Benchmarks:
    def __init__(self, arguments, folder):
        self.extent = QUICK if arguments.quick else FULL
        self.executable = arguments.device
        self.programs = arguments.programs
        self.folder = folder
        self.fifo = f"{folder}/stamps"
        os.mkfifo(self.fifo)
        # Held open from here on, so that agents always find a reader.
        self.stamps = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.agent = [f"{self.programs}/agent", self.fifo]
        self.figures = {}
        self.rows = []

    def client(self, *arguments):
        """What the client measured, a list of words per line."""
        done = subprocess.run(
            [f"{self.programs}/client", *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit("benchmarks: the client gave up")
        return [line.split() for line in done.stdout.splitlines()]

    def times(self, *arguments):
        """Milliseconds, from a measurement that tells one time per line."""
        return [int(words[0]) / 1e6 for words in self.client(*arguments)]

    def list_of(self, ideas):
        path = f"{self.folder}/ideas"
        with open(path, "w") as file:
            file.writelines(f"{idea}\n" for idea in ideas)
        return path

    def forget_stamps(self):
        try:
            while os.read(self.stamps, 65536):
                pass
        except BlockingIOError:
            pass

    def section(self, name):
        print(f"  {name} (load {os.getloadavg()[0]:.1f}) ...", flush=True)

    # Idle, wake-up and throughput

    def small_store(self):
        with Device(self.executable, f"{self.folder}/small", SLOTS) as device, \
                Floor(f"{self.programs}/floor", f"{self.folder}/floor.sqlite", self.agent, SLOTS) as floor:
            self.figures["start"] = {"empty store": device.seconds_to_answer * 1000}
            project = device.add_project(f"{self.folder}/project", self.agent)
            self.steer(device, device.key, "start")
            self.idle(device, "idle")
            self.wake(device, floor, project)
            self.throughput(device, floor, project)
            self.idle(device, "idle after work")

    def idle(self, device, name):
        self.section(name)
        seconds = self.extent.idle_seconds
        time.sleep(1)
        cpu, sleeps = device.cpu_seconds(), device.sleeps()
        time.sleep(seconds)
        share = 100 * (device.cpu_seconds() - cpu) / seconds
        # Of the threads that are still there: a thread that has ended took its count along.
        wakeups = sum(count - sleeps.get(thread, 0) for thread, count in device.sleeps().items()) / seconds
        memory = device.memory("VmRSS")
        self.figures[name] = {"MB": memory, "cpu %": share, "wake-ups/s": wakeups}
        self.rows += [
            row(f"{name}: memory, MB", memory, target="< 40", digits=1),
            row(f"{name}: CPU, % of a core", share, target="< 0.5"),
            row(f"{name}: wake-ups per second", wakeups, target="pings only", digits=1),
        ]

    def wake(self, device, floor, project):
        self.section("W1 wake-up")
        extent = self.extent
        ideas = device.add_ideas(project, extent.wake_warm_ups + extent.wake_runs)
        self.steer(floor, "-", "start")
        lines = self.client("wake", device.key, self.fifo, self.list_of(ideas), 15, device.port, floor.port)
        figures = {}
        for who in ("device", "floor", "bare"):
            runs = [line for line in lines if line[0] == who][extent.wake_warm_ups:]
            figures[who] = {
                name: {f"p{share}": percentile([int(line[column]) / 1e6 for line in runs], share) for share in (50, 99)}
                for column, name in ((1, "start"), (2, "visible"))
            }
        self.figures["wake"] = figures
        device_times, floor_times, bare = figures["device"], figures["floor"], figures["bare"]
        self.rows += [
            row("W1 start p50 : spawn + one commit, ms", device_times["start"]["p50"], bare["start"]["p50"],
                target="<= 1.3"),
            row("W1 start p50 : chain over loopback, ms", device_times["start"]["p50"], floor_times["start"]["p50"]),
            row("W1 start p99 : chain, ms", device_times["start"]["p99"], floor_times["start"]["p99"]),
            row("W1 visible p50 : bare chain, ms", device_times["visible"]["p50"], bare["visible"]["p50"]),
            row("W1 visible p50 : chain over loopback, ms", device_times["visible"]["p50"],
                floor_times["visible"]["p50"]),
            row("W1 visible p99 : chain, ms", device_times["visible"]["p99"], floor_times["visible"]["p99"]),
        ]

    def throughput(self, device, floor, project):
        rounds = {"device": [], "floor": []}
        for number in range(1, self.extent.rounds + 1):
            self.section(f"W2 throughput, round {number} of {self.extent.rounds}")
            ideas = device.add_ideas(project, self.extent.tasks)
            for name, program, key in (("device", device, device.key), ("floor", floor, "-")):
                rounds[name].append(self.throughput_of(program, key, ideas))
        figures = {
            name: {figure: median([result[figure] for result in results]) for figure in results[0]}
            for name, results in rounds.items()
        }
        self.figures["throughput"] = figures | {"rounds": rounds}
        ours, floor_figures = figures["device"], figures["floor"]
        self.rows += [
            row("W2 tasks per second", ours["tasks/s"], floor_figures["tasks/s"], digits=0),
            row("W2 CPU per task, ms", ours["cpu ms"], floor_figures["cpu ms"], target="<= 2.2 (two devices)"),
            row("W2 peak memory, MB", ours["peak MB"], floor_figures["peak MB"], target="<= 120 (two devices)", digits=1),
        ]

    def throughput_of(self, program, key, ideas):
        self.steer(program, key, "pause")
        self.client("enqueue", key, program.port, self.list_of(ideas), 1000)
        time.sleep(0.3)
        program.forget_peak()
        before = program.cpu_seconds()
        milliseconds = self.times("throughput", key, program.port, SLOTS, len(ideas))[0]
        cpu = program.cpu_seconds() - before
        self.forget_stamps()
        return {"tasks/s": len(ideas) / milliseconds * 1000, "cpu ms": cpu * 1000 / len(ideas),
                "peak MB": program.memory("VmHWM")}

    def steer(self, program, key, action):
        self.client("control", key, program.port, SLOTS, action)

    # Two devices

    def two_devices(self):
        with Device(self.executable, f"{self.folder}/pc", SLOTS) as source, \
                Device(self.executable, f"{self.folder}/laptop", SLOTS) as target, \
                Floor(f"{self.programs}/floor", f"{self.folder}/floor2.sqlite", self.agent, SLOTS) as floor:
            project = source.add_project(f"{self.folder}/pc-project", self.agent)
            target.add_project(f"{self.folder}/laptop-project", self.agent)
            target.join(source, project, f"{self.folder}/laptop-project")
            self.wake_away(source, floor, project)
            self.throughput_away(source, target, floor, project)

    def wake_away(self, source, floor, project):
        self.section("W1 wake-up between two devices")
        extent = self.extent
        ideas = source.add_ideas(project, extent.wake_warm_ups + extent.wake_runs)
        self.steer(floor, "-", "start")
        lines = self.client("away-wake", source.key, self.fifo, self.list_of(ideas), 15, source.port, floor.port)
        figures = {}
        for who in ("device", "floor"):
            runs = [line for line in lines if line[0] == who][extent.wake_warm_ups:]
            figures[who] = {
                name: {f"p{share}": percentile([int(line[column]) / 1e6 for line in runs], share) for share in (50, 99)}
                for column, name in ((1, "start"), (2, "visible"))
            }
        self.figures["wake, two devices"] = figures
        ours, chain = figures["device"], figures["floor"]
        self.rows += [
            row("W1 two devices, start p50 : chain, ms", ours["start"]["p50"], chain["start"]["p50"], target="<= 1.6"),
            row("W1 two devices, visible p50 : chain, ms", ours["visible"]["p50"], chain["visible"]["p50"],
                target="<= 1.8"),
            row("W1 two devices, start p99 : its p50, ms", ours["start"]["p99"], ours["start"]["p50"], target="<= 4"),
        ]

    def throughput_away(self, source, target, floor, project):
        results = []
        floors = []
        for number in range(1, self.extent.rounds + 1):
            self.section(f"W2 throughput over two devices, round {number} of {self.extent.rounds}")
            ideas = source.add_ideas(project, self.extent.tasks)
            self.steer(target, target.key, "pause")
            self.client("away-enqueue", source.key, source.port, self.list_of(ideas), 1000)
            time.sleep(0.3)
            both = (source, target)
            for device in both:
                device.forget_peak()
            before = sum(device.cpu_seconds() for device in both)
            milliseconds = self.times(
                "away-throughput", source.key, source.port, SLOTS, len(ideas), target.key, target.port)[0]
            cpu = sum(device.cpu_seconds() for device in both) - before
            self.forget_stamps()
            results.append({
                "tasks/s": len(ideas) / milliseconds * 1000, "cpu ms": cpu * 1000 / len(ideas),
                "peak MB": sum(device.memory("VmHWM") for device in both)})
            floors.append(self.throughput_of(floor, "-", ideas))
        ours = {name: median([result[name] for result in results]) for name in results[0]}
        chain = {name: median([result[name] for result in floors]) for name in floors[0]}
        self.figures["throughput, two devices"] = {"devices": ours, "floor": chain, "rounds": results}
        self.rows += [
            row("W2 two devices, tasks per second", ours["tasks/s"], chain["tasks/s"], digits=0),
            row("W2 two devices, CPU per task, ms", ours["cpu ms"], chain["cpu ms"], target="<= 2.2"),
            row("W2 two devices, peak memory, MB", ours["peak MB"], target="<= 120", digits=1),
        ]

    # Results

    def results(self):
        self.section("W5 results")
        repository, runs = f"{self.folder}/repository", self.extent.results
        results.make(repository)
        for name in ("pc-work", "laptop-work"):
            results.git(self.folder, "clone", "--quiet", repository, f"{self.folder}/{name}")
            results.settings(f"{self.folder}/{name}", *self.agent)
        with Device(self.executable, f"{self.folder}/pc-results", SLOTS) as source, \
                Device(self.executable, f"{self.folder}/laptop-results", SLOTS) as target:
            project = source.ask("POST", "/projects", {"path": f"{self.folder}/pc-work"})["id"]
            target.ask("POST", "/projects", {"path": f"{self.folder}/laptop-work"})
            target.join(source, project, f"{self.folder}/laptop-work")
            self.forget_stamps()
            times = results.crossing(source, target, project, self.stamps, runs + 2)[2:]
        whole, crossing = results.bare(self.folder, repository, runs)
        ours = median(times)
        self.figures["results"] = {"device": times, "git": whole, "git after the commit": crossing}
        self.rows += [
            row("W5 agent's end to forecast : git, add to merge-tree, ms", ours, median(whole), target="<= 1.5"),
            row("W5 the same : git, bundle to merge-tree, ms", ours, median(crossing)),
        ]

    # Backlog and start-up

    def large_store(self):
        folder = f"{self.folder}/large"
        with Device(self.executable, folder, SLOTS) as device:
            project = device.add_project(f"{self.folder}/large-project", self.agent)
            first = None
            queued = 0
            for depth in self.extent.depths:
                self.section(f"W4 backlog of {depth:,}")
                self.queue(device, project, depth - queued)
                enqueue, claim = self.backlog(device, project)
                queued = depth + self.extent.enqueues * 100
                first = first or (enqueue, claim)
                target = "" if first == (enqueue, claim) else "<= 1.2 of 1,000's"
                self.figures[f"backlog of {depth}"] = {"enqueue 100, ms": enqueue, "claim, ms": claim}
                self.rows += [
                    row(f"W4 enqueue 100 at {depth:,}, ms", enqueue, ratio=enqueue / first[0], target=target),
                    row(f"W4 start of one at {depth:,}, ms", claim, ratio=claim / first[1], target=target),
                ]
            self.figures["memory with backlog"] = device.memory("VmRSS")
            self.rows.append(row(f"memory with {queued:,} queued, MB", device.memory("VmRSS"), digits=1))
            device.stop()
        self.starts(folder, queued)

    def queue(self, device, project, count):
        """In parts, so that nobody holds all ids at once."""
        while count > 0:
            size = min(count, 5_000)
            self.client("enqueue", device.key, device.port, self.list_of(device.add_ideas(project, size)), 1000)
            count -= size

    def backlog(self, device, project):
        ideas = device.add_ideas(project, self.extent.enqueues * 100)
        enqueue = self.times("enqueue", device.key, device.port, self.list_of(ideas), 100)
        claim = self.times("claim", device.key, device.port, self.fifo, self.extent.claims)
        return median(enqueue), median(claim)

    def starts(self, folder, count):
        self.section("start-up")
        after_order, after_kill = [], []
        for _ in range(3):
            with Device(self.executable, folder, SLOTS) as device:
                after_order.append(device.seconds_to_answer * 1000)
        for _ in range(3):
            with Device(self.executable, folder, SLOTS) as device:
                device.stop(signal.SIGKILL)
            with Device(self.executable, folder, SLOTS) as device:
                after_kill.append(device.seconds_to_answer * 1000)
        figures = self.figures["start"]
        figures |= {f"{count} ideas": median(after_order), f"{count} ideas, after kill -9": median(after_kill)}
        self.rows += [
            row("start to first answer, empty store, ms", figures["empty store"], digits=0),
            row(f"start to first answer, {count:,} ideas, ms", median(after_order), target="<= 300", digits=0),
            row("the same after kill -9, ms", median(after_kill), digits=0),
        ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="offload-benchmarks.") as folder:
        before = load(folder)
        benchmarks = Benchmarks(arguments, folder)
        try:
            for part in PARTS:
                if not arguments.only or arguments.only == part:
                    getattr(benchmarks, part)()
        finally:
            os.chdir("/")
        after = load(folder)
    host = machine()
    print()
    print(table(benchmarks.rows))
    print(f"\n{host['cpu']}, {host['cores']} cores, Linux {host['kernel']}, {host['scheduling']} scheduling; "
          f"{time.monotonic() - began:.0f} s")
    for name, figures in (("before", before), ("after", after)):
        print(f"{name}: load {figures['average']:.1f}, waiting for a core {figures['pressure']} % of the time, "
              f"fdatasync {figures['fdatasync ms']:.2f} ms")
    os.makedirs(os.path.dirname(arguments.results), exist_ok=True)
    with open(arguments.results, "w") as file:
        json.dump({"machine": host, "load": {"before": before, "after": after}, "quick": arguments.quick,
                   "rows": benchmarks.rows, "figures": benchmarks.figures}, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
