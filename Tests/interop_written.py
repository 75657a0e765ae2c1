"""Files that we write for Caffe beside their originals, in OpenCV: `./run interop`.

Each net goes from Caffe's files to our format and back to Caffe's. OpenCV, which reads both with an
importer of its own, must load what we wrote and compute the very bits that it computes of the
original. The nets are those of fixtures/ that OpenCV reads and, if RESNET_TOOLKIT_DATA names the
folder of real model files, those of 2014 in caffe-v1 and the definitions in caffe-msra with seeded
weights. More can be named: interop_written.py DEFINITION CAFFEMODEL ARRAYS.npz.

Exit codes: 0 all are loaded, with the same bits of weights and outputs, 1 one is not, 66 no tools.
"""

import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from interop import (DATA, TOOLS, WIDTH, Net, Refusal, caffe_reference, caffe_schema, fail,
                     fixture_nets, foreign_nets, opencv_caffe, tool)

# What Caffe has a layer for and OpenCV has none.
UNKNOWN_TO_OPENCV = {"fork-relu6": 'of type "Clip"'}


def trained_nets(folder: Path) -> Iterator[Net]:
    """Nets of 2014 in the V1 dialect, with what was computed of them."""
    for name, weights in [("cifar10_quick", "cifar10_quick_iter_5000"), ("lenet", "lenet_iter_10000")]:
        files = (folder / f"{name}.prototxt", folder / f"{weights}.caffemodel")
        yield Net(f"caffe-v1/{name}", files, folder / f"golden/{name}.npz", "output")


def rewritten(net: Net, work: Path) -> Net:
    """The net after its way through our format, in Caffe's files."""
    converted = work / "model.resnet"
    tool("resnet-convert", *net.files, "-o", converted, "--force", *net.options)
    folder = work / "written"
    folder.mkdir(exist_ok=True)
    # As a folder, since a model without weights has no caffemodel.
    files = (folder / "model.prototxt", folder / "model.caffemodel")
    files[1].unlink(missing_ok=True)
    tool("resnet-convert", "native-to-caffe", converted, "-o", folder, "--force")
    return Net(net.name, tuple(file for file in files if file.exists()), net.input, net.opencv)


def opencv_output(net: Net) -> np.ndarray:
    """The last value, in float32."""
    definition = caffe_schema.parse(net.prototxt)
    engine = opencv_caffe.load(opencv_caffe.in_its_words(net.prototxt), net.model)
    layers = [layer for _, layer in caffe_reference.inference_layers(definition)]
    return opencv_caffe.last_output(engine, net.inputs(definition), layers[-1])


def tensors(net: Net) -> list[bytes]:
    """The elements of all blobs, as they lie in the caffemodel."""
    if net.files[-1].suffix != ".caffemodel":
        return []
    return [blob.tobytes() for blobs in caffe_schema.weights(net.model).values() for blob in blobs]


def row(net: Net, work: Path) -> tuple[str, bool]:
    """The line of a net, and whether it holds."""
    try:
        copy = rewritten(net, work)
        original, written = opencv_output(net), opencv_output(copy)
    except (Refusal, opencv_caffe.Error) as refusal:
        expected = UNKNOWN_TO_OPENCV.get(net.name)
        if expected is not None and expected in str(refusal):
            return f"{net.name:{WIDTH}} OpenCV has no layer {expected}", True
        return f"{net.name:{WIDTH}} {str(refusal).strip().splitlines()[-1]}", False
    if original.shape != written.shape:
        return f"{net.name:{WIDTH}} {original.shape} became {written.shape}", False
    cells = ["same bits" if same else "differ" for same in
             (original.tobytes() == written.tobytes(), tensors(net) == tensors(copy))]
    return (f"{net.name:{WIDTH}} {original.size:8} {cells[0]:>10} {cells[1]:>10}",
            "differ" not in cells)


def main() -> None:
    if not (TOOLS / "resnet-convert").exists():
        fail(f"no resnet-convert in {TOOLS}: swift build -c release makes it")
    named = [Path(argument) for argument in sys.argv[1:]]
    if len(named) % 3:
        fail("expected DEFINITION CAFFEMODEL ARRAYS.npz for each net")
    print(f"\nWhat we write for Caffe, in OpenCV\n"
          f"{'net':{WIDTH}} {'outputs':>8} {'outputs':>10} {'weights':>10}")
    nets = missed = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        own = (Net(files[0].stem, tuple(files[:2]), files[2], "output")
               for files in zip(*[iter(named)] * 3))
        real = () if not DATA else chain(trained_nets(Path(DATA) / "caffe-v1"),
                                         foreign_nets(Path(DATA) / "caffe-msra", work))
        for net in own if named else chain(fixture_nets(), real):
            # Weights that are left out are not the same.
            if not net.opencv or "--ignore-extra-weights" in net.options:
                continue
            line, good = row(net, work)
            print(line if good else f"{line}  MISSED", flush=True)
            nets += 1
            missed += not good
    print(f"{nets} nets: " + (f"{missed} missed" if missed else "all as their originals"))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
