"""Feeds: products that come in files of YML or Google Merchant, uploaded or fetched from an address by schedule."""
