"""From numbers to files that people open: CSV, workbook, page."""
