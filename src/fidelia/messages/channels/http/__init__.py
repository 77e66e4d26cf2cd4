"""Channels that send by HTTP, each nothing but a definition that a person writes in the web application."""
