# SPDX-License-Identifier: MIT
"""Makes the small checkpoints beside this file, with the answers of the transformers library and of token merging.

    python make_models.py                   writes every folder of MODELS anew
    python make_models.py --check DIR...    runs what is stored in DIR again and compares it with the stored answers

README.md tells what is in a folder, and which versions of the libraries to install.
"""

import argparse
import json
from itertools import count
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    VideoMAEConfig,
    VideoMAEForVideoClassification,
    VideoMAEImageProcessor,
)

import tome_torch

HERE = Path(__file__).parent
CLEAR_GAP = 1e-5  # no decision of a matching is closer, so that rounding cannot change a source map
TOLERANCE = 1e-5  # between two computations of the same answer

SMALL_VIDEO = dict(image_size=32, patch_size=8, num_frames=4, hidden_size=32, num_attention_heads=4,
                   intermediate_size=64, num_hidden_layers=3)  # fmt: skip
ODD_VIDEO = dict(image_size=48, patch_size=8, num_frames=6, tubelet_size=2, hidden_size=60, num_attention_heads=5,
                 intermediate_size=70, num_hidden_layers=2)  # fmt: skip
TINY = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=36)
STRIDE16_SOUND = dict(max_length=100, frequency_stride=16, time_stride=16, hidden_size=42, num_attention_heads=3,
                      intermediate_size=90, num_hidden_layers=3, layer_norm_eps=0.01)  # fmt: skip

# folder: (family, configuration, schedules, how it is stored)
MODELS = {
    "videomae_f16": ("videomae", SMALL_VIDEO, ("2", "6", "4:-1"), dict(dtype=torch.float16)),
    "videomae_bf16": ("videomae", SMALL_VIDEO, ("2", "6", "4:-1"), dict(dtype=torch.bfloat16)),
    "videomae_sharded": ("videomae", SMALL_VIDEO, ("3", "9", "1,0,7"), dict(max_shard_size="40KB")),
    "videomae_odd": ("videomae", ODD_VIDEO, ("5", "40", "11:-0.5"), dict()),
    "videomae_nobias": ("videomae", SMALL_VIDEO | dict(qkv_bias=False), ("2", "6", "4:1"), dict(old_key="qv_bias")),
    "videomae_names5": ("videomae", TINY | dict(image_size=32, patch_size=8, num_frames=4), ("2", "6", "3:-1"),
                        dict(original_names=False)),
    "ast_names5": ("ast", TINY | dict(max_length=64, frequency_stride=16, time_stride=16), ("2", "6", "3:-1"),
                   dict(original_names=False)),
    "ast_stride16": ("ast", STRIDE16_SOUND, ("4", "11", "5:-1"), dict()),
}  # fmt: skip


def build(family, sizes, seed):
    """A classifier with random weights, and the processor that its authors would publish with it."""
    labels = {i: f"{family} label {i}" for i in range(5)}
    if family == "videomae":
        model = VideoMAEForVideoClassification(VideoMAEConfig(**sizes, id2label=labels))
        edge = sizes["image_size"]
        processor = VideoMAEImageProcessor(size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge})
    else:
        model = ASTForAudioClassification(ASTConfig(**sizes, id2label=labels))
        processor = ASTFeatureExtractor(max_length=sizes["max_length"], mean=-6.845978, std=5.5654526)
    tome_torch.randomise(model, seed)
    return model.eval(), processor


def shape_of_input(config):
    if config.model_type == "videomae":
        return 1, config.num_frames, config.num_channels, config.image_size, config.image_size
    return 1, config.max_length, config.num_mel_bins


def rename_key(path, old):
    """Publishes "qkv_bias" in config.json, as checkpoints made before transformers 5 do."""
    config = json.loads(path.read_text())
    config["qkv_bias"] = config.pop(old)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def store(folder, model, processor, dtype=torch.float32, max_shard_size="1GB", old_key=None, original_names=True):
    """Saves the checkpoint and reads it back in float32: the reference runs the weights as they were rounded."""
    for stale in (*folder.glob("*.safetensors"), *folder.glob("*.json"), *folder.glob("*.npy")):
        stale.unlink()
    model.to(dtype).save_pretrained(folder, max_shard_size=max_shard_size, save_original_format=original_names)
    processor.save_pretrained(folder)
    if old_key:
        rename_key(folder / "config.json", old_key)
    return type(model).from_pretrained(folder, dtype=torch.float32).eval()


def save(path, tensor):
    np.save(path, tensor.numpy())


