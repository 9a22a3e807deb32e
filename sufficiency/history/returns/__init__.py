"""Child-level SSDA903 returns: read as councils have them, repaired by named rules, rebuilt.

Data flow one way here too: ``reading`` gives a `frames.Return`, ``cleaning`` repairs it row by
row, ``rebuilding`` gives `frames.CareHistories`. Children, postcodes and registration numbers are
turned into meaningless whole numbers as the files are read, so nothing later can print them.
"""
