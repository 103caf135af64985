"""What customers are told by itself: templates, their rendering, and the cells of what goes out.

What lives here: ``templates`` (the shape, what may stand in them, those that are shipped) and ``texts`` (one notice for
one matter, rendered once, in the transaction of its event).
"""
