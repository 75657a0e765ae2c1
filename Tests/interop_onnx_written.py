"""What resnet-convert writes as ONNX, in onnxruntime and OpenVINO. `./run interop`.

    interop_onnx_written.py [--add FILE[,FILE]]... [NAME ...]

The models are those of fixtures/ that have goldens, the small ONNX files, synthesized ResNets and, if
RESNET_TOOLKIT_DATA names the folder of real model files, its trained nets; NAME chooses some, --add
adds files. Each is written twice, with the same bytes; onnx.checker accepts it with full_check; and on
the fixture's input, or noise, it gives what our oracle computes of the model itself: in float64 by
fixtures/onnx/float64.py, and in onnxruntime, with its optimizer and without, and OpenVINO in float32.
The digits are also written in other opsets, and with their weights beside them. An error is the
largest difference divided by the largest magnitude. RESNET_TOOLKIT_BIN names the folder of the tools,
if it is not .build/release.

Exit codes: 0 all hold, 1 one does not, 66 no tools.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
from case_options import CASE_OPTIONS
from onnx import helper
from onnx_witness import (DATA, FIXTURES, WIDTH, Arrays, Refusal, ours, require_tools, tool, worst)

import float64

WIDE_BOUND = 1e-9  # float64 against float64
# The same, where the writer says that numbers which are no floats became floats.
ROUNDED_BOUND = 1e-6
ROUNDING = ("parameters are rounded", "running sums are divided")
FLOAT_BOUND = 1e-4  # float32 against anything
WRITING = (("--opset", "11"), ("--opset", "15"), ("--opset", "18"), ("--opset", "21"),
           ("--external-data",))
SYNTHESIZED = ("resnet18", "resnet50", "resnet50v1.5", "resnet20", "plain18", "resnext50-32x4d",
               "wide50-2")

# What an engine does not compute, in its own words or by what it does instead.
NOTHING_LEFT = "a lone dropout, of which OpenVINO leaves nothing"
NOT_IN_OPENVINO: dict[str, str] = {
    "layers/dropout": NOTHING_LEFT, "small/dropout-opset12": NOTHING_LEFT,
    "small/dropout-opset6": NOTHING_LEFT,
    "small/lrn": "OpenVINO computes another value of this one, onnxruntime ours"}
NOT_IN_ONNXRUNTIME: dict[str, str] = {}


@dataclass(frozen=True)
class Model:
    name: str
    files: tuple[Path, ...]  # a synthesized one has none
    arrays: Path | None = None
    reading: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()


def models(added: list[list[Path]]) -> Iterator[Model]:
    digits = FIXTURES / "digits"
    files = (digits / "digits-resnet.prototxt", digits / "digits-resnet.caffemodel")
    for writing in ((), *WRITING):
        yield Model(" ".join(["digits", *writing]), files, digits / "digits-golden-layers.npz",
                    writing=writing)
    for path in sorted((FIXTURES / "layers").glob("*.npz")):
        pair = [path.with_suffix(".prototxt"), path.with_suffix(".caffemodel")]
        yield Model(f"layers/{path.stem}", tuple(file for file in pair if file.exists()), path,
                    CASE_OPTIONS.get(path.stem, ()))
    yield from keras_models()
    for path in sorted((FIXTURES / "onnx" / "small").glob("*.npz")):
        yield Model(f"small/{path.stem}", (path.with_suffix(".onnx"),), path)
    for kind in SYNTHESIZED:
        yield Model(f"synthesize {kind}", ())
    if DATA:
        yield from trained_models(Path(DATA))
    for files in added:
        yield Model(files[0].name, tuple(files))


def keras_models() -> Iterator[Model]:
    """A file of each network of fixtures/keras that has golden values."""
    for path in sorted((FIXTURES / "keras").glob("*/*.npz")):
        files = [file for end in (".keras", ".h5") if (file := path.with_suffix(end)).exists()]
        if not files:
            continue  # weights alone, in shards or within another model
        folder = path.parent.name
        definition = path.with_suffix(".json")
        more = [definition] if folder == "old" and definition.exists() else []
        options: tuple[str, ...] = ()
        if folder == "inferred":  # weights without a definition do not tell the image's size
            batch, height, width, channels = np.load(path)["input"].shape
            options = ("--input-shape", f"{batch},{channels},{height},{width}")
        yield Model(f"keras/{folder}/{path.stem}", (files[0], *more), path, options)


def trained_models(data: Path) -> Iterator[Model]:
    for name, weights in [("cifar10_quick", "cifar10_quick_iter_5000"),
                          ("lenet", "lenet_iter_10000")]:
        folder = data / "caffe-v1"
        yield Model(f"caffe-v1/{name}", (folder / f"{name}.prototxt",
                                         folder / f"{weights}.caffemodel"),
                    folder / f"golden/{name}.npz")
    folder = data / "keras-cifar"
    for path in sorted(folder.glob("*.h5")):
        yield Model(f"keras-cifar/{path.stem}", (path, path.with_suffix(".json")))
    yield Model("keras-mlperf-tiny", (data / "keras-mlperf-tiny" / "pretrainedResnet.h5",))
    for path in sorted((data / "pytorch-cifar").glob("*.onnx")):
        yield Model(f"pytorch-cifar/{path.stem}", (path,))


def inputs_for(graph: onnx.GraphProto, arrays: Path | None) -> Arrays:
    """The fixture's arrays where they fit the graph, else seeded noise; 2 for a free extent."""
    held = dict(np.load(arrays)) if arrays else {}
    initializers = {tensor.name for tensor in graph.initializer}
    values = [value for value in graph.input if value.name not in initializers]
    generator = np.random.default_rng(len(graph.node))
    inputs = {}
    for value in values:
        tensor = value.type.tensor_type
        shape = [dim.dim_value or 2 for dim in tensor.shape.dim]
        fixture = held.get(value.name, held.get("input") if len(values) == 1 else None)
        if fixture is not None and fixture.ndim == 4 and list(fixture.shape[1:]) != shape[1:]:
            fixture = fixture.transpose(0, 3, 1, 2)  # Keras' images have their channels last
        fits = fixture is not None and list(fixture.shape[1:]) == shape[1:]
        if fits and not tensor.shape.dim[0].dim_value:
            shape[0] = len(fixture)
        array = fixture if fits and len(fixture) == shape[0] else generator.standard_normal(shape)
        inputs[value.name] = array.astype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    return inputs


