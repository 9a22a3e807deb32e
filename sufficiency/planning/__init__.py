"""Which places to find, of which kind and by which month, so that a target is met.

`target` reads what is asked for, `futures` plays a plan of places in many simulated futures that
share their children, `search` finds the least plan, `making` puts them together. Nothing here is
imported by a stage of the flow.
"""
