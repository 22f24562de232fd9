# SPDX-License-Identifier: MIT
"""Times whole forward passes of polytome and of other programs on the same checkpoints, turn by turn.

    python peers.py DIR [--polytome build/release/cli/polytome] [--models NAME...] [--threads 1 2] [--turns 7]

DIR is what make_models.py and export_models.py wrote. README.md tells how to read the table.
"""

import argparse
import atexit
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import peer

HERE = Path(__file__).parent
TOLERANCE = 2e-4  # of a float32 answer: |difference| / (1 + |logit|)
LIKENESS = 0.99  # of an answer at lower precision: correlation with the reference's logits
PACKAGES = ("torch", "transformers", "timm", "onnxruntime", "openvino", "nncf")


class Unable(Exception):
    """A program that cannot run this model here, and why."""


def require(done, errors):
    if done != 0:
        lines = [line for line in errors.splitlines() if line.strip()]
        raise Unable(lines[-1][:200] if lines else f"it ended with status {done} and said nothing")


class Peer:
    """A process of peer.py, stopped (SIGSTOP) between its turns so that no thread pool of its spins in another's."""

    def __init__(self, name, folder, threads, r, options):
        self.errors = tempfile.TemporaryFile("w+")
        self.passes = options.passes
        command = [sys.executable, HERE / "peer.py", name, folder, str(threads), r]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}
        begin = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env=environment)  # fmt: skip
        atexit.register(self.process.kill)  # else an interrupted run leaves it behind, stopped
        self.logits = np.array(self.answer())
        self.start = time.perf_counter() - begin
        self.process.send_signal(signal.SIGSTOP)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            require(self.process.returncode or 1, self.errors.read())
        return json.loads(line)

    def turn(self):
        """(median, minimum) of the passes in milliseconds."""
        self.process.send_signal(signal.SIGCONT)
        print(self.passes, file=self.process.stdin, flush=True)
        times = self.answer()
        self.process.send_signal(signal.SIGSTOP)
        return statistics.median(times), min(times)

    def close(self):
        """Peak memory in bytes."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        peak = self.answer()
        self.process.wait()
        return peak


class Polytome:
    """A fresh process each turn, as `polytome bench` measures itself: one warm-up, five passes."""

    def __init__(self, name, folder, threads, r, options):
        self.peak = 0
        self.arguments = [*POLYTOME[name], "-r", r, "--threads", str(threads)]
        self.program, self.folder = options.polytome, folder
        with tempfile.TemporaryDirectory() as temporary:
            output = Path(temporary) / "logits.npy"
            begin = time.perf_counter()
            self.run("check", folder, "--input", folder / "input.npy", "-o", output)
            self.start = time.perf_counter() - begin
            self.logits = np.load(output).ravel()

    def run(self, command, *arguments):
        done = subprocess.run([self.program, command, *arguments, *self.arguments], capture_output=True, text=True)
        require(done.returncode, done.stderr.partition("\n")[0])
        return done.stdout

    def turn(self):
        lines = self.run("bench", "-m", self.folder, "--seconds", "0.001", "--format", "json").splitlines()
        found = next(line for line in map(json.loads, lines) if line["bench"] == "network")
        self.peak = max(self.peak, found["peak_bytes"])
        return found["ms"]["median"], found["ms"]["min"]

    def close(self):
        return self.peak


POLYTOME = {
    "polytome": [],
    "polytome-bf16": ["--precision", "bf16"],
    "polytome-int8": ["--precision", "int8"],
}  # name: options of the command
MERGING = ("polytome", "pytorch")
PROGRAMS = {name: Polytome for name in POLYTOME} | {name: Peer for name in peer.PEERS}


def precision(name):
    """A program's name ends in its precision where that is not float32."""
    return name.rpartition("-")[2] if name.endswith(("-int8", "-bf16")) else "f32"


def error_of(name, logits, expected):
    """The largest |difference| / (1 + |logit|). Nobody times a wrong network."""
    error = float(np.max(np.abs(logits - expected) / (1 + np.abs(expected))))
    good = error <= TOLERANCE if precision(name) == "f32" else np.corrcoef(logits, expected)[0, 1] >= LIKENESS
    if not good:
        raise SystemExit(f"{name} answers otherwise than the reference: the largest relative error is {error:.2g}.")
    return error


