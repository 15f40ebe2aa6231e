"""Rows and a network become weights."""
