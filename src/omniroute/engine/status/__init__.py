"""Status for customers: where a matter stands, for whoever has the reference and a proof, and for nobody else.

What lives here: the question in a message (``asked``) and its answer (``question``), codes for the page (``codes``),
what is public of a matter (``facts``, ``promise``), and the words for it (``texts``, ``letters``). The page itself is
in `omniroute.api.public`; signed links are in `omniroute.engine.links`.
"""
