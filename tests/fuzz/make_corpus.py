#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seed corpora of fuzz_safetensors, fuzz_npy, fuzz_config, fuzz_request and fuzz_stream: small files of each kind that the formats know, good and bad.

Usage: make_corpus.py [DIRECTORY], by default corpus/ beside this script. Needs nothing but Python.
What a fuzzer found is kept in the same folders under the name found-*; this script leaves such files alone.
"""
import json
import pathlib
import struct
import sys


def weights(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def array(descr, shape, data, version=1, order="False"):
    text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + data


HALVES = struct.pack("<6H", 0x0000, 0x0001, 0x3C00, 0x7C00, 0x7E01, 0x8400)

SAFETENSORS = {
    "empty": weights({}),
    "padded": weights(b"{}      "),
    "metadata": weights({"__metadata__": {"format": "pt", "polytome": "{\"name\":\"x\"}"}}),
    "scalar": weights({"s": tensor("F32", [], 0, 4)}, struct.pack("<f", 1.5)),
    "halves": weights({"h": tensor("F16", [2, 3], 0, 12), "b": tensor("BF16", [6], 12, 24)}, HALVES * 2),
    "unaligned": weights({"u": tensor("U8", [1], 0, 1), "f": tensor("F32", [1], 1, 5)}, b"\1\0\0\x80\x3f"),
    "zero-size": weights({"z": tensor("F32", [3, 0], 4, 4), "f": tensor("F32", [1], 0, 4)}, bytes(4)),
    "sub-byte": weights({"f4": tensor("F4", [4], 0, 2), "f6": tensor("F6_E2M3", [4], 2, 5)}, bytes(5)),
    "other-dtypes": weights({"i": tensor("I64", [1], 0, 8), "c": tensor("C64", [1], 8, 16),
                             "e": tensor("F8_E4M3", [1], 16, 17)}, bytes(17)),
    "rank-8": weights({"r": tensor("U8", [1, 1, 1, 1, 1, 1, 1, 2], 0, 2)}, bytes(2)),
    "rank-9": weights({"r": tensor("U8", [1] * 9, 0, 1)}, bytes(1)),
    "escaped-name": weights(b'{"\\u0061\\n\\ud83d\\ude00":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
    "duplicate": weights(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
                         b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
    "overlap": weights({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 1, 3)}, bytes(3)),
    "hole": weights({"a": tensor("U8", [1], 0, 1), "b": tensor("U8", [1], 2, 3)}, bytes(3)),
    "overflow": weights({"a": tensor("F32", [4, 1 << 62], 0, 0)}),
    "trailing": weights({"a": tensor("U8", [1], 0, 1)}, bytes(9)),
    "huge-header": struct.pack("<Q", (1 << 64) - 1) + b"{}",
    "nested": weights(b'{"a":' + b"[" * 64 + b"]" * 64 + b"}"),
    "cut": weights({"a": tensor("F32", [8], 0, 32)}, bytes(7)),
}

NPY = {
    "float32": array("<f4", "(2, 3)", struct.pack("<6f", 1, -2, 3.5, 0, 1e-40, float("inf"))),
    "float64": array("<f8", "(2,)", struct.pack("<2d", 0.1, 1e300)),
    "int32": array("<i4", "(3,)", struct.pack("<3i", -1, 0, 2147483647)),
    "int64": array("<i8", "(2,)", struct.pack("<2q", -5, 5)),
    "int64-large": array("<i8", "(1,)", struct.pack("<q", 1 << 40)),
    "scalar": array("<f4", "()", bytes(4)),
    "empty": array("<f4", "(3, 0)", b""),
    "version-2": array("<i4", "(1, 1)", bytes(4), version=2),
    "version-3": array("<i4", "(1,)", bytes(4), version=3),
    "fortran": array("<f4", "(2, 2)", bytes(16), order="True"),
    "fortran-vector": array("<f4", "(2,)", bytes(8), order="True"),
    "rank-8": array("<f4", "(1, 1, 1, 1, 1, 1, 1, 1)", bytes(4)),
    "rank-9": array("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", bytes(4)),
    "big-endian": array(">f4", "(1,)", bytes(4)),
    "overflow": array("<f4", "(2147483647, 2147483647, 2147483647)", bytes(4)),
    "python-2": array("<f4", "(2L,)", bytes(8)),
    "structured": array("<f4", "(1,)", bytes(4)).replace(b"'<f4'", b"[('a', '<f4')]"),
    "cut": array("<f4", "(9,)", bytes(7)),
}


def packed(top, names, precision=None):
    """The description of a packed file of these goldens, by modality. The stored answers have as many numbers as labels."""
    models = []
    for modality, name in names.items():
        folder = top / "tests/golden" / name
        config = json.loads((folder / "config.json").read_text())
        preprocessor = folder / "preprocessor_config.json"
        answers = [0.5] * len(config.get("id2label") or range(config.get("num_classes")))
        models.append({"modality": modality, "prefix": modality + "/", "name": name, "licence": "CC0", "config": config,
                       "preprocessor": json.loads(preprocessor.read_text()) if preprocessor.exists() else None,
                       "merge": {"r": "2x", "prop_attn": True}, "selftest": {"r0": answers, "merged": answers}})
    for model in models if precision else ():
        model["precision"] = precision
    return json.dumps({"schema": 2, "name": "+".join(names.values()), "models": models}, separators=(",", ":")).encode()


def configs():
    """Descriptions that are accepted, for fuzz_config: one of each family, and the shipped model's."""
    top = pathlib.Path(__file__).parents[2]
    shipped = (top / "models/default/default-v0.safetensors").read_bytes()
    header = json.loads(shipped[8 : 8 + struct.unpack("<Q", shipped[:8])[0]])
    whole = json.loads(header["__metadata__"]["polytome"])
    video = {key: value for key, value in whole.items() if key != "selftest"}
    video["modalities"] = {"video": whole["modalities"]["video"]}
    files = {"single": json.dumps(whole).encode(), "single_video": json.dumps(video).encode()}
    for name in ("videomae", "videomae_odd", "vivit", "vjepa2", "mae_st", "omnimae", "ast", "audiomae", "vit", "deit", "dinov2",
                 "dinov2_registers", "clip", "siglip", "timm_token", "timm_gap", "timm_wrapper"):  # fmt: skip
        folder = top / "tests/golden" / name
        preprocessor = next(folder.glob("*preprocessor_config.json"), None)
        files[name] = b"\0".join([(folder / "config.json").read_bytes(), preprocessor.read_bytes() if preprocessor else b"{}"])
    files["packed"] = packed(top, {"video": "videomae", "audio": "ast", "image": "vit"})
    files["packed_int8"] = packed(top, {"video": "videomae"}, "int8")
    files["packed_bf16"] = packed(top, {"audio": "ast"}, "bf16")
    files["packed_timm"] = packed(top, {"image": "timm_token"})
    files["tiny"] = b'{"model_type":"videomae"}\0{"size":224,"crop_size":[224,224],"do_zero_centering":true}'
    files["dinov2_whole"] = (b'{"model_type":"dinov2","id2label":{"0":7}}\0'
                             b'{"image_processor_type":"ViTImageProcessor","size":[448,224],"do_normalize":null}')  # fmt: skip
    files["ast_bare"] = b'{"model_type":"audio-spectrogram-transformer","num_labels":527}\0{}'
    return files


