"""Pure building blocks shared by every layer: errors, clock, money, paging, ids."""
