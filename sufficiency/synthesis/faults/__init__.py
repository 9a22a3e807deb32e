"""The faults of real returns, put into a synthetic one at stated rates, with a key to them.

`draft` holds the tables while they are damaged; `chains`, `stale`, `cells`, `children` and
`extra_rows` each damage one thing at a time; `files` damages whole files as they are written;
`inject` does all of it. How often, and which rule should notice, is in
`calibration/return_faults.yaml`.
"""
