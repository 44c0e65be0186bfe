"""What names a centre in the address of a page, which is what a phone reads from a QR code."""

import re
from urllib.parse import unquote, urlsplit
from uuid import UUID

_PAGE = re.compile(r"/sites/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?:/|$)", re.IGNORECASE)


def is_address(text: str) -> bool:
    return "://" in text


def named_by(address: str) -> UUID | str:
    """The id in the address of a centre's page or of what lies below it; else the last word of the path.

    That word may be a code, as in `https://albergues.example/s/ALB%2012`. "" where there is no path.
    """
    try:
        path = urlsplit(address).path
    except ValueError:  # brackets that do not match
        return ""
    page = _PAGE.search(path)
    if page is not None:
        return UUID(page[1])
    return " ".join(unquote(path.rstrip("/").rpartition("/")[2]).split())
