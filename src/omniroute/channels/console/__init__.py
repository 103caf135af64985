"""A channel of text lines over a local socket, for developers and tests. The one to read before writing your own."""
