"""The web chat channel: one script tag on a shop's page, one WebSocket for each open page.

Flow: ``socket`` (I/O) feeds ``protocol`` (sans-I/O) and hands messages to the engine; ``normalize`` reads
them later.
"""
