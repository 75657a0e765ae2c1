#!/usr/bin/env python3
"""Reads a .resnet file as native-format.md specifies it, and verifies every byte. Needs NumPy.

usage: read_native.py FILE [--npz OUT]     exit status 65 for a bad file
"""
import json
import math
import struct
import sys

import numpy as np

MAGIC = b"\x89RNT\r\n\x1a\n"
CHUNK = 1 << 20
TYPES = {"float16": "<f2", "bfloat16": "<u2", "float32": "<f4", "float64": "<f8"}


def require(condition, message):
    if not condition:
        raise ValueError(message)


def apply(shift, state):
    """Moves CRC registers past zeros; `shift` holds the answers for each of the four bytes."""
    return (shift[0][state & 255] ^ shift[1][state >> 8 & 255]
            ^ shift[2][state >> 16 & 255] ^ shift[3][state >> 24])


TABLE = np.arange(256, dtype=np.uint32)  # past one zero byte, for a register below 256
for _ in range(8):
    TABLE = np.where(TABLE & 1, TABLE >> 1 ^ 0x82F63B78, TABLE >> 1).astype(np.uint32)
SHIFT = [np.arange(256, dtype=np.uint32) << 8 * i for i in range(4)]
SHIFT = [TABLE[s & 255] ^ s >> 8 for s in SHIFT]  # past 1 byte
for _ in range(6):
    SHIFT = [apply(SHIFT, s) for s in SHIFT]  # past 2, 4, … 64 bytes


def crc32c(data):
    """CRC-32C, in lanes of 64 bytes that are joined pairwise. Zeros in front of the message do not
    change a register that starts as 0; one that starts as all ones inverts the first 4 bytes."""
    message = np.zeros(64 << max(0, (len(data) - 1) // 64).bit_length(), np.uint8)
    message[-len(data):] = np.frombuffer(data, np.uint8)
    message[-len(data):][:4] ^= 255
    state = np.uint32(0)
    for column in message.reshape(-1, 64).T:
        state = TABLE[(state ^ column) & 255] ^ state >> 8
    shift = SHIFT
    while len(state) > 1:
        state = apply(shift, state[0::2]) ^ state[1::2]
        shift = [apply(shift, s) for s in shift]
    return int(state[0]) ^ 0xFFFFFFFF


def section(data, name, start, length, checksums, chunk=CHUNK):
    """The bytes of a section, whose checksums come next, and where the next section starts."""
    end = start + length + -length % 64
    require(end <= len(data), f"{name}: the file ends at byte {len(data)}, expected {end}")
    for low in range(start, end, chunk):
        high = min(low + chunk, end)
        require(crc32c(data[low:high]) == next(checksums, None),
                f"{name}: chunk {(low - start) // chunk} (bytes {low}..<{high}): checksum mismatch")
    require(not any(data[start + length:end]), f"{name}: expected zeros behind its bytes")
    return data[start:start + length], end


def members(pairs):
    require(len(dict(pairs)) == len(pairs), "a JSON member appears twice")
    return dict(pairs)


def read(path):
    """The header, the ledger and the arrays by name; bfloat16 is widened to float32."""
    data = memoryview(open(path, "rb").read())
    require(len(data) >= 64 and data[:8] == MAGIC, "preamble: not a native model")
    require(crc32c(data[:60]) == struct.unpack("<I", data[60:64])[0], "preamble: checksum mismatch")
    (major, minor, features, total, header, ledger, table, header_crc, table_crc,
     reserved) = struct.unpack("<HHIQQQQIII", data[8:60])
    require(major == 1 and features == reserved == 0, f"preamble: unknown version {major}.{minor}")
    require(len(data) == total, f"expected {total} bytes, found {len(data)}")

    head, start = section(data, "header", 64, header, iter([header_crc]), total)
    table, start = section(data, "checksum table", start, table, iter([table_crc]), total)
    checksums = iter(np.frombuffer(table, "<u4").tolist())
    ledger, start = section(data, "ledger", start, ledger, checksums)
    head, ledger = (json.loads(bytes(t), object_pairs_hook=members) for t in (head, ledger))
    arrays, first = {}, start
    for tensor in head["tensors"]:
        name, kind, shape = tensor["name"], np.dtype(TYPES[tensor["type"]]), tensor["shape"]
        require(name not in arrays and tensor["offset"] == start - first
                and tensor["byteCount"] == math.prod(shape) * kind.itemsize,
                f"{name}: wrong name, offset or size")
        content, start = section(data, name, start, tensor["byteCount"], checksums)
        array = np.frombuffer(content, kind).reshape(shape)
        if tensor["type"] == "bfloat16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = array
    require(start == total and next(checksums, None) is None, "the tensors do not fill the file")
    return head, ledger, arrays


def main(path, *options):
    try:
        head, ledger, arrays = read(path)
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(print(f"{path}: {error}", file=sys.stderr) or 65)
    for node in head["nodes"]:
        weights = (f"{role} {head['tensors'][i]['shape']}" for role, i in node["weights"].items())
        print(node["name"], node["type"], json.dumps(node["parameters"]), *weights)
    print(len(head["nodes"]), "layers,", len(arrays), "tensors,", len(ledger["entries"]), "entries")
    if options:
        np.savez(options[1], **arrays)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4) or sys.argv[2:3] not in ([], ["--npz"]):
        sys.exit(print(__doc__, file=sys.stderr) or 64)
    main(*sys.argv[1:])
