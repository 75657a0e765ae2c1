"""Writes HDF5 files of every kind that h5py can write, and beside each what is in it.

    python Tests/interop_hdf5.py FOLDER [--count 5000] [--seed 1]
    RESNET_TOOLKIT_HDF5=FOLDER swift test --filter GeneratedFileTests

Each file is drawn by a number: format versions, order of creation, user blocks, widths of addresses,
layouts, indexes of chunks, filters, types, strings, links, attributes, deletions. `FILE.txt` has one
line for each object and attribute, as h5py reads the file again; the test compares the project's
reader, and libhdf5 where it knows the format, with it.
"""

import argparse
import random
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5f, h5p, h5s, h5t, h5z

VERSIONS = ["earliest", "v108", "v110", "v112", "v114", "latest"]
NUMBERS = {"<f2": "float16", ">f2": "float16", "<f4": "float32", ">f4": "float32",
           "<f8": "float64", ">f8": "float64"}
NAMES = ["kernel:0", "bias:0", "größe", "a b", "層", "x" * 60, "conv2d_1", ".hidden", "0", "1"]


def bfloat16(order: str):
    kind = (h5t.IEEE_F32LE if order == "<" else h5t.IEEE_F32BE).copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_precision(16)
    kind.set_size(2)
    return kind


