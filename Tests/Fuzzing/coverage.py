"""Reads what `llvm-cov export` writes: the share of each file's regions that ran, and the lines that did not.

    llvm-cov export ... | python coverage.py
"""

import json
import sys
from pathlib import Path


def missed(segments: list[list]) -> list[str]:
    """The lines where code begins that did not run, as ranges."""
    lines: list[list[int]] = []
    for segment, following in zip(segments, segments[1:]):
        line, _, count, has_count, _, is_gap = segment
        if not has_count or is_gap or count > 0:
            continue
        last = following[0] if following[1] > 1 else following[0] - 1
        if lines and line <= lines[-1][1] + 1:
            lines[-1][1] = max(lines[-1][1], last)
        else:
            lines.append([line, max(last, line)])
    return [str(first) if first == last else f"{first}-{last}" for first, last in lines]


files = json.load(sys.stdin)["data"][0]["files"]
total, covered = 0, 0
for file in sorted(files, key=lambda file: file["summary"]["regions"]["percent"]):
    regions = file["summary"]["regions"]
    total, covered = total + regions["count"], covered + regions["covered"]
    path = Path(file["filename"])
    print(f"{regions['percent']:6.1f} %  {path.parent.name}/{path.name}  {' '.join(missed(file['segments']))}")
print(f"{100 * covered / max(total, 1):6.1f} %  of {total} regions")
