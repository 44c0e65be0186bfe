"""A person at a page, without a browser: reads it, fills the boxes that are there, presses a button that is there."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


@dataclass
class PageForm:
    """A form as the page shows it: what its boxes hold, and its buttons (name, value, words)."""

    action: str
    method: str
    said: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    boxes: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.inside: PageForm | None = None
        self.select = self.option = self.area = ""
        self.words: list[str] = []
        self.button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = PageForm(has.get("action", ""), has.get("method", "get"))
            self.forms.append(self.inside)
        if self.inside is None:
            return
        form, name = self.inside, has.get("name", "")
        if tag == "input" and name:
            kind = has.get("type", "text")
            if kind == "file":
                form.files.add(name)
            elif kind not in ("checkbox", "radio"):
                form.said[name] = has.get("value", "")
            else:
                form.boxes.add(name)
            if kind in ("checkbox", "radio") and "checked" in has:
                form.said[name] = has.get("value", "on")
        elif tag == "select":
            self.select = name
            form.options[name] = []
        elif tag == "option" and self.select:
            self.option, self.words = has.get("value", ""), []
            if "selected" in has or not form.options[self.select]:
                form.said[self.select] = self.option
            form.options[self.select].append((self.option, ""))
        elif tag == "textarea":
            self.area, self.words = name, []
        elif tag == "button":
            self.button, self.words = (name, has.get("value", "")), []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self.words)
        if self.inside is None:
            return
        if tag == "form":
            self.inside = None
        elif tag == "option" and self.select:
            value, _words = self.inside.options[self.select].pop()
            self.inside.options[self.select].append((value, " ".join(text.split())))
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.inside.said[self.area] = text.removeprefix("\n")
        elif tag == "button" and self.button is not None:
            self.inside.buttons.append((*self.button, " ".join(text.split())))
            self.button = None


class Visitor:
    """Somebody with a page open."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.url, self.html, self.status = "", "", 0

    def open(self, url: str) -> "Visitor":
        self._take(self.client.get(url, follow=True), url)
        return self

    def forms(self) -> list[PageForm]:
        reader = _Forms()
        reader.feed(self.html)
        return reader.forms

    def press(self, words: str, **typed: Any) -> "Visitor":
        """Press the button with these words, after typing into the boxes of its form. A file is (name, bytes)."""
        for form in self.forms():
            for name, value, said in form.buttons:
                if said != words:
                    continue
                unknown = (
                    set(typed) - set(form.said) - form.files - form.boxes - set(form.options) - {"accept"}
                )
                assert not unknown, f"this form has no {unknown}: {sorted(form.said)}"
                data: dict[str, Any] = {**form.said, **({name: value} if name else {})}
                for key, given in typed.items():
                    data[key] = SimpleUploadedFile(*given) if key in form.files else given
                there = form.action or self.url
                send = self.client.post if form.method == "post" else self.client.get
                self._take(send(there, data, follow=True), there)
                return self
        raise AssertionError(f"no button «{words}»: {[b for f in self.forms() for b in f.buttons]}")

    def box_of(self, label: str) -> str:
        """The name of the box beside a column of this label, on the page of columns."""
        at = self.html.index(f">{label}</b>")
        start = self.html.index('<input name="t', at) + len('<input name="')
        return self.html[start : self.html.index('"', start)]

    def _take(self, answer: Any, url: str) -> None:
        self.status, self.html = answer.status_code, answer.content.decode()
        chain = getattr(answer, "redirect_chain", [])
        self.url = chain[-1][0] if chain else url
        assert self.status < 500, self.html[:2000]
