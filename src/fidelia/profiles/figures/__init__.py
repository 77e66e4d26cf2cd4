"""Figures of people that open the list of whom they count; every capability says whom its own figures count."""
