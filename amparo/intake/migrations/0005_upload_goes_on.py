import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def sign_what_is_under_way(apps, schema_editor):
    """Of what was being written when this came, nobody but who brought it is known."""
    uploads = apps.get_model("intake", "SheetUpload").objects.using(schema_editor.connection.alias)
    uploads.filter(state="applying").update(applied_by=F("by"))
    uploads.filter(state="undoing").update(undone_by=F("by"))


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0004_mapping_on_screen"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="sheetupload",
            name="applied_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sheetupload",
            name="undone_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sheetupload",
            name="moved_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.RunPython(sign_what_is_under_way, migrations.RunPython.noop),
    ]
