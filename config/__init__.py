"""Typed settings, their loader and linter; the reference district `hetang` as data."""
