"""A backup rises again elsewhere, or says why it cannot. Runs on the database the suite runs on."""

import gzip
import hashlib
import io
import json
import os
import signal
import stat
import tarfile
from pathlib import Path
from typing import NamedTuple

import pyrage
import pytest
from django.db import connection

from amparo.kernel import age
from amparo.kernel.backup import Manifest, restore, suggest_passphrase
from amparo.kernel.refusals import Refused
from amparo.kernel.tests.installations import Place, empty_place

pytestmark = pytest.mark.xdist_group("backup")

PASSPHRASE = "seis palabras que nadie adivina"

LIVE = """
from django.core.management import call_command
from django.db import transaction
from amparo.kernel import ledger
from amparo.kernel.backup import backup
from amparo.kernel.classes import DataClass
from amparo.kernel.models import LedgerOrigin, Organisation, User
from amparo.kernel.sealing import write_new_keys

write_new_keys(settings.HOME.keys)
settings.HOME.exercise.write_text("Nada es real")
(settings.HOME.files / "ab").mkdir(parents=True)
(settings.HOME.files / "ab" / "abcd").write_bytes(b"foto" * 50_000)
call_command("migrate", verbosity=0)
here = LedgerOrigin.objects.create(name="centro", here=True)
body = Organisation.objects.create(name="Alcaldía de prueba")
person = User.objects.create(username="nuria", name="Núria O'Hara \\\\ \\t ñ", organisation=body)

@transaction.atomic
def act(name):
    kept = {"organisation_id": body.pk, "data_class": DataClass.PERSONAL}
    ledger.record("user.renamed", by=person, name=name, **kept)

ledger.anchor(home / ledger.ANCHORS, by=person)  # its beginning is the first entry
for number in range(20):
    act(f"nombre {number}")
ledger.seal_tail()
ledger.anchor(home / ledger.ANCHORS, by=person)

seen = []
def someone_goes_on_working(what, share):
    if not seen:
        act("escrito durante el respaldo")
        ledger.seal_tail()
        ledger.anchor(home / ledger.ANCHORS, by=person)
    seen.append((what, share))

for_phrase = backup(Path(sys.argv[1]), passphrase=sys.argv[2], progress=someone_goes_on_working)
for_key = backup(Path(sys.argv[1]) / "for-key.age", recipient=sys.argv[3])
answer({
    "for_phrase": for_phrase.path, "for_key": for_key.path,
    "sha256": for_phrase.sha256, "size": for_phrase.size, "files": for_phrase.files,
    "same_disk": for_phrase.same_disk,
    "rows": for_phrase.manifest.facts.rows, "counters": for_phrase.manifest.facts.counters,
    "later": for_key.manifest.facts.counters, "progress": seen,
    "home": sorted(path.name for path in home.iterdir()),
})
"""

RESTORED = """
from amparo.kernel import ledger, snapshot
from amparo.kernel.backup import restore
from amparo.kernel.models import LedgerEntry, User

report = restore(Path(sys.argv[1]), home, passphrase=sys.argv[2])
check = home.parent / "check"
check.mkdir()
facts = snapshot.take(check, lambda what, share: None).facts
verified = ledger.verify(home / ledger.ANCHORS)
newest = LedgerEntry.objects.order_by("-counter").first()
person = User.objects.get(username="nuria")
User.objects.create(username="otra", name="Otra", organisation=person.organisation)
answer({
    "rows": facts.rows, "counters": facts.counters, "same_facts": facts == report.manifest.facts,
    "problems": verified.problems, "entries": verified.entries, "said": ledger.payload(newest),
    "name": person.name, "files": report.files, "exercise": report.manifest.exercise,
    "modes": {str(path.relative_to(home)): path.stat().st_mode for path in (home, *home.rglob("*"))},
})
"""


class Living(NamedTuple):
    place: Place
    told: dict
    identity: str
    recipient: str

    @property
    def for_key(self) -> Path:
        return Path(self.told["for_key"])

    @property
    def for_phrase(self) -> Path:
        return Path(self.told["for_phrase"])


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    """An installation with accounts, a sealed ledger and a photograph, and its two backups."""
    folder = tmp_path_factory.mktemp("living")
    (folder / "usb").mkdir()
    key = pyrage.x25519.Identity.generate()
    with empty_place(folder / "home") as place:
        told = place.run(LIVE, folder / "usb", PASSPHRASE, key.to_public())
        yield Living(place, told, str(key), str(key.to_public()))


