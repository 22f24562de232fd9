#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Leaves `polytome stream` running on two bad sources, and looks whether it grows, sticks or loses its way.

    scripts/soak.py POLYTOME [MINUTES] [--keep DIR]

One stream listens to MPEG-TS over loopback UDP, one reads RTSP from a local server. Every 20 seconds something is done to
each: datagrams lost, damaged, doubled or put in another order, the sender held or killed, time stamps moved by hours. All
along, memory, file descriptors and threads of both are sampled. MINUTES are 30 where not given. Ends with status 1 where a
stream did not recover from everything, grew, or did not end as it should. DIR keeps the streams' lines and the samples.

Needs ffmpeg, and for the RTSP server Debian's gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-base and
gstreamer1.0-plugins-good.
"""

import argparse
import csv
import datetime
import itertools
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HOP, STALL = 1, 5  # seconds
EVERY, WARM_UP = 20, 0.1  # seconds from one fault to the next; share of the run after which memory counts
GROWTH = 4096  # KiB that the resident set may gain
RTSP_SERVER = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service="%d")
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! jpegenc"
    " ! rtpjpegpay name=pay0 pt=26 audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample"
    " ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0 )")
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
GLib.MainLoop().run()
"""


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Relay(threading.Thread):
    """Hands datagrams on, as badly as it is told to."""

    def __init__(self, port, target):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.target, self.fault, self.random = ("127.0.0.1", target), None, random.Random(1)

    def run(self):
        held = None
        while True:
            data = self.socket.recv(65536)
            unlucky = self.fault and self.random.random() < 0.1
            if unlucky and self.fault == "loss":
                continue
            if unlucky and self.fault == "damage":
                data = bytearray(data)
                for _ in range(20):
                    data[self.random.randrange(len(data))] ^= self.random.randrange(1, 256)
            if unlucky and self.fault == "disorder" and held is None:
                held = data
                continue
            self.send(data)
            if unlucky and self.fault == "doubling":
                self.send(data)
            if held is not None:
                self.send(held)
                held = None

    def send(self, data):
        self.socket.sendto(data, self.target)


@dataclass
class Fault:
    kind: str
    end: float  # UNIX time from which the source is whole again
    recovery: float | None = None  # seconds from then to a window whose last frame came in after it


@dataclass
class Source:
    """A process that sends, and the stream that listens to it."""

    name: str
    url: str
    command: list
    faults: list
    limit: float  # seconds in which the stream has to be back
    sender: subprocess.Popen | None = None
    stream: subprocess.Popen | None = None
    done: list = field(default_factory=list)
    samples: list = field(default_factory=list)

    def start(self, extra=()):
        command = [*self.command[:-3], *extra, *self.command[-3:]] if extra else self.command
        self.sender = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.sender.kill()
        self.sender.wait()

    def restart(self, seconds, extra=()):
        self.stop()
        time.sleep(seconds)
        self.start(extra)

    def hold(self, seconds):
        self.sender.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.sender.send_signal(signal.SIGCONT)

    def inject_all(self, until, over):
        for kind, inject in itertools.cycle(self.faults):
            if over.wait(EVERY) or time.time() > until - self.limit - EVERY:
                return
            inject(self)
            self.done.append(Fault(kind, time.time()))

    def sample(self, start):
        process = Path("/proc", str(self.stream.pid))
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            descriptors = sum(1 for _ in (process / "fd").iterdir())
        except OSError:
            return
        if "VmRSS" not in status:  # it has just ended: the next look finds out how
            return
        kib, threads = int(status["VmRSS"].split()[0]), int(status["Threads"])
        self.samples.append((time.time() - start, kib, descriptors, threads))


def relayed(relay, fault):
    def inject(_):
        relay.fault = fault
        time.sleep(5)
        relay.fault = None

    return fault, inject