def by_onnxruntime(path: Path, inputs: Arrays, names: list[str], optimized: bool) -> Arrays:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options)
    return dict(zip(names, session.run(names, inputs)))


def by_openvino(path: Path, inputs: Arrays, names: list[str]) -> Arrays:
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled(inputs)
    return {name: results[index] for index, name in enumerate(names)}


def write(model: Model, work: Path) -> tuple[Path, bool]:
    """Writes the model twice; the first file, if the second has the same bytes, and whether numbers
    were rounded on the way."""
    paths = [work / folder / "model.onnx" for folder in ("first", "second")]
    report = ""
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        report = tool("resnet-convert", "--json", *source(model, work), "-o", path, "--force",
                      *model.reading, *model.writing)
    folders = [{file.name: file.read_bytes() for file in path.parent.iterdir()} for path in paths]
    if folders[0] != folders[1]:
        raise AssertionError("written again, it has other bytes")
    notes = json.loads(report)["notes"]
    return paths[0], any(note.startswith(ROUNDING) for note in notes)


def source(model: Model, work: Path) -> tuple[Path, ...]:
    """The model's files; a synthesized one is made."""
    if model.files:
        return model.files
    path = work / "synthesized.resnet"
    if not path.exists():
        tool("resnet-convert", *model.name.split(), "--seed", "7", "-o", path)
    return (path,)


def row(model: Model, work: Path) -> tuple[str, bool]:
    """The line of a model, and whether it holds."""
    try:
        path, is_rounded = write(model, work)
        onnx.checker.check_model(path, full_check=True)
        graph = onnx.load(path, load_external_data=False).graph
        names = [value.name for value in graph.output]
        inputs = inputs_for(graph, model.arrays)
        native, fed = work / "model.resnet", work / "inputs.npz"
        np.savez(fed, **(inputs if len(inputs) > 1 else {"input": next(iter(inputs.values()))}))
        tool("resnet-convert", *source(model, work), "-o", native, "--force", *model.reading)
        expected = ours([native], fed, work, "oracle", names)
    except (Refusal, AssertionError, onnx.checker.ValidationError,
            onnx.shape_inference.InferenceError) as reason:
        return f"{model.name:{WIDTH}} {str(reason).strip().splitlines()[-1]}", False
    engines = {
        "float64": (lambda: float64.run(path, inputs),
                    ROUNDED_BOUND if is_rounded else WIDE_BOUND, {}),
        "onnxruntime": (lambda: by_onnxruntime(path, inputs, names, False), FLOAT_BOUND,
                        NOT_IN_ONNXRUNTIME),
        "optimized": (lambda: by_onnxruntime(path, inputs, names, True), FLOAT_BOUND,
                      NOT_IN_ONNXRUNTIME),
        "openvino": (lambda: by_openvino(path, inputs, names), FLOAT_BOUND, NOT_IN_OPENVINO)}
    cells, good, words = [], True, []
    for name, (compute, bound, known) in engines.items():
        try:
            value = worst(compute(), expected)
            cells.append(f"{value:10.1e}")
            holds = value <= bound
        except Exception as reason:  # each engine has errors of its own
            cells.append(f"{'-':>10}")
            words.append(f"{name}: {str(reason).strip().splitlines()[-1][:100]}")
            holds = False
        if not holds and model.name in known:
            words.append(known[model.name])
            holds = True
        good = good and holds
    return f"{model.name:{WIDTH}} {' '.join(cells)}  {'; '.join(words)}".rstrip(), good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these, or their folders")
    parser.add_argument("--add", action="append", default=[], metavar="FILE[,FILE]",
                        type=lambda text: [Path(file) for file in text.split(",")])
    arguments = parser.parse_args()
    require_tools("interop_onnx_written")
    print(f"\nWhat we write as ONNX, against our oracle\n{'':{WIDTH}} {'':10} "
          f"{'onnxruntime':>21} {'OpenVINO':>10}\n"
          f"{'model':{WIDTH}} {'float64':>10} {'plain':>10} {'optimized':>10} {'float32':>10}")
    count = missed = 0
    for model in models(arguments.add):
        chosen = any(model.name == name or model.name.startswith(f"{name}/")
                     for name in arguments.names)
        if arguments.names and not chosen and list(model.files) not in arguments.add:
            continue
        with tempfile.TemporaryDirectory() as work:
            line, good = row(model, Path(work))
        print(line if good else f"{line}  MISSED", flush=True)
        count += 1
        missed += not good
    if not DATA:
        print("RESNET_TOOLKIT_DATA is not set: no trained nets")
    print(f"{count} models: " + (f"{missed} missed" if missed else "all as our oracle has them"))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
