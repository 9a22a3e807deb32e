"""Fit England's exit hazards and write `calibration/national_hazards.csv`.

Run from the checkout: ``python calibration/fit_national_hazards.py``. It reads only the reference
tables that ship and prints how well a year run with the hazards reproduces the published counts.
"""

from __future__ import annotations

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.national import fit_national
from sufficiency.calibration.national_counts import national_counts
from sufficiency.calibration.national_table import TABLE, write_table
from sufficiency.shipped import shipped_path


def main() -> None:
    """Fit, write, and print the fit beside the published counts."""
    counts = national_counts(assumed("under_16_share_of_uasc").number)
    fit = fit_national(counts)
    write_table(fit.hazards, shipped_path(*TABLE))
    print("Leavers before 18 by age, fitted then published:")
    print(fit.leavers_before_18.round(), counts.leavers_before_18.round(), sep="\n")
    print("Leavers by time in care (18th birthdays included), fitted then published:")
    print(fit.leavers_by_duration.round(), counts.leavers_by_duration.round(), sep="\n")
    print("In care by age at the year's end, fitted then published:")
    print(fit.closing_stock.round(), counts.closing_stock.round(), sep="\n")


if __name__ == "__main__":
    main()
