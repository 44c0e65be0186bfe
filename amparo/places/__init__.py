"""Countries, departments, municipalities and what lies below them, with their P-codes and their dates.

Reference data that every organisation shares: a gazetteer of Honduras, Guatemala and El Salvador is shipped,
any other country can be imported. Data class: public.
"""