def start_all(folder, threads, options):
    """{(program, r): running program}; says which cannot."""
    running = {}
    for r in options.r:
        for name in options.peers:
            if r != "off" and name not in MERGING:
                continue
            try:
                running[name, r] = PROGRAMS[name](name, folder, threads, r, options)
            except Unable as reason:
                print(f"# {folder.name}: {name} is left out: {reason}", flush=True)
    return running


def measure(folder, threads, options):
    """Prints the rows of one model and number of threads."""
    expected = np.load(folder / "logits.npy").ravel()
    running = start_all(folder, threads, options)
    errors = {key: error_of(key[0], run.logits, expected) for key, run in running.items() if key[1] == "off"}
    times = {key: [] for key in running}
    before = os.getloadavg()[0]
    for _ in range(options.turns):
        for key, run in running.items():
            times[key].append(run.turn())
    print(f"# {folder.name}: load average {before:.1f} before the turns, {os.getloadavg()[0]:.1f} after", flush=True)
    ratios = report(folder, threads, running, times, errors)
    verdict(folder, threads, ratios)


def report(folder, threads, running, times, errors):
    """Prints a row for each program, its ratios those to polytome in float32; returns {(program, r): (ratio of the turns,
    ratio of the minima)} to polytome in the program's precision, None where that does not run."""
    medians = {key: [median for median, _ in turns] for key, turns in times.items()}
    minima = {key: min(least for _, least in turns) for key, turns in times.items()}

    def compare(key, name):
        ours = name, "off"
        if ours not in running:
            return None
        pairs = zip(medians[key], medians[ours])
        return statistics.median(a / b for a, b in pairs), minima[key] / minima[ours]

    ratios = {}
    for key, run in running.items():
        ratios[key] = compare(key, of_precision(precision(key[0])))
        shown = [f"{ratio:.2f}" for ratio in compare(key, "polytome") or ()] or ["-", "-"]
        error = f"{errors[key]:.1e}" if key in errors else "-"
        print(f"{folder.name:14} {threads:7} {key[0]:17} {key[1]:>5} {statistics.median(medians[key]):9.1f} "
              f"{minima[key]:9.1f} {shown[0]:>6} {shown[1]:>6} {run.start:7.2f} {run.close() / 2**20:6.0f} {error:>8}",
              flush=True)  # fmt: skip
    return ratios


def of_precision(kind):
    return "polytome" if kind == "f32" else f"polytome-{kind}"


def verdict(folder, threads, ratios):
    peers = {key[0]: pair for key, pair in ratios.items() if pair and key[1] == "off" and key[0] not in POLYTOME}
    for kind in dict.fromkeys(map(precision, peers)):
        same = {name: pair for name, pair in peers.items() if precision(name) == kind}
        turns, least = (min(same, key=lambda name: same[name][i]) for i in range(2))
        print(f"# {folder.name}, {threads} thread(s): the fastest {kind} peer takes {same[turns][0]:.2f} of "
              f"{of_precision(kind)}'s time ({turns}), of the minima {same[least][1]:.2f} ({least})", flush=True)  # fmt: skip


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--polytome", default=HERE.parent / "build" / "release" / "cli" / "polytome", type=Path)
    parser.add_argument("--peers", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--models", nargs="+", help="folders of DIR (default: all)")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("-r", nargs="+", default=["off"], help="schedules; only polytome and pytorch merge")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--passes", type=int, default=3, help="passes of a peer in its turn, after a warm-up")
    return parser.parse_args()


def processor():
    names = [line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} processors"


def main():
    options = arguments()
    if not options.polytome.is_file():
        raise SystemExit(f"{options.polytome} is missing: build it, or name it with --polytome.")
    names = options.models or sorted(path.parent.name for path in options.dir.glob("*/logits.npy"))
    for name in names:
        if not (options.dir / name / "peers" / "model-int8.xml").is_file():
            raise SystemExit(f"{options.dir / name}/peers is missing: run make_models.py and export_models.py first.")
    said = subprocess.run([options.polytome, "version"], check=True, capture_output=True, text=True).stdout
    print(f"# {said.splitlines()[0]}, {', '.join(f'{name} {version(name)}' for name in PACKAGES)}")
    print(f"# {processor()}; {options.turns} turns of {options.passes} passes (polytome: 5)")
    print(f"{'model':14} {'threads':>7} {'program':17} {'r':>5} {'median ms':>9} {'min ms':>9} {'ratio':>6} "
          f"{'of min':>6} {'start s':>7} {'MiB':>6} {'error':>8}", flush=True)  # fmt: skip
    for name in names:
        for threads in options.threads:
            measure(options.dir / name, threads, options)


if __name__ == "__main__":
    main()
