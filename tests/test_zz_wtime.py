import time, pytest, gzip
from django.db import connection
from django.test.utils import CaptureQueriesContext
from amparo.briefing.tests.test_mappings import *
from tests.test_shown_by import NEPAL
def test_times(visitor, analyst):
    for name, content in (("nepal", NEPAL.read_bytes()), ("2000", sheet([["Uno", *["12"]*1999]], ["Albergue", *[f"{at // 100}.{at} Columna de la ronda número {at}" for at in range(1,2000)]]))):
        d = draft_of(analyst, content, title=name)
        visitor.open(f"/mappings/draft/{d.uid}/").press("Aceptar sugerencias") if name=="nepal" else None
        for page in ("","?page=2","columns/12/","try/","save/"):
            visitor.client.get(f"/mappings/draft/{d.uid}/{page}")
            with CaptureQueriesContext(connection) as q:
                t=time.time(); a=visitor.client.get(f"/mappings/draft/{d.uid}/{page}"); e=time.time()-t
            print(name,page or "columns",round(e*1000),"ms",len(q),"queries",len(gzip.compress(a.content)),"B gz")
    for u in ("/mappings/","/mappings/page/dtm-b3/","/sheets/"):
        with CaptureQueriesContext(connection) as q:
            t=time.time(); a=visitor.client.get(u); e=time.time()-t
        print(u,round(e*1000),"ms",len(q),len(gzip.compress(a.content)))
