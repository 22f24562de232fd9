# SPDX-License-Identifier: MIT
"""Times whole forward passes of polytome and of other programs on the same checkpoints, turn by turn.

    python peers.py DIR [--polytome build/release/cli/polytome] [--threads 1 2] [--turns 5]

DIR is what make_models.py wrote. In every turn each peer warms up once and runs a few passes; the peers alternate, so
that a busy or throttled machine is busy for all of them. The table gives the median of
the turns' medians, the least minimum, and its ratio to that of the last peer named.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import transformers

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))
import tome_torch  # noqa: E402

MODELS = {"videomae-base": ("off", "65"), "ast": ("off", "40")}  # folder: schedules; each family's own prop_attn
PROP_ATTN = {"videomae": False, "audio-spectrogram-transformer": True}


def polytome(folder, r, threads, options):
    """(median, minimum) of one turn in milliseconds, as `polytome bench` measures them."""
    command = [options.polytome, "bench", "-m", folder, "-r", r, "--threads", str(threads), "--format", "json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    ms = next(line["ms"] for line in lines if line["bench"] == "network")
    return ms["median"], ms["min"]


@lru_cache(maxsize=1)
def torch_model(folder):
    """(the library's classifier, its input, cut for merging, prop_attn), in float32 with its default attention."""
    kind = getattr(transformers, json.loads((folder / "config.json").read_text())["architectures"][0])
    model = kind.from_pretrained(folder, dtype=torch.float32).eval()
    value = torch.from_numpy(np.load(folder / "input.npy"))
    return model, value, tome_torch.network_of(model), PROP_ATTN[model.config.model_type]


@torch.inference_mode()
def pytorch(folder, r, threads, options):
    """(median, minimum) of one turn: the library's own forward, or its blocks with merging between them."""
    torch.set_num_threads(threads)
    model, value, network, prop_attn = torch_model(folder)

    def run():
        return model(value).logits if r == "off" else tome_torch.forward(network, value, r, prop_attn)

    run()
    times = []
    for _ in range(options.runs):
        begin = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times), min(times)


# name: function (folder, r, threads, options) -> (median, minimum) milliseconds of one turn
PEERS = {"polytome": polytome, "pytorch": pytorch}


def measure(folder, r, threads, options):
    """{peer: [(median, minimum) of each turn]}"""
    times = {name: [] for name in options.peers}
    for _ in range(options.turns):
        for name in options.peers:
            times[name].append(PEERS[name](folder, r, threads, options))
    return times


def report(folder, r, threads, times):
    """One line for each peer: the median of the turns' medians, the least minimum, and its ratio to the last peer's."""
    best = {name: min(least for _, least in turns) for name, turns in times.items()}
    yardstick = list(best.values())[-1]
    for name, turns in times.items():
        middle = statistics.median(median for median, _ in turns)
        print(f"{folder.name:14} {r:>4} {threads:>7}  {name:9} {middle:10.1f} {best[name]:10.1f} "
              f"{best[name] / yardstick:6.2f}", flush=True)  # fmt: skip


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--polytome", default=ROOT / "build" / "release" / "cli" / "polytome", type=Path)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5, help="passes in a turn of a peer that is timed from here")
    return parser.parse_args()


def main():
    options = arguments()
    if "polytome" in options.peers and not options.polytome.is_file():
        raise SystemExit(f"{options.polytome} is missing: build it, or name it with --polytome.")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, float32, {options.turns} turns")
    print(f"{'model':14} {'r':>4} {'threads':>7}  {'peer':9} {'median ms':>10} {'min ms':>10} {'ratio':>6}")
    for name in options.models:
        for r in MODELS[name]:
            for threads in options.threads:
                report(options.dir / name, r, threads, measure(options.dir / name, r, threads, options))


if __name__ == "__main__":
    main()
