"""The review application: command line, server, worker and page."""
