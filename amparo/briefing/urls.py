from django.urls import path

from amparo.briefing.views import api, board, calls, closure, site, situation, spaces, standards, today

urlpatterns = [
    path("", board.board_view, name="board"),
    path("sites/<uuid:uid>/", site.site_view, name="site_page"),
    path("sites/<uuid:uid>/history/", site.site_history, name="site_history"),
    path("sites/<uuid:uid>/trend/<slug:key>/", site.site_trend, name="site_trend"),
    path("sites/<uuid:uid>/sheet.pdf", site.site_sheet, name="site_sheet"),
    path("sites/<uuid:uid>/spaces/", spaces.site_spaces, name="site_spaces"),
    path("sites/<uuid:uid>/spaces/edit/", spaces.site_spaces_edit, name="site_spaces_edit"),
    path("sites/<uuid:uid>/facilities/edit/", spaces.site_facilities_edit, name="site_facilities_edit"),
    path("sites/<uuid:uid>/closure/", closure.site_closure, name="site_closure"),
    path("hoy/", today.today_view, name="today"),
    path("sites/<uuid:uid>/today/", today.today_site, name="today_site"),
    path("sites/<uuid:uid>/report/", today.daily_report, name="daily_report"),
    path("sites/<uuid:uid>/report.pdf", today.report_paper, name="report_paper"),
    path("calls/", calls.calls_view, name="calls"),
    path("calls/<uuid:uid>/", calls.call_view, name="call"),
    path("report/", situation.situation_view, name="situation"),
    path("report/file.<slug:form>", situation.situation_file, name="situation_file"),
    path("standards/", standards.standards_list, name="standards"),
    path("standards/<str:key>/verify/", standards.standard_verify, name="standard_verify"),
    path("api/gaps.json", api.gaps_api, name="gaps_api"),
    path("api/sites/<uuid:uid>/gaps.json", api.site_gaps_api, name="site_gaps_api"),
]