def sources(clip):
    listen, send, rtsp = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    relay = Relay(send, listen)
    relay.start()
    offsets = itertools.cycle((5000, 90000, 0))
    ffmpeg = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(clip), "-c", "copy", "-f", "mpegts",
              f"udp://127.0.0.1:{send}?pkt_size=1316"]  # fmt: skip
    both = [
        ("short stall", lambda s: s.hold(3)),
        ("long stall", lambda s: s.hold(2 * STALL)),
        ("restart", lambda s: s.restart(1)),
        ("outage", lambda s: s.restart(3 * STALL)),
    ]
    jump = ("time jump", lambda s: s.restart(0.2, ("-output_ts_offset", str(next(offsets)))))
    faults = [relayed(relay, fault) for fault in ("loss", "damage", "doubling", "disorder")]
    mixed = [fault for pair in zip(faults, both) for fault in pair]
    return [
        Source("udp", f"udp://127.0.0.1:{listen}", ffmpeg, [jump, *mixed], 10),
        Source("rtsp", f"rtsp://127.0.0.1:{rtsp}/live", ["/usr/bin/python3", "-c", RTSP_SERVER % rtsp], both, 30),
    ]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def judge(source, lines, start):
    """Prints what became of one stream, and returns what is wrong with it."""
    windows = [line for line in lines if line["kind"] == "window"]
    last = lines[-1] if lines and lines[-1]["kind"] == "source" else None
    if not last:
        return [f"{source.name}: no closing line"]
    wrong = [] if source.done else [f"{source.name}: nothing was done to it: give it more minutes"]
    for fault in source.done:
        after = [moment(w["arrived"]) for w in windows if moment(w["arrived"]) > fault.end]
        fault.recovery = min(after) - fault.end if after else None
        if fault.recovery is None or fault.recovery > source.limit:
            wrong.append(f"{source.name}: {fault.kind} at {fault.end - start:.0f} s: back after {fault.recovery} s")
    for kind in dict.fromkeys(f.kind for f in source.done):
        same = [f.recovery for f in source.done if f.kind == kind]
        known = [r for r in same if r is not None]
        print(f"{source.name:5} {kind:12} {len(same):3} times, {len(known):3} recovered, "
              f"back within {max(known, default=float('nan')):.1f} s")  # fmt: skip
    latency = last["latency_ms"]
    print(f"{source.name:5} {last['windows']} windows in {last['duration']:.0f} s, {last['dropped']} dropped, "
          f"{last['losses']} losses, {last['reconnects']} reconnections, {last['time_jumps']} jumps of time, "
          f"{last['decode_errors']} damaged packets, latency {latency['p50']:.0f} ms, 99 % under {latency['p99']:.0f}, "
          f"at most {latency['max']:.0f}")  # fmt: skip
    return wrong + judge_growth(source)


def judge_growth(source):
    warm = source.samples[int(len(source.samples) * WARM_UP) :]
    third = len(warm) // 3
    if third == 0:
        return [f"{source.name}: it was looked at too seldom to tell whether it grew"]
    first, end = ([median(column) for column in zip(*part)] for part in (warm[:third], warm[-third:]))
    print(f"{source.name:5} first and last third of {len(source.samples)} samples, medians: {first[1] / 1024:.1f} and "
          f"{end[1] / 1024:.1f} MiB, {first[2]:.0f} and {end[2]:.0f} descriptors, {first[3]:.0f} and {end[3]:.0f} threads")  # fmt: skip
    wrong = []
    if end[1] - first[1] > GROWTH:
        wrong.append(f"{source.name}: memory grew by {end[1] - first[1]:.0f} KiB")
    if end[2:] != first[2:]:
        wrong.append(f"{source.name}: descriptors or threads changed")
    return wrong


def sample_until(sources, start, until):
    while time.time() < until:
        time.sleep(2)
        for source in sources:
            if source.stream.poll() is not None:
                return [f"{source.name}: ended by itself with status {source.stream.returncode}"]
            source.sample(start)
    return []


def watch(sources, start, until):
    over = threading.Event()
    threads = [threading.Thread(target=source.inject_all, args=(until, over)) for source in sources]
    for thread in threads:
        thread.start()
    try:
        return sample_until(sources, start, until)
    finally:
        over.set()
        for thread in threads:
            thread.join()


def end(source):
    source.stream.send_signal(signal.SIGTERM)
    try:
        status = source.stream.wait(10)
    except subprocess.TimeoutExpired:
        source.stream.kill()
        source.stream.wait()
        return [f"{source.name}: did not end within 10 s of SIGTERM"]
    return [] if status == 130 else [f"{source.name}: status {status} instead of 130"]


def soak(polytome, minutes, folder):
    clip = folder / "clip.ts"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=30", "-f", "lavfi",
                    "-i", "sine=440:d=30", "-c:v", "mpeg2video", "-g", "10", "-c:a", "mp2", str(clip)], check=True)  # fmt: skip
    all_sources = sources(clip)
    try:
        return run(polytome, minutes, folder, all_sources)
    finally:
        for source in all_sources:
            for process in (source.stream, source.sender):
                if process and process.poll() is None:
                    process.kill()


def run(polytome, minutes, folder, all_sources):
    for source in all_sources:
        source.start()
    time.sleep(3)
    for source in all_sources:
        if source.sender.poll() is not None:
            raise SystemExit(f"{source.name}: its sender ended at once; the head of this file says what it needs")
    start = time.time()
    for source in all_sources:
        command = [polytome, "stream", source.url, "--json", "--hop", str(HOP), "--stall", str(STALL), "--top", "1"]
        with open(folder / f"{source.name}.jsonl", "w") as out, open(folder / f"{source.name}.txt", "w") as told:
            source.stream = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=told)
    wrong = watch(all_sources, start, start + 60 * minutes)
    for source in all_sources:
        wrong += end(source)
        source.stop()
        with open(folder / f"{source.name}.csv", "w") as file:
            csv.writer(file).writerows([("seconds", "kib", "descriptors", "threads"), *source.samples])
        lines = [json.loads(line) for line in (folder / f"{source.name}.jsonl").read_text().splitlines()]
        wrong += judge(source, lines, start)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polytome")
    parser.add_argument("minutes", nargs="?", type=float, default=30)
    parser.add_argument("--keep", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        wrong = soak(arguments.polytome, arguments.minutes, folder)
    for sentence in wrong:
        print(f"soak: {sentence}")
    print("soak: " + ("failed" if wrong else "all recovered, nothing grew"))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