REQUESTS = {
    "path": b'{"id":1,"path":"clip.mp4","top":3,"threshold":0.5,"only":"video","start":1.5,"duration":2,"r":"16:-1"}',
    "path_bytes": b'{"path":"bad?.wav","path_bytes":"626164ff2e776176"}',
    "data": b'{"id":"a","data":"UklGRg==","sampling":"first","logits":true,"trace":false,"r":65}',
    "pictures": b'{"id":-1.5e3,"frames":["iVBORw0KGgo=","/9j/2w=="]}',
    "frames": b'{"id":null,"frames":["AAECAwQF","BgcICQoL"],"width":2,"height":1}',
    "samples": b'{"samples":"AAAAAAAAgD8AAIC/","sample_rate":16000}',
    "info": b'{"op":"info","id":true}\r',
    "ping": b' {"op":"ping"}',
    "two_subjects": b'{"path":"a","op":"ping"}',
    "unknown_key": b'{"id":2,"path":"a","to\\u0070":1,"TOP":2}',
    "odd_base64": b'{"data":"QUJD="}',
    "loose_bits": b'{"data":"QUJ="}',
    "array": b'[1,2]',
    "cut": b'{"id":7,"path":"cl',
}


# Steps of time as fuzz_stream numbers them, in seconds; times that make no sense follow from 0xC0 on.
STEPS = {0: 0, 0.04: 1, 0.3: 3, -0.04: 4, -3: 9, 60: 10, -1e5: 12, 0.5: 13, 0.001: 14, 1e6: 15}
NOT_A_NUMBER, BEYOND = 0xC0, 0xC3


