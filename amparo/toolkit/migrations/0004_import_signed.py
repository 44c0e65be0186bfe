import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def sign_what_is_under_way(apps, schema_editor):
    """What was being written when this came was signed by whoever brought it: nobody else is known."""
    runs = apps.get_model('toolkit', 'ImportRun').objects.using(schema_editor.connection.alias)
    runs.filter(state='applying').update(applied_by=F('by'))
    runs.filter(state='undoing').update(undone_by=F('by'))


class Migration(migrations.Migration):

    dependencies = [
        ('toolkit', '0003_row_choice'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='applied_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(sign_what_is_under_way, migrations.RunPython.noop),
    ]
