"""One engine of Tests/peers.py in a process of its own, driven by lines ("lockstep").

    peers_engine.py openvino|openvino-own|onnxruntime|ncnn MODEL THREADS SHAPE

MODEL is an ONNX file, for ncnn its .param; SHAPE looks like 1x3x224x224. The input is
default_rng(42).standard_normal(SHAPE) in float32. When ready, with two inferences done, one line
tells `y`, the first 4096 values of the output, `version`, `precision`, and for OpenVINO `kernels`,
the number of layers by kernel. Each line N of standard input asks for one inference more to warm up
and N that count, and is answered by a list of N + 1 times in milliseconds. `resnet-bench lockstep`
speaks the same protocol.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable

answers = os.dup(1)
os.dup2(2, 1)  # libraries that chatter do so on standard error

import numpy as np

Loaded = tuple[Callable[[], np.ndarray], dict[str, object]]
LAYERS_OF_WORK = {"Convolution", "FullyConnected", "Pooling", "Reduce", "Softmax", "Eltwise"}


def openvino(model: str, threads: int, x: np.ndarray, is_float32: bool = True) -> Loaded:
    import openvino
    core = openvino.Core()
    network = core.read_model(model)
    network.reshape(list(x.shape))
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    if is_float32:
        options["INFERENCE_PRECISION_HINT"] = "f32"
    compiled = core.compile_model(network, "CPU", options)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(x))
    facts = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    kernels = Counter((fact["layerType"].astype(str), fact["primitiveType"].astype(str))
                      for fact in facts)

    def run() -> np.ndarray:
        request.infer()
        return request.get_output_tensor(0).data
    return run, {
        "version": openvino.__version__.split("-")[0],
        "precision": compiled.get_property("INFERENCE_PRECISION_HINT").to_string(),
        "kernels": {f"{layer} {kernel}": count for (layer, kernel), count in kernels.items()
                    if layer in LAYERS_OF_WORK}}


def onnxruntime(model: str, threads: int, x: np.ndarray) -> Loaded:
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    # A batch that is known lets it plan its memory once, as the other engines do.
    options.add_free_dimension_override_by_name("batch", x.shape[0])
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: x}
    return (lambda: session.run(None, feed)[0]), {
        "version": onnxruntime.__version__, "precision": "f32"}


def ncnn(model: str, threads: int, x: np.ndarray) -> Loaded:
    import ncnn
    net = ncnn.Net()
    net.opt.num_threads = threads
    for option in dir(net.opt):
        if option.startswith(("use_fp16_", "use_bf16_")):
            setattr(net.opt, option, False)
    if net.load_param(model) or net.load_model(model.removesuffix(".param") + ".bin"):
        sys.exit(f"ncnn cannot load {model}")
    # clone: channels begin at multiples of 16 bytes, which those of an array of odd size do not.
    image = ncnn.Mat(x[0]).clone()

    def run() -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("in0", image)
        return np.array(extractor.extract("out0")[1])
    return run, {"version": ncnn.__version__, "precision": "f32"}


ENGINES = {"openvino": openvino, "onnxruntime": onnxruntime, "ncnn": ncnn,
           "openvino-own": lambda *arguments: openvino(*arguments, is_float32=False)}


def say(value: object) -> None:
    os.write(answers, (json.dumps(value) + "\n").encode())


def main() -> None:
    name, model, threads, shape = sys.argv[1:]
    x = np.random.default_rng(42).standard_normal([int(n) for n in shape.split("x")])
    run, facts = ENGINES[name](model, int(threads), x.astype(np.float32))
    y = np.array(run(), np.float32).ravel()[:4096]
    run()
    say({"y": y.tolist(), **facts})
    for line in sys.stdin:
        times = []
        for _ in range(1 + int(line)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        say(times)


main()