def step(time):
    return time if time in (NOT_A_NUMBER, BEYOND) else STEPS[time]


def script(hop, window, kinds, *pushes):
    """hop and window: of heard_length(); kinds: 0 video and sound, 1 sound and image, 2 video, 3 sound, 4 image."""
    return bytes([hop, window, kinds]) + b"".join(pushes)


def frame(after, length, width=16, height=16):
    """A picture `after` seconds from the end of the last one; sides from 0xE0 on are odd ones."""
    sides = [side if side >= 0xE0 else side - 1 for side in (width, height)]
    return bytes([0, *sides, 0, 9, step(after), step(length)])


def sound(after, count=5, rate=0, seed=7):
    """Samples: numbers of their count (5: 8000) and rate (0: the model's, 4: 44100); a seed from 0xE0 on brings an odd one."""
    return bytes([1, count, rate, seed, step(after)])


FINISH = b"\x0f"
STREAMS = {
    "video": script(3, 0, 2, *[frame(0, 0.3)] * 8),
    "sound": script(2, 0, 3, *[sound(0)] * 5),
    "both": script(5, 0, 0, *[frame(0, 0.5) + sound(0)] * 6),
    "images": script(5, 0, 4, *[frame(0, 0.3, 9, 40)] * 6),
    "short": script(0, 0, 0, frame(0, 0.04), sound(0, 2)),
    "far_apart": script(8, 2, 0, *[frame(0, 0.5) + sound(0)] * 8),
    "gaps": script(3, 0, 0, *[frame(gap, 0.5) + sound(gap) for gap in (0, 0.3, 60, 0, 0, 0, 1e6, 0, 0, 0, -3, -1e5)]),
    "rates": script(0, 0, 3, *[sound(0, 7, 4)] * 4, sound(0, 7, 0), FINISH, sound(0), FINISH),
    "no_times": script(0, 0, 1, sound(NOT_A_NUMBER), sound(BEYOND), frame(BEYOND, 0.3), frame(0, NOT_A_NUMBER), frame(0, 0)),
    "years_of_one_picture": script(0, 0, 2, frame(0, 0.3), frame(0, 1e6), frame(0, 0.3)),
    "same_begin": script(1, 0, 4, frame(0, 0.04), frame(-0.04, 60), frame(-3, 0.3)),
    "refused_picture": script(11, 0, 4, frame(0.5, 0.04, 0xE1, 4), frame(0, 0.001), frame(0, 0.001)),
    "refused_samples": script(3, 0, 3, sound(0), sound(0, 5, 0, 0xE0), *[sound(0)] * 4),
    "sides": script(0, 0, 2, frame(0, 0.3, 0xE3, 1), frame(0, 0.3, 1, 0xE4), frame(0, 0.3, 0xE0, 4), frame(0, 0.5, 1, 48)),
}


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus"
    for kind, files in (("safetensors", SAFETENSORS), ("npy", NPY), ("config", configs()),
                        ("request", REQUESTS), ("stream", STREAMS)):
        (root / kind).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (root / kind / name).write_bytes(content)


if __name__ == "__main__":
    main()
