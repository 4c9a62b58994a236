"""Tests of the bridge; how they are written is in STYLE.md, what they may lean on lies in `tests/support`."""
