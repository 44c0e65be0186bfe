import django.db.models.deletion
from django.db import migrations, models

from amparo.kernel.narrow import CreateNarrowModel


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0001_initial'),
    ]

    operations = [
        CreateNarrowModel(
            name='DaySummary',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'site_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('rules', models.BinaryField()),
                ('content', models.BinaryField()),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.site')),
            ],
            options={
                'verbose_name_plural': 'day summaries',
            },
        ),
        migrations.AddIndex(
            model_name='daysummary',
            index=models.Index(fields=['site', 'day'], name='day_summary_by_site'),
        ),
    ]
