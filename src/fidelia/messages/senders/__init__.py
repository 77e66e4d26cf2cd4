"""Mail servers, and virtual senders: rules that say which server takes whose mail, and who it comes from."""
