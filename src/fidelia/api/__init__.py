"""The web process: application factory, routers listed once, OpenAPI document."""
