"""Puts the inputs of a folder into an archive, the same for the same inputs.

    python keep.py FOLDER ARCHIVE
"""

import sys
import zipfile
from pathlib import Path

folder, archive = Path(sys.argv[1]), Path(sys.argv[2])
archive.parent.mkdir(exist_ok=True)
contents = sorted({path.read_bytes() for path in folder.iterdir()}, key=lambda content: (len(content), content))
with zipfile.ZipFile(archive, "w") as written:
    for number, content in enumerate(contents):
        written.writestr(zipfile.ZipInfo(f"{number:04}"), content, zipfile.ZIP_DEFLATED, 9)
print(f"{archive}: {len(contents)} inputs, {sum(map(len, contents))} bytes in {archive.stat().st_size}")
