"""Settings, addresses, roles and the command line: the only place that knows every module."""
