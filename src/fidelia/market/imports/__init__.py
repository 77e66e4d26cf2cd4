"""Products, SKUs and orders from files (CSV, TSV, XLSX, JSON lines; zip, gz): upload, mapping, run, report."""
