# SPDX-License-Identifier: MIT
"""Writes the forms that the peers run of what make_models.py wrote, beside each checkpoint: DIR/NAME/peers/.

    python export_models.py DIR [NAME...]

model.onnx and model-int8.onnx are for ONNX Runtime, model.xml and model-int8.xml for OpenVINO. Each is made the way
its own project documents, by what measured fastest: opset 23 keeps attention one operator, as OpenVINO's own conversion
from PyTorch does. int8 is ONNX Runtime's quantize_dynamic of the products with weights, and for OpenVINO NNCF's
quantize, calibrated on the input.
"""

import argparse
from pathlib import Path

import checkpoint
import nncf
import onnxruntime.quantization as ort_quantization
import openvino
import torch


@torch.no_grad()
def write_onnx(model, value, folder):
    path = folder / "model.onnx"
    torch.onnx.export(model, (value,), path, dynamo=True, opset_version=23, external_data=False, verbose=False)
    ort_quantization.quantize_dynamic(path, folder / "model-int8.onnx", op_types_to_quantize=["MatMul", "Gemm"],
                                      per_channel=True)  # fmt: skip


def write_openvino(model, value, folder):
    plain = openvino.convert_model(model, example_input=value, input=list(value.shape))
    openvino.save_model(plain, folder / "model.xml", compress_to_fp16=False)
    data = nncf.Dataset([value.numpy()])
    small = nncf.quantize(plain, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=1)
    openvino.save_model(small, folder / "model-int8.xml", compress_to_fp16=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    for name in options.names or sorted(path.parent.name for path in options.dir.glob("*/logits.npy")):
        folder = options.dir / name
        model, value = checkpoint.Logits(checkpoint.load(folder)).eval(), checkpoint.load_input(folder)
        (folder / "peers").mkdir(exist_ok=True)
        write_onnx(model, value, folder / "peers")
        write_openvino(model, value, folder / "peers")
        print(f"{folder / 'peers'}: written", flush=True)


if __name__ == "__main__":
    main()
