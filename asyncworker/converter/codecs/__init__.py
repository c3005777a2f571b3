"""Codecs that are ready: encryption, compression, and a codec server asked over HTTP."""
