# SPDX-License-Identifier: MIT
"""Labels the same real clips with polytome and with transformers' video-classification pipeline, turn by turn.

    python clips.py CHECKPOINT CLIP... [--polytome build/release/cli/polytome] [--threads 2] [--jobs 1] [--turns 7]
        [-r off 150]

A turn of polytome is a whole command over all clips, process start and model included; a turn of the pipeline is the
same clips in a process that is loaded already. Both decode. Times are seconds for each clip.
"""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent


def load_pipeline(checkpoint, threads):
    import torch
    import transformers

    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers.pipeline("video-classification", model=str(checkpoint), device="cpu")


def run_polytome(options, r):
    command = [options.polytome, "-m", options.checkpoint, "-r", r, "--threads", str(options.threads), "--jobs",
               str(options.jobs), "--only", "video", "--top", "1", "--json", *options.clips]  # fmt: skip
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line)["video"]["labels"][0]["label"] for line in lines]


def run_pipeline(pipeline, options):
    return [pipeline(str(clip), top_k=1)[0]["label"] for clip in options.clips]


def timed(run, *arguments):
    begin = time.perf_counter()
    answer = run(*arguments)
    return time.perf_counter() - begin, answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--polytome", default=HERE.parent / "build" / "release" / "cli" / "polytome", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1, help="files at a time, which share the threads")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("-r", nargs="+", default=["off", "150"])
    options = parser.parse_args()

    loading, pipeline = timed(load_pipeline, options.checkpoint, options.threads)
    times, labels = {r: [] for r in options.r} | {"pipeline": []}, {}
    for _ in range(options.turns):
        for r in options.r:
            seconds, labels[r] = timed(run_polytome, options, r)
            times[r].append(seconds / len(options.clips))
        seconds, labels["pipeline"] = timed(run_pipeline, pipeline, options)
        times["pipeline"].append(seconds / len(options.clips))

    print(f"{len(options.clips)} clips, {options.threads} threads, {options.jobs} jobs, {options.turns} turns; importing and loading the pipeline "
          f"took {loading:.1f} s")  # fmt: skip
    for name, turns in times.items():
        ratio = statistics.median(b / a for a, b in zip(turns, times["pipeline"]))
        same = sum(a == b for a, b in zip(labels[name], labels["pipeline"]))
        print(f"{name:10} {statistics.median(turns):7.3f} s a clip, {ratio:5.2f} times the pipeline's rate, "
              f"{same} of {len(options.clips)} labels the same")  # fmt: skip


if __name__ == "__main__":
    main()
