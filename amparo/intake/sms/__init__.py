"""The daily report by text message: from a telephone with no data, through a gateway, to the same action as the screen.

`report` reads and writes the message, `replies` answers in 160 plain letters, `gateways` says where messages come
from; by default a folder that a modem's own program fills.
"""
