"""The promise every Resource keeps. Subclass, name the resource, say how one record is made: the tests come along."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.testing import person
from amparo.toolkit import sheets
from amparo.toolkit.exports import forms_of
from amparo.toolkit.imports import actions, queries
from amparo.toolkit.models import ImportRun
from amparo.toolkit.resources import Resource, meanwhile

NEXT_PAGE = 10 * 1024
GARBAGE = (
    "\x00", "'; DROP TABLE x; --", "-" * 5000, "NaN", "=1+1", "💥", "../../etc", "%00", "name__password", "-", "--",
    "1e999", "[]", "{}", "name,-pk",
)  # fmt: skip


def not_for_everybody(contract: "type[ResourceContract]") -> bool:
    return not contract.for_everybody


def made_here(contract: "type[ResourceContract]") -> bool:
    return "new" in contract.resource.screens - contract.resource.hand_made


def edited_here(contract: "type[ResourceContract]") -> bool:
    return contract.change is not None


def edited_in_a_grid(contract: "type[ResourceContract]") -> bool:
    if contract.change is None or "grid" not in contract.resource.screens:
        return False
    return getattr(contract.resource.column(contract.change[0]), "editable", False)


def comes_by_sheet(contract: "type[ResourceContract]") -> bool:
    return "import" in contract.resource.screens


def only_added_by_sheet(contract: "type[ResourceContract]") -> bool:
    return comes_by_sheet(contract) and contract.resource.only_adds


Promise = TypeVar("Promise", bound=Callable[..., None])


def only_where(applies: "Callable[[type[ResourceContract]], bool]") -> Callable[[Promise], Promise]:
    """A promise that some nouns cannot make, for nobody writes them here: for those the test does not exist."""

    def mark(test: Promise) -> Promise:
        test.applies = applies  # type: ignore[attr-defined]
        return test

    return mark


class ResourceContract:
    """What each noun on screen, in files and for machines promises.

    `make(number, here)` makes a record inside (`here`) or outside the scopes of `viewer()`. `new` is what a person
    types for a new record, `change` a field with two values it may take. `for_everybody`: every holder of the
    permission sees every record, wherever it lies.
    """

    resource: ClassVar[Resource]
    scope: ClassVar[str] = "TST/"
    elsewhere: ClassVar[str] = "ABC/"
    for_everybody: ClassVar[bool] = False
    change: ClassVar[tuple[str, str, str] | None] = None
    answers: ClassVar[dict[str, Any]] = {}  # to what a second record of the same words is asked

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in dir(cls):
            applies = getattr(getattr(cls, name), "applies", None)
            if applies is not None and not applies(cls):
                setattr(cls, name, None)

    def make(self, number: int, *, here: bool = True) -> Any:
        raise NotImplementedError

    def new(self) -> Mapping[str, str]:
        """What a person types for a new record."""
        return {}

    def held_by(self) -> Any:
        """The organisation of the people of these tests: they make records for it."""
        return None

    def said_again(self) -> Mapping[str, str]:
        """What a sheet says of a new record, by column: as on the form, but where the two differ."""
        return self.new()

    # --- people

    @pytest.fixture(autouse=True)
    def _house(self, db: Any, home: Any) -> None:
        home.keys.mkdir(exist_ok=True)

    def viewer(self, scope: str | None = None) -> User:
        asked = self.resource.permissions
        wanted = dict.fromkeys(filter(None, (asked.view, asked.create, asked.edit)))
        return person(*wanted, scope=self.scope if scope is None else scope, member_of=self.held_by())

    def client_of(self, user: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    def rows(self, client: Client, **params: str) -> list[str]:
        """The addresses of the records of every page of the list."""
        found, page = [], 1
        while True:
            shown = client.get(self.resource.url("list"), {**self.all(), **params, "page": str(page)})
            assert shown.status_code == 200, shown.content.decode()[:300]
            vm = shown.context["vm"]
            found += [row.url for row in vm.rows]
            if vm.pages is None or not vm.pages.next_url:
                return found
            page += 1

    def all(self) -> dict[str, str]:
        """Parameters under which the list shows what `make` makes."""
        return {}

    def api(self, uid: UUID | None = None) -> str:
        return f"/api/v1/{self.resource.slug}/{uid or ''}"

    def exported(self, client: Client, **params: str) -> tuple[list[list[str]], str]:
        answer = client.get(self.resource.url("export", form="csv"), {**self.all(), **params})
        assert answer.status_code == 200, answer.content.decode()[:300]
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        return list(csv.reader(io.StringIO(text)))[1:-1], text

    # --- who sees what

    def test_the_anonymous_are_led_to_the_door(self) -> None:
        record = self.make(1)
        client = Client()
        for screen, of in self.addresses(record).items():
            answer = client.get(of)
            assert answer.status_code in (302, 405), screen
            assert answer.status_code == 405 or answer["Location"].startswith("/login/"), screen
        nobody = 401 if self.resource.for_machines else 404
        assert client.get(self.api()).status_code == nobody
        assert client.get(self.api(record.uid)).status_code == nobody

    def addresses(self, record: Any) -> dict[str, str]:
        """Every address that the resource builds."""
        whole = {"list", "new", "grid", "export", "views", "import"}
        found = {}
        for screen in self.resource.screens - self.resource.hand_made:
            more = {"form": "csv"} if screen == "export" else {}
            found[screen] = self.resource.url(screen, None if screen in whole else record, **more)
        return found

    def test_the_stranger_is_refused_everywhere(self) -> None:
        record = self.make(1)
        client = self.client_of(person(member_of=self.held_by()))
        for screen, of in self.addresses(record).items():
            assert client.get(of).status_code in (403, 404, 405), screen
        assert client.get(self.api()).status_code == (403 if self.resource.for_machines else 404)
        assert client.get(self.api(record.uid)).status_code in (403, 404)

    @only_where(not_for_everybody)
    def test_the_neighbour_cannot_learn_that_the_record_exists(self) -> None:
        record = self.make(1)
        neighbour = self.client_of(self.viewer(self.elsewhere))
        never = uuid4()
        for screen in ("page", "history", "edit"):
            if screen in self.resource.screens - self.resource.hand_made:
                assert neighbour.get(self.resource.url(screen, record)).status_code == 404, screen
        assert str(record.uid) not in " ".join(self.rows(neighbour))
        name = self.resource.name_of(record)
        assert self.rows(neighbour, q=name[:60]) == []
        assert self.exported(neighbour)[0] == []
        if not self.resource.for_machines:
            return
        listed = neighbour.get(self.api(), self.all()).json()
        assert (listed["items"], listed["total"]) == ([], 0)
        assert neighbour.get(self.api(record.uid)).json() == neighbour.get(self.api(never)).json()

    def test_what_the_list_shows_opens(self) -> None:
        self.make(1), self.make(2)
        client = self.client_of(self.viewer())
        shown = self.rows(client)
        assert len(shown) == 2
        for url in shown:
            assert client.get(url).status_code == 200

    # --- the same rows everywhere

    def test_file_and_machine_hold_what_the_list_holds(self) -> None:
        records = [self.make(number) for number in range(1, 24)]
        client = self.client_of(self.viewer())
        shown = [re.findall(r"[0-9a-f-]{36}", url)[0] for url in self.rows(client)]
        assert len(shown) == len(set(shown)) == len(records)
        rows, _text = self.exported(client)
        assert len(rows) == len(records)
        if self.resource.for_machines:
            assert self._told(client, len(records)) == shown

    def _told(self, client: Client, total: int) -> list[str]:
        """What a machine is told, nine records at a time."""
        told, cursor = [], ""
        while True:
            page = client.get(
                self.api(), {**self.all(), "limit": "9", **({"cursor": cursor} if cursor else {})}
            ).json()
            told += [item["uid"] for item in page["items"]]
            assert page["total"] == total
            cursor = page["next"]
            if not cursor:
                return told

    def test_each_column_sorts_and_the_machine_follows(self) -> None:
        for number in range(1, 6):
            self.make(number)
        client = self.client_of(self.viewer())
        for column in self.resource.columns(None):
            if not column.sort:
                continue
            for sort in (column.key, f"-{column.key}"):
                shown = [re.findall(r"[0-9a-f-]{36}", url)[0] for url in self.rows(client, sort=sort)]
                assert shown, sort
                if not self.resource.for_machines:
                    continue
                first = client.get(self.api(), {**self.all(), "sort": sort, "limit": "2"}).json()
                rest = client.get(self.api(), {**self.all(), "sort": sort, "cursor": first["next"]}).json()
                assert [item["uid"] for item in (*first["items"], *rest["items"])] == shown, sort

    def test_an_export_is_written_down(self) -> None:
        self.make(1), self.make(2)
        client = self.client_of(self.viewer())
        for form in forms_of(self.resource.columns(None)):
            before = LedgerEntry.objects.filter(verb="export.left").count()
            answer = client.get(self.resource.url("export", form=form), self.all())
            assert answer.status_code == 200, form
            assert b"".join(answer.streaming_content), form  # type: ignore[attr-defined]
            assert LedgerEntry.objects.filter(verb="export.left").count() == before + 1
        assert client.get(self.resource.url("export", form="exe")).status_code == 404

    def test_more_records_ask_no_more_questions(self) -> None:
        client = self.client_of(self.viewer())
        for number in (1, 2):
            self.make(number)
        addresses = [self.resource.url("list"), *([self.api()] if self.resource.for_machines else [])]
        few = [self._asked(client, url) for url in addresses]
        for number in range(3, 15):
            self.make(number)
        assert [self._asked(client, url) for url in addresses] == few

    def _asked(self, client: Client, url: str) -> int:
        client.get(url, self.all())
        with CaptureQueriesContext(connection) as questions:
            client.get(url, self.all())
        return len(questions)

    # --- what people meet

    def test_an_empty_list_teaches(self) -> None:
        page = self.client_of(self.viewer()).get(self.resource.url("list"), self.all()).content.decode()
        assert re.search(r'class="empty"><b>[^<]+</b><p>[^<]{30,}</p>', page)

    def test_words_that_find_nothing_say_what_to_do(self) -> None:
        self.make(1)
        page = self.client_of(self.viewer()).get(self.resource.url("list"), {**self.all(), "q": "zzqqxx"})
        assert "Nada coincide" in page.content.decode()

    def test_a_filter_that_holds_nothing_does_not_say_that_there_is_nothing(self) -> None:
        self.make(1)
        client, here = self.client_of(self.viewer()), self.resource.url("list")
        chips = self.resource.chips
        if chips is None:
            return
        for option in chips.options(""):
            page = client.get(here, {chips.key: option.value}).content.decode()
            if 'class="empty"' in page:
                assert "Ninguno con este filtro" in page
                assert str(self.resource.empty.title) not in page

    def test_garbage_in_the_address_is_an_answer(self) -> None:
        record = self.make(1)
        client = self.client_of(self.viewer())
        names = ["q", "sort", "page", "cursor", "limit", "columns", "of"]
        names += [one.key for one in self.resource.filters]
        names += [self.resource.chips.key] if self.resource.chips else []
        for garbage in GARBAGE:
            asked = dict.fromkeys(names, garbage)
            for screen, of in self.addresses(record).items():
                answer = client.get(of, asked)
                assert answer.status_code < 500, (screen, garbage)
            assert client.get(self.api(), asked).status_code < 500, garbage
            assert client.get(self.resource.url("list"), asked).status_code == 200

    def test_list_and_page_weigh_ten_kilobytes_at_most(self) -> None:
        record = self.make(1)
        for number in range(2, 22):
            self.make(number)
        client = self.client_of(self.viewer())
        for url in (self.resource.url("list"), self.resource.url("page", record)):
            assert len(gzip.compress(client.get(url, self.all()).content, 6)) <= NEXT_PAGE, url

    def test_a_saved_view_is_ones_own_until_it_is_shared(self) -> None:
        self.make(1)
        mine = self.viewer()
        mate, other = self.viewer(), self.viewer()
        User.objects.filter(pk=mate.pk).update(organisation=mine.organisation)
        client, url = self.client_of(mine), self.resource.url("views")
        sort = next((column.key for column in self.resource.columns(None) if column.sort), "")
        sent = {"name": "Mi vista", "params": f"sort={sort}&basura=1"}
        assert client.post(url, sent).status_code == 302
        assert self._views(mine) == ["Mi vista"]
        assert self._views(mate) == []
        client.post(url, {**sent, "shared": "1"})
        assert self._views(mate) == ["Mi vista"]
        if other.organisation_id != mine.organisation_id:
            assert self._views(other) == []
        shown = client.get(self.resource.url("list")).context["vm"].views[0]
        assert self.client_of(mate).post(url, {"remove": shown.remove}).status_code == 403
        client.post(url, {"remove": shown.remove})
        assert self._views(mine) == []

    def _views(self, user: User) -> list[str]:
        shown = self.client_of(user).get(self.resource.url("list"), self.all()).context["vm"].views
        return [view.name for view in shown]

    # --- by sheet

    def _sheet(self, user: User, form: str = "csv") -> tuple[list[str], list[list[Any]]]:
        """The list as it is downloaded: its titles and its rows."""
        answer = self.client_of(user).get(self.resource.url("export", form=form), self.all())
        table = sheets.read(b"".join(answer.streaming_content), f"lista.{form}")  # type: ignore[attr-defined]
        return list(table.names), [list(row.cells) for row in table.rows]

    def _bring(self, user: User, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> ImportRun:
        out = io.StringIO()
        csv.writer(out).writerows([names, *rows])
        content = out.getvalue().encode("utf-8-sig")
        return actions.read_run(
            actions.receive_sheet(by=user, resource=self.resource, content=content, filename="hoja.csv")
        )

    def _apply(self, run: ImportRun, user: User) -> ImportRun:
        return actions.apply_run(actions.begin_to_apply(run, by=user, choices={}))

    def _new_row(self, names: Sequence[str]) -> list[str]:
        titles = {str(column.label): column.key for column in self.resource.columns(None)}
        return [self.said_again().get(titles.get(name, ""), "") for name in names]

    @only_where(comes_by_sheet)
    def test_a_list_that_comes_back_untouched_does_nothing(self) -> None:
        for number in range(1, 4):
            self.make(number)
        user = self.viewer()
        for form in ("csv", "xlsx"):
            assert self._bring(user, *self._sheet(user, form)).counts == {"same": 3}, form

    @only_where(comes_by_sheet)
    def test_a_new_row_of_a_downloaded_list_is_added_once_and_can_be_taken_back(self) -> None:
        self.make(1)
        user = self.viewer()
        names, rows = self._sheet(user)
        sheet = [*rows, self._new_row(names)]
        count = self.resource.model._default_manager.count()
        run = self._bring(user, names, sheet)
        assert run.counts == {"same": 1, "new": 1}, [queries.said_by(row, run).why for row in run.rows.all()]
        assert not self.resource.model._default_manager.filter(uid__in=run.rows.values("uid")).exists()
        self._apply(run, user)
        made = self.resource.visible_to(user).get(uid=run.rows.get(outcome="applied").uid)
        assert self.resource.model._default_manager.count() == count + 1
        assert self._bring(user, names, sheet).counts == {"same": 2}
        actions.undo_run(actions.begin_to_undo(run, by=user), by=user)
        row = run.rows.get(number=3)
        assert row.outcome == ("undone" if self.resource.erase is not None else "kept")
        assert queries.said_by(row, run).why or row.outcome == "undone"
        still = self.resource.visible_to(user).filter(uid=made.uid).first()
        if still is not None and row.outcome == "undone":
            assert LedgerEntry.objects.filter(subject=made.uid).count() > 1, "it stays, and says that it was"

    @only_where(only_added_by_sheet)
    def test_a_row_that_is_there_stays_as_it_was_told(self) -> None:
        record = self.make(1)
        user = self.viewer()
        names, rows = self._sheet(user)
        before = self.resource.model._default_manager.filter(uid=record.uid).values().get()
        changed = [new or old for new, old in zip(self._new_row(names), rows[0], strict=True)]
        run = self._bring(user, names, [changed])
        assert run.counts == {"problem": 1}
        assert [queries.said_by(row, run).why for row in run.rows.all()] == [str(self.resource.uncorrected)]
        self._apply(run, user)
        assert self.resource.model._default_manager.filter(uid=record.uid).values().get() == before

    @only_where(comes_by_sheet)
    def test_who_may_only_look_brings_no_sheet(self) -> None:
        reader = person(self.resource.permissions.view, scope=self.scope, member_of=self.held_by())
        if self.resource.permissions.sheet != self.resource.permissions.view:
            assert self.client_of(reader).get(self.resource.url("import")).status_code == 403

    # --- writing

    def _edits(self) -> tuple[str, str, str]:
        assert self.change is not None
        return self.change

    @only_where(made_here)
    def test_the_same_form_sent_twice_makes_one(self) -> None:
        client = self.client_of(self.viewer())
        sent = {**self.new(), "token": str(uuid4())}
        count = self.resource.model._default_manager.count()
        first, second = (client.post(self.resource.url("new"), sent) for _time in range(2))
        assert first.status_code == second.status_code == 302, first.content.decode()[:2000]
        assert first["Location"] == second["Location"]
        assert self.resource.model._default_manager.count() == count + 1
        made = client.post(
            self.api(), json.dumps({**self.new(), **self.answers, "uid": str(uuid4())}), "application/json"
        )
        assert made.status_code == 201, made.content
        again = client.post(
            self.api(),
            json.dumps({**self.new(), **self.answers, "uid": made.json()["uid"]}),
            "application/json",
        )
        assert (again.status_code, again.json()["uid"]) == (200, made.json()["uid"])

    @only_where(made_here)
    def test_the_same_words_from_the_page_one_went_back_to_make_no_second_one(self) -> None:
        client = self.client_of(self.viewer())
        said = self.new()
        first = client.post(self.resource.url("new"), {**said, "token": str(uuid4())})
        count = self.resource.model._default_manager.count()
        second = client.post(self.resource.url("new"), {**said, "token": str(uuid4())})
        assert (second.status_code, second["Location"]) == (302, first["Location"])
        assert self.resource.model._default_manager.count() == count

    @only_where(made_here)
    def test_wrong_answers_stay_typed_and_write_nothing(self) -> None:
        client = self.client_of(self.viewer())
        count = self.resource.model._default_manager.count()
        for name in self.new():
            said = {**self.new(), "token": str(uuid4()), name: "\x00" + "x" * 400}
            answer = client.post(self.resource.url("new"), said)
            assert answer.status_code == 200, name
            assert answer.context["form"].errors
        assert client.post(self.api(), "{", "application/json").status_code == 400
        assert client.post(self.api(), "[]", "application/json").status_code == 422
        assert self.resource.model._default_manager.count() == count

    def _page(self, client: Client, record: Any) -> dict[str, str]:
        """The edit form as a browser would send it back untouched."""
        form = client.get(self.resource.url("edit", record)).context
        return {**meanwhile.shown(form["form"]), **dict(form["vm"].hidden)}

    def _value(self, record: Any, name: str) -> str:
        fresh = self.resource.visible_to(self.viewer()).get(pk=record.pk)
        return meanwhile.shown(self.resource.edit_form(None, fresh))[name]

    @only_where(edited_here)
    def test_a_field_changed_by_two_people_waits_for_a_choice(self) -> None:
        name, mine, theirs = self._edits()
        record = self.make(1)
        me, colleague = self.client_of(self.viewer()), self.client_of(self.viewer())
        url = self.resource.url("edit", record)
        seen = self._page(me, record)
        assert colleague.post(url, {**self._page(colleague, record), name: theirs}).status_code == 302
        answer = me.post(url, {**seen, name: mine})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert theirs in page
        assert mine in page
        assert self._value(record, name) == theirs, "nothing is overwritten unknowingly"
        shown = dict(answer.context["vm"].hidden)
        unchosen = me.post(url, {**seen, **shown, name: mine})
        assert unchosen.status_code == 200, "it waits for a choice"
        assert me.post(url, {**seen, **shown, name: mine, f"keep_{name}": "mine"}).status_code == 302
        assert self._value(record, name) == mine

    @only_where(edited_here)
    def test_what_a_colleague_changed_and_i_did_not_touch_stays(self) -> None:
        name, _mine, theirs = self._edits()
        record = self.make(1)
        me, colleague = self.client_of(self.viewer()), self.client_of(self.viewer())
        url = self.resource.url("edit", record)
        seen = self._page(me, record)
        colleague.post(url, {**self._page(colleague, record), name: theirs})
        assert me.post(url, seen).status_code == 302
        assert self._value(record, name) == theirs
        if not self.resource.for_machines:
            return
        refused = me.patch(
            self.api(record.uid),
            json.dumps({name: "Otro", "seen": {name: json.loads(seen[meanwhile.SEEN])[name]}}),
            "application/json",
        )
        assert refused.status_code in (409, 422), refused.content

    @only_where(edited_here)
    def test_undo_restores_and_is_refused_once_somebody_changed_it(self) -> None:
        name, first, second = self._edits()
        record = self.make(1)
        client = self.client_of(self.viewer())
        before, url = self._value(record, name), self.resource.url("edit", record)
        client.post(url, {**self._page(client, record), name: first})
        undo = client.get(self.resource.url("history", record)).context["vm"].undo_url
        assert client.get(undo).status_code == 200
        entries = LedgerEntry.objects.filter(subject=record.uid).count()
        assert client.post(undo).status_code == 302
        assert self._value(record, name) == before
        assert LedgerEntry.objects.filter(subject=record.uid).count() == entries + 1
        client.post(url, {**self._page(client, record), name: first})
        late = client.get(self.resource.url("history", record)).context["vm"].undo_url
        client.post(url, {**self._page(client, record), name: second})
        said = client.post(late, follow=True).content.decode()
        assert "No se deshizo nada" in said
        assert self._value(record, name) == second

    @only_where(edited_here)
    def test_history_says_who_what_and_from_what_to_what(self) -> None:
        name, first, _second = self._edits()
        record = self.make(1)
        user = self.viewer()
        client = self.client_of(user)
        client.post(self.resource.url("edit", record), {**self._page(client, record), name: first})
        page = client.get(self.resource.url("history", record)).content.decode()
        assert user.name in page
        assert f"«{first}»" in page
        assert "." not in {
            line.split(",")[0] for line in re.findall(r"<li class=\"done\"><b>([^<]+)</b>", page)
        }

    @only_where(edited_here)
    def test_a_session_that_ended_while_typing_keeps_the_form_for_its_writer_alone(self) -> None:
        name, mine, _theirs = self._edits()
        record = self.make(1)
        user = self.viewer()
        client = self.client_of(user)
        url = self.resource.url("edit", record)
        seen = self._page(client, record)
        client.logout()
        lost = client.post(url, {**seen, name: mine})
        assert lost.status_code == 302
        assert mine not in lost["Location"]
        client.force_login(user)
        back = client.get(url)
        assert mine in back.content.decode()
        assert self._value(record, name) != mine
        client.logout()
        lost = client.post(url, {**seen, name: mine})
        client.force_login(self.viewer())
        assert f'value="{mine}"' not in client.get(url).content.decode()

    @only_where(edited_in_a_grid)
    def test_the_grid_saves_what_is_right_and_keeps_what_is_wrong(self) -> None:
        name, mine, _theirs = self._edits()
        one, two = self.make(1), self.make(2)
        client = self.client_of(self.viewer())
        url = f"{self.resource.url('grid')}?columns={name}"
        rows = client.get(url, self.all()).context["vm"].rows
        sent = {row.form.add_prefix(meanwhile.SEEN): row.seen for row in rows}
        for row in rows:
            sent.update({row.form.add_prefix(key): value for key, value in meanwhile.shown(row.form).items()})
        before = LedgerEntry.objects.count()
        wrong = "x" * 5000
        answer = client.post(url, {**sent, f"r{one.uid.hex}-{name}": mine, f"r{two.uid.hex}-{name}": wrong})
        assert answer.status_code == 200
        assert self._value(one, name) == mine
        assert wrong in answer.content.decode()
        assert LedgerEntry.objects.count() == before + 1
        assert client.post(url, sent).status_code == 302, "sent again untouched it writes nothing"
        assert self._value(one, name) == mine
