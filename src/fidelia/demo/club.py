"""The demo's loyalty program: what it is made of. The rules are what a grocer's would be; the goods are the data's."""

from __future__ import annotations

import msgspec

from fidelia import loyalty
from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from .source import CURRENCY

NAME = "Corner club"
#: A star is a cent; so many of them become a voucher.
STAR = "0.01"
VOUCHER = 500
VOUCHER_WORTH = "5.00"
WELCOME = "50"
PATTERN = "STAR-@@@@-####"
#: Vouchers that are made at the beginning, for each household.
VOUCHERS_EACH = 2
OWN_BRAND = {"kind": "compare", "field": "product.brand", "op": "eq", "value": "Private"}
BREAD = {"kind": "compare", "field": "product.category", "op": "under", "value": "GROCERY/BAKED BREAD/BUNS/ROLLS"}


def _made_by(manufacturer: int) -> dict[str, object]:
    return {"kind": "compare", "field": "product.manufacturer_id", "op": "eq", "value": manufacturer}


#: The makers of brands whose goods were bought most.
PARTNERS = (
    loyalty.PartnerSettings(name="Maker 2", products=_made_by(2), multiplier="2", share="50", currency=CURRENCY),
    loyalty.PartnerSettings(name="Maker 764", products=_made_by(764), multiplier="1.5", share="40", currency=CURRENCY),
)


class Club(msgspec.Struct, frozen=True):
    """The program and its parts, by their ids; ``pool`` holds its vouchers."""

    program: int
    stars: int
    status: int
    pool: int


async def found(tx: Tx, database_id: int, households: int) -> Club:
    """Make the program with its points, levels, partners, vouchers and promotions, and set it to work."""
    actor = Actor.system()
    settings = loyalty.ProgramSettings(
        name=NAME,
        description="A star for every dollar, more on our own brand; five hundred stars are a voucher of five dollars",
    )
    program = await loyalty.create_program(tx, actor, database_id, settings)
    stars = await loyalty.create_points(
        tx,
        actor,
        program.id,
        "standard",
        loyalty.PointSettings(
            name="Stars",
            places=0,
            ratio=STAR,
            ratio_currency=CURRENCY,
            initial=WELCOME,
            expiry=loyalty.Expiry(kind="after", period="P45D"),
        ),
        "stars",
    )
    status = await loyalty.create_points(
        tx, actor, program.id, "qualification", loyalty.PointSettings(name="Status points", places=0), "status"
    )
    levels = (
        loyalty.LevelSettings(name="Green", key="green", threshold="0", benefits=["A voucher for every 500 stars"]),
        loyalty.LevelSettings(name="Silver", key="silver", threshold="300", benefits=["Offers a day before others"]),
        loyalty.LevelSettings(name="Gold", key="gold", threshold="1000", benefits=["Delivery at no cost"]),
    )
    group = loyalty.GroupSettings(name="Level", point_type_id=status.id, levels=levels, entry="green")
    await loyalty.create_group(tx, actor, program.id, group, "level")
    for partner in PARTNERS:
        await loyalty.create_partner(tx, actor, program.id, partner)
    pool = await loyalty.create_pool(
        tx,
        actor,
        database_id,
        loyalty.PoolSettings(
            name="Star vouchers",
            short_name="vouchers",
            description="Given for 500 stars, one a week; worth five dollars",
            pattern=PATTERN,
            expiry=loyalty.CodeExpiry(kind="after", period="P30D"),
            max_uses=1,
            warn_below=100,
        ),
    )
    drawn = dict.fromkeys(loyalty.draw_codes(PATTERN, VOUCHERS_EACH * households))
    await loyalty.import_codes(tx, actor, pool.id, [loyalty.CodeIn(code) for code in drawn])
    club = Club(program.id, stars.id, status.id, pool.id)
    await _promotions(tx, actor, club)
    await loyalty.activate_program(tx, actor, program.id)
    return club


async def _promotions(tx: Tx, actor: Actor, club: Club) -> None:
    """Publish the promotions. Of the two that lower the price one wins: the vouchers are tried first."""
    program = club.program
    once = await loyalty.create_exclusion(tx, actor, program, "One price cut an order", "order")
    definitions: list[tuple[str, loyalty.PromotionDefinition]] = [
        (
            "points",
            loyalty.PromotionDefinition(
                name="A star for every dollar",
                currency=CURRENCY,
                reward=loyalty.PointsPerMoney(points="stars", amount="1", per="1.00"),
            ),
        ),
        (
            "points",
            loyalty.PromotionDefinition(
                name="Status points",
                description="They decide the level, and cannot be spent",
                currency=CURRENCY,
                reward=loyalty.PointsPerMoney(points="status", amount="1", per="1.00"),
            ),
        ),
        (
            "points",
            loyalty.PromotionDefinition(
                name="Double stars on our own brand",
                reward=loyalty.PointsMultiplier(points="stars", factor="2"),
                products=OWN_BRAND,
            ),
        ),
        (
            "discount",
            loyalty.PromotionDefinition(
                name="Star voucher",
                currency=CURRENCY,
                reward=loyalty.AmountOff(amount=VOUCHER_WORTH),
                code_pool_id=club.pool,
                group_id=once.id,
            ),
        ),
        (
            "discount",
            loyalty.PromotionDefinition(
                name="A tenth off bread",
                reward=loyalty.PercentOff(percent="10", scope="lines"),
                products=BREAD,
                group_id=once.id,
                limits=(loyalty.PromotionLimit(what="uses", most="2", per="member", period="week"),),
            ),
        ),
    ]
    for kind, definition in definitions:
        made = await loyalty.create_promotion(tx, actor, program, kind, definition)  # type: ignore[arg-type]
        await loyalty.publish_promotion(tx, actor, made.id)
