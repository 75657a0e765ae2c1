"""Each bit of the structure of real HDF5 files turned round: `./run mutate --aimed`.

The fields are found by Tests/hdf5_walker.py. A changed bit that leads to another model is a finding
where a checksum covers it, or where the new address or size meets bytes of another object; the rest
is counted by field, with the reason why no reader can know. With --count only so many bits of each
file are drawn, with --seed, from each kind of field its share; else it is all of them.
"""

import argparse
import collections
import concurrent.futures
import functools
import random
import re
import shutil
import time
from pathlib import Path

import mutate
from hdf5_walker import Field, Walker
from mutate_running import ROOT, Model, complaint
from mutations import DATA, Subject

# What is damaged: the last of the files.
FIXTURES = [("keras/eras/tf2.13.h5",),
            ("keras/packed/bfloat16.json", "keras/packed/bfloat16.weights.h5"),
            ("snapshots/repacked.prototxt", "snapshots/repacked.caffemodel.h5")]
REAL = [("keras-tiny/cnn_batch_norm.h5",), ("keras-tiny/conv2d_tensorflow_2.h5",),
        ("hdf5-layouts/chunked_resizable_latest.h5",)]
# Addresses, sizes, what steers filters and chunks; --whole takes versions, types and flags as well.
STEERING = re.compile(
    r"address|size|length|filter|mask|chunk|key|index|heap|tree|layout|header$|K$")
REASONS = [
    (r"layout address", "the data are elsewhere, in bytes that belong to no object"),
    (r"entry name offset|heap data address", "the link has another name, which is there as well"),
    (r"exponent bias|float layout|datatype bits|precision", "the type is another legal one"),
    (r"dataspace extent", "the shape is another legal one"),
    (r"string", "another string, which is legal"),
    (r"fill value", "numbers that were never written have another value"),
]


def subjects(files: list[str]) -> list[Subject]:
    if files:
        named = [tuple(Path(part) for part in file.split(",")) for file in files]
    else:
        named = [tuple(ROOT / "fixtures" / part for part in names) for names in FIXTURES]
        named += [tuple(DATA / part for part in names) for names in REAL] if DATA else []
    return [Subject("aimed", paths, len(paths) - 1) for paths in named]


def drawn(fields: list[Field], count: int | None, seed: int) -> list[tuple[Field, int]]:
    """Bits to turn round; if not all, of each kind its share, at least sixteen."""
    bits: dict[str, list] = {}
    for field in fields:
        bits.setdefault(field.kind, []).extend((field, bit) for bit in range(8 * field.count))
    total = sum(map(len, bits.values()))
    if count is None or count >= total:
        return [each for found in bits.values() for each in found]
    draw = random.Random(seed)
    return [each for found in bits.values() for each in draw.sample(
        found, min(len(found), max(16, round(count * len(found) / total))))]


def hit(walker: Walker, field: Field, value: int) -> str:
    """Whose bytes an address or size leads to now, if they are another's."""
    old = walker.number(field.start, field.count)
    if "address" in field.kind:
        own = [run for run in walker.runs if run.start == old + walker.base]
        count = max((run.end - run.start for run in own), default=1)
        start = value + walker.base
    elif field.kind in ("layout size", "chunk size", "continuation length"):
        place = field.start - walker.offsets if field.kind != "chunk size" else None
        if place is None:
            return ""
        start, count = walker.number(place, walker.offsets) + walker.base, value
        own = [run for run in walker.runs if run.start == start]
    else:
        return ""
    if start + count > len(walker.data):
        return "the end of the file"
    met = [run for run in walker.runs if run not in own and run.start < start + count
           and run.end > start]
    return f"{met[0].kind} of {met[0].owner}" if met else ""


def work(subject: Subject, findings: Path, bits: list[tuple[Field, int]]) -> list:
    """Turns some bits round, each in a file of its own."""
    worker = mutate.worker
    base = worker.base(subject)
    data = subject.files[subject.target].read_bytes()
    walker = Walker(data)
    files = worker.place(subject)
    size = sum(file.stat().st_size for file in files)
    rows = []
    for field, bit in bits:
        at = field.start + bit // 8
        changed = data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1:]
        files[subject.target].write_bytes(changed)
        ended, made = worker.convert(subject, files)
        finding, differs, met = complaint(ended, "resnet-convert", size) or "", (), ""
        if ended.code == 0 and isinstance(made, bytes):
            differs = Model(made).differences(base)
            value = int.from_bytes(changed[field.start:field.end], "little")
            met = hit(walker, field, value) if differs else ""
            if differs and field.is_checked:
                finding = finding or "silent: there is a checksum"
            elif met:
                finding = finding or f"silent: meets {met}"
        elif made and not finding:
            finding = f"torn: {made} after exit {ended.code}"
        text = ""
        if finding or differs:
            text = (f"{subject.name}: bit {bit} of {field.kind} at {field.start} of {field.owner}: "
                    f"{finding or 'accepted'}: {', '.join(differs)}")
        if finding:
            kept = findings / f"{field.start}-{bit}"
            kept.mkdir(parents=True, exist_ok=True)
            for file in files:
                shutil.copy(file, kept / file.name)
        outcome = f"refused {ended.code}" if ended.code else "other" if differs else "same"
        rows.append((field.kind, outcome, differs, finding, text))
    return rows


def main(options: argparse.Namespace, scratch: Path, findings: Path) -> int:
    total, found = 0, collections.Counter()
    started = time.monotonic()
    others: collections.Counter = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(
            options.jobs, initializer=mutate.begin, initargs=(scratch,)) as pool:
        for subject in subjects(options.aimed):
            fields = [field for field in Walker(subject.files[subject.target].read_bytes()).fields
                      if options.whole or STEERING.search(field.kind)]
            bits = drawn(fields, options.count, options.seed)
            print(f"{subject.name}: {len(bits)} of {8 * sum(field.count for field in fields)} bits "
                  f"of {len(fields)} fields", flush=True)
            rows = []
            batches = [bits[start:start + 50] for start in range(0, len(bits), 50)]
            for done in pool.map(functools.partial(work, subject, findings), batches):
                rows += done
                for row in done:
                    if row[4] and (row[3] or options.verbose):
                        print(f"  {row[4]}", flush=True)
            outcomes = collections.Counter(row[1] for row in rows)
            print("  " + ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items())))
            total += len(rows)
            found.update(row[3].split(":")[0] for row in rows if row[3])
            others.update((row[0], ", ".join(row[2])) for row in rows if row[2] and not row[3])
    if others:
        mutate.table("other models where nothing tells the reader, by field:", [
            (count, kind, differs, reason(kind))
            for (kind, differs), count in sorted(others.items())])
    print(f"{total} bits in {time.monotonic() - started:.0f} s")
    print("; ".join(f"{kind} {found[kind]}" for kind in (
        "death", "hang", "memory", "words", "torn", "silent")))
    if found:
        print(f"the files: {findings}")
    return 1 if found else 0


def reason(kind: str) -> str:
    return next((text for pattern, text in REASONS if re.search(pattern, kind)), "")
