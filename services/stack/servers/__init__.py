"""The servers that Linli stands on, each as a prepared :class:`Program`.

Each module turns a directory and ports into a rendered configuration and a command. Nothing is
started here: the process manager does that for the platform, a fixture for the tests.
"""
