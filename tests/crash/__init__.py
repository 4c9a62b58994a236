"""Processes killed at every step between two durable facts, and the books that must agree afterwards."""
