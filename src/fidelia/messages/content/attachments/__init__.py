"""Files that go with every mail of a template."""
