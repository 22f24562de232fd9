# SPDX-License-Identifier: MIT
"""Adds cases with static patches to the video folders: an input of which much stands still, and its answers.

    python make_static.py            writes static.json, static_input.npy and the answers into each of FOLDERS
    python make_static.py --check    computes them again from what is stored, and compares

Patches are left out by the rule of Run-Length Tokenization (Choudhury et al., NeurIPS 2024, section 3), written from its
description; token merging is make_families.py's, which begins with the runs' lengths as token sizes.
"""

import argparse
import json
from itertools import count, product
from pathlib import Path

import numpy as np
import torch
import transformers

from make_families import CLEAR_GAP, HERE, TOLERANCE, MaeSt, OmniMae, Runs, Trace, forward, load, tower_of

FOLDERS = {"vivit": (2, 8), "vjepa2": (2, 4), "omnimae": (2, 8), "mae_st": (2, 8)}  # frames and side of a tube
THRESHOLD = 0.1
STILL = 0.7  # of the patches
IMAGENET_STD = (0.229, 0.224, 0.225)
SCHEDULES = ("off", "3", "12", "4:-1")


def factors(folder):
    """(3,1,1): what a difference of the model's pixels is in ImageNet's normalisation."""
    config = json.loads(next(folder.glob("*preprocessor_config.json")).read_text())
    std = config["image_std"] if config.get("do_normalize", True) else (1, 1, 1)
    rescale = config["rescale_factor"] if config.get("do_rescale", True) else 1
    scaled = torch.tensor(std, dtype=torch.float64) / (255 * rescale)
    return (scaled / torch.tensor(IMAGENET_STD, dtype=torch.float64)).view(3, 1, 1)


def hold_still(value, frames, side, factor, seed):
    """Copies tubes of (1,T,3,H,W) over their successors, some with a change a little below or above the threshold."""
    random = np.random.default_rng(seed)
    value, (_, number, _, height, width) = value.clone(), value.shape
    for k, y, x in product(range(1, number // frames), range(0, height, side), range(0, width, side)):
        if random.random() > STILL:
            continue
        place = (..., slice(y, y + side), slice(x, x + side))
        change = random.choice((0, 0, 0.9, 1.1)) * THRESHOLD / factor
        for frame in range(k * frames, (k + 1) * frames):
            value[0, frame][place] = value[0, (k - 1) * frames][place] + change.float()
    return value


def find_runs(value, frames, side, factor, special):
    """The tokens of (1,T,3,H,W) that are kept, and how clearly: the smallest distance to the threshold."""
    video = value[0].double()
    last, first = video[frames - 1 :: frames][1:], video[::frames][:-1]
    difference = ((last - first).abs() * factor).mean(dim=1)
    means = torch.nn.functional.avg_pool2d(difference, side).flatten(1)
    still = torch.cat((torch.zeros_like(means[:1], dtype=torch.bool), means <= THRESHOLD))
    kept, source, newest = list(range(special)), list(range(special)), [0] * still.shape[1]
    for k, place in product(*map(range, still.shape)):
        if not still[k, place]:
            newest[place] = len(kept)
            kept.append(special + k * still.shape[1] + place)
        source.append(newest[place])
    source = torch.tensor(source)
    size = torch.bincount(source, minlength=len(kept)).float()[:, None]
    return Runs(torch.tensor(kept), size, source), (means - THRESHOLD).abs().min().item()


@torch.inference_mode()
def answers(folder, stored):
    """What the folder's model says of a static input: {tag: (r, prop_attn, logits, trace)}, runs, and their margin."""
    model = load(folder)
    tower, (frames, side) = tower_of(model), FOLDERS[folder.name]
    runs, margin = find_runs(stored, frames, side, factors(folder), tower.protected)
    value = stored.transpose(1, 2) if isinstance(model, MaeSt | OmniMae) else stored
    cases = {}
    for r, prop_attn in product(SCHEDULES, (False, True)):
        trace = Trace()
        logits = forward(tower, value, r, prop_attn, trace, "mean", runs)
        cases[f"{r.replace(':', '_')}_{'prop' if prop_attn else 'plain'}"] = r, prop_attn, logits, trace
    return cases, runs, margin


def make(folder):
    frames, side = FOLDERS[folder.name]
    base = torch.from_numpy(np.load(folder / "input.npy"))
    for seed in count(1):
        value = hold_still(base, frames, side, factors(folder), seed)
        cases, runs, margin = answers(folder, value)
        gap = min(trace.gap for *_, trace in cases.values())
        if gap > CLEAR_GAP and margin > CLEAR_GAP:
            break
    np.save(folder / "static_input.npy", value.numpy())
    listed = []
    for tag, (r, prop_attn, logits, trace) in cases.items():
        names = dict(logits=f"static_logits_{tag}.npy", source=f"static_source_{tag}.npy")
        np.save(folder / names["logits"], logits.numpy())
        np.save(folder / names["source"], trace.source.numpy())
        listed.append(dict(r=r, prop_attn=prop_attn, tokens=trace.tokens) | names)
    about = dict(input="static_input.npy", threshold=THRESHOLD, tokens=len(runs.source), seed=seed, margin=margin, gap=gap,
                 cases=listed)  # fmt: skip
    (folder / "static.json").write_text(json.dumps(about, indent=1) + "\n")
    print(f"{folder.name}: seed {seed}, {len(runs.kept)} of {len(runs.source)} tokens, smallest gap {gap:.1e}")


def check(folder):
    about = json.loads((folder / "static.json").read_text())
    cases, *_ = answers(folder, torch.from_numpy(np.load(folder / about["input"])))
    worst, moved = 0, 0
    for case, (_, _, logits, trace) in zip(about["cases"], cases.values()):
        worst = max(worst, np.abs(logits.numpy() - np.load(folder / case["logits"])).max())
        moved += int((trace.source.numpy() != np.load(folder / case["source"])).sum()) + (trace.tokens != case["tokens"])
    print(f"{folder.name}: largest difference of a logit {worst:.1e}, {moved} differences of source maps")
    return worst <= TOLERANCE and moved == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    transformers.logging.set_verbosity_error()
    if parser.parse_args().check:
        raise SystemExit(not all([check(HERE / name) for name in FOLDERS]))
    for name in FOLDERS:
        make(HERE / name)


if __name__ == "__main__":
    main()
