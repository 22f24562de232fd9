# SPDX-License-Identifier: MIT
"""One peer with one model, in a process of its own: peers.py starts it and tells it when to run.

    python peer.py PEER FOLDER THREADS R

Loads the model, runs it once and prints the logits. Then, for each line with a number of passes on standard input, it
warms up with one pass and prints their times in milliseconds. At the end of the input it prints its peak memory in
bytes. All that it prints are JSON lines. Nothing is imported that the peer does not need: imports count as its start.
"""

import json
import resource
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

# A peer is a function (folder, threads, r) -> function () -> logits.


def pytorch(folder, threads, r, compiled=False):
    import torch

    import checkpoint

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    model, value = checkpoint.load(folder), checkpoint.load_input(folder)
    if r != "off":
        return pytorch_merging(model, value, r)
    model = checkpoint.Logits(model).eval()
    if compiled:
        model = torch.compile(model, options={"freezing": True})  # weights are constants: prepacked
    return lambda: model(value).numpy()


def pytorch_merging(model, value, r):
    """Plain tensor operations around the same blocks: tests/golden/tome_torch.py."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "golden"))
    import tome_torch

    network = tome_torch.network_of(model)
    prop_attn = hasattr(model, "config") and model.config.model_type != "videomae"  # as polytome has it for these
    return lambda: tome_torch.forward(network, value, r, prop_attn).numpy()


def onnxruntime(folder, threads, r, name="model.onnx"):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / "peers" / name, options, providers=["CPUExecutionProvider"])
    value = {session.get_inputs()[0].name: np.load(folder / "input.npy")}
    return lambda: session.run(None, value)[0]


def openvino(folder, threads, r, name="model.xml", precision="f32"):
    import openvino

    options = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": precision,  # of what is not quantised; its own default may be bf16
        "PERFORMANCE_HINT": "LATENCY",
    }
    model = openvino.compile_model(folder / "peers" / name, "CPU", options)
    value = np.load(folder / "input.npy")
    request = model.create_infer_request()
    return lambda: request.infer([value], share_inputs=True)[0]


PEERS = {
    "pytorch": pytorch,
    "pytorch-compiled": partial(pytorch, compiled=True),
    "onnxruntime": onnxruntime,
    "openvino": openvino,
    "openvino-bf16": partial(openvino, precision="bf16"),
    "onnxruntime-int8": partial(onnxruntime, name="model-int8.onnx"),
    "openvino-int8": partial(openvino, name="model-int8.xml"),
}


def timed(run):
    begin = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - begin)


def main():
    name, folder, threads, r = sys.argv[1:]
    run = PEERS[name](Path(folder), int(threads), r)
    print(json.dumps(run().ravel().tolist()), flush=True)
    for line in sys.stdin:
        run()
        print(json.dumps([timed(run) for _ in range(int(line))]), flush=True)
    print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main()
