# SPDX-License-Identifier: MIT
"""Makes one small checkpoint for each image and video family, with the answers of its own library and of token merging.

    python make_families.py                   writes every folder of FOLDERS anew
    python make_families.py NAME...           only these
    python make_families.py --check DIR...    runs what is stored in DIR again and compares it with the stored answers

README.md tells what is in a folder, and which versions of the libraries to install.
"""

import argparse
import json
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Callable

import numpy as np
import timm
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf
from torch import nn

import tome_torch
from tome_torch import Block, Trace, block_of_transformers, parse_r, weighted_mean

HERE = Path(__file__).parent
CLEAR_GAP = 1e-4  # no decision of a golden's matching is closer than this: rounding cannot change the source map
TOLERANCE = 1e-5  # between two computations of the same answer
LABELS = 5
IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])


# ---------------------------------------------------------------- merging with any number of protected tokens


@dataclass
class Tower:
    """A ViT cut where merging needs it: input -> tokens (1,N,C), blocks, (tokens, sizes, key bias) -> logits.

    The first `protected` tokens never merge and keep their places. `rotate` turns queries and keys (1,h,N,D) by the
    tokens' positions (N,3), for families with rotary positions.
    """

    embed: Callable
    blocks: list
    head: Callable
    protected: int
    rotate: Callable | None = None
    positions: torch.Tensor | None = None


def merge(x, size, positions, metric, r, protected, keep):
    """Merges r pairs of x (N,C); returns tokens, sizes, positions, where each token went, and the matching's gap."""
    number = len(x)
    even = torch.arange(protected + protected % 2, number, 2)
    odd = torch.arange(protected + 1 - protected % 2, number, 2)
    unit = metric / metric.norm(dim=-1, keepdim=True)
    scores = unit[even] @ unit[odd].T
    best, partner = scores.max(dim=1)
    order = torch.argsort(best, descending=True, stable=True)
    gap = tome_torch.matching_gap(scores, best, order, r, protected > 0)
    merged, kept = order[:r], order[r:]
    if protected:
        kept = kept.sort().values
    stay = torch.cat((torch.arange(protected), even[kept], odd))
    target = protected + len(kept) + partner[merged]

    def reduce(t):
        return t[stay].index_add(0, target, t[even[merged]])

    total = reduce(size)
    went = torch.empty(number, dtype=torch.long)
    went[stay] = torch.arange(len(stay))
    went[even[merged]] = target
    if positions is not None:
        positions = positions[stay] if keep == "destination" else reduce(positions * size) / total
    return reduce(x * size) / total, total, positions, went, gap


def attend(tower, block, x, positions, bias):
    """Attention over x (N,C), with `bias` (1,1,1,N) added to the logits; and the mean key (N,D) before rotation."""
    q, k, v = (f(x).unflatten(-1, (block.heads, -1)).transpose(0, 1)[None] for f in (block.q, block.k, block.v))
    metric = k[0].mean(dim=0)
    if tower.rotate:
        q, k = tower.rotate(q, positions), tower.rotate(k, positions)
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return block.proj(out[0].transpose(0, 1).flatten(1)), metric


@dataclass
class Runs:
    """Which tokens enter the first block: their indices, how many each stands for (n,1), and where each input token is."""

    kept: torch.Tensor
    size: torch.Tensor
    source: torch.Tensor


