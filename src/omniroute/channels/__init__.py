"""Channels: what turns a medium into interactions and replies into deliveries.

``contract`` is what a channel plugin implements; one folder a channel below. Channels do not know one another.
"""
