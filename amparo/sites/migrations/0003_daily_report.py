import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_initial'),
        ('sites', '0002_day_summary'),
    ]

    operations = [
        # A nullable column is added in place: the table stays without row ids.
        migrations.AddField(
            model_name='latestobservation',
            name='confirmed_at',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='observationbatch',
            name='source',
            field=models.CharField(choices=[('phone', 'Teléfono'), ('sheet', 'Hoja de cálculo'), ('screen', 'Pantalla'), ('inventory', 'Inventario del albergue'), ('call', 'Llamada'), ('sms', 'Mensaje de texto'), ('exercise', 'Ejercicio')], max_length=10),
        ),
        migrations.CreateModel(
            name='CallAttempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(choices=[('calling', 'Llamando'), ('reported', 'Dio su reporte'), ('no_answer', 'No contesta'), ('wrong_number', 'Número equivocado'), ('call_later', 'Llamar luego'), ('lapsed', 'No se terminó')], default='calling', max_length=12)),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sites.observationbatch')),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.organisation')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='sites.site')),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
                'indexes': [models.Index(fields=['site', '-started_at'], name='call_by_site_and_time')],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('site',), name='one_caller_at_a_time'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('outcome', 'calling')), models.Q(('ended_at__isnull', False), models.Q(('outcome', 'calling'), _negated=True)), _connector='OR'), name='call_ends_with_an_outcome'),
                    models.CheckConstraint(condition=models.Q(('batch', None), ('outcome', 'reported'), _connector='OR'), name='call_report_is_an_outcome'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Confirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('confirmed_at', models.BigIntegerField()),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='sites.observationbatch')),
                ('indicator', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.indicator')),
                ('of', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sites.observationbatch')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='sites.site')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('site', 'indicator', 'of', 'number'), name='confirmation_numbered_once'),
                    models.CheckConstraint(condition=models.Q(('number__range', (1, 3))), name='confirmation_three_times_at_most'),
                ],
            },
        ),
    ]