def forward(tower, value, r="off", prop_attn=False, trace=None, keep="destination", runs=None):
    """Logits (1,labels) of a prepared input, with token merging; where `runs` leave out tokens, in proportion less of it."""
    x, positions = tower.embed(value)[0], tower.positions
    size, source, trace = None, torch.arange(len(x)), trace or Trace()
    bias, schedule = None, parse_r(len(tower.blocks), r)
    if runs:
        schedule = [wanted * len(runs.kept) // len(x) for wanted in schedule]
        x, size, source = x[runs.kept], runs.size, runs.source
        positions = None if positions is None else positions[runs.kept]
        bias = size.log().view(1, 1, 1, -1) if prop_attn else None
    for block, wanted in zip(tower.blocks, schedule):
        trace.tokens.append(len(x))
        a, metric = attend(tower, block, block.norm1(x), positions, bias)
        x = x + a
        now = min(wanted, (len(x) - tower.protected) // 2)
        if now > 0:
            size = torch.ones(len(x), 1) if size is None else size
            x, size, positions, went, gap = merge(x, size, positions, metric, now, tower.protected, keep)
            source = went[source]
            bias = size.log().view(1, 1, 1, -1) if prop_attn else None
            trace.gap = min(trace.gap, gap)
        x = x + block.mlp(block.norm2(x))
    trace.tokens.append(len(x))
    trace.source = source.to(torch.int32)
    return tower.head(x, torch.ones(len(x), 1) if size is None else size, bias)[None]


# ---------------------------------------------------------------- towers of transformers


def tower_of_vit(m, body, blocks, protected, head):
    blocks = [block_of_transformers(b, m.config.num_attention_heads) for b in blocks]
    return Tower(body.embeddings, blocks, lambda x, size, _: head(body.layernorm(x), size), protected)


def tower_of_deit(m):
    def head(x, _):
        if hasattr(m, "classifier"):
            return m.classifier(x[0])
        return (m.cls_classifier(x[0]) + m.distillation_classifier(x[1])) / 2

    return tower_of_vit(m, m.deit, m.deit.layers, 2, head)


def tower_of_dinov2(m):
    body = m.dinov2 if hasattr(m, "dinov2") else m.dinov2_with_registers
    protected = 1 + getattr(m.config, "num_register_tokens", 0)

    def head(x, size):
        return m.classifier(torch.cat((x[0], weighted_mean(x[protected:], size[protected:]))))

    return tower_of_vit(m, body, body.encoder.layer, protected, head)


def block_of_clip(layer, heads):
    """A block of CLIP, SigLIP or V-JEPA 2's pooler."""
    a = layer.self_attn
    return Block(layer.layer_norm1, a.q_proj, a.k_proj, a.v_proj, a.out_proj, layer.layer_norm2, layer.mlp, heads)


def tower_of_clip(m):
    """CLIP averages the patches as they leave the last block: its post_layernorm is for the class token alone."""
    body, heads = m.vision_model, m.config.vision_config.num_attention_heads
    return Tower(
        embed=lambda x: body.pre_layrnorm(body.embeddings(x)),
        blocks=[block_of_clip(b, heads) for b in body.encoder.layers],
        head=lambda x, size, _: m.classifier(weighted_mean(x[1:], size[1:])),
        protected=1,
    )


def tower_of_siglip(m):
    body, heads = m.vision_model, m.config.vision_config.num_attention_heads
    return Tower(
        embed=body.embeddings,
        blocks=[block_of_clip(b, heads) for b in body.encoder.layers],
        head=lambda x, size, _: m.classifier(weighted_mean(body.post_layernorm(x), size)),
        protected=0,
    )


def block_of_vjepa2(layer, heads):
    a = layer.attention
    return Block(layer.norm1, a.query, a.key, a.value, a.proj, layer.norm2, layer.mlp, heads)


def tower_of_vjepa2(m):
    """The pooler sees the merged tokens; where proportional attention is on, its attention has the key bias too."""
    encoder, c = m.vjepa2.encoder, m.config
    grid = (c.frames_per_clip // c.tubelet_size, c.crop_size // c.patch_size, c.crop_size // c.patch_size)
    positions = torch.cartesian_prod(*(torch.arange(n, dtype=torch.float32) for n in grid))

    def head(x, _, bias):
        x = encoder.layernorm(x)[None]
        for layer in m.pooler.self_attention_layers:
            x = layer(x, attention_mask=bias)[0]
        x = m.pooler.cross_attention_layer(m.pooler.query_tokens, x, attention_mask=bias)[0]
        return m.classifier(x[0, 0])

    def rotate(t, positions):
        return encoder.layer[0].attention.apply_rotary_embeddings(t, positions.unbind(1))

    blocks = [block_of_vjepa2(b, c.num_attention_heads) for b in encoder.layer]
    return Tower(encoder.embeddings, blocks, head, 0, rotate, positions)


# ---------------------------------------------------------------- towers of timm


def block_of_timm(layer):
    a = layer.attn

    def part(i):
        w, b = a.qkv.weight.chunk(3)[i], None if a.qkv.bias is None else a.qkv.bias.chunk(3)[i]
        return lambda x: F.linear(x, w, b)

    proj = nn.Sequential(a.proj, layer.ls1)
    mlp = nn.Sequential(layer.mlp, layer.ls2)
    return Block(layer.norm1, part(0), part(1), part(2), proj, layer.norm2, mlp, a.num_heads)


def tower_of_timm(m):
    protected = m.num_prefix_tokens

    def head(x, size, _):
        x = m.norm(x)
        if hasattr(m, "head_dist"):
            return (m.head(x[0]) + m.head_dist(x[1])) / 2
        pooled = x[0] if m.global_pool == "token" else weighted_mean(x[protected:], size[protected:])
        return m.head(m.fc_norm(pooled))

    return Tower(lambda x: m.norm_pre(m._pos_embed(m.patch_embed(x))), [block_of_timm(b) for b in m.blocks], head,
                 protected)  # fmt: skip


# ---------------------------------------------------------------- families without a library, tensors named as theirs

LayerNorm = partial(nn.LayerNorm, eps=1e-6)


class MaeSt(nn.Module):
    """Spatiotemporal MAE, fine-tuned: class token, position of frame + of place; mean of patches, norm, head."""

    def __init__(self, c):
        super().__init__()
        self.config, dim, side = c, c["hidden_size"], c["image_size"] // c["patch_size"]
        kernel = (c["tubelet_size"], c["patch_size"], c["patch_size"])
        self.grid = (c["num_frames"] // c["tubelet_size"], side, side)
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv3d(3, dim, kernel, kernel)})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed_class = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed_spatial = nn.Parameter(torch.zeros(1, side * side, dim))
        self.pos_embed_temporal = nn.Parameter(torch.zeros(1, self.grid[0], dim))
        self.blocks = nn.ModuleList(self.block(dim, c["intermediate_size"]) for _ in range(c["num_hidden_layers"]))
        self.norm = LayerNorm(dim)
        self.head = nn.Linear(dim, len(c["id2label"]))

    @staticmethod
    def block(dim, hidden):
        attn = nn.ModuleDict({name: nn.Linear(dim, dim) for name in ("q", "k", "v", "proj")})
        mlp = nn.ModuleDict({"fc1": nn.Linear(dim, hidden), "fc2": nn.Linear(hidden, dim)})
        return nn.ModuleDict({"norm1": LayerNorm(dim), "attn": attn, "norm2": LayerNorm(dim), "mlp": mlp})

    def embed(self, value):
        patches = self.patch_embed["proj"](value).flatten(3).permute(0, 2, 3, 1)  # (1,T,HW,C)
        patches = patches + self.pos_embed_spatial[:, None] + self.pos_embed_temporal[:, :, None]
        return torch.cat((self.cls_token + self.pos_embed_class, patches.flatten(1, 2)), dim=1)

    def forward(self, value):
        x, heads = self.embed(value), self.config["num_attention_heads"]
        for b in self.blocks:
            y = b["norm1"](x)
            q, k, v = (b["attn"][n](y).unflatten(-1, (heads, -1)).transpose(1, 2) for n in "qkv")
            weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
            x = x + b["attn"]["proj"]((weights @ v).transpose(1, 2).flatten(2))
            x = x + b["mlp"]["fc2"](F.gelu(b["mlp"]["fc1"](b["norm2"](x))))
        return self.head(self.norm(x[:, 1:].mean(dim=1)))


class OmniMae(nn.Module):
    """OmniMAE, fine-tuned: no class token, fixed sinusoid positions (stored); mean of tokens, norm, head."""

    def __init__(self, c):
        super().__init__()
        self.config, dim = c, c["hidden_size"]
        kernel = (c["tubelet_size"], c["patch_size"], c["patch_size"])
        tokens = c["num_frames"] // kernel[0] * (c["image_size"] // kernel[1]) ** 2
        block = partial(timm.models.vision_transformer.Block, dim, c["num_attention_heads"], norm_layer=LayerNorm,
                        qkv_bias=True, mlp_ratio=c["intermediate_size"] / dim)  # fmt: skip
        trunk = nn.Module()
        trunk.patch_embed = nn.Module()
        trunk.patch_embed.proj = nn.Sequential(nn.Identity(), nn.Conv3d(3, dim, kernel, kernel))
        trunk.register_buffer("pos_embed", sinusoid(tokens, dim))
        trunk.blocks = nn.ModuleList(block() for _ in range(c["num_hidden_layers"]))
        trunk.norm = LayerNorm(dim)
        self.trunk, self.head = trunk, nn.Linear(dim, len(c["id2label"]))

    def embed(self, value):
        return self.trunk.patch_embed.proj(value).flatten(2).mT + self.trunk.pos_embed

    def forward(self, value):
        x = self.embed(value)
        for block in self.trunk.blocks:
            x = block(x)
        return self.head(self.trunk.norm(x.mean(dim=1)))


def sinusoid(tokens, dim):
    """(1,tokens,dim): sine in the even channels, cosine in the odd ones, of position / 10000^(2*(channel//2)/dim)."""
    channel = torch.arange(dim, dtype=torch.float64)
    angle = torch.arange(tokens)[:, None] / 10000 ** (2 * (channel // 2) / dim)
    return torch.where(channel % 2 == 0, angle.sin(), angle.cos()).float()[None]


def tower_of_mae_st(m):
    def block(b):
        a, mlp = b["attn"], nn.Sequential(b["mlp"]["fc1"], nn.GELU(), b["mlp"]["fc2"])
        return Block(b["norm1"], a["q"], a["k"], a["v"], a["proj"], b["norm2"], mlp, m.config["num_attention_heads"])

    blocks = [block(b) for b in m.blocks]
    return Tower(m.embed, blocks, lambda x, size, _: m.head(m.norm(weighted_mean(x[1:], size[1:]))), 1)


def tower_of_omnimae(m):
    blocks = [block_of_timm(b) for b in m.trunk.blocks]
    return Tower(m.embed, blocks, lambda x, size, _: m.head(m.trunk.norm(weighted_mean(x, size))), 0)


OURS = {"mae_st": MaeSt, "omnimae": OmniMae}
TOWERS = {
    "vit": lambda m: tower_of_vit(m, m.vit, m.vit.layers, 1, lambda x, _: m.classifier(x[0])),
    "vivit": lambda m: tower_of_vit(m, m.vivit, m.vivit.layers, 1, lambda x, _: m.classifier(x[0])),
    "deit": tower_of_deit,
    "dinov2": tower_of_dinov2,
    "dinov2_with_registers": tower_of_dinov2,
    "clip": tower_of_clip,
    "siglip": tower_of_siglip,
    "vjepa2": tower_of_vjepa2,
    "mae_st": tower_of_mae_st,
    "omnimae": tower_of_omnimae,
    "timm_wrapper": lambda m: tower_of_timm(m.timm_model),
}


def tower_of(model):
    if not hasattr(model, "config"):
        return tower_of_timm(model)
    config = model.config
    return TOWERS[config["model_type"] if isinstance(config, dict) else config.model_type](model)


# ---------------------------------------------------------------- the folders

SIZES = dict(hidden_size=36, num_hidden_layers=3, num_attention_heads=3, intermediate_size=72)
IMAGE = SIZES | dict(image_size=48, patch_size=8)
DINO = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, mlp_ratio=3, patch_size=7)
VIDEO = SIZES | dict(image_size=32, num_frames=4)
TINY = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, image_size=32)
TIMM = dict(img_size=48, patch_size=8, embed_dim=36, depth=3, num_heads=3, mlp_ratio=2)
VJEPA2 = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=2, mlp_ratio=1.25, patch_size=4, crop_size=16,
              frames_per_clip=6, num_pooler_layers=2, pred_hidden_size=12, pred_num_attention_heads=1,
              pred_num_hidden_layers=1, pred_num_mask_tokens=1, pred_mlp_ratio=1)  # fmt: skip
MASKED_VIDEO = SIZES | dict(image_size=32, patch_size=8, num_frames=6, tubelet_size=2, num_channels=3,
                            hidden_act="gelu", layer_norm_eps=1e-6)  # fmt: skip
OUR_LABELS = {str(i): f"action {i}" for i in range(LABELS)}

# folder: (family, configuration or timm's architecture and arguments, schedules)
FOLDERS = {
    "vit": ("vit", IMAGE, ("2", "9", "4:-1")),
    "deit": ("deit", IMAGE, ("2", "9", "4:-1")),
    "deit_teacher": ("deit_teacher", IMAGE, ("2", "9", "4:-1")),
    "vivit": ("vivit", VIDEO | dict(tubelet_size=[2, 8, 8]), ("2", "9", "4:-1")),
    "dinov2": ("dinov2", DINO | dict(image_size=42), ("2", "9", "4:-1")),
    "dinov2_swiglu": ("dinov2", DINO | dict(image_size=42, mlp_ratio=4, use_swiglu_ffn=True), ("2", "9", "4:-1")),
    "dinov2_resized": ("dinov2", DINO | dict(image_size=77), ("2", "9", "4:-1")),
    "dinov2_registers": ("dinov2_registers", DINO | dict(image_size=42), ("2", "9", "4:-1")),
    "dinov2_registers_resized": ("dinov2_registers", DINO | dict(image_size=77, num_register_tokens=3),
                                 ("2", "9", "4:-1")),
    "clip": ("clip", IMAGE, ("2", "9", "4:-1")),
    "siglip": ("siglip", IMAGE, ("2", "9", "4:-1")),
    "vjepa2": ("vjepa2", VJEPA2, ("4", "15", "7:-1")),
    "timm_token": ("timm", ("vit_tiny_patch16_224", TIMM), ("2", "9", "4:-1")),
    "timm_avg": ("timm", ("vit_base_patch16_224", TIMM | dict(global_pool="avg")), ("2", "9", "4:-1")),
    "timm_distilled": ("timm", ("deit_tiny_distilled_patch16_224", TIMM), ("2", "9", "4:-1")),
    "timm_registers": ("timm", ("vit_small_patch14_reg4_dinov2", TIMM), ("2", "9", "4:-1")),
    "timm_registers_gap": ("timm", ("vit_medium_patch16_reg4_gap_256", TIMM), ("2", "9", "4:-1")),
    "timm_deit3": ("timm", ("deit3_small_patch16_224", TIMM), ("2", "9", "4:-1")),
    "timm_nobias": ("timm", ("vit_small_patch16_224", TIMM | dict(qkv_bias=False)), ("2", "9", "4:-1")),
    "timm_gap": ("timm", ("vit_medium_patch16_gap_240", TIMM), ("2", "9", "4:-1")),
    "timm_mae": ("timm", ("vit_tiny_patch16_224", TIMM | dict(global_pool="avg")), ("2", "9", "4:-1")),
    "timm_wrapper": ("timm_wrapper", ("vit_tiny_patch16_224", TIMM | dict(img_size=32, embed_dim=24, depth=2)),
                     ("2", "5", "3:-1")),
    "audiomae": ("timm", ("vit_base_patch16_224", TIMM | dict(img_size=(48, 128), patch_size=16, in_chans=1,
                                                              global_pool="avg")), ("2", "6", "3:-1")),
    "vit_names5": ("vit", TINY | dict(patch_size=8, intermediate_size=36), ("2", "5", "3:-1")),
    "deit_names5": ("deit_teacher", TINY | dict(patch_size=8, intermediate_size=36), ("2", "5", "3:-1")),
    "vivit_names5": ("vivit", TINY | dict(tubelet_size=[2, 8, 8], num_frames=4, intermediate_size=36), ("2", "5", "3:-1")),
    "dinov2_names5": ("dinov2", TINY | dict(patch_size=8, mlp_ratio=2), ("2", "5", "3:-1")),
    "dinov2_swiglu_names5": ("dinov2", TINY | dict(patch_size=8, mlp_ratio=2, use_swiglu_ffn=True), ("2", "5", "3:-1")),
    "mae_st": ("mae_st", MASKED_VIDEO | dict(qkv_bias=True, cls_embed=True, sep_pos_embed=True), ("4", "15", "7:-1")),
    "omnimae": ("omnimae", MASKED_VIDEO | dict(qkv_bias=True), ("4", "15", "7:-1")),
}  # fmt: skip
WITHOUT_MODEL_ARGS = {"timm_mae"}  # a fine-tuned MAE was published without a config.json: the tensors tell its sizes
NAMES5 = "_names5"  # what folders end in whose tensors have the names that transformers 5 itself gives them
# folder: how strong the tokens leave the embedding, small enough that a wrong epsilon shows
FAINT = {"vit": 0.01, "clip": 0.01, "dinov2": 0.01, "siglip": 0.01, "timm_token": 0.01, "mae_st": 0.01}
INPUT_EDGE = {"dinov2_resized": 45, "dinov2_registers_resized": 42}  # where it is not the table's


def build(family, sizes):
    """A classifier, as its library makes it."""
    labels = {i: f"{family} label {i}" for i in range(LABELS)}
    towers = dict(vision_config=sizes, text_config=dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                                                        num_attention_heads=1, vocab_size=8, bos_token_id=0,
                                                        eos_token_id=1))  # fmt: skip
    match family:
        case "vit":
            return transformers.ViTForImageClassification(transformers.ViTConfig(**sizes, id2label=labels))
        case "deit":
            return transformers.DeiTForImageClassification(transformers.DeiTConfig(**sizes, id2label=labels))
        case "deit_teacher":
            return transformers.DeiTForImageClassificationWithTeacher(transformers.DeiTConfig(**sizes, id2label=labels))
        case "vivit":
            return transformers.VivitForVideoClassification(transformers.VivitConfig(**sizes, id2label=labels))
        case "dinov2":
            return transformers.Dinov2ForImageClassification(transformers.Dinov2Config(**sizes, id2label=labels))
        case "dinov2_registers":
            config = transformers.Dinov2WithRegistersConfig(**sizes, id2label=labels)
            return transformers.Dinov2WithRegistersForImageClassification(config)
        case "clip":
            return transformers.CLIPForImageClassification(transformers.CLIPConfig(**towers, id2label=labels))
        case "siglip":
            return transformers.SiglipForImageClassification(transformers.SiglipConfig(**towers, id2label=labels))
        case "vjepa2":
            return transformers.VJEPA2ForVideoClassification(transformers.VJEPA2Config(**sizes, id2label=labels))
        case "timm":
            return timm.create_model(sizes[0], num_classes=LABELS, **sizes[1])
        case "timm_wrapper":
            config = transformers.TimmWrapperConfig(architecture=sizes[0], model_args=sizes[1], id2label=labels)
            return transformers.TimmWrapperForImageClassification(config)
    return OURS[family](sizes | dict(model_type=family, id2label=OUR_LABELS))