class Writer:
    """One file of random contents."""

    def __init__(self, path: Path, seed: int):
        self.draw = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.low = self.draw.choice(VERSIONS)
        self.file = self.open(path)
        self.datasets: list[str] = []
        self.types: list[str] = []

    def chance(self, probability: float) -> bool:
        return self.draw.random() < probability

    def open(self, path: Path) -> h5py.File:
        creation = h5p.create(h5p.FILE_CREATE)
        has_user_block = self.chance(0.2)
        if has_user_block:
            creation.set_userblock(self.draw.choice([512, 1024, 4096]))
        # Lengths of 4 bytes have no extent without a limit, whatever libhdf5 writes.
        self.is_narrow = self.chance(0.1)
        if self.is_narrow or self.chance(0.1):
            creation.set_sizes(self.draw.choice([4, 8]), 4 if self.is_narrow else 8)
        if self.low != "earliest" and self.chance(0.2):
            creation.set_file_space_strategy(
                self.draw.choice([h5f.FSPACE_STRATEGY_FSM_AGGR, h5f.FSPACE_STRATEGY_AGGR,
                                  h5f.FSPACE_STRATEGY_NONE if has_user_block
                                  else h5f.FSPACE_STRATEGY_PAGE]),
                self.chance(0.5), 1)
        self.ordered = self.chance(0.3)
        if self.ordered:
            creation.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
            creation.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
        access = h5p.create(h5p.FILE_ACCESS)
        bounds = {"earliest": h5f.LIBVER_EARLIEST, "v108": h5f.LIBVER_V18, "v110": h5f.LIBVER_V110,
                  "v112": h5f.LIBVER_V112, "v114": h5f.LIBVER_V114, "latest": h5f.LIBVER_LATEST}
        access.set_libver_bounds(bounds[self.low], h5f.LIBVER_LATEST)
        return h5py.File(h5f.create(str(path).encode(), h5f.ACC_TRUNC, creation, access))

    def name(self, group) -> str:
        name = self.draw.choice(NAMES)
        return name if name not in group else f"{name}{len(group)}"

    # What is attached

    def attribute_value(self):
        draw = self.draw
        text = draw.choice(["", "a", "größe", "channels_last", "x" * draw.choice([17, 300, 5000])])
        values = [
            lambda: text, lambda: np.bytes_(text.encode() or b"a"), lambda: draw.randrange(-9, 9),
            lambda: np.array([text, "b", ""], h5py.string_dtype()),
            lambda: np.array([b"ab", b"c"], "S5"), lambda: np.arange(3, dtype=">i2"),
            lambda: np.arange(4, dtype="<u8"), lambda: np.arange(5, dtype="i1"),
            lambda: np.float32(draw.random()), lambda: np.arange(3, dtype=draw.choice(list(NUMBERS))),
            lambda: h5py.Empty("f4"), lambda: np.zeros(0, "f8"), lambda: True,
            lambda: np.zeros(2, [("x", "f4"), ("y", "i8")]), lambda: np.zeros(3, "V5"),
            lambda: np.array([b"name"] * draw.choice([3, 2000]), "S12"),
            lambda: np.zeros((2, 3), "f4"), lambda: 1 + 2j,
        ]
        return draw.choice(values)()

    def attach(self, item) -> None:
        count = self.draw.choice([0, 0, 1, 3, 7, 12, 40]) if self.chance(0.6) else 0
        if self.chance(0.01):
            count = 400
        for index in range(count):
            value = self.attribute_value()
            if isinstance(value, np.ndarray) and value.nbytes > 60000 and self.low == "earliest":
                continue
            item.attrs.create(f"{self.draw.choice(NAMES)}{index}", value)
        if count > 2 and self.chance(0.3):
            del item.attrs[next(iter(item.attrs))]
        if self.types and self.chance(0.2):
            kind = self.file[self.draw.choice(self.types)]
            item.attrs.create("typed", np.zeros(2, kind.dtype), dtype=kind)

    # Datasets

    def values(self, shape, dtype):
        count = int(np.prod(shape))
        if self.chance(0.3):
            return (np.arange(count) % 50).astype(dtype).reshape(shape)
        return self.numbers.standard_normal(count).astype(dtype).reshape(shape)

    def shape(self) -> tuple[int, ...]:
        rank = self.draw.choice([0, 1, 1, 2, 2, 3, 4])
        limit = [1, 3000, 60, 12, 7][rank]
        shape = tuple(self.draw.randint(1, limit) for _ in range(rank))
        if rank and self.chance(0.05):
            return (0,) + shape[1:]
        return shape

    def creation(self) -> h5p.PropDCID:
        creation = h5p.create(h5p.DATASET_CREATE)
        creation.set_obj_track_times(self.chance(0.3))
        if self.ordered:
            creation.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
        if self.chance(0.1):
            creation.set_fill_value(np.array(3, "f4"))
        creation.set_alloc_time(self.draw.choice(
            [h5d.ALLOC_TIME_DEFAULT, h5d.ALLOC_TIME_EARLY, h5d.ALLOC_TIME_LATE,
             h5d.ALLOC_TIME_INCR]))
        return creation

    def filters(self, creation) -> None:
        if self.chance(0.4):
            return
        if self.chance(0.5):
            creation.set_shuffle()
        if self.chance(0.6):
            creation.set_deflate(self.draw.choice([1, 4, 9]))
        elif self.chance(0.4):
            creation.set_filter(h5z.FILTER_LZF, h5z.FLAG_OPTIONAL)
        elif self.chance(0.1):
            creation.set_scaleoffset(h5z.SO_FLOAT_DSCALE, 3)
        if self.chance(0.4):
            creation.set_fletcher32()

    def dataset(self, group) -> None:
        shape, dtype = self.shape(), self.draw.choice(list(NUMBERS))
        name, path = None, None
        name = self.name(group)
        creation, largest = self.creation(), shape
        kind = self.draw.choice(["contiguous", "compact", "chunked", "chunked", "chunked"])
        if not shape or 0 in shape:
            kind = "contiguous"
        if kind == "compact" and int(np.prod(shape)) * np.dtype(dtype).itemsize < 60000:
            creation.set_layout(h5d.COMPACT)
            creation.set_alloc_time(h5d.ALLOC_TIME_DEFAULT)
        if kind == "chunked":
            chunk = tuple(self.draw.randint(max(1, extent // 40), extent) for extent in shape)
            if self.chance(0.2):
                chunk = shape
            if self.chance(0.1) and len(shape) == 1:
                chunk = (1,)
            creation.set_chunk(chunk)
            self.filters(creation)
            growth = self.draw.choice(["none", "none", "one", "one", "two", "fixed"])
            if self.is_narrow and growth != "fixed":
                growth = "none"
            if growth == "one":
                axis = self.draw.randrange(len(shape))
                largest = shape[:axis] + (h5s.UNLIMITED,) + shape[axis + 1:]
            elif growth == "two":
                largest = tuple(h5s.UNLIMITED for _ in shape)
            elif growth == "fixed":
                largest = tuple(extent + self.draw.randint(0, extent) for extent in shape)
        stored = h5t.py_create(np.dtype(dtype))
        values = self.values(shape, dtype)
        if self.types and self.chance(0.1):
            committed = self.file[self.draw.choice(self.types)]
            stored, values = committed.id, self.values(shape, committed.dtype)
        if self.chance(0.05):
            order = self.draw.choice("<>")
            stored = bfloat16(order)
            dtype = "bf16"
        space = h5s.create_simple(shape, largest) if shape else h5s.create(h5s.SCALAR)
        try:
            made = h5d.create(group.id, name.encode(), stored, space, creation)
        except ValueError:  # a filter that has no way with numbers of two bytes
            return
        dataset = h5py.Dataset(made)
        if dtype == "bf16":
            made.write(h5s.ALL, h5s.ALL, values.astype("<f4"), h5t.NATIVE_FLOAT)
        elif kind == "chunked" and self.chance(0.15) and shape[0] > 1:
            dataset[: shape[0] // 2] = values[: shape[0] // 2]
        elif not self.chance(0.03):
            dataset[...] = values
        if kind == "chunked" and largest != shape and self.chance(0.3):
            dataset.resize(max(1, shape[0] // 2), axis=0)
            if self.chance(0.3) and largest[0] in (h5s.UNLIMITED,):
                dataset.resize(shape[0] + 3, axis=0)
                dataset[...] = 1
        self.datasets.append(dataset.name)
        self.attach(dataset)

    def odd_dataset(self, group) -> None:
        name = self.name(group)
        values = [
            np.arange(4), np.array([b"a", b"bc"], "S2"), h5py.Empty("f4"),
            np.zeros(2, [("x", "f4")]), np.zeros(2, "V3"), np.zeros(2, "V2"),
            np.array(["a", "bc"], h5py.string_dtype()), np.array([True, False]), "text",
            np.array([1 + 2j]), np.array([np.longdouble(1)]),
        ]
        value = self.draw.choice(values)
        if self.chance(0.1):
            group.create_dataset(name, data=np.array([np.arange(2.0), np.arange(3.0)], object),
                                 dtype=h5py.vlen_dtype("f4"))
        elif self.chance(0.1):
            group.create_dataset(name, data=self.file.ref, dtype=h5py.ref_dtype)
        elif isinstance(value, np.ndarray) and self.chance(0.4):
            group.create_dataset(name, data=value, chunks=(1,),
                                 maxshape=None if self.is_narrow else (None,))
        else:
            group[name] = value

    # Groups

    def link(self, group) -> None:
        name = self.name(group)
        match self.draw.choice(["soft", "external", "hard", "type"]):
            case "soft": group[name] = h5py.SoftLink("/somewhere/else")
            case "external": group[name] = h5py.ExternalLink("other.h5", "/x")
            case "hard" if self.datasets:
                group[name] = self.file[self.draw.choice(self.datasets)]
            case _:
                group[name] = np.dtype(self.draw.choice(list(NUMBERS)))
                self.types.append(f"{group.name}/{name}".replace("//", "/"))

    def group(self, parent) -> h5py.Group:
        group = parent.create_group(self.name(parent), track_order=self.ordered)
        self.attach(group)
        return group

    def fill(self) -> None:
        groups = [self.file["/"]]
        self.attach(self.file["/"])
        for _ in range(self.draw.choice([1, 4, 12, 30])):
            group = self.draw.choice(groups)
            step = self.draw.random()
            if step < 0.25:
                if group.name.count("/") < 20:
                    groups.append(self.group(group))
            elif step < 0.75: self.dataset(group)
            elif step < 0.85: self.odd_dataset(group)
            else: self.link(group)
        if self.chance(0.15):
            for index in range(self.draw.choice([9, 60, 700])):
                many = self.draw.choice(groups)
                many.create_group(f"layer_{index}")
        if self.chance(0.2) and self.datasets:
            victim = self.datasets[0]
            if victim in self.file:
                del self.file[victim]
        self.file.close()


# What is in a file

def checksum(content: bytes) -> int:
    return zlib.crc32(content)


KINDS = {h5t.INTEGER: "integers", h5t.TIME: "times", h5t.STRING: "strings",
         h5t.BITFIELD: "bit fields", h5t.OPAQUE: "opaque data", h5t.COMPOUND: "compounds",
         h5t.REFERENCE: "references", h5t.ENUM: "enumerated values",
         h5t.VLEN: "lists of variable length", h5t.ARRAY: "arrays"}


def number_type(kind) -> str | None:
    """The name of a type of numbers as this project has it."""
    if not isinstance(kind, h5t.TypeFloatID):
        return None
    found = (kind.get_size(), kind.get_precision(), kind.get_fields(), kind.get_ebias())
    return {(2, 16, (15, 10, 5, 0, 10), 15): "float16", (2, 16, (15, 7, 8, 0, 7), 127): "bfloat16",
            (4, 32, (31, 23, 8, 0, 23), 127): "float32",
            (8, 64, (63, 52, 11, 0, 52), 1023): "float64"}.get(found)


def class_name(kind) -> str:
    if isinstance(kind, h5t.TypeFloatID):
        return f"numbers of {kind.get_size()} bytes that are not IEEE 754"
    return KINDS.get(kind.get_class(), "unknown")


def attribute_line(item, name: str) -> str:
    attribute = h5py.h5a.open(item.id, name.encode())
    kind, space = attribute.get_type(), attribute.get_space()
    head = f"A\t{item.name}\t{name}\t"
    if space.get_simple_extent_type() == h5s.NULL:
        return head + "nothing"
    if kind.get_class() == h5t.STRING:
        shape = attribute.shape
        read = item.attrs[name] if item.attrs.get_id(name).dtype.kind != "S" else None
        if read is None:
            raw = np.empty(shape, attribute.dtype)
            attribute.read(raw)
            texts = [bytes(text) for text in raw.ravel()]
        else:
            texts = [text if isinstance(text, bytes) else text.encode()
                     for text in np.ravel(np.array(read, object))]
        return head + f"strings {len(texts)} {checksum(bytes(1).join(texts))}"
    if kind.get_class() == h5t.INTEGER:
        values = np.empty(attribute.shape, "i8")
        attribute.read(values, h5t.NATIVE_INT64)
        return head + f"integers {[int(value) for value in values.ravel()]}"
    if number_type(kind):
        values = np.empty(attribute.shape, "f8")
        attribute.read(values, h5t.NATIVE_DOUBLE)
        bits = ", ".join(f'"{struct.unpack("<Q", struct.pack("<d", value))[0]:x}"'
                         for value in values.ravel())
        return head + f"numbers [{bits}]"
    return head + class_name(kind)


def is_whole(dataset) -> bool:
    """Whether all elements were written: what was not has none here, not those of a fill value."""
    if dataset.size == 0:
        return True
    if dataset.chunks is None:
        return dataset.id.get_storage_size() > 0
    expected = int(np.prod([-(-extent // chunk)
                            for extent, chunk in zip(dataset.shape, dataset.chunks)]))
    return dataset.id.get_num_chunks() == expected


def dataset_line(dataset) -> str:
    kind, creation = dataset.id.get_type(), dataset.id.get_create_plist()
    head = f"D\t{dataset.name}\t{','.join(map(str, dataset.shape or ()))}\t"
    if dataset.shape is None:
        return head + "nothing"
    number = number_type(kind)
    known = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32, h5z.FILTER_LZF)
    filters = [creation.get_filter(index)[0] for index in range(creation.get_nfilters())]
    if any(number not in known for number in filters):
        return head + "unsupported"
    if number is None:
        return head + class_name(kind)
    if not is_whole(dataset):
        return head + f"{number}\tmissing"
    memory = {"bfloat16": bfloat16("<"), "float16": h5t.IEEE_F16LE, "float32": h5t.IEEE_F32LE,
              "float64": h5t.IEEE_F64LE}[number]
    width = memory.get_size()
    values = np.zeros(dataset.shape, f"V{width}")
    if dataset.size:
        dataset.id.read(h5s.ALL, h5s.ALL, values, memory)
    return head + f"{number}\t{checksum(values.tobytes())}"


def describe(path: Path) -> list[str]:
    lines = []
    with h5py.File(path, "r") as file:
        rest = [file["/"]]
        while rest:
            group = rest.pop()
            lines.append(f"G\t{group.name}")
            lines += [attribute_line(group, name) for name in group.attrs]
            for name in group:
                place = f"{group.name}/{name}".replace("//", "/")
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.SoftLink):
                    lines.append(f"L\t{place}\tsoft")
                elif isinstance(link, h5py.ExternalLink):
                    lines.append(f"L\t{place}\texternal")
                elif isinstance(group[name], h5py.Group):
                    rest.append(group[name])
                elif isinstance(group[name], h5py.Datatype):
                    lines.append(f"T\t{place}")
                else:
                    dataset = group[name]
                    lines.append(dataset_line(dataset))
                    lines += [attribute_line(dataset, attribute) for attribute in dataset.attrs]
    return sorted(lines, key=str.encode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        path = options.folder / f"{options.seed}-{number:05}.h5"
        Writer(path, options.seed * 1_000_003 + number).fill()
        path.with_suffix(".txt").write_text("\n".join(describe(path)) + "\n")


if __name__ == "__main__":
    main()
