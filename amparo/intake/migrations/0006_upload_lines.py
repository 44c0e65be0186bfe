from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0005_upload_goes_on'),
    ]

    operations = [
        migrations.AddField(
            model_name='sheetupload',
            name='lines',
            field=models.BinaryField(null=True),
        ),
    ]