def processor_of(family, edge):
    """The processor that the family's authors publish with it, for this input; timm keeps it in config.json."""
    if family in ("timm", "timm_wrapper"):
        return None
    square, crop = dict(height=edge, width=edge), dict(crop_size=dict(height=edge, width=edge))
    larger = edge * 8 // 7
    match family:
        case "vit":
            return transformers.ViTImageProcessor(size=square)
        case "deit" | "deit_teacher":
            return transformers.DeiTImageProcessor(size=dict(height=larger, width=larger), **crop, **IMAGENET)
        case "vivit":
            return transformers.VivitImageProcessor(size=dict(shortest_edge=larger), **crop)
        case "dinov2" | "dinov2_registers":
            return transformers.BitImageProcessor(size=dict(shortest_edge=larger), **crop, **IMAGENET)
        case "clip":
            return transformers.CLIPImageProcessor(size=dict(shortest_edge=edge), **crop)
        case "siglip":
            return transformers.SiglipImageProcessor(size=square)
        case "vjepa2":
            return transformers.VJEPA2VideoProcessor(crop_size=edge)
        case "mae_st":  # the original's numbers, written as a processor of transformers would
            return transformers.VideoMAEImageProcessor(size=dict(shortest_edge=larger), **crop, image_mean=[0.45] * 3,
                                                       image_std=[0.225] * 3)  # fmt: skip
    return transformers.VideoMAEImageProcessor(size=dict(shortest_edge=edge), **crop, **IMAGENET)  # omnimae


