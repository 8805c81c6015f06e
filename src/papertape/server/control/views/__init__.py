"""The answers and bodies of the control API, which OpenAPI describes."""
