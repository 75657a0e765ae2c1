"""Where everything lies in an HDF5 file: a reader of structure only, for aimed damage.

It shares nothing with the tools' own reader but the HDF5 File Format Specification, version 3.0,
whose names it uses. It reads files that h5py and libhdf5 wrote, sound ones: it checks little, and
an exception means that a file is not for it. What it knows: superblocks 0 to 3, object headers 1 and
2, symbol tables, links in messages, dataspaces, layouts 1 to 4, filter pipelines, fill values,
attributes, B-trees 1 of chunks, extensible arrays, global heaps; of fractal heaps, B-trees 2 and
fixed arrays the headers, which have checksums.
"""

import dataclasses

from hdf5_messages import Messages


@dataclasses.dataclass(frozen=True)
class Field:
    """A number of the file's structure."""

    start: int
    count: int
    kind: str  # what it is, as "layout address"
    owner: str  # the path of its object
    is_checked: bool = False  # whether a checksum covers it

    @property
    def end(self) -> int:
        return self.start + self.count


@dataclasses.dataclass(frozen=True)
class Run:
    """Bytes that one thing has for itself."""

    start: int
    end: int
    kind: str  # weights, json, names, attribute, structure
    owner: str


class Walker(Messages):
    """The fields and runs of a file."""

    def __init__(self, data: bytes):
        self.data, self.fields, self.runs = data, [], []
        self.visited: set[int] = set()
        self.seals: list[tuple[int, int]] = []  # bytes, and after them their checksum
        self.heaps: dict[int, str] = {}
        self.strings: dict[int, list[tuple[int, int, int]]] = {}
        self.base = 0
        while data[self.base:self.base + 8] != b"\x89HDF\r\n\x1a\n":
            self.base = self.base * 2 if self.base else 512
            if self.base > len(data):
                raise ValueError("no superblock")
        self.pending: list[tuple[int, str]] = []
        self.superblock()
        self.walk()
        # Links in a fractal heap are not followed: headers of version 2 have a signature.
        at = data.find(b"OHDR\2")
        while at >= 0:
            self.pending.append((at, f"object at {at}"))
            self.walk()
            at = data.find(b"OHDR\2", at + 1)
        self.fields = sorted(set(self.fields), key=lambda field: (field.start, field.count))
        self.runs.sort(key=lambda run: (run.start, run.end))

    def walk(self) -> None:
        while self.pending:
            address, path = self.pending.pop()
            if address not in self.visited:
                self.visited.add(address)
                self.header(address, path)

    def number(self, at: int, count: int) -> int:
        if at < 0 or at + count > len(self.data):
            raise ValueError(f"{at} is past the end")
        return int.from_bytes(self.data[at:at + count], "little")

    def field(self, at: int, count: int, kind: str, owner: str, checked: bool = False) -> int:
        """Notes a field and returns its number."""
        value = self.number(at, count)
        self.fields.append(Field(at, count, kind, owner, checked))
        return value

    def address(self, at: int, kind: str, owner: str, checked: bool = False) -> int | None:
        """A position in the data, or nil for the undefined address."""
        value = self.field(at, self.offsets, kind, owner, checked)
        return None if value == (1 << 8 * self.offsets) - 1 else value + self.base

    def seal(self, start: int, end: int) -> None:
        if lookup3(self.data[start:end]) != self.number(end, 4):
            raise ValueError(f"the checksum of {start}..<{end} is wrong")
        self.seals.append((start, end))

    def run(self, start: int, count: int, kind: str, owner: str) -> None:
        if count > 0:
            self.runs.append(Run(start, start + count, kind, owner))

    # Superblock, object headers

    def superblock(self) -> None:
        at, version = self.base, self.data[self.base + 8]
        if version < 2:
            for place, kind in ((9, "free-space version"), (10, "symbol-table version"),
                                (12, "shared-header version"), (13, "size of offsets"),
                                (14, "size of lengths")):
                self.field(at + place, 1, f"superblock {kind}", "/")
            self.offsets, self.lengths = self.data[at + 13], self.data[at + 14]
            self.field(at + 16, 2, "superblock leaf K", "/")
            self.field(at + 18, 2, "superblock internal K", "/")
            self.field(at + 20, 4, "superblock flags", "/")
            at += 28 if version == 1 else 24
            for kind in ("base", "free-space", "end of file", "driver"):
                self.field(at, self.offsets, f"superblock {kind} address", "/")
                at += self.offsets
            self.run(self.base, at - self.base, "structure", "superblock")
            self.entry(at, "/")
            self.run(at, 2 * self.offsets + 24, "structure", "superblock")
        else:
            self.offsets, self.lengths = self.data[at + 9], self.data[at + 10]
            for place, kind in ((9, "size of offsets"), (10, "size of lengths"), (11, "flags")):
                self.field(at + place, 1, f"superblock {kind}", "/", True)
            addresses = []
            for index, kind in enumerate(("base", "extension", "end of file", "root")):
                addresses.append(self.address(
                    at + 12 + index * self.offsets, f"superblock {kind} address", "/", True))
            self.run(at, 16 + 4 * self.offsets, "structure", "superblock")
            self.seal(at, at + 12 + 4 * self.offsets)
            self.pending.append((addresses[3], "/"))
            if addresses[1] is not None:
                self.pending.append((addresses[1], "extension"))
        self.field(self.base + 8, 1, "superblock version", "/", version >= 2)

    def entry(self, at: int, path: str) -> None:
        """A symbol table entry."""
        self.field(at, self.offsets, "entry name offset", path)
        header = self.address(at + self.offsets, "entry header address", path)
        at += 2 * self.offsets
        cached = self.field(at, 4, "entry cache type", path)
        if cached == 1:
            self.field(at + 8, self.offsets, "entry cached tree address", path)
            self.field(at + 8 + self.offsets, self.offsets, "entry cached heap address", path)
        self.pending.append((header, path))

    def header(self, at: int, path: str) -> None:
        if self.data[at:at + 4] == b"OHDR":
            blocks, is_new = [self.header2(at, path)], True
        else:
            self.field(at, 1, "header version", path)
            self.field(at + 2, 2, "header message count", path)
            self.field(at + 4, 4, "header reference count", path)
            size = self.field(at + 8, 4, "header size", path)
            self.run(at, 16 + size, "structure", path)
            blocks, is_new = [(at + 16, at + 16 + size)], False
        found: dict[int, list[tuple[int, int, int]]] = {}
        for start, end in blocks:
            prefix = (6 if self.flags & 4 else 4) if is_new else 8
            while start + prefix <= end:
                width = 1 if is_new else 2
                kind = self.field(start, width, "message type", path, is_new)
                size = self.field(start + width, 2, "message size", path, is_new)
                flags = self.field(start + width + 2, 1, "message flags", path, is_new)
                body = start + prefix
                if kind == 0x10:
                    target = self.address(body, "continuation address", path, is_new)
                    count = self.field(body + self.offsets, self.lengths, "continuation length",
                                       path, is_new)
                    self.run(target, count, "structure", path)
                    if is_new:
                        self.seal(target, target + count - 4)
                    blocks.append((target + 4, target + count - 4) if is_new
                                  else (target, target + count))
                else:
                    found.setdefault(kind, []).append((body, size, flags))
                start = body + size
        self.messages(found, path, is_new)

    def header2(self, at: int, path: str) -> tuple[int, int]:
        self.flags = flags = self.field(at + 5, 1, "header flags", path, True)
        self.field(at + 4, 1, "header version", path, True)
        place = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = self.field(place, width, "header size", path, True)
        self.run(at, place + width + size + 4 - at, "structure", path)
        self.seal(at, place + width + size)
        return place + width, place + width + size

    # Groups and chunks of version 1

    def local_heap(self, at: int, path: str) -> int:
        self.field(at + 4, 1, "heap version", path)
        size = self.field(at + 8, self.lengths, "heap size", path)
        self.field(at + 8 + self.lengths, self.lengths, "heap free list", path)
        target = self.address(at + 8 + 2 * self.lengths, "heap data address", path)
        self.run(at, 8 + 2 * self.lengths + self.offsets, "structure", path)
        self.run(target, size, "names", path)
        return target

    def tree(self, at: int, path: str, key: int) -> tuple[int, list[tuple[int, int]]]:
        """The level of a node of a B-tree 1, and where its keys are, each with its child."""
        self.field(at + 4, 1, "tree type", path)
        level = self.field(at + 5, 1, "tree level", path)
        count = self.field(at + 6, 2, "tree entry count", path)
        self.field(at + 8, self.offsets, "tree left address", path)
        self.field(at + 8 + self.offsets, self.offsets, "tree right address", path)
        start = at + 8 + 2 * self.offsets
        step = key + self.offsets
        self.run(at, start - at + count * step + key, "structure", path)
        return level, [(start + index * step, self.address(
            start + index * step + key, "tree child address", path)) for index in range(count)]

    def group(self, at: int, names: int, path: str) -> None:
        level, children = self.tree(at, path, self.lengths)
        for key, child in children:
            self.field(key, self.lengths, "tree name key", path)
            if level:
                self.group(child, names, path)
                continue
            self.field(child + 4, 1, "node version", path)
            count = self.field(child + 6, 2, "node entry count", path)
            step = 2 * self.offsets + 24
            self.run(child, 8 + count * step, "structure", path)
            for index in range(count):
                place = child + 8 + index * step
                start = names + self.number(place, self.offsets)
                name = self.data[start:self.data.index(b"\0", start)].decode("utf-8", "replace")
                self.entry(place, f"{path.rstrip('/')}/{name}")

    def chunks(self, at: int, rank: int, path: str) -> None:
        level, children = self.tree(at, path, 8 + 8 * rank)
        for key, child in children:
            size = self.field(key, 4, "chunk size", path)
            self.field(key + 4, 4, "chunk mask", path)
            for index in range(rank):
                self.field(key + 8 + 8 * index, 8, "chunk key", path)
            if level:
                self.chunks(child, rank, path)
            else:
                self.run(child, size, "weights", path)


