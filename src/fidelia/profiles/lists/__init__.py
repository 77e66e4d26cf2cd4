"""Value lists and data tables: small things people upload and compare fields with. Exported by ``fidelia.profiles``."""