def shape_of_input(family, sizes, edge):
    """Shape and layout of the network's input."""
    match family:
        case "vivit":
            return (1, sizes["num_frames"], 3, edge, edge), "B,T,C,H,W"
        case "vjepa2":
            return (1, sizes["frames_per_clip"], 3, edge, edge), "B,T,C,H,W"
        case "mae_st" | "omnimae":
            return (1, 3, sizes["num_frames"], edge, edge), "B,C,T,H,W"
        case "timm" if sizes[1].get("in_chans") == 1:
            return (1, 1, *sizes[1]["img_size"]), "B,1,time,mel"
    return (1, 3, edge, edge), "B,C,H,W"


EMBEDDINGS = ("cls_token", "dist_token", "distillation_token", "reg_token", "register_tokens", "class_embedding",
              "position_embedding", "pos_embed", "query_tokens", "probe")  # fmt: skip


@torch.no_grad()
def randomise(model, seed, strength=1):
    """Draws every weight, biases and norms too, so that a term left out shows; activations and logits stay O(1).

    A token leaves the embedding `strength` times as large: where that is little, the epsilon of the first norm shows.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, p in sorted(model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        if any(word in name for word in EMBEDDINGS):
            p.copy_(0.5 * strength * noise)
        elif "patch_embed" in name:
            p.copy_(strength * (0.3 if p.dim() == 1 else 1.2 / p[0].numel() ** 0.5) * noise)
        elif p.dim() > 1:
            p.copy_(1.2 * noise / p[0].numel() ** 0.5)
        elif "norm" in name and name.endswith("weight"):
            p.copy_(1 + 0.2 * noise)
        elif name.endswith(("gamma", "lambda1")):
            p.copy_(0.7 + 0.2 * noise)
        else:
            p.copy_(0.3 * noise)


def store(folder, family, model, edge):
    """Saves the checkpoint in the form in which its family is published."""
    for stale in (*folder.glob("*.safetensors"), *folder.glob("*.json"), *folder.glob("*.npy")):
        stale.unlink()
    if processor := processor_of(family, edge):
        processor.save_pretrained(folder)
    if family == "timm":
        save_for_hf(model, folder, safe_serialization=True)
    elif family in OURS:
        (folder / "config.json").write_text(json.dumps(model.config, indent=2, sort_keys=True) + "\n")
        save_file({name: t.contiguous() for name, t in model.state_dict().items()}, folder / "model.safetensors")
    else:
        model.save_pretrained(folder, save_original_format=not folder.name.endswith(NAMES5))
    if folder.name in WITHOUT_MODEL_ARGS:
        path = folder / "config.json"
        config = {key: value for key, value in json.loads(path.read_text()).items() if key != "model_args"}
        path.write_text(json.dumps(config, indent=2))


def timm_arguments(config, weights):
    """The sizes of a timm ViT whose config.json does not tell them; the number of heads is the architecture's."""
    dim, _, patch, _ = weights["patch_embed.proj.weight"].shape
    return dict(
        img_size=config["pretrained_cfg"]["input_size"][-1],
        patch_size=patch,
        embed_dim=dim,
        depth=len({name.split(".")[1] for name in weights if name.startswith("blocks.")}),
        mlp_ratio=weights["blocks.0.mlp.fc1.weight"].shape[0] / dim,
        global_pool=config["global_pool"],
    )


