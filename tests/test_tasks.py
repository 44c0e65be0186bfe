"""The day's work of each role in a real Chromium, in Spanish, at 360 and 1280 px, by keyboard alone; taps counted.

Everybody begins on the page where they land after logging in. A press is Enter on a link, a button or a fold: what a
thumb would tap. A tap is a press before the work lies in front of the person: before the first letter they type, and
where nothing is typed, all of them. Every task takes three taps at most; with the press that sends or saves what was
typed four, except where it says why not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.test_real_browser import DESK, PHONE, House, house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
assert house  # the exercise, served: a fixture

MOST, WITH_SENDING = 3, 4
SIZES = {"360": PHONE, "1280": DESK}
IS_FOCUSED = "element => element === document.activeElement"
GOES = """element => element.tagName === "A"
    ? element.origin === location.origin && element.pathname + element.search !== location.pathname + location.search
    : element.type === 'submit'"""
# The focus is drawn, and neither the bar on top nor the dock below lies over it (WCAG 2.4.7 and 2.4.11).
SEEN = """element => {
    const box = (element.labels?.[0] && getComputedStyle(element).opacity === "0" ? element.labels[0] : element)
        .getClientRects()[0];
    const at = document.elementFromPoint(box.x + Math.min(box.width, 300) / 2, box.y + box.height / 2);
    const own = at && (element.contains(at) || [...(element.labels ?? [])].some(label => label.contains(at)));
    return own && getComputedStyle(element).outlineStyle !== "none" ? "" : at?.outerHTML.slice(0, 120) ?? "nothing";
}"""


@dataclass
class Hand:
    """Somebody at the keyboard: moves with Tab alone, presses Enter, types. Counts as it goes."""

    page: Page
    size: str
    folder: Path
    taps: int = 0
    presses: int = 0
    keys: int = 0
    typed: bool = False
    went: list[str] = field(default_factory=list)

    @property
    def on_a_phone(self) -> bool:
        return self.size == "360"

    def find(self, role: str, name: str) -> Locator:
        return self.page.get_by_role(role, name=name, exact=True).filter(visible=True).first  # type: ignore[arg-type]

    def go_to(self, target: Locator) -> None:
        """Tab until the focus is there, and see it."""
        target.wait_for(state="attached")
        element = target.element_handle()
        for _step in range(400):
            if element.evaluate(IS_FOCUSED):
                break
            self.page.keyboard.press("Tab")
        else:
            pytest.fail(f"no way to {element.evaluate('e => e.outerHTML.slice(0, 200)')} by keyboard")
        hidden_by = element.evaluate(SEEN)
        assert not hidden_by, f"the focus on {target} is not seen: {hidden_by}"

    def press(self, role: str, name: str) -> None:
        self.tap(self.find(role, name))

    def _count(self, target: Locator) -> None:
        self.go_to(target)
        self.went.append((target.get_attribute("aria-label") or target.text_content() or "").strip())
        self.presses += 1
        self.taps += not self.typed

    def tap(self, target: Locator) -> None:
        self._count(target)
        if target.evaluate(GOES):
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        else:
            self.page.keyboard.press("Enter")

    def menu(self, name: str) -> None:
        """A page of the menu: on a phone the first four are at hand and the others behind "Más"."""
        entry = self.page.locator("nav.nav").get_by_role("link", name=name, exact=True).filter(visible=True)
        if not entry.count():
            self.tap(self.page.locator("nav.nav .all a"))
            entry = self.page.locator("#mas").get_by_role("link", name=name, exact=True)
        self.tap(entry)

    def write(self, name: str, text: str, role: str = "textbox") -> None:
        self.go_to(self.find(role, name))
        self.page.keyboard.press("Control+A")
        self.type(text)

    def type(self, text: str) -> None:
        self.typed = True
        self.page.keyboard.type(text)
        self.keys += len(text)

    def choose(self, name: str, option: str) -> None:
        """In a list: its first letters, as a keyboard chooses."""
        self.go_to(self.find("combobox", name))
        self.type(option)

    def tick(self, role: str, name: str) -> None:
        self.go_to(self.find(role, name))
        self.typed = True
        self.page.keyboard.press("Space")

    def saved(self, role: str, name: str) -> Path:
        """The file that a link gives."""
        with self.page.expect_download() as told:
            self._count(self.find(role, name))
            self.page.keyboard.press("Enter")
        path = self.folder / told.value.suggested_filename
        told.value.save_as(path)
        return path

    def opened(self, role: str, name: str) -> str:
        """What kind of file a link shows in the browser itself."""
        with self.page.expect_response(
            lambda answer: "file" in answer.url or "report.pdf" in answer.url
        ) as told:
            self._count(self.find(role, name))
            self.page.keyboard.press("Enter")
        assert told.value.status == 200
        return told.value.headers["content-type"]

    def reads(self, *words: str) -> None:
        for said in words:
            self.page.locator("main").get_by_text(said).first.wait_for()

    @property
    def title(self) -> str:
        return self.page.locator("h1").text_content() or ""


@dataclass(frozen=True)
class Task:
    """`presses`: at most, with those that send and confirm."""

    name: str
    account: str
    do: Callable[[Hand, House], None]
    presses: int
    quick: bool


TASKS: list[Task] = []


def task(account: str, *, presses: int = WITH_SENDING, quick: bool = False) -> Callable:
    def declared(do: Callable[[Hand, House], None]) -> Callable[[Hand, House], None]:
        TASKS.append(Task(do.__name__, account, do, presses, quick))
        return do

    return declared


# --- who runs a centre


@task("encargada", quick=True)
def send_the_ten_figures(hand: Hand, house: House) -> None:
    hand.press("link", "Enviar reporte")
    people = "144" if hand.on_a_phone else "146"
    hand.write("P Personas que duermen aquí esta noche", people)
    hand.write("M De ellas, mujeres y niñas", "79")
    hand.press("button", "Enviar reporte")
    hand.reads("Recibido")
    assert hand.page.locator(".hero b").text_content() == people


@task("encargada")
def say_that_it_is_still_so(hand: Hand, house: House) -> None:
    same = hand.page.get_by_role("button", name="Sigue igual").first
    hand.tap(same)
    hand.page.locator(".messages").get_by_text("Anotado").or_(hand.page.locator(".messages")).first.wait_for()


@task("encargada")
def see_what_fails_and_why(hand: Hand, house: House) -> None:
    hand.reads("Qué falla", "Se arregla con")
    hand.tap(hand.page.get_by_role("link", name="Sin medir").first)
    hand.tap(hand.page.locator("details.drawer summary").first)
    assert hand.page.locator("details.drawer").first.get_attribute("open") is not None


@task("encargada")
def print_the_paper(hand: Hand, house: House) -> None:
    assert hand.opened("link", "Hoja para llenar a mano") == "application/pdf"


@task("encargada", quick=True)
def let_a_helper_in(hand: Hand, house: House) -> None:
    hand.menu("Personas de apoyo")
    hand.press("button", "Dejar entrar a alguien")
    hand.page.get_by_role("img", name="Código").or_(hand.page.locator("main svg[role=img]")).first.wait_for()


@task("encargada")
def correct_a_figure(hand: Hand, house: House) -> None:
    changed = hand.page.locator("li.fail", has_text="Agua para tomar y lavar").locator("a.btn")
    if not changed.is_visible():  # the worst stand open, the rest is folded
        hand.tap(hand.page.locator("details.fold summary").first)
    hand.tap(changed)
    assert hand.page.evaluate("document.activeElement.name || location.hash") in (
        "litres_day",
        "#id_litres_day",
    )
    hand.write("A Litros de agua al día, todo el albergue", "1800" if hand.on_a_phone else "1900")
    hand.press("button", "Enviar reporte")
    hand.reads("Recibido")


# --- the committee


@task("comite", quick=True)
def see_the_worst_centre_and_why(hand: Hand, house: House) -> None:
    worst = hand.page.locator("table.ranked th a").first
    name = worst.text_content()
    hand.tap(worst)
    assert hand.title == name
    hand.tap(hand.page.locator("details.drawer summary").first)
    assert hand.page.locator("details.drawer").first.get_attribute("open") is not None


@task("comite")
def call_a_silent_centre(hand: Hand, house: House) -> None:
    hand.reads("Sin reporte", "en el último reporte")
    hand.tap(hand.page.locator(".mute a[href^='tel:']").first)


@task("comite")
def add_a_centre(hand: Hand, house: House) -> None:
    hand.press("link", "Agregar albergue")
    name = f"Escuela Recién Abierta {hand.size}"
    hand.write("Nombre", name)
    hand.tick("radio", "Está abierto: hay o habrá personas esta noche")
    hand.go_to(hand.page.locator("[name=place]"))
    hand.type("HN0506")
    hand.press("button", "Guardar albergue")
    hand.page.locator("h1", has_text=name).wait_for()


@task("comite", quick=True)
def edit_a_centre(hand: Hand, house: House) -> None:
    hand.tap(hand.page.locator("table.ranked th a").nth(1))
    hand.press("link", "Datos")
    hand.go_to(hand.page.locator("[name=phone]"))
    hand.page.keyboard.press("Control+A")
    hand.type("2200 0101" if hand.on_a_phone else "2200 0202")
    hand.tap(hand.page.get_by_role("button", name="Guardar").first)
    hand.page.locator(".messages").first.wait_for()


@task("comite")
def take_the_situation_report(hand: Hand, house: House) -> None:
    hand.menu("Informe")
    assert hand.opened("link", "PDF en español") == "application/pdf"


@task("comite")
def see_one_municipality(hand: Hand, house: House) -> None:
    hand.go_to(hand.page.get_by_role("searchbox").first)
    hand.type("Choloma")
    hand.presses += 1
    hand.page.keyboard.press("Enter")
    hand.page.wait_for_url("**q=Choloma**")
    places = hand.page.locator("table.ranked tbody th small").all_text_contents()
    assert places
    assert all("Choloma" in place for place in places)


@task("comite")
def record_damage(hand: Hand, house: House) -> None:
    hand.press("link", "Anotar daños")
    hand.write("Municipio", "HN0502")
    hand.write("Quién lo dijo", "Invented: CODEM")
    hand.write("Personas desaparecidas", "3" if hand.on_a_phone else "4")
    hand.press("button", "Guardar cifras")
    hand.page.locator(".messages").first.wait_for()


# --- who calls


@task("comite", quick=True)
def make_the_round_of_calls(hand: Hand, house: House) -> None:
    hand.menu("Llamadas")
    hand.press("button", "Llamar al primero")
    hand.page.wait_for_url("**/calls/*-*/")
    first, before = hand.title, hand.page.url
    for figure in ("61", "30", "4", "0", "2", "2", "900", "0", "1", "si"):
        hand.type(figure)
        hand.keys += 1
        hand.page.keyboard.press("Enter")
    hand.presses += 1
    hand.page.wait_for_url(lambda url: url != before)
    assert first in (hand.page.locator(".messages").text_content() or "")
    assert hand.keys <= 60  # at one key a second, within a minute


@task("comite")
def say_that_nobody_answered(hand: Hand, house: House) -> None:
    hand.menu("Llamadas")
    hand.press("button", "Llamar al primero")
    first = hand.title
    hand.press("button", "No contesta")
    assert hand.title != first


# --- the analyst


@task("analista", quick=True)
def take_the_list_in_excel(hand: Hand, house: House) -> None:
    hand.menu("Albergues")
    assert hand.saved("link", "Excel").read_bytes().startswith(b"PK")


@task("analista")
def see_the_changes_of_thirty_days(hand: Hand, house: House) -> None:
    hand.menu("Cambios")
    hand.reads("Personas")
    assert hand.page.locator("main svg").count()


@task("analista")
def make_a_key_for_a_program(hand: Hand, house: House) -> None:
    hand.press("link", "Mi cuenta")
    hand.press("link", "Hacer una llave")
    hand.write("Para qué es", "Tablero de la oficina")
    hand.tick("checkbox", "Ver albergues y sus cifras")
    hand.press("button", "Hacer la llave")
    hand.page.locator("main code").first.wait_for()


# Three presses to what the sheet would do. To do it, and to take it back, two each: the second says what will change.
@task("nacional", presses=7)
def bring_a_list_see_it_first_and_take_it_back(hand: Hand, house: House) -> None:
    name = f"Escuela de la Hoja {hand.size}"
    sheet = hand.folder / "hoja.csv"
    sheet.write_text(
        f"Albergue,Municipio,Tipo,Estado\r\n{name},HN0506,Albergue en edificio prestado,Abierto\r\n"
    )
    hand.menu("Albergues")
    hand.press("link", "Importar de una hoja")
    hand.go_to(hand.page.locator("input[type=file]"))
    with hand.page.expect_file_chooser() as chosen:
        hand.page.keyboard.press("Space")
    hand.typed = True
    chosen.value.set_files(sheet)
    hand.press("button", "Ver qué haría")
    hand.reads(name, "nueva")
    assert hand.presses <= MOST
    hand.press("link", "Aplicar")
    hand.press("button", "Aplicar la hoja")
    hand.reads("Filas aplicadas")
    hand.press("link", "Deshacer")
    hand.press("button", "Deshacer la hoja")
    hand.reads("Filas deshechas")


# --- who runs the system


@task("administracion")
def make_an_account(hand: Hand, house: House) -> None:
    hand.menu("Cuentas")
    hand.press("link", "Crear cuenta")
    hand.write("Nombre de la persona", "Rosa de Prueba")
    hand.write("Cuenta", f"rosa-{hand.size}")
    hand.choose("Cargo", "Comité")
    hand.go_to(hand.page.locator("[name=place]"))
    hand.type("HN0506")
    hand.press("button", "Crear la cuenta")
    hand.page.locator("main code").first.wait_for()


# Nobody ends an account by a slip: a page of its own asks why.
@task("administracion")
def end_an_account(hand: Hand, house: House) -> None:
    hand.menu("Cuentas")
    hand.press("link", "Quien Se Va 1" if hand.on_a_phone else "Quien Se Va 2")
    hand.press("link", "Cerrar la cuenta")
    hand.write("Por qué", "Terminó su contrato")
    hand.press("button", "Cerrar la cuenta")
    hand.page.locator(".messages, .alert").first.wait_for()


@task("administracion")
def give_somebody_a_code(hand: Hand, house: House) -> None:
    hand.menu("Cuentas")
    hand.press("link", "Quien Olvida")
    hand.press("link", "Dar un código")
    assert hand.taps <= MOST
    hand.typed = True  # what follows confirms
    hand.press("button", "Dar un código")
    hand.page.locator("main code").first.wait_for()


@task("administracion")
def see_whether_the_system_is_well(hand: Hand, house: House) -> None:
    hand.menu("Salud")
    assert hand.page.locator("main ul.brief li").count()


@task("administracion", quick=True)
def enrol_a_phone(hand: Hand, house: House) -> None:
    hand.menu("Teléfonos")
    hand.press("link", "Inscribir teléfono")
    hand.write("Quién lo usará o dónde estará", f"Brigada {hand.size}")
    hand.press("button", "Inscribir")
    hand.page.locator("main svg[role=img]").first.wait_for()


# --- each of them, at both widths


def cases() -> Iterator[object]:
    for one in TASKS:
        for size in SIZES:
            marks = [] if one.quick and size == "360" else [pytest.mark.long]
            yield pytest.param(one, size, id=f"{one.account}-{one.name}-{size}", marks=marks)


@pytest.mark.parametrize(("one", "size"), cases())
def test_a_task_of_the_day_takes_three_taps(house: House, one: Task, size: str, tmp_path: Path):
    context = house.visitor(one.account, viewport=SIZES[size], accept_downloads=True)
    page = context.new_page()
    page.goto(house.address + "/")
    hand = Hand(page, size, tmp_path)
    one.do(hand, house)
    print(
        f"{one.account:12} {one.name:45} {size:>4} px  {hand.taps} taps, {hand.presses} presses: {hand.went}"
    )
    assert hand.taps <= MOST, hand.went
    assert hand.presses <= one.presses, hand.went
    context.close()


def test_twenty_tasks_and_more_are_tried():
    assert len(TASKS) >= 20
    assert {one.account for one in TASKS} == {"encargada", "comite", "analista", "nacional", "administracion"}
