"""The roof that joins the rooms."""
