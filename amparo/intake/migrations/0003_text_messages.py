import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0002_web_channel'),
        ('sites', '0003_daily_report'),
    ]

    operations = [
        migrations.AddField(
            model_name='rawmessage',
            name='site',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sites.site'),
        ),
        migrations.AlterField(
            model_name='rawmessage',
            name='channel',
            field=models.CharField(choices=[('phone', 'Teléfono'), ('sheet', 'Hoja de cálculo'), ('sms', 'Mensaje de texto'), ('web', 'Formulario en el navegador')], default='phone', max_length=6),
        ),
    ]
