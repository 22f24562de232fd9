# SPDX-License-Identifier: MIT
"""Token merging around other libraries' Vision Transformers, in PyTorch: the reference that the goldens come from.

Written from the description in the paper (Bolya et al., "Token Merging: Your ViT But Faster", ICLR 2023), not from its
code. It runs the weights of a transformers or timm model, batch 1, and shares no line with the C sources.
"""

from dataclasses import dataclass, field
from typing import Callable

import torch
import torch.nn.functional as F


@dataclass
class Block:
    """One pre-norm block: x += proj(attention(norm1(x))); merge; x += mlp(norm2(x))."""

    norm1: Callable
    q: Callable
    k: Callable
    v: Callable
    proj: Callable
    norm2: Callable
    mlp: Callable
    heads: int


@dataclass
class Network:
    """A plain ViT cut where merging needs it: input -> tokens (1,N,C), blocks, (tokens, sizes) -> logits."""

    embed: Callable
    blocks: list
    head: Callable
    class_token: bool
    distill_token: bool


@dataclass
class Trace:
    """What a pass did: tokens entering each block and leaving the last, the source map, and how clear its choices were.

    `gap` is the smallest difference of two cosines that decided anything: a program that computes them to better than
    that has to find the same source map.
    """

    tokens: list = field(default_factory=list)
    source: torch.Tensor | None = None
    gap: float = float("inf")


# ---------------------------------------------------------------- merging


def parse_r(depth, text):
    """Tokens to merge in each block: "off", "R", "R:INFLECT" or "R0,R1,..." padded with zeros."""
    if text == "off":
        return [0] * depth
    if "," in text:
        listed = [int(r) for r in text.split(",")][:depth]
        return listed + [0] * (depth - len(listed))
    number, _, inflect = text.partition(":")
    r, inflect = int(number), float(inflect or 0)
    first = int(r * (1 - inflect))
    step = (2 * r - 2 * first) / (depth - 1)
    return [int(first + step * i) for i in range(depth)]


def match(metric, r, class_token, distill_token):
    """Splits tokens alternately and pairs the r best: (kept even tokens, merged even tokens, their odd ones, gap)."""
    unit = metric / metric.norm(dim=-1, keepdim=True)
    scores = unit[0::2] @ unit[1::2].T
    if class_token:
        scores[0] = -torch.inf
    if distill_token:
        scores[:, 0] = -torch.inf
    best, partner = scores.max(dim=1)
    order = torch.argsort(best, descending=True, stable=True)
    sources, kept = order[:r], order[r:]
    gap = matching_gap(scores, best, order, r, class_token)
    if class_token:
        kept = kept.sort().values
    return kept, sources, partner[sources], gap


def matching_gap(scores, best, order, r, class_token):
    """How far the nearest competitor of any decision was. The order of kept tokens decides only where it is used."""
    ranked = best[order]
    gaps = (ranked[:-1] - ranked[1:])[r - 1 : r if class_token else None]
    if scores.shape[1] > 1:
        two = scores[order[:r]].topk(2, dim=1).values
        gaps = torch.cat((gaps, two[:, 0] - two[:, 1]))
    return min(gaps.tolist(), default=float("inf"))


