"""Form definitions: an XLSForm becomes an XForm (`convert`), an XForm its questions (`reading`).

Pure: bytes in, values out. Nothing a form refers to is fetched.
Sources: xlsform.org; the ODK XForms specification.
"""
