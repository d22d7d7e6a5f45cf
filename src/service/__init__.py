"""Composes: settings, topics, the stream worker, storage, the HTTP API and the `wim` command."""
