"""What messages are made with besides their template: fragments, feeds, attached files, segments of the recipient."""
