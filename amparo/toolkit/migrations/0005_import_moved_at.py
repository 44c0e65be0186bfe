import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('toolkit', '0004_import_signed'),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='moved_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