def load(folder):
    """The classifier that a folder holds, read back from its files."""
    config = json.loads((folder / "config.json").read_text())
    if "architectures" in config:
        return getattr(transformers, config["architectures"][0]).from_pretrained(folder, dtype=torch.float32).eval()
    weights = load_file(folder / "model.safetensors")
    if "architecture" in config:
        arguments = config.get("model_args") or timm_arguments(config, weights)
        model = timm.create_model(config["architecture"], **{"num_classes": config["num_classes"]} | arguments)
    else:
        model = OURS[config["model_type"]](config)
    model.load_state_dict(weights)
    return model.eval()


# ---------------------------------------------------------------- answers


def cases_of(tower, schedules):
    """(tag, r, prop_attn, position that a merged token keeps) of every merged case."""
    kept = (("dst_", "destination"), ("mean_", "mean")) if tower.rotate else (("", "destination"),)
    for start, keep in kept:
        for name, r in zip(("r", "big", "dec"), schedules):
            name = f"r_{start}{name}" if start else name
            for tag, prop_attn in (("plain", False), ("prop", True)):
                yield f"{name}_{tag}", r, prop_attn, keep


@torch.inference_mode()
def answers(model, value, schedules):
    """The library's logits, our error without merging, and {tag: (r, prop_attn, keep, logits, Trace)}."""
    tower = tower_of(model)
    logits = model(value)
    logits = getattr(logits, "logits", logits)
    error = (forward(tower, value) - logits).abs().max().item()
    assert error < TOLERANCE, f"the blocks are not the library's own: {error}"
    merged = {}
    for tag, r, prop_attn, keep in cases_of(tower, schedules):
        trace = Trace()
        merged[tag] = (r, prop_attn, keep, forward(tower, value, r, prop_attn, trace, keep), trace)
    return tower, logits, error, merged