def lookup3(data: bytes) -> int:
    """Bob Jenkins' hash, by which the structures of version 2 are checked."""
    mask = 0xFFFFFFFF

    def rotated(value: int, count: int) -> int:
        return (value << count | value >> 32 - count) & mask

    a = b = c = (0xDEADBEEF + len(data)) & mask
    place = 0
    while len(data) - place > 12:
        a = (a + int.from_bytes(data[place:place + 4], "little")) & mask
        b = (b + int.from_bytes(data[place + 4:place + 8], "little")) & mask
        c = (c + int.from_bytes(data[place + 8:place + 12], "little")) & mask
        a = (a - c & mask) ^ rotated(c, 4)
        c = c + b & mask
        b = (b - a & mask) ^ rotated(a, 6)
        a = a + c & mask
        c = (c - b & mask) ^ rotated(b, 8)
        b = b + a & mask
        a = (a - c & mask) ^ rotated(c, 16)
        c = c + b & mask
        b = (b - a & mask) ^ rotated(a, 19)
        a = a + c & mask
        c = (c - b & mask) ^ rotated(b, 4)
        b = b + a & mask
        place += 12
    rest = data[place:].ljust(12, b"\0")
    if len(data) == 0:
        return c
    a = (a + int.from_bytes(rest[:4], "little")) & mask
    b = (b + int.from_bytes(rest[4:8], "little")) & mask
    c = (c + int.from_bytes(rest[8:], "little")) & mask
    c = (c ^ b) - rotated(b, 14) & mask
    a = (a ^ c) - rotated(c, 11) & mask
    b = (b ^ a) - rotated(a, 25) & mask
    c = (c ^ b) - rotated(b, 16) & mask
    a = (a ^ c) - rotated(c, 4) & mask
    b = (b ^ a) - rotated(a, 14) & mask
    c = (c ^ b) - rotated(b, 24) & mask
    return c


def labels(data: bytes) -> bytearray:
    """For each byte what it belongs to, as an index of LABELS."""
    walker = Walker(data)
    found = bytearray(len(data))
    for kind in ("structure", "names", "attribute", "json", "weights"):
        for run in walker.runs:
            if run.kind == kind:
                index = LABELS.index(kind)
                found[run.start:run.end] = bytes([index]) * (run.end - run.start)
    for field in walker.fields:  # what is in an attribute's bytes is structure all the same
        found[field.start:field.end] = bytes([1]) * field.count
    return found


LABELS = ("free", "structure", "names", "attribute", "json", "weights")
