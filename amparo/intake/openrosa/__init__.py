"""What a phone with ODK Collect or KoboCollect says and hears, as pure functions.

Reading what it posts (`multipart`, `submission_xml`), answering in OpenRosa's own XML (`answers`), knowing
which device speaks (`credentials`), and the QR that sets a phone up (`settings_qr`). No database here.
Sources: the OpenRosa specifications at docs.getodk.org (HTTP request, form list, submission, authentication).
"""