@pytest.fixture
def nowhere(tmp_path, request):
    """An empty folder to restore to; on PostgreSQL also a connection that sees no tables."""
    if connection.vendor == "postgresql":
        request.getfixturevalue("db")
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA nowhere")
            cursor.execute("SET LOCAL search_path TO nowhere")
    return tmp_path / "elsewhere"


def refusal(source: Path, home: Path, **key: str) -> str:
    """The code of the refusal; a refused restore leaves nothing behind."""
    before = sorted(home.parent.rglob("*"))
    with pytest.raises(Refused) as refused:
        restore(source, home, **key)
    assert sorted(home.parent.rglob("*")) == before
    assert refused.value.message
    return refused.value.code


def archive(living: Living) -> bytes:
    """The tar inside, opened by an independent implementation of age."""
    packed = pyrage.decrypt(living.for_key.read_bytes(), [pyrage.x25519.Identity.from_str(living.identity)])
    return gzip.decompress(packed)


def contents(living: Living) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive(living))) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}


def sums(members: dict[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(held).hexdigest()}  {name}\n" for name, held in members.items()).encode()


def close(living: Living, path: Path, tar: bytes) -> Path:
    with path.open("wb") as file:
        sealer = age.Sealer(file, age.Recipient(living.recipient))
        sealer.write(gzip.compress(tar))
        sealer.close()
    return path


def forged(living: Living, path: Path, members: dict[str, bytes], *odd: tarfile.TarInfo) -> Path:
    """A backup as somebody who knows the public key could write it, with sums that agree."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in odd:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
        member = tarfile.TarInfo("sha256sums")
        member.size = len(sums(members))
        tar.addfile(member, io.BytesIO(sums(members)))
    return close(living, path, held.getvalue())


def with_manifest(members: dict[str, bytes], **changed: object) -> dict[str, bytes]:
    said = json.loads(members["manifest.json"])
    said["facts"] |= {name: value for name, value in changed.items() if name in said["facts"]}
    said |= {name: value for name, value in changed.items() if name in said}
    return members | {"manifest.json": json.dumps(said).encode()}


@pytest.fixture(scope="module")
def rehearsal(living, tmp_path_factory):
    with empty_place(tmp_path_factory.mktemp("other machine") / "home") as place:
        yield place.run(RESTORED, living.for_phrase, PASSPHRASE)


def test_every_row_comes_back(living, rehearsal):
    assert rehearsal["rows"] == living.told["rows"]
    assert rehearsal["rows"]["kernel_ledgerentry"] == 21
    assert rehearsal["same_facts"]


def test_the_ledger_verifies_against_its_anchors_elsewhere(rehearsal):
    assert rehearsal["problems"] == []
    assert rehearsal["entries"] == 21


def test_sealed_values_open_elsewhere(rehearsal):
    assert rehearsal["said"] == {"name": "nombre 19"}
    assert rehearsal["name"] == "Núria O'Hara \\ \t ñ"


def test_what_is_written_meanwhile_waits_for_the_next_backup(living):
    assert living.told["counters"] == {"centro": 21}
    assert living.told["later"] == {"centro": 22}


def test_only_the_owner_can_read_what_was_restored(rehearsal):
    for name, mode in rehearsal["modes"].items():
        expected = 0o700 if stat.S_ISDIR(mode) else 0o600
        assert "sqlite3" in name or stat.S_IMODE(mode) == expected, name
    assert {"keys/master.key", "keys/django.key", "files/ab/abcd", "EXERCISE"} <= set(rehearsal["modes"])


def test_the_exercise_stays_an_exercise(rehearsal):
    assert rehearsal["exercise"]


def test_the_report_says_what_was_written(living):
    written = living.for_phrase.read_bytes()
    assert living.told["sha256"] == hashlib.sha256(written).hexdigest()
    assert living.told["size"] == len(written)
    assert living.told["files"] == 1
    assert living.told["same_disk"]
    assert stat.S_IMODE(living.for_phrase.stat().st_mode) == 0o600


def test_nothing_but_the_backup_is_left_behind(living):
    assert ".backup" not in living.told["home"]
    assert [path for path in living.for_key.parent.iterdir() if path.name.startswith(".")] == []


def test_progress_is_told_in_words_and_shares(living):
    assert {what for what, _share in living.told["progress"]} >= {
        "Copiando la base de datos",
        "Escribiendo el respaldo",
    }
    assert all(0 <= share <= 1 for _what, share in living.told["progress"])


def test_the_standard_tools_open_it_and_its_sums_agree(living):
    held = contents(living)
    given = held.pop("sha256sums")
    assert given == sums(held)
    assert held["files/ab/abcd"] == b"foto" * 50_000
    assert Manifest.from_json(held["manifest.json"]).facts.heads[0]["origin"] == "centro"


def test_a_key_opens_what_was_closed_for_it_into_an_empty_folder(living, nowhere):
    nowhere.mkdir()
    report = restore(living.for_key, nowhere, identity=living.identity)
    assert (report.home, report.files) == (nowhere, 1)
    assert (nowhere / "keys/master.key").read_bytes() == (living.place.home / "keys/master.key").read_bytes()


def test_a_wrong_passphrase_or_key_is_said(living, nowhere):
    other = str(pyrage.x25519.Identity.generate())
    assert refusal(living.for_phrase, nowhere, passphrase="otra frase cualquiera") == "wrong_key"
    assert refusal(living.for_key, nowhere, identity=other) == "wrong_key"
    assert refusal(living.for_phrase, nowhere, identity=other) == "other_key"
    assert refusal(living.for_key, nowhere, identity="AGE-SECRET-KEY-1XYZ") == "bad_key"
    assert refusal(living.for_key, nowhere) == "one_lock"


@pytest.mark.parametrize("place", [0.02, 0.3, 0.9, 0.999])
def test_one_changed_byte_is_damage(living, nowhere, tmp_path, place):
    changed = bytearray(living.for_key.read_bytes())
    changed[int(len(changed) * place)] ^= 1
    (tmp_path / "changed").write_bytes(changed)
    assert refusal(tmp_path / "changed", nowhere, identity=living.identity) in {"damaged_backup", "wrong_key"}


@pytest.mark.parametrize("place", [0.01, 0.3, 0.9, 0.9999])
def test_a_cut_file_is_damage(living, nowhere, tmp_path, place):
    whole = living.for_key.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(len(whole) * place)])
    assert refusal(tmp_path / "cut", nowhere, identity=living.identity) == "damaged_backup"


def test_an_archive_cut_before_it_was_closed_is_damage(living, nowhere, tmp_path):
    tar = archive(living)
    last = tar.rindex(b"sha256sums")
    for length in (len(tar) // 1024 * 512, last, last + 512):
        close(living, tmp_path / "cut", tar[:length])
        assert refusal(tmp_path / "cut", nowhere, identity=living.identity) == "damaged_backup"


def test_a_file_that_is_missing_or_other_is_damage(living, nowhere, tmp_path):
    whole = contents(living)
    claimed = whole.pop("sha256sums")
    missing = {name: content for name, content in whole.items() if name != "keys/master.key"}
    for members in (missing, whole | {"keys/master.key": b"another"}, whole | {"files/more": b""}):
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as tar:
            for name, content in {**members, "sha256sums": claimed}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        close(living, tmp_path / "other", held.getvalue())
        assert refusal(tmp_path / "other", nowhere, identity=living.identity) == "damaged_backup"


def test_a_row_less_than_the_manifest_says_is_damage(living, nowhere, tmp_path):
    members = contents(living)
    del members["sha256sums"]
    rows = json.loads(members["manifest.json"])["facts"]["rows"]
    short = with_manifest(members, rows=rows | {"kernel_user": rows["kernel_user"] + 1})
    assert (
        refusal(forged(living, tmp_path / "short", short), nowhere, identity=living.identity)
        == "damaged_backup"
    )


def test_a_backup_of_a_newer_version_is_said(living, nowhere, tmp_path):
    members = contents(living)
    del members["sha256sums"]
    migrations = json.loads(members["manifest.json"])["facts"]["migrations"]
    for newer in ({"format": 2}, {"migrations": [*migrations, "kernel.9999_later"]}):
        path = forged(living, tmp_path / "newer", with_manifest(members, **newer))
        assert refusal(path, nowhere, identity=living.identity) == "newer_backup"
    (tmp_path / "age").write_bytes(b"age-encryption.org/v2\n")
    assert refusal(tmp_path / "age", nowhere, identity=living.identity) == "newer_backup"


def test_a_backup_of_the_other_database_is_said(living, nowhere, tmp_path):
    members = contents(living)
    del members["sha256sums"]
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    path = forged(living, tmp_path / "other", with_manifest(members, vendor=other))
    assert refusal(path, nowhere, identity=living.identity) == "other_database"


def test_what_is_no_backup_is_said(nowhere, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(5000))
    assert refusal(tmp_path / "photo.jpg", nowhere, passphrase=PASSPHRASE) == "not_a_backup"
    assert refusal(tmp_path / "none", nowhere, passphrase=PASSPHRASE) == "no_such_file"


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "files/../../evil",
        "files/./evil",
        "files//evil",
        "keys/deep/evil",
        "evil.py",
        "keys",
        "amparo.sqlite3-wal",
    ],
)
def test_a_file_outside_its_place_is_refused(living, nowhere, tmp_path, name):
    members = contents(living)
    del members["sha256sums"]
    path = forged(living, tmp_path / "evil backup", members | {name: b"evil"})
    assert refusal(path, nowhere, identity=living.identity) == "foreign_content"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_only_plain_files_are_restored(living, nowhere, tmp_path, kind):
    members = contents(living)
    del members["sha256sums"]
    odd = tarfile.TarInfo("files/link")
    odd.type, odd.linkname = kind, "/etc/passwd"
    assert (
        refusal(forged(living, tmp_path / "odd", members, odd), nowhere, identity=living.identity)
        == "foreign_content"
    )


def test_the_same_name_twice_is_refused(living, nowhere, tmp_path):
    members = contents(living)
    del members["sha256sums"]
    again, inside = tarfile.TarInfo("keys/master.key"), tarfile.TarInfo("files/ab/abcd/deeper")
    for odd in (again, inside):
        path = forged(living, tmp_path / "twice", members, odd)
        assert refusal(path, nowhere, identity=living.identity) == "foreign_content"


def test_a_folder_that_holds_anything_is_never_written_to(living, nowhere):
    nowhere.mkdir()
    (nowhere / "note").write_text("mine")
    assert refusal(living.for_key, nowhere, identity=living.identity) == "home_not_empty"
    assert (nowhere / "note").read_text() == "mine"


@pytest.mark.django_db
def test_a_running_installation_is_never_restored_over(living, tmp_path):
    assert refusal(living.for_key, living.place.home, identity=living.identity) == "home_not_empty"
    if connection.vendor == "postgresql":  # its tables lie in no folder
        assert refusal(living.for_key, tmp_path / "new", identity=living.identity) == "database_not_empty"


REFUSED = """
from amparo.kernel.backup import backup
from amparo.kernel.refusals import Refused
def code(target, **lock):
    try:
        backup(target, **lock)
    except Refused as refused:
        return refused.code
there = Path(sys.argv[1])
new = there.parent / "new"
key = sys.argv[2]
answer({
    "short": code(new, passphrase="catorce letras"),
    "both": code(new, passphrase="quince letras ya", recipient=key),
    "none": code(new),
    "mistyped": code(new, recipient=key[:-1] + "b"),
    "exists": code(there, recipient=key),
    "nowhere": code(there.parent / "missing" / "new", recipient=key),
    "new": new.exists(),
})
"""


def test_a_backup_that_cannot_be_made_says_why(living):
    assert living.place.run(REFUSED, living.for_key, living.recipient) == {
        "short": "short_passphrase",
        "both": "one_lock",
        "none": "one_lock",
        "mistyped": "bad_key",
        "exists": "target_exists",
        "nowhere": "no_such_folder",
        "new": False,
    }


INTERRUPTED = """
import resource, signal
from amparo.kernel.backup import backup
from amparo.kernel.refusals import Refused
target, key, end = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def interrupt(what, share):
    if what == "Escribiendo el respaldo":
        if end == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if end == "second":
            try:
                backup(target.with_name("second"), recipient=key)
            except Refused as refused:
                answer(refused.code)
                sys.exit()
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    backup(target, recipient=key, progress=interrupt)
except Refused as refused:
    answer(refused.code)
"""


def test_a_killed_backup_leaves_no_file_under_the_name_and_the_next_one_works(living, tmp_path):
    target = tmp_path / "killed"
    done = living.place.attempt(INTERRUPTED, target, living.recipient, "kill")
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert (living.place.home / ".backup").exists()
    living.place.run(
        "from amparo.kernel.backup import backup\nbackup(Path(sys.argv[1]), recipient=sys.argv[2])",
        target,
        living.recipient,
    )
    assert target.exists()
    assert not (living.place.home / ".backup").exists()
    assert sorted(os.listdir(tmp_path)) == ["killed"]


def test_a_disk_that_takes_no_more_leaves_nothing(living, tmp_path):
    assert living.place.run(INTERRUPTED, tmp_path / "large", living.recipient, "limit") == "file_too_large"
    assert os.listdir(tmp_path) == []


def test_two_backups_at_once_are_one_too_many(living, tmp_path):
    assert living.place.run(INTERRUPTED, tmp_path / "first", living.recipient, "second") == "backup_running"
    assert os.listdir(tmp_path) == []


def test_a_suggested_passphrase_is_long_enough_and_never_the_same():
    suggested = {suggest_passphrase() for _time in range(50)}
    assert len(suggested) == 50
    assert all(len(passphrase) == 29 and passphrase.count("-") == 5 for passphrase in suggested)
