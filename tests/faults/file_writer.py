"""A program that stores attachments and says so after each: the instrument is proven on it.

    python file_writer.py FOLDER STEPS

STEPS are letters: f syncs the file before it is renamed into place, d syncs the folder afterwards.
Prints the name of each file after its last step. A file's content is its name, repeated.
"""

import os
import sys
from itertools import count
from pathlib import Path


def main(folder: Path, steps: str) -> None:
    for number in count():
        name = f"{os.getpid()}-{number}.jpg"
        part = folder / f"{name}.part"
        with part.open("wb") as out:
            out.write(name.encode() * 100)
            out.flush()
            if "f" in steps:
                os.fsync(out.fileno())
        part.rename(folder / name)
        if "d" in steps:
            listing = os.open(folder, os.O_RDONLY)
            os.fsync(listing)
            os.close(listing)
        os.write(1, f"{name}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
