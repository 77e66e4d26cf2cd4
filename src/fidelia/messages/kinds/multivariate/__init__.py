"""Several templates in one mailing: in equal shares, or tested on some so that the best goes to the rest."""