@torch.inference_mode()
def answers(model, value, schedules):
    """The library's logits, and for each schedule with and without proportional attention (logits, Trace)."""
    logits = model(value).logits
    network = tome_torch.network_of(model)
    error = (tome_torch.forward(network, value) - logits).abs().max().item()
    assert error < TOLERANCE, f"the blocks are not the library's own: {error}"
    merged = {}
    for name, r in zip(("r", "big", "list"), schedules):
        for tag, prop_attn in (("plain", False), ("prop", True)):
            trace = tome_torch.Trace()
            merged[f"{name}_{tag}"] = (r, prop_attn, tome_torch.forward(network, value, r, prop_attn, trace), trace)
    return logits, error, merged


def describe(family, model, seed, logits, error, merged):
    """cases.json"""
    depth = model.config.num_hidden_layers
    cases = [
        {
            "tag": tag,
            "r": r,
            "r_per_block": tome_torch.parse_r(depth, r),
            "prop_attn": prop_attn,
            "tokens": trace.tokens,
            "logits": f"logits_{tag}.npy",
            "source": f"source_{tag}.npy",
            "shift": (y - logits).abs().max().item(),
            "gap": trace.gap,
        }
        for tag, (r, prop_attn, y, trace) in merged.items()
    ]
    about = {
        "family": family,
        "input": "input.npy",
        "logits": "logits.npy",
        "tokens": cases[0]["tokens"][0],
        "our_reference_error": error,
        "merged": cases,
        "layout": "B,T,C,H,W" if family == "videomae" else "B,time,mel",
        "class_token": family == "ast",
        "seed": seed,
    }
    return about | ({"distill_token": True} if family == "ast" else {})


def make(name):
    """Writes one folder, with the first seed whose matchings are all clear."""
    family, sizes, schedules, storage = MODELS[name]
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for seed in count(1):
        model, processor = build(family, sizes, seed)
        model = store(folder, model, processor, **storage)
        value = torch.randn(shape_of_input(model.config), generator=torch.Generator().manual_seed(1000 + seed))
        logits, error, merged = answers(model, value, schedules)
        if min(trace.gap for *_, trace in merged.values()) > CLEAR_GAP:
            break
    save(folder / "input.npy", value)
    save(folder / "logits.npy", logits)
    for tag, (_, _, y, trace) in merged.items():
        save(folder / f"logits_{tag}.npy", y)
        save(folder / f"source_{tag}.npy", trace.source)
    about = describe(family, model, seed, logits, error, merged)
    (folder / "cases.json").write_text(json.dumps(about, indent=1) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    gap = min(case["gap"] for case in about["merged"])
    print(f"{name}: seed {seed}, {about['tokens']} tokens, smallest gap {gap:.1e}, {size} bytes")


def load(folder):
    """The classifier that a folder holds, as its own library (transformers or timm) opens it."""
    config = json.loads((folder / "config.json").read_text())
    if "architectures" in config:
        kind = getattr(transformers, config["architectures"][0])
        return kind.from_pretrained(folder, dtype=torch.float32).eval()
    import timm
    from safetensors.torch import load_file

    model = timm.create_model(config["architecture"], num_classes=config["num_classes"], **config["model_args"])
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.eval()


@torch.inference_mode()
def check(folder):
    """Compares the stored answers of a folder with those computed now; returns whether they agree."""
    about = json.loads((folder / "cases.json").read_text())
    model = load(folder)
    network = tome_torch.network_of(model)
    stored = {name: torch.from_numpy(np.load(folder / name)) for name in (about["input"], about["logits"])}
    value, expected = stored[about["input"]], stored[about["logits"]]
    logits = model(value)
    worst = (getattr(logits, "logits", logits) - expected).abs().max().item()
    moved, smallest = 0, float("inf")
    for case in about["merged"]:
        trace = tome_torch.Trace()
        logits = tome_torch.forward(network, value, case["r"], case["prop_attn"], trace)
        worst = max(worst, (logits - torch.from_numpy(np.load(folder / case["logits"]))).abs().max().item())
        moved += (trace.source.numpy() != np.load(folder / case["source"])).sum() + (trace.tokens != case["tokens"])
        smallest = min(smallest, trace.gap)
    good = worst <= TOLERANCE and moved == 0
    print(f"{folder.name}: {len(about['merged'])} merged cases, largest difference of a logit {worst:.1e}, "
          f"{moved} differences of source maps, smallest gap {smallest:.1e}: {'agrees' if good else 'DIFFERS'}")  # fmt: skip
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", nargs="+", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for folder in arguments.check or ():
        if not (folder / "cases.json").is_file():
            parser.error(f"{folder} holds no cases.json")
    if arguments.check:
        raise SystemExit(not all([check(folder) for folder in arguments.check]))
    for name in MODELS:
        make(name)


if __name__ == "__main__":
    main()
