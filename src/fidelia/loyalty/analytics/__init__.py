"""What a program does: members, levels, points, what is owed, promotions, buyers, partners, codes. The face.

Every report is of a period cut into days, weeks or months of the database's time zone, worked out when it is asked for
from what is written down: the ledger's transactions, lots and consumption, moves between levels, orders. Nothing is
stored for it, so a day that is over tells the same whenever it is asked about.
"""
