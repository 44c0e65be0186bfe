"""Fail when a committed file names the address of a package registry, or a lock has a package without a hash."""

import re
import subprocess
import sys
from pathlib import Path

ADDRESS = re.compile(
    r'registry\s*=\s*"?https?:|"resolved":\s*"http|--(extra-)?index-url|https?://[^\s"]*/simple/'
)


def problems() -> list[str]:
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    found = []
    for name in filter(None, files):
        path = Path(name)
        if not path.is_file() or path == Path(__file__).relative_to(Path.cwd()):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{name}:{number}" for number, line in enumerate(text.splitlines(), 1) if ADDRESS.search(line)
        ]
    for lock in ("requirements.txt", "requirements-dev.txt"):
        packages = re.split(r"\n(?=\S)", Path(lock).read_text(encoding="utf-8").strip())
        found += [
            f"{lock}: {package.splitlines()[0]} has no hash"
            for package in packages
            if "--hash=" not in package
        ]
    return found


if __name__ == "__main__":
    wrong = problems()
    for line in wrong:
        print(f"address of a registry, or no hash: {line}")
    sys.exit(bool(wrong))
