# SPDX-License-Identifier: MIT
"""Writes features/*.h: what Pillow, transformers and torchaudio make of inputs that the tests of features make too.

    python tests/golden/make_features.py

Needs Pillow 13, numpy, torch, torchaudio and transformers 5. Neither building nor testing needs any of them.
"""

import pathlib
import random
import zlib

import numpy as np
import torch
from PIL import Image

torch.version.cuda = None  # torchaudio refuses a torch that was built for another CUDA, which does not matter on a CPU
import torchaudio.compliance.kaldi as kaldi  # noqa: E402
from transformers import ASTFeatureExtractor  # noqa: E402
from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil  # noqa: E402
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil  # noqa: E402
from transformers.models.vivit.image_processing_vivit import VivitImageProcessor  # noqa: E402

NEAREST, LANCZOS, BILINEAR, BICUBIC = range(4)
IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
HALF = dict(image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5])


def scramble(seed, count):
    """The same 32-bit numbers as scramble() of feature_inputs.h."""
    x = np.arange(count, dtype=np.uint64) * 2654435761 + seed * 2654435769
    x = x & 0xFFFFFFFF
    x ^= x >> np.uint64(15)
    x = x * np.uint64(0x85EBCA6B) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(13)
    return x


def picture(seed, h, w):
    """Noise; with an odd seed black and white only, so that filters overshoot."""
    values = (scramble(seed, h * w * 3) >> np.uint64(24)).astype(np.uint8)
    if seed % 2:
        values = np.where(values >= 128, 255, 0).astype(np.uint8)
    return values.reshape(h, w, 3)


def noise(seed, count):
    return ((scramble(seed, count) >> np.uint64(8)).astype(np.float64) / 2**25 - 0.25).astype(np.float32)


def tone(rate, count):
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(count) / rate)).astype(np.float32)


def resize_cases():
    rng = random.Random(1)
    sizes = [(rng.randint(1, a), rng.randint(1, b), rng.randint(1, c), rng.randint(1, d))
             for a, b, c, d in 15 * [(8, 8, 8, 8), (90, 90, 40, 40), (40, 40, 90, 90), (120, 30, 20, 60)]]
    sizes += [(h, 50, 64, 33) for h in (97, 98, 99)]  # where the order of the passes changes: 64 + 2 * (50 - 33) = 98
    sizes += [(41, 30, 40, 30), (40, 30, 41, 30), (40, 31, 40, 30), (40, 30, 40, 31), (33, 44, 33, 44)]
    sizes += [(1, 900, 1, 7), (900, 1, 7, 1), (1, 1, 40, 50), (3, 700, 5, 699), (270, 480, 56, 99), (480, 270, 56, 56)]
    for seed, (h, w, out_h, out_w) in enumerate(sizes):
        for resample in (NEAREST, LANCZOS, BILINEAR, BICUBIC):
            scaled = np.array(Image.fromarray(picture(seed, h, w)).resize((out_w, out_h), resample))
            yield f"{{{h}, {w}, {out_h}, {out_w}, {resample}, {seed}, 0x{zlib.crc32(scaled.tobytes()):08x}}}"


def square(side):
    return {"height": side, "width": side}


def pixels_processors():
    edge = {"shortest_edge": 48}
    yield VideoMAEImageProcessorPil(size=edge, crop_size=square(48), **IMAGENET)
    yield VideoMAEImageProcessorPil(size={"shortest_edge": 51}, crop_size=square(48), resample=BICUBIC, **HALF)
    yield VideoMAEImageProcessorPil(size=edge, crop_size={"height": 61, "width": 66}, **IMAGENET)  # padded
    yield VideoMAEImageProcessorPil(do_resize=False, crop_size={"height": 33, "width": 48}, **IMAGENET)
    yield VideoMAEImageProcessorPil(size=edge, crop_size=square(48), do_normalize=False)
    yield VideoMAEImageProcessorPil(size=edge, crop_size=square(48), do_rescale=False, **IMAGENET)
    yield VideoMAEImageProcessorPil(size=edge, crop_size=square(48), do_rescale=False, do_normalize=False)
    yield VivitImageProcessor(size=edge, crop_size=square(48), **HALF)
    yield VivitImageProcessor(size=edge, crop_size=square(48), do_normalize=False)
    yield VivitImageProcessor(size=edge, crop_size=square(48), offset=False, rescale_factor=1 / 255, **IMAGENET)
    yield ViTImageProcessorPil(size=square(40), **HALF)
    yield ViTImageProcessorPil(size={"height": 40, "width": 24}, resample=LANCZOS, **IMAGENET)


def c_bool(value):
    return "true" if value else "false"


