"""The road of one case: submit → relay → deliver → report. Four files, read top to bottom; `fetch` goes and gets."""
