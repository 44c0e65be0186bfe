from django.urls import path

from amparo.briefing.screens import mapping_draft, mappings, sheets

urlpatterns = [
    path("mappings/", mappings.mappings, name="mappings"),
    path("mappings/new/", mappings.mapping_new, name="mapping_new"),
    path("mappings/page/<str:name>/", mappings.mapping_page, name="mapping_page"),
    path("mappings/page/<str:name>/<int:version>/file.toml", mappings.mapping_file, name="mapping_file"),
    path(
        "mappings/page/<str:name>/<int:version>/differences/",
        mappings.mapping_differences,
        name="mapping_differences",
    ),
    path("mappings/draft/<uuid:uid>/", mapping_draft.mapping_columns, name="mapping_columns"),
    path("mappings/draft/<uuid:uid>/columns/<int:at>/", mapping_draft.mapping_column, name="mapping_column"),
    path("mappings/draft/<uuid:uid>/reading/", mapping_draft.mapping_reading, name="mapping_reading"),
    path("mappings/draft/<uuid:uid>/try/", mapping_draft.mapping_try, name="mapping_try"),
    path("mappings/draft/<uuid:uid>/save/", mapping_draft.mapping_save, name="mapping_save"),
    path("mappings/draft/<uuid:uid>/discard/", mapping_draft.mapping_discard, name="mapping_discard"),
    path("forms/<uuid:uid>/rerun/", mappings.mapping_rerun, name="mapping_rerun"),
    path("sheets/", sheets.sheets, name="sheets"),
    path("sheets/new/", sheets.sheet_new, name="sheet_new"),
    path("sheets/<uuid:uid>/", sheets.sheet_page, name="sheet_page"),
    path("sheets/<uuid:uid>/apply/", sheets.sheet_apply, name="sheet_apply"),
    path("sheets/<uuid:uid>/undo/", sheets.sheet_undo, name="sheet_undo"),
]
