# SPDX-License-Identifier: MIT
"""A checkpoint directory of make_models.py as PyTorch runs it."""

import json

import numpy as np
import torch


class Logits(torch.nn.Module):
    """Input -> logits, whichever library the classifier is from."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, value):
        answer = self.model(value)
        return getattr(answer, "logits", answer)


def load(folder):
    """The classifier as its own library builds it, in float32 with its default attention. Imports only that library."""
    config = json.loads((folder / "config.json").read_text())
    if "architecture" in config:
        import timm

        return timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return getattr(transformers, config["architectures"][0]).from_pretrained(folder, dtype=torch.float32).eval()


def load_input(folder):
    return torch.from_numpy(np.load(folder / "input.npy"))
