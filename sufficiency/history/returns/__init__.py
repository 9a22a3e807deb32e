"""Child-level SSDA903 returns: read as councils have them, repaired by named rules, rebuilt.

Data flow one way here too: ``reading`` gives a `frames.Return`, ``rebuilding`` makes of it
`frames.CareHistories` (its rules are in the modules that it imports), ``stocks`` counts them and
``quality`` reports on the return; a `ledger.RowLedger` goes through all. Children, postcodes and
registration numbers are turned into meaningless whole numbers as the files are read, so nothing
later can print them.
"""
