"""Imports: files of profiles, from the upload over the mapping and the dry run to the rows."""
