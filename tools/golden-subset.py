#!/usr/bin/env python3
"""Copies tensors whose names match a pattern from one safetensors file to another. The reference
numbers in tests/golden were extracted with it from the full reference runs.

usage: golden-subset.py FROM.safetensors TO.safetensors REGEX"""
import json
import re
import struct
import sys


def main():
    source, target, pattern = sys.argv[1:]
    with open(source, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = f.read()
    out, blobs, at = {}, [], 0
    # numbers of eight bytes first, so that every one is aligned in memory
    size = lambda item: 0 if item[1].get("dtype") in ("F64", "I64") else 1
    for name, entry in sorted(header.items(), key=size):
        if name == "__metadata__" or not re.search(pattern, name):
            continue
        begin, end = entry["data_offsets"]
        blobs.append(data[begin:end])
        out[name] = {**entry, "data_offsets": [at, at + end - begin]}
        at += end - begin
    text = json.dumps(out, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


main()
