"""What comes back: a sheet over the columns of a Resource, shown before it is applied, applied once, taken back.

The file is kept as it came. Each row has a fate and its reason in words; nothing is written until a person says so,
and then only through the Resource's own forms and actions. Data class: that of the noun.
"""