def describe(family, tower, layout, seed, logits, error, merged):
    """cases.json"""
    cases = [
        {
            "tag": tag,
            "r": r,
            "r_per_block": parse_r(len(tower.blocks), r),
            "prop_attn": prop_attn,
            "tokens": trace.tokens,
            "logits": f"logits_{tag}.npy",
            "source": f"source_{tag}.npy",
            "shift": (y - logits).abs().max().item(),
            "gap": trace.gap,
        }
        | ({"position": keep} if tower.rotate else {})
        for tag, (r, prop_attn, keep, y, trace) in merged.items()
    ]
    return {
        "family": family,
        "input": "input.npy",
        "logits": "logits.npy",
        "tokens": cases[0]["tokens"][0],
        "protected": tower.protected,
        "our_reference_error": error,
        "merged": cases,
        "layout": layout,
        "seed": seed,
    }


def edge_of_input(name, sizes):
    """Rows and columns of the input, where it is a picture."""
    sizes = sizes[1] if isinstance(sizes, tuple) else sizes
    return INPUT_EDGE.get(name) or sizes.get("image_size") or sizes.get("crop_size") or sizes["img_size"]


def make(name):
    """Writes one folder, with the first seed whose matchings are all clear."""
    family, sizes, schedules = FOLDERS[name]
    folder, edge = HERE / name, edge_of_input(name, sizes)
    folder.mkdir(exist_ok=True)
    shape, layout = shape_of_input(family, sizes, edge)
    for seed in count(1):
        model = build(family, sizes).eval()
        randomise(model, seed, FAINT.get(name, 1))
        value = torch.randn(shape, generator=torch.Generator().manual_seed(1000 + seed))
        if min(trace.gap for *_, trace in answers(model, value, schedules)[-1].values()) > CLEAR_GAP:
            break
    store(folder, family, model, edge)
    tower, logits, error, merged = answers(load(folder), value, schedules)
    if layout == "B,C,T,H,W":  # no published processor: ours is VideoMAE's, whose frames come first
        value, layout = value.transpose(1, 2).contiguous(), "B,T,C,H,W"
    np.save(folder / "input.npy", value.numpy())
    np.save(folder / "logits.npy", logits.numpy())
    for tag, (*_, y, trace) in merged.items():
        np.save(folder / f"logits_{tag}.npy", y.numpy())
        np.save(folder / f"source_{tag}.npy", trace.source.numpy())
    about = describe(family, tower, layout, seed, logits, error, merged)
    (folder / "cases.json").write_text(json.dumps(about, indent=1) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    gap, shift = (min(case[key] for case in about["merged"]) for key in ("gap", "shift"))
    print(f"{name}: seed {seed}, {about['tokens']} tokens, {about['protected']} protected, smallest gap {gap:.1e}, "
          f"smallest shift {shift:.1e}, error {error:.1e}, {size} bytes")  # fmt: skip


@torch.inference_mode()
def check(folder):
    """Compares the stored answers of a folder with those computed now; returns whether they agree."""
    about = json.loads((folder / "cases.json").read_text())
    model = load(folder)
    tower = tower_of(model)
    value, expected = (torch.from_numpy(np.load(folder / about[key])) for key in ("input", "logits"))
    if isinstance(model, MaeSt | OmniMae):  # stored in the layout of VideoMAE's processor, see make()
        value = value.transpose(1, 2)
    logits = model(value)
    worst = (getattr(logits, "logits", logits) - expected).abs().max().item()
    moved, smallest = int(about.get("protected", tower.protected) != tower.protected), float("inf")
    for case in about["merged"]:
        trace = Trace()
        y = forward(tower, value, case["r"], case["prop_attn"], trace, case.get("position", "destination"))
        worst = max(worst, (y - torch.from_numpy(np.load(folder / case["logits"]))).abs().max().item())
        moved += int((trace.source.numpy() != np.load(folder / case["source"])).sum())
        moved += trace.tokens != case["tokens"]
        smallest = min(smallest, trace.gap)
    good = worst <= TOLERANCE and moved == 0
    print(f"{folder.name}: {len(about['merged'])} merged cases, largest difference of a logit {worst:.1e}, "
          f"{moved} differences of source maps, smallest gap {smallest:.1e}: "
          f"{'agrees' if good else 'DIFFERS'}")  # fmt: skip
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--check", nargs="+", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for folder in arguments.check or ():
        if not (folder / "cases.json").is_file():
            parser.error(f"{folder} holds no cases.json")
    if unknown := set(arguments.names) - set(FOLDERS):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(FOLDERS)}")
    if arguments.check:
        raise SystemExit(not all([check(folder) for folder in arguments.check]))
    for name in arguments.names or FOLDERS:
        make(name)


if __name__ == "__main__":
    main()
