"""Icons are drawn once per page: the page names them, `definitions` adds the drawings it named."""

import functools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

SOURCE = Path(__file__).parent / "assets" / "icons.svg"
_SVG = "{http://www.w3.org/2000/svg}"
_USED = re.compile(r'href="#([a-z]-[a-z0-9]+)"')

# Red hatching of whoever exceeds a capacity.
HATCH = (
    '<pattern id="hr" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    '<path class="pat" d="M0 2.5h5"/></pattern>'
)


def _cells(full: int) -> str:
    """The four cells of an age; those above `full` are empty."""
    boxes = (
        f'<path class="{"" if cell < full else "f-none"}" d="M{cell * 4.5 + 0.5:g} .5h3v11h-3z"/>'.replace(
            ' class=""', ' stroke="none"'
        )
        for cell in range(4)
    )
    return f'<symbol id="a-{full}" viewBox="0 0 18 12">{"".join(boxes)}</symbol>'


@functools.cache
def symbols() -> dict[str, str]:
    """Name -> `<symbol>` text, in the order of the file."""
    ET.register_namespace("", _SVG[1:-1])
    drawn = {}
    for symbol in ET.parse(SOURCE).getroot().iter(f"{_SVG}symbol"):  # noqa: S314  our own file
        text = ET.tostring(symbol, encoding="unicode").strip()
        drawn[symbol.attrib["id"]] = text.replace(f' xmlns="{_SVG[1:-1]}"', "").replace(" />", "/>")
    return drawn | {f"a-{full}": _cells(full) for full in range(5)}


def definitions(page: str) -> str:
    """The hidden `<svg>` with every drawing `page` refers to, and no other."""
    drawn = symbols()
    used = [drawn[name] for name in sorted(set(_USED.findall(page))) if name in drawn]
    if "url(#hr)" in page:
        used.append(HATCH)
    return f'<svg class="defs" aria-hidden="true">{"".join(used)}</svg>' if used else ""
