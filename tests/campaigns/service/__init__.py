"""Tests of what is done with campaigns."""
