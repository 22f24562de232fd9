# SPDX-License-Identifier: MIT
"""Writes full-size checkpoints with random weights, as published directories: DIR/videomae-base and DIR/ast.

    python make_models.py DIR

Their labels mean nothing, their cost is that of the published models: VideoMAE-B (16 frames of 224x224, 1568 tokens,
400 labels) and AST (1024 frames of 128 mel bins, 1214 tokens, 527 labels), float32. input.npy and logits.npy are a
network input and the transformers library's answer to it.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    VideoMAEConfig,
    VideoMAEForVideoClassification,
    VideoMAEImageProcessor,
)

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "golden"))
import tome_torch  # noqa: E402

IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])


def labels(count):
    return {i: f"label {i}" for i in range(count)}


def videomae_base():
    model = VideoMAEForVideoClassification(VideoMAEConfig(id2label=labels(400)))
    return model, VideoMAEImageProcessor(**IMAGENET), (1, 16, 3, 224, 224)


def ast():
    model = ASTForAudioClassification(ASTConfig(id2label=labels(527)))
    return model, ASTFeatureExtractor(), (1, 1024, 128)


MODELS = {"videomae-base": videomae_base, "ast": ast}


@torch.inference_mode()
def write(folder, make):
    model, processor, shape = make()
    tome_torch.randomise(model.eval(), seed=1)
    value = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    logits = model(value).logits
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    np.save(folder / "input.npy", value.numpy())
    np.save(folder / "logits.npy", logits.numpy())
    count = sum(p.numel() for p in model.parameters())
    print(f"{folder}: {count} weights, logits {logits.mean():.2f} +- {logits.std():.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    folder = parser.parse_args().dir
    for name, make in MODELS.items():
        write(folder / name, make)


if __name__ == "__main__":
    main()
