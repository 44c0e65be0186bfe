"""Every promise of the self-check, kept and broken."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from amparo.kernel import disk, ledger, selfcheck
from amparo.kernel.sealing import write_new_keys
from amparo.kernel.selfcheck import Finding, Unfit
from amparo.kernel.testing import person
from amparo.kernel.tests.installations import Place

NOW = datetime(2026, 12, 24, 18, tzinfo=UTC)
SQLITE = {
    "version": (3, 40, 1),
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "transaction_mode": "IMMEDIATE",
}
POSTGRES = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "server_version_num": "150004",
    "server_encoding": "UTF8",
}


def broken(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings if not finding.ok]


def assert_said(finding: Finding, level: str) -> None:
    """A broken promise has words and a remedy."""
    assert (finding.ok, finding.level) == (False, level)
    assert finding.message and finding.remedy


def test_errors_that_show_the_inside_refuse():
    assert selfcheck.check_debug(False).ok
    assert_said(selfcheck.check_debug(True), "refuse")


def test_a_placeholder_secret_refuses():
    assert selfcheck.check_secret("x" * 48).ok
    for placeholder in ("", "not-initialised", "tests-only"):
        assert_said(selfcheck.check_secret(placeholder), "refuse")


def test_key_files_are_there_and_private(tmp_path):
    keys = tmp_path / "keys"
    write_new_keys(keys)
    assert selfcheck.check_keys(keys).ok
    for path, mode in ((keys / "master.key", 0o640), (keys / "django.key", 0o604), (keys, 0o755)):
        kept = path.stat().st_mode
        path.chmod(mode)
        assert_said(selfcheck.check_keys(keys), "refuse")
        assert path.name in selfcheck.check_keys(keys).message
        path.chmod(kept)
    (keys / "master.key").unlink()
    assert_said(selfcheck.check_keys(keys), "refuse")
    assert_said(selfcheck.check_keys(tmp_path / "none"), "refuse")


def test_a_key_of_another_account_refuses(tmp_path):
    write_new_keys(tmp_path)
    if os.geteuid() == 0:
        os.chown(tmp_path / "master.key", 65534, -1)
    else:  # only root can give a file away: point to one of root's
        (tmp_path / "other.key").symlink_to("/proc/1/status")
    assert_said(selfcheck.check_keys(tmp_path), "refuse")


def test_a_home_that_takes_no_files_refuses(tmp_path):
    assert selfcheck.check_writable(tmp_path).ok
    assert list(tmp_path.iterdir()) == []
    assert_said(selfcheck.check_writable(tmp_path / "none"), "refuse")
    assert_said(selfcheck.check_writable(Path("/proc")), "refuse")


def test_a_home_open_to_others_is_said(tmp_path):
    tmp_path.chmod(0o700)
    assert selfcheck.check_private(tmp_path).ok
    tmp_path.chmod(0o755)
    assert_said(selfcheck.check_private(tmp_path), "warn")


def test_a_network_or_memory_disk_is_said():
    assert selfcheck.check_file_system("ext4").ok
    assert selfcheck.check_file_system("").ok
    for kind in ("nfs4", "cifs", "tmpfs"):
        assert_said(selfcheck.check_file_system(kind), "warn")


def test_the_file_system_is_that_of_the_closest_mount(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        "23 22 0:30 / /srv rw - nfs4 server:/srv rw\n"
        "24 23 8:2 / /srv/con\\040espacio rw - xfs /dev/sdb1 rw\n"
    )
    assert selfcheck.file_system(Path("/var/lib"), mounts) == "ext4"
    assert selfcheck.file_system(Path("/srv/amparo"), mounts) == "nfs4"
    assert selfcheck.file_system(Path("/srv/con espacio/amparo"), mounts) == "xfs"
    assert selfcheck.file_system(Path("/srvother"), mounts) == "ext4"
    assert selfcheck.file_system(Path("/"), tmp_path / "none") == ""


def test_little_room_is_said_and_none_refuses(tmp_path, settings):
    settings.AMPARO_RESERVE_BYTES = 1
    assert selfcheck.check_room(tmp_path).ok
    settings.AMPARO_RESERVE_BYTES = disk.free_bytes(tmp_path) * 2
    assert_said(selfcheck.check_room(tmp_path), "warn")
    assert_said(selfcheck.check_room(Path("/proc")), "refuse")  # a file system with nothing free
    assert_said(selfcheck.check_room(tmp_path / "none"), "refuse")


def test_a_missing_reserve_is_said(tmp_path):
    assert_said(selfcheck.check_reserve(tmp_path), "warn")
    (tmp_path / disk.RESERVE_NAME).write_bytes(b"x")
    assert selfcheck.check_reserve(tmp_path).ok


def test_missing_styles_refuse():
    assert selfcheck.check_assets("/somewhere/manifest.json").ok
    assert_said(selfcheck.check_assets(None), "refuse")


def test_missing_translations_are_said(tmp_path):
    assert_said(selfcheck.check_catalogues([tmp_path]), "warn")
    (tmp_path / "en" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "en" / "LC_MESSAGES" / "django.mo").touch()
    assert selfcheck.check_catalogues([tmp_path]).ok


def test_sqlite_as_we_set_it_keeps_every_promise():
    assert broken(selfcheck.check_sqlite(SQLITE)) == []
    assert broken(selfcheck.check_sqlite(SQLITE | {"synchronous": 3})) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"version": (3, 36, 0)}, "sqlite_version"),
        ({"journal_mode": "delete"}, "sqlite_journal"),
        ({"synchronous": 1}, "sqlite_synchronous"),
        ({"foreign_keys": 0}, "sqlite_foreign_keys"),
        ({"transaction_mode": None}, "sqlite_immediate"),
    ],
)
def test_any_other_setting_of_sqlite_refuses(said, code):
    findings = selfcheck.check_sqlite(SQLITE | said)
    assert broken(findings) == [code]
    assert_said(next(finding for finding in findings if not finding.ok), "refuse")


def sqlite_with(folder: Path, *pragmas: str, **options: object) -> dict:
    """What a real connection of these options reads back."""
    written = dict(connections.settings["default"])
    written |= {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "read.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": ";".join(pragmas), **options},
    }
    database = DatabaseWrapper(written, "read")
    try:
        return selfcheck.sqlite_settings(database)
    finally:
        database.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pragmas", "options", "codes"),
    [
        (("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"), {}, []),
        (("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"), {}, ["sqlite_synchronous"]),
        (
            ("PRAGMA journal_mode=DELETE", "PRAGMA synchronous=OFF"),
            {},
            ["sqlite_journal", "sqlite_synchronous"],
        ),
        (
            ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=OFF"),
            {"transaction_mode": "DEFERRED"},
            ["sqlite_foreign_keys", "sqlite_immediate"],
        ),
    ],
)
def test_the_values_are_read_back_from_a_real_connection(tmp_path, pragmas, options, codes):
    assert broken(selfcheck.check_sqlite(sqlite_with(tmp_path, *pragmas, **options))) == codes


def test_postgres_as_it_should_be_keeps_every_promise():
    assert broken(selfcheck.check_postgres(POSTGRES)) == []
    assert broken(selfcheck.check_postgres(POSTGRES | {"synchronous_commit": "remote_apply"})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("server_version_num", "130011"),
        ("server_encoding", "SQL_ASCII"),
    ],
)
def test_any_other_setting_of_postgres_refuses(name, value):
    findings = selfcheck.check_postgres(POSTGRES | {name: value})
    assert len(broken(findings)) == 1
    assert_said(next(finding for finding in findings if not finding.ok), "refuse")


@pytest.mark.django_db
def test_the_database_of_this_suite_keeps_its_promises():
    assert broken(list(selfcheck.database_findings(connection))) == []


@pytest.mark.django_db
def test_a_database_that_lacks_a_migration_refuses():
    executor = MigrationExecutor(connection)
    assert selfcheck.check_migrations(executor).ok
    executor.loader.applied_migrations = dict(list(executor.loader.applied_migrations.items())[:-1])
    assert_said(selfcheck.check_migrations(executor), "refuse")


@pytest.mark.django_db
def test_a_database_of_a_newer_version_refuses():
    executor = MigrationExecutor(connection)
    executor.recorder.record_applied("kernel", "9999_later")
    assert_said(selfcheck.check_migrations(MigrationExecutor(connection)), "refuse")


def test_a_clock_a_little_behind_is_said_and_far_behind_refuses():
    for ahead in (timedelta(0), timedelta(days=400)):
        assert selfcheck.check_clock(NOW + ahead, NOW).ok
    assert selfcheck.check_clock(NOW - timedelta(seconds=4), NOW).ok
    assert_said(selfcheck.check_clock(NOW - timedelta(minutes=5), NOW), "warn")
    assert_said(selfcheck.check_clock(NOW - timedelta(hours=23), NOW), "warn")
    assert_said(selfcheck.check_clock(NOW - timedelta(hours=25), NOW), "refuse")


def test_a_clock_from_before_this_program_refuses_even_with_nothing_recorded():
    assert selfcheck.check_clock(NOW, None).ok
    assert_said(selfcheck.check_clock(datetime(1970, 1, 1, tzinfo=UTC), None), "refuse")


@pytest.mark.parametrize("begun_as", [True, False])
@pytest.mark.django_db
def test_invented_data_without_its_mark_refuses_and_the_reverse(begun_as):
    assert selfcheck.recorded_exercise() is None
    assert selfcheck.check_exercise(marked=begun_as, recorded=None).ok
    with transaction.atomic():
        ledger.record(selfcheck.BEGUN, by=person(), exercise=begun_as)
    recorded = selfcheck.recorded_exercise()
    assert recorded is begun_as
    assert selfcheck.check_exercise(marked=begun_as, recorded=recorded).ok
    assert_said(selfcheck.check_exercise(marked=not begun_as, recorded=recorded), "refuse")


@pytest.mark.django_db
def test_a_broken_promise_stops_the_server_with_its_remedy(settings, tmp_path):
    settings.HOME = type(django_settings.HOME)(tmp_path)
    settings.DEBUG = True
    settings.SECRET_KEY = "x" * 48
    write_new_keys(tmp_path / "keys")
    with pytest.raises(Unfit) as refused:
        selfcheck.refuse_to_serve()
    assert refused.value.code == "unfit"
    assert "debug_off" in [finding.code for finding in refused.value.findings]
    assert any("DEBUG = False" in line for line in refused.value.details)


@pytest.mark.django_db
def test_an_installation_in_order_serves(settings, tmp_path):
    tmp_path.chmod(0o700)
    settings.HOME = type(django_settings.HOME)(tmp_path)
    settings.SECRET_KEY = "x" * 48
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    (tmp_path / "static" / "amparo").mkdir(parents=True)
    (tmp_path / "static" / "amparo" / "manifest.json").write_text("{}")
    write_new_keys(tmp_path / "keys")
    findings = selfcheck.refuse_to_serve()
    assert "clock" in [finding.code for finding in findings]
    assert len({finding.code for finding in findings}) == len(findings)


def test_a_database_that_does_not_answer_is_a_finding_not_a_crash(tmp_path):
    told = Place(tmp_path / "none").run(
        "from amparo.kernel.selfcheck import run_checks\n"
        "answer({finding.code: [finding.ok, finding.level] for finding in run_checks()})"
    )
    assert told["database_opens"] == [False, "refuse"]
    assert told["home_writable"] == [False, "refuse"]
