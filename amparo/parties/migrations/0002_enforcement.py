"""The database itself refuses a role that reaches people to an account of police, migration control or the military.

Which roles are harmless for them stands here by name: a new one is refused until it is added by another migration.
"""

from django.db import migrations

HARMLESS = ("enumerator", "device")
KINDS = (
    "police", "migration_enforcement", "military", "security_ministry", "prosecution", "intelligence", "prisons",
)  # fmt: skip
SAYS = "enforcement_never_handles_people"


def _listed(names):
    return ", ".join(f"'{name}'" for name in names)


BARRED = f"""EXISTS (
    SELECT 1 FROM kernel_user u JOIN kernel_organisation o ON o.id = u.organisation_id
    WHERE u.id = NEW.user_id AND o.kind IN ({_listed(KINDS)})
)"""
MOVED = f"""EXISTS (SELECT 1 FROM kernel_organisation o WHERE o.id = NEW.organisation_id AND o.kind IN ({_listed(KINDS)}))
    AND EXISTS (
        SELECT 1 FROM kernel_holding h WHERE h.user_id = NEW.id AND h.role NOT IN ({_listed(HARMLESS)})
        AND (h.ends_at IS NULL OR h.ends_at > {{now}})
    )"""
# A little later than now: what is being ended this moment has ended.
NOW_OF_SQLITE = "strftime('%Y-%m-%d %H:%M:%f', 'now', '+2 seconds')"
NOW_OF_POSTGRES = "clock_timestamp() + interval '2 seconds'"
# What has ended harms nobody: it stays as history, and a restored backup brings it back.
STANDS = "(NEW.ends_at IS NULL OR NEW.ends_at > {now})"

SQLITE = [
    f"""CREATE TRIGGER holding_of_enforcement_insert BEFORE INSERT ON kernel_holding
    WHEN NEW.role NOT IN ({_listed(HARMLESS)}) AND {STANDS.format(now=NOW_OF_SQLITE)} AND {BARRED}
    BEGIN SELECT RAISE(ABORT, '{SAYS}'); END""",
    f"""CREATE TRIGGER holding_of_enforcement_update BEFORE UPDATE OF role, user_id, ends_at ON kernel_holding
    WHEN NEW.role NOT IN ({_listed(HARMLESS)}) AND {STANDS.format(now=NOW_OF_SQLITE)} AND {BARRED}
    BEGIN SELECT RAISE(ABORT, '{SAYS}'); END""",
    f"""CREATE TRIGGER user_joins_enforcement BEFORE UPDATE OF organisation_id ON kernel_user
    WHEN OLD.organisation_id <> NEW.organisation_id AND {MOVED.format(now=NOW_OF_SQLITE)}
    BEGIN SELECT RAISE(ABORT, '{SAYS}'); END""",
]
POSTGRES = [
    f"""CREATE FUNCTION amparo_holding_of_enforcement() RETURNS trigger AS $$
    BEGIN
        IF NEW.role NOT IN ({_listed(HARMLESS)}) AND {STANDS.format(now=NOW_OF_POSTGRES)} AND {BARRED} THEN
            RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER holding_of_enforcement BEFORE INSERT OR UPDATE OF role, user_id, ends_at ON kernel_holding
    FOR EACH ROW EXECUTE FUNCTION amparo_holding_of_enforcement()""",
    f"""CREATE FUNCTION amparo_user_joins_enforcement() RETURNS trigger AS $$
    BEGIN
        IF OLD.organisation_id <> NEW.organisation_id AND {MOVED.format(now=NOW_OF_POSTGRES)} THEN
            RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER user_joins_enforcement BEFORE UPDATE OF organisation_id ON kernel_user
    FOR EACH ROW EXECUTE FUNCTION amparo_user_joins_enforcement()""",
]
SQLITE_BACK = [
    "DROP TRIGGER IF EXISTS holding_of_enforcement_insert",
    "DROP TRIGGER IF EXISTS holding_of_enforcement_update",
    "DROP TRIGGER IF EXISTS user_joins_enforcement",
]
POSTGRES_BACK = [
    "DROP TRIGGER IF EXISTS holding_of_enforcement ON kernel_holding",
    "DROP TRIGGER IF EXISTS user_joins_enforcement ON kernel_user",
    "DROP FUNCTION IF EXISTS amparo_holding_of_enforcement()",
    "DROP FUNCTION IF EXISTS amparo_user_joins_enforcement()",
]


def guard(apps, editor):
    for statement in POSTGRES if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement, params=None)


def unguard(apps, editor):
    for statement in POSTGRES_BACK if editor.connection.vendor == "postgresql" else SQLITE_BACK:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial"), ("kernel", "0002_institutions_that_enforce")]
    operations = [migrations.RunPython(guard, unguard)]
