# SPDX-License-Identifier: MIT
"""Writes full-size checkpoints with random weights, as published directories: DIR/NAME for each name of MODELS.

    python make_models.py DIR [NAME...]

Their labels mean nothing, their cost is that of the published models. input.npy and logits.npy are a network input and
the answer to it of the library that the model is from (transformers, or timm).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import transformers as hf
from timm.models import save_for_hf

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "golden"))
import tome_torch  # noqa: E402

IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])


def labels(count):
    return {i: f"label {i}" for i in range(count)}


def videomae_base():
    """16 frames of 224x224, tubes of 2x16x16: 1568 tokens."""
    model = hf.VideoMAEForVideoClassification(hf.VideoMAEConfig(id2label=labels(400)))
    return model, hf.VideoMAEImageProcessor(**IMAGENET), (1, 16, 3, 224, 224)


def ast():
    """1024 frames of 128 mel bins, patches of 16x16 every 10: 1214 tokens."""
    model = hf.ASTForAudioClassification(hf.ASTConfig(id2label=labels(527)))
    return model, hf.ASTFeatureExtractor(), (1, 1024, 128)


def audiomae_base():
    """1024 frames of 128 mel bins, patches of 16x16 side by side: 513 tokens. timm's, which needs no processor."""
    model = timm.create_model("vit_base_patch16_224", num_classes=527, img_size=(1024, 128), in_chans=1,
                              global_pool="avg")  # fmt: skip
    return model, None, (1, 1, 1024, 128)


def vivit_base():
    """32 frames of 224x224, tubes of 2x16x16: 3137 tokens."""
    model = hf.VivitForVideoClassification(hf.VivitConfig(id2label=labels(400)))
    return model, hf.VivitImageProcessor(), (1, 32, 3, 224, 224)


def vit_base():
    """224x224, patches of 16x16: 197 tokens."""
    model = hf.ViTForImageClassification(hf.ViTConfig(id2label=labels(1000)))
    return model, hf.ViTImageProcessor(), (1, 3, 224, 224)


def deit_tiny():
    """224x224, patches of 16x16, width 192, a token for distillation: 198 tokens."""
    config = hf.DeiTConfig(hidden_size=192, num_attention_heads=3, intermediate_size=768, id2label=labels(1000))
    return hf.DeiTForImageClassificationWithTeacher(config), hf.DeiTImageProcessor(), (1, 3, 224, 224)


def dinov2_small():
    """224x224, patches of 14x14, width 384: 257 tokens."""
    config = hf.Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, id2label=labels(1000))
    processor = hf.BitImageProcessor(size={"shortest_edge": 256}, crop_size=224, **IMAGENET)
    return hf.Dinov2ForImageClassification(config), processor, (1, 3, 224, 224)


MODELS = {
    "videomae-base": videomae_base,
    "ast": ast,
    "audiomae-base": audiomae_base,
    "vivit-base": vivit_base,
    "vit-base": vit_base,
    "deit-tiny": deit_tiny,
    "dinov2-small": dinov2_small,
}


@torch.inference_mode()
def write(folder, make):
    model, processor, shape = make()
    tome_torch.randomise(model.eval(), seed=1)
    value = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    answer = model(value)
    logits = getattr(answer, "logits", answer)
    folder.mkdir(parents=True, exist_ok=True)
    if processor:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    else:
        model_args = dict(img_size=[1024, 128], in_chans=1, num_classes=527, global_pool="avg")
        save_for_hf(model, folder, model_args=model_args, safe_serialization=True)
    np.save(folder / "input.npy", value.numpy())
    np.save(folder / "logits.npy", logits.numpy())
    count = sum(p.numel() for p in model.parameters())
    print(f"{folder}: {count} weights, logits {logits.mean():.2f} +- {logits.std():.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MODELS))
    options = parser.parse_args()
    if unknown := set(options.names) - set(MODELS):
        parser.error(f"there is no model {', '.join(sorted(unknown))}; there are {', '.join(MODELS)}")
    for name in options.names or MODELS:
        write(options.dir / name, MODELS[name])


if __name__ == "__main__":
    main()
