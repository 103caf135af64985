"""The record: what has happened (entries) and what stands beside it (cells), written in one transaction.

``contract`` states what every store owes; ``memory`` and ``sqlite`` are the stores; ``codec`` turns events to bytes
and back; ``upcasts`` lifts old shapes. ``omniroute.testing.journal`` is the conformance suite for all of them.
"""
