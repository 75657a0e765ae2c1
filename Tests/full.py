"""ResNet-50, -101 and -152 in full size: conversion, parity, memory, speed. Called by `./run full`.

usage: ./run full [--models DIR]    (DIR: an absolute path)

DIR holds, for each depth N, ResNet-N-deploy.prototxt, ResNet-N-synth.caffemodel and golden/ResNet-N.npz
(input, logits64, output64); without it fixtures/fullsize/make.py makes them in .build/full. A definition that
is not in DIR is looked for in $RESNET_TOOLKIT_DATA/caffe-msra. Exits with 1 if any figure misses its bound.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np

from interop import Net
from interop_written import opencv_output, tensors
from measuring import ROOT, check, conversion, tool, verdict

LOGIT_BOUNDS = {50: 2e-4, 101: 5e-4, 152: 2e-3}
def parity(depth: int, model: pathlib.Path, golden: pathlib.Path, work: pathlib.Path) -> None:
    """Logits against float64, by both executors, and the verdict of resnet-verify."""
    expected = np.load(golden)["logits64"]
    for executor in ["fast", "oracle"]:
        values = work / "values.npz"
        tool("resnet-verify", "run", model, "--input", golden, "-o", values, "--layers", "fc1000",
             "--executor", executor, "--threads", 2, "--force")
        found = np.load(values)["fc1000"].reshape(expected.shape)
        error = float(np.abs(found - expected).max())
        if executor == "fast":
            check(f"ResNet-{depth} logits, fast executor, max |error|", error, LOGIT_BOUNDS[depth])
        else:
            relative = error / float(np.abs(expected).max())
            check(f"ResNet-{depth} logits, oracle, max relative error", relative, 1e-9)
    report = tool("resnet-verify", model, "--fixture", golden, "--threads", 2, "--json").stdout
    result = json.loads(report)
    print(f"  resnet-verify: passes {result['passes']}, compared {result['compared']}/{result['total']}")


def written(definition: pathlib.Path, model: pathlib.Path, weights: pathlib.Path,
            work: pathlib.Path) -> None:
    """The way back to Caffe: the same tensors, and in OpenCV the same bits of output."""
    files = (work / "written.prototxt", work / "written.caffemodel")
    tool("resnet-convert", "native-to-caffe", model, "-o", files[0], "-o", files[1])
    golden = weights.parent / "golden" / f"{weights.stem.removesuffix('-synth')}.npz"
    nets = [Net(weights.stem, pair, golden, "output") for pair in ((definition, weights), files)]
    outputs = [opencv_output(net) for net in nets]
    check("outputs in OpenCV that what we wrote for Caffe changes",
          int((outputs[0] != outputs[1]).sum()), 0)
    check("tensors that it changes", int(tensors(nets[0]) != tensors(nets[1])), 0)


def threads(model: pathlib.Path, golden: pathlib.Path, work: pathlib.Path) -> None:
    """All values by 1, 2, 3 and 5 threads must be the same bits."""
    files = []
    for count in [1, 2, 3, 5]:
        files.append(work / f"threads{count}.npz")
        tool("resnet-verify", "run", model, "--input", golden, "-o", files[-1], "--layers", "all",
             "--threads", count, "--force")
    different = sum(files[0].read_bytes() != other.read_bytes() for other in files[1:])
    check("thread counts whose values differ in any bit", different, 0)
    for file in files:
        file.unlink()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=pathlib.Path)
    models = parser.parse_args().models
    if models is None:
        models = ROOT / ".build/full"
        subprocess.run([sys.executable, ROOT / "fixtures/fullsize/make.py", models], check=True)
    definitions = pathlib.Path(os.environ.get("RESNET_TOOLKIT_DATA", "")) / "caffe-msra"
    work = ROOT / ".build/full-work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for depth in [50, 101, 152]:
        print(f"ResNet-{depth}")
        name = f"ResNet-{depth}-deploy.prototxt"
        definition = models / name if (models / name).exists() else definitions / name
        golden = models / f"golden/ResNet-{depth}.npz"
        weights = models / f"ResNet-{depth}-synth.caffemodel"
        model = conversion(
            weights, work, "caffe-to-native", "--prototxt", definition, "--caffemodel", weights)
        parity(depth, model, golden, work)
        legacy = models / f"ResNet-{depth}-synth-legacy4d.caffemodel"
        if legacy.exists():
            tool("resnet-convert", definition, legacy, "-o", work / "legacy.resnet", "--force")
            equal = json.loads(tool("resnet-verify", work / "legacy.resnet", model, "--json").stdout)
            check("weights of the legacy 4-D twin that differ", len(equal["weightDifferences"]), 0)
        if depth == 50:
            written(definition, model, weights, work)
        opened = json.loads(tool("resnet-inspect", model, "--time-open", "--json").stdout)
        check("opening in process, median of 100", opened["openMedianMilliseconds"], 5, " ms")
        if depth == 50:
            threads(model, golden, work)
            bench = json.loads(tool("resnet-bench", model, "--threads", 1, "--json").stdout)
            print(f"  fast executor, 1 thread: {bench['minimumMilliseconds']:.1f} ms, {bench['gigaflops']:.1f} GFLOP/s")
            check("GFLOP/s of arithmetic in registers / those of the network", 1 / bench["shareOfArithmetic"], 1 / 0.45)
    shutil.rmtree(work)
    sys.exit(verdict())


if __name__ == "__main__":
    main()
