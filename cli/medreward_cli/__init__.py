"""The ``medreward`` command: thin files over the library, one a command."""