def c_floats(values):
    return ", ".join(f"{np.float32(v)!s}F" if "." in str(np.float32(v)) or "e" in str(np.float32(v))
                     else f"{np.float32(v)!s}.0F" for v in values)


def c_spec(processor, height, width):
    def of(size, key):
        return getattr(size, key, None) or (size.get(key) if isinstance(size, dict) else None) or 0

    crop = getattr(processor, "do_center_crop", None)
    return (f".do_resize = {c_bool(processor.do_resize)}, .shortest_edge = {of(processor.size, 'shortest_edge')}, "
            f".resize_h = {of(processor.size, 'height')}, .resize_w = {of(processor.size, 'width')}, "
            f".resample = (enum resample){int(processor.resample)}, .do_center_crop = {c_bool(crop)}, "
            f".crop_h = {height}, .crop_w = {width}, .do_rescale = {c_bool(processor.do_rescale)}, "
            f".rescale_factor = {processor.rescale_factor!r}, .offset = {c_bool(getattr(processor, 'offset', False))}, "
            f".do_normalize = {c_bool(processor.do_normalize)}, .mean = {{{c_floats(processor.image_mean)}}}, "
            f".std = {{{c_floats(processor.image_std)}}}, .height = {height}, .width = {width}")


def pixels_cases():
    seed = 100
    for processor in pixels_processors():
        for h, w in ((60, 80), (97, 41), (48, 48), (20, 31), (150, 60)):
            seed += 1
            tensor = processor([picture(seed, h, w)], return_tensors="np", input_data_format="channels_last")
            values = np.asarray(tensor["pixel_values"])
            pixels = np.ascontiguousarray(values.reshape(-1, *values.shape[-2:]), dtype="<f4")
            spec = c_spec(processor, *pixels.shape[1:])
            yield f"{{{{{spec}}}, {h}, {w}, {seed}, 0x{zlib.crc32(pixels.tobytes()):08x}}}"


def fbank_cases():
    """(rate, mel bins, low_freq, seed or 0 for a tone, samples, clip mean off): three rows of the log spectrogram."""
    cases = [(16000, 128, 20.0, 0, 16000, False), (16000, 128, 20.0, 11, 9000, False), (16000, 64, 0.0, 12, 5000, True),
             (8000, 40, 20.0, 13, 3000, False), (22050, 80, 60.0, 14, 6000, False), (48000, 128, 20.0, 15, 20000, True)]
    for rate, bins, low, seed, count, subtract in cases:
        samples = torch.from_numpy(noise(seed, count) if seed else tone(rate, count))
        if subtract:
            samples = samples + 0.125  # noise() has no mean to speak of
            samples = samples - samples.mean()
        features = kaldi.fbank(samples[None], htk_compat=True, sample_frequency=rate, use_energy=False,
                               window_type="hanning", num_mel_bins=bins, dither=0.0, frame_shift=10, low_freq=low)
        rows = [0, len(features) // 2, len(features) - 1]
        values = c_floats(np.concatenate([features[row].numpy() for row in rows]))
        yield (f"{{{rate}, {bins}, {low}, {seed}, {count}, {c_bool(subtract)}, {len(features)}, "
               f"{{{', '.join(map(str, rows))}}}, {{{values}}}}}")


def ast_row_cases():
    """Rows of ASTFeatureExtractor's answer on noise(21, 5000): frames, then padding, normalised."""
    extractor = ASTFeatureExtractor(max_length=40)
    features = extractor(noise(21, 5000), sampling_rate=16000, return_tensors="np")["input_values"][0]
    for row in (0, 28, 29, 39):
        yield f"{{{row}, {{{c_floats(features[row])}}}}}"


FILES = {
    "pictures.h": ("answers of Pillow and transformers. CRC-32 of the bytes.", [
        ("resize", "int in_h, in_w, out_h, out_w, resample; uint32_t seed, crc;", resize_cases),
        ("pixels", "struct pixels_spec spec; int h, w; uint32_t seed, crc;", pixels_cases),
    ]),
    "fbank.h": ("answers of torchaudio and transformers.", [
        ("fbank", "int rate, bins; double low_freq; uint32_t seed; int count; bool subtract_mean; int frames, rows[3]; "
                  "float values[3 * 128];", fbank_cases),
        ("ast_row", "int row; float values[128];", ast_row_cases),
    ]),
}


def main():
    folder = pathlib.Path(__file__).parent / "features"
    folder.mkdir(exist_ok=True)
    for file, (title, tables) in FILES.items():
        out = ["/* SPDX-License-Identifier: MIT */", f"/* Written by make_features.py: {title} */", "/* clang-format off */"]
        for name, fields, cases in tables:
            out += ["", f"static const struct {name}_case {{ {fields} }} {name}_cases[] = {{"]
            out += [f"    {case}," for case in cases()] + ["};"]
        (folder / file).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