def merge(x, size, metric, r, network):
    """Merges r pairs of x (N,C), weighted by size (N,1); also returns where each token went, and the matching's gap."""
    kept, sources, partners, gap = match(metric, r, network.class_token, network.distill_token)

    def reduce(t):
        odd = t[1::2].index_add(0, partners, t[0::2][sources])
        return torch.cat((t[0::2][kept], odd))

    total = reduce(size)
    x = reduce(x * size) / total
    went = torch.empty(len(metric), dtype=torch.long)
    went[1::2] = len(kept) + torch.arange(len(metric) // 2)
    went[2 * kept] = torch.arange(len(kept))
    went[2 * sources] = len(kept) + partners
    if network.distill_token:  # the distillation token goes back to place 1, right after the class token
        place = torch.arange(len(x))
        place[len(kept)] = 1
        place[1 : len(kept)] += 1
        back = torch.argsort(place)
        x, total, went = x[back], total[back], place[went]
    return x, total, went, gap


def attend(block, x, size):
    """Attention over x (N,C), with log(size) added to each key's logit where size is given; and the mean key (N,D)."""
    q, k, v = (f(x).unflatten(-1, (block.heads, -1)).transpose(0, 1)[None] for f in (block.q, block.k, block.v))
    bias = None if size is None else size.log().view(1, 1, 1, -1).expand(1, 1, len(x), -1)
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return block.proj(out[0].transpose(0, 1).flatten(1)), k[0].mean(dim=0)


def forward(network, value, r="off", prop_attn=False, trace=None):
    """Logits (1,labels) of a prepared input, with token merging."""
    x = network.embed(value)[0]
    protected = network.class_token + network.distill_token
    size, source, trace = None, torch.arange(len(x)), trace or Trace()
    for block, wanted in zip(network.blocks, parse_r(len(network.blocks), r)):
        trace.tokens.append(len(x))
        a, metric = attend(block, block.norm1(x), size if prop_attn else None)
        x = x + a
        now = min(wanted, (len(x) - protected) // 2)
        if now > 0:
            size = torch.ones(len(x), 1) if size is None else size
            x, size, went, gap = merge(x, size, metric, now, network)
            source = went[source]
            trace.gap = min(trace.gap, gap)
        x = x + block.mlp(block.norm2(x))
    trace.tokens.append(len(x))
    trace.source = source.to(torch.int32)
    return network.head(x, torch.ones(len(x), 1) if size is None else size)[None]


def weighted_mean(x, size):
    """The mean that the unmerged tokens would have: every token counts as often as it was merged."""
    return (x * size).sum(0) / size.sum()


# ---------------------------------------------------------------- families


def block_of_transformers(layer, heads):
    """A block of ViT, DeiT, AST, ViViT or DINOv2 as transformers 5 builds it."""
    a = layer.attention
    dino = hasattr(layer, "norm1")
    return Block(
        norm1=layer.norm1 if dino else layer.layernorm_before,
        q=a.q_proj,
        k=a.k_proj,
        v=a.v_proj,
        proj=(lambda x: layer.layer_scale1(a.o_proj(x))) if dino else a.o_proj,
        norm2=layer.norm2 if dino else layer.layernorm_after,
        mlp=(lambda x: layer.layer_scale2(layer.mlp(x))) if dino else layer.mlp,
        heads=heads,
    )


def block_of_videomae(layer, heads):
    a = layer.attention.attention
    return Block(
        norm1=layer.layernorm_before,
        q=a.query,
        k=a.key,
        v=a.value,
        proj=layer.attention.output.dense,
        norm2=layer.layernorm_after,
        mlp=lambda x: layer.output.dense(layer.intermediate(x)),
        heads=heads,
    )


def block_of_timm(layer):
    def part(i):
        w, b = (t.chunk(3)[i] for t in (layer.attn.qkv.weight, layer.attn.qkv.bias))
        return lambda x: F.linear(x, w, b)

    return Block(layer.norm1, part(0), part(1), part(2), layer.attn.proj, layer.norm2, layer.mlp, layer.attn.num_heads)


def videomae(m):
    return Network(
        embed=lambda x: m.videomae.embeddings(x, None),
        blocks=[block_of_videomae(b, m.config.num_attention_heads) for b in m.videomae.encoder.layer],
        head=lambda x, size: m.classifier(m.fc_norm(weighted_mean(x, size))),
        class_token=False,
        distill_token=False,
    )


def with_class_token(m, body, blocks, head, distill=False):
    return Network(
        embed=body.embeddings,
        blocks=[block_of_transformers(b, m.config.num_attention_heads) for b in blocks],
        head=lambda x, size: head(body.layernorm(x), size),
        class_token=True,
        distill_token=distill,
    )


def ast(m):
    body = m.audio_spectrogram_transformer
    return with_class_token(m, body, body.layers, lambda x, _: m.classifier((x[0] + x[1]) / 2), distill=True)


def deit(m):
    def head(x, _):
        return (m.cls_classifier(x[0]) + m.distillation_classifier(x[1])) / 2

    return with_class_token(m, m.deit, m.deit.layers, head, distill=True)


def dinov2(m):
    def head(x, size):
        return m.classifier(torch.cat((x[0], weighted_mean(x[1:], size[1:]))))

    return with_class_token(m, m.dinov2, m.dinov2.encoder.layer, head)


def timm_vit(m):
    def head(x, size):
        pooled = m.norm(x)[0] if m.global_pool == "token" else weighted_mean(x[1:], size[1:])
        return m.head(m.fc_norm(pooled))

    def embed(x):
        return m.norm_pre(m._pos_embed(m.patch_embed(x)))

    return Network(embed, [block_of_timm(b) for b in m.blocks], head, class_token=True, distill_token=False)


FAMILIES = {
    "videomae": videomae,
    "audio-spectrogram-transformer": ast,
    "deit": deit,
    "dinov2": dinov2,
    "vit": lambda m: with_class_token(m, m.vit, m.vit.layers, lambda x, _: m.classifier(x[0])),
    "vivit": lambda m: with_class_token(m, m.vivit, m.vivit.layers, lambda x, _: m.classifier(x[0])),
}


def network_of(model):
    """The Network of a transformers classifier, or of a timm ViT."""
    if not hasattr(model, "config"):
        return timm_vit(model)
    return FAMILIES[model.config.model_type](model)


# ---------------------------------------------------------------- weights


@torch.no_grad()
def randomise(model, seed):
    """Draws every weight, biases and norms too, so that a term left out shows; activations and logits stay O(1)."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in sorted(model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        if p.dim() > 1 and "embeddings" in name and "projection" not in name:
            p.copy_(0.5 * noise)  # class, distillation and position embeddings
        elif p.dim() > 1:
            p.copy_(1.2 * noise / p[0].numel() ** 0.5)
        elif "norm" in name and name.endswith("weight"):
            p.copy_(1 + 0.2 * noise)
        else:
            p.copy_(0.3 * noise)
