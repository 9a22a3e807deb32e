"""Rates from a council's own children: counted, pooled toward its published rates, kept, checked.

``histories -> counts -> rates -> file``: the counts hold no child, and nothing after them can.
"""
