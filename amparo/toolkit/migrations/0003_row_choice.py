from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('toolkit', '0002_imports'),
    ]

    operations = [
        # Null, without a default and without a constraint: SQLite adds such a column to the narrow table as it is, and
        # takes it away again; for anything more it would make the table anew, with row ids.
        migrations.AddField(
            model_name='importrow',
            name='choice',
            field=models.CharField(choices=[('leave', 'No usarla'), ('same', 'Es la misma'), ('new', 'Es nueva'), ('keep', 'La de la central'), ('take', 'La mía')], max_length=5, null=True),
        ),
    ]
