"""The only place that joins capabilities: projections, vocabularies, ports, handlers, and the engines of a process."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from pyroaring import BitMap

from fidelia import campaigns, events, market, messages, profiles, segments
from fidelia.campaigns.projection import CampaignBitmaps
from fidelia.campaigns.vocabulary import vocabulary as campaigns_vocabulary
from fidelia.conditions import Vocabulary, merge
from fidelia.events import hooks
from fidelia.kernel.clock import Clock, SystemClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty import codes, ledger, members, orders, programs, promotions
from fidelia.loyalty.ledger import projection as points_projection
from fidelia.loyalty.members import projection as members_projection
from fidelia.loyalty.members.vocabulary import vocabulary as members_vocabulary
from fidelia.market import projection as market_projection
from fidelia.market.purchases import purchases_sql
from fidelia.market.store import cards as market_cards
from fidelia.market.vocabulary import vocabulary as market_vocabulary
from fidelia.messages.vocabulary import vocabulary as messages_vocabulary
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.drain import Drain, Projection
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import clickhouse_status, upgrade_clickhouse
from fidelia.platform.postgres import Database, Tx
from fidelia.profiles import projection as profiles_projection
from fidelia.profiles.lists import projection as lists_projection
from fidelia.profiles.lists.vocabulary import version as lists_version
from fidelia.profiles.lists.vocabulary import vocabulary as lists_vocabulary
from fidelia.profiles.vocabulary import vocabulary as profiles_vocabulary
from fidelia.segments import projection as segments_projection
from fidelia.segments.vocabulary import vocabulary as segments_vocabulary
from fidelia.settings import Settings


class DatabaseTables:
    """Stream ``databases``: profiles make or drop the tables of a database, and events add theirs."""

    def __init__(self, people: Projection) -> None:
        self._people = people

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Make, alter or drop the tables."""
        await self._people.project(engines, database_id, ids)
        if not await events.ensure_events(engines, database_id):
            await market_projection.drop_database(engines, database_id)
            await members_projection.drop_database(engines, database_id)
            await points_projection.drop_database(engines, database_id)


def projections() -> dict[str, Projection]:
    """Return how each dirty stream is projected to ClickHouse."""
    people = profiles_projection.projections()
    return {
        **people,
        **lists_projection.projections(),
        "databases": DatabaseTables(people["databases"]),
        "products": market_projection.Products(),
        "skus": market_projection.Skus(),
        "orders": market_projection.Orders(),
        "members": members_projection.Members(),
        points_projection.POINTS: points_projection.Points(),
        points_projection.LOTS: points_projection.Lots(),
        "merges": events.Merges(),
        "history_copies": events.HistoryCopies(),
        "segments": segments_projection.Segments(),
    }


class Vocabularies:
    """The port ``vocabulary``: what every capability declares for a database, joined and kept for some seconds.

    Kept is what belongs to the present fields, lists, tables and types of events that somebody has defined; types and
    properties learned from events, brands and categories come with the next reading, or at once for who asks for a
    ``fresh`` one.
    """

    KEEP_SECONDS = 3.0

    def __init__(self) -> None:
        self._kept: dict[int, tuple[tuple[int, str, str, int], float, Vocabulary]] = {}

    async def __call__(self, tx: Tx, database_id: int, *, fresh: bool = False) -> Vocabulary:
        """Return the vocabulary of a database; raise 404."""
        fields = (await profiles.get_database(tx, database_id)).schema_version
        # Points stand in it as they are at a moment.
        lists, declared_types = await lists_version(tx, database_id), await events.declared_version(tx, database_id)
        version = fields, lists, declared_types, ledger.step_of(tx.now)
        kept = self._kept.get(database_id)
        if kept is not None and not fresh and kept[0] == version and time.monotonic() - kept[1] < self.KEEP_SECONDS:
            return kept[2]
        parts = [
            await declared(tx, database_id)
            for declared in (
                profiles_vocabulary,
                profiles.relations_vocabulary,
                lists_vocabulary,
                events.vocabulary,
                market_vocabulary,
                segments_vocabulary,
                messages_vocabulary,
                campaigns_vocabulary,
                members_vocabulary,
                ledger.vocabulary,
            )
        ]
        whole = merge(*parts)
        self._kept[database_id] = version, time.monotonic(), whole
        return whole


async def make_tables(engines: Engines, database_id: int) -> None:
    """Make the tables in ClickHouse that conditions of a database may read and nobody has filled yet.

    Those on products (0) read the catalogue alone.
    """
    await segments_projection.ensure(engines)
    await market_projection.ensure_market(engines, database_id)
    if database_id:
        await events.ensure_events(engines, database_id)
        await profiles.ensure_relations(engines, database_id)
        await members_projection.ensure_members(engines, database_id)
        await points_projection.ensure_points(engines, database_id)


async def product_vocabulary(tx: Tx) -> Vocabulary:
    """Return what conditions on products may speak of: what the market declares, without orders of a database."""
    words = await market_vocabulary(tx, 0)
    kept = {name for name in words.subject if name not in ("order", "line")}
    links = tuple(link for link in words.links if link.of in kept and link.to in kept)
    return Vocabulary(
        subjects=tuple(subject for subject in words.subjects if subject.name in kept),
        links=links,
        categories=words.categories,
    )


class Catalogue:
    """The products of the market, for segments of them (a port of segments)."""

    ids_of = staticmethod(market_cards.ids_of)
    present = staticmethod(market_cards.present)
    search = staticmethod(market_cards.search)

    async def cards(self, tx: Tx, entity: str, ids: Sequence[int]) -> list[segments.ProductCard]:
        """Return some by their ids, in this order."""
        return [segments.ProductCard(**row) for row in await market_cards.cards(tx, entity, ids)]


async def resource_names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return the names of resources, also archived ones."""
    found = {}
    for number in ids:
        with contextlib.suppress(Problem):  # an event may name what does not exist
            found[number] = (await profiles.get_resource(tx, number)).name
    return found


async def keep_control_group(tx: Tx, database_id: int, plan: messages.Plan, people: BitMap) -> dict[str, BitMap]:
    """Keep the global control group out of every mailing that is not one of its exceptions (a gate of messages).

    A campaign may be an exception as a whole, and an activity that a campaign lets off is one.
    """
    kept = await segments.kept_back(tx, database_id, "mailing", plan.mailing_id, people)
    if kept and plan.campaign_id is not None:
        if await campaigns.exempt(tx, plan.campaign_id, plan.mailing_id):
            return {}
        kept = await segments.kept_back(tx, database_id, "campaign", plan.campaign_id, kept)
    return {"control_group": kept}


async def segment_filled_by(tx: Tx, segment: segments.Segment) -> list[str]:
    """Return the scheduled imports that fill a segment."""
    return await profiles.imports_filling(tx, segment.id)


class PromoCodes:
    """Promo codes in messages: each recipient gets one of their own (handed out by messages)."""

    def wanted(self, uses: Collection[str]) -> bool:
        """Tell whether a template shows codes."""
        return bool(codes.handing.names_in(uses))

    async def give(
        self, tx: Tx, database_id: int, run_id: int, keys: Collection[messages.MessageKey], uses: Collection[str]
    ) -> messages.Handed:
        """Give each message its codes."""
        found, refused = await codes.handing.give(tx, database_id, run_id, keys, uses)
        key = messages.MessageKey
        return messages.Handed(
            {key(*message): codes.handing.laid(given) for message, given in found.items()},
            {key(*message): reason for message, reason in refused.items()},
        )

    async def given(
        self, tx: Tx, database_id: int, run_id: int, key: messages.MessageKey, uses: Collection[str]
    ) -> messages.Values:
        """Return the codes that a message was given."""
        return codes.handing.laid(await codes.handing.given(tx, database_id, run_id, key, uses))

    async def examples(self, tx: Tx, database_id: int) -> messages.Values:
        """Return what looks like codes."""
        return codes.handing.laid(await codes.handing.examples(tx, database_id))

    async def notes(self, tx: Tx, database_id: int, uses: Collection[str], people: int) -> list[str]:
        """Return which pools are too small for so many people."""
        return await codes.handing.notes(tx, database_id, uses, people)


def wire(engines: Engines) -> None:
    """Fill the ports of a process's engines."""
    # Lists that capabilities above add to: who uses a database or a field, and who forgets erased people.
    users = (segments.database_used_by, segments.control_used_by, segments.score_used_by)
    engines.ports.setdefault(profiles.USED_BY, []).extend(users)
    erasers = (events.forget_people, segments.forget_people, segments.forget_in_control, market.forget_people)
    engines.ports.setdefault(profiles.ERASERS, []).extend((profiles.forget_relations, profiles.forget_requests))
    engines.ports.setdefault(profiles.ERASERS, []).extend(erasers)
    engines.ports[profiles.ERASERS].extend((segments.forget_in_bulk, profiles.forget_in_imports))
    # Who knows whom figures count, by kind.
    engines.ports[profiles.FIGURES] = {
        "field": profiles.field_figures,
        "import": profiles.import_figures,
        "segment": segments.segment_figures,
        "bulk": segments.bulk_figures,
        "score": segments.score_figures,
        "control": segments.control_figures,
    }
    engines.ports[profiles.ERASERS].append(hooks.forget_people)
    engines.ports[profiles.USED_BY].append(hooks.database_used_by)
    engines.ports.setdefault(events.TYPES_USED_BY, []).extend((segments.event_type_used_by, hooks.event_type_used_by))
    # Who adds to the file with everything about a person, by the title of the section.
    engines.ports.setdefault(profiles.EXPORTERS, {}).update(
        {
            "Segments": segments.personal_data,
            "Orders": market.personal_data,
            "Messages": messages.personal_data,
            "History": events.personal_data,
            "Hooks": hooks.personal_data,
            "Conversions": messages.personal_conversions,
        }
    )
    # Who moves what is kept about people when they are merged or split.
    engines.ports.setdefault(profiles.MERGERS, []).extend(
        (
            events.merge_people,
            market.merge_people,
            segments.merge_people,
            messages.merge_people,
            messages.merge_conversions,
            profiles.merge_relations,
            profiles.merge_requests,
            profiles.merge_in_imports,
            segments.merge_in_bulk,
        )
    )
    engines.ports.setdefault(profiles.SPLITTERS, []).extend((market.split_people, segments.split_people))
    # Who knows the names of what events refer to, by kind (mailing, segment …).
    engines.ports.setdefault(events.NAMES, {}).update({"segment": segments.names, "resource": resource_names})
    engines.ports.setdefault(profiles.LISTS_USED_BY, []).append(segments.source_used_by)
    engines.ports[profiles.USED_BY].append(profiles.imports_used_by)
    engines.ports[profiles.RESULT_LIST] = segments.ImportLists()
    engines.ports[segments.VOCABULARY] = Vocabularies()
    engines.ports[segments.TABLES] = make_tables
    engines.ports[segments.PURCHASES] = purchases_sql
    engines.ports[segments.CATALOGUE] = Catalogue()
    engines.ports[segments.PRODUCT_VOCABULARY] = product_vocabulary
    engines.ports.setdefault(segments.USED_BY, []).extend((messages.segment_used_by, segment_filled_by))
    _wire_messages(engines)
    _wire_campaigns(engines)
    _wire_codes(engines)
    _wire_members(engines)
    _wire_orders(engines)
    if engines.ch is not None:
        engines.drain = Drain(engines, projections(), events.ensure_events, events.merged_ids)


def _wire_messages(engines: Engines) -> None:
    engines.ports[profiles.USED_BY].append(messages.database_used_by)
    engines.ports[profiles.ERASERS].extend((messages.forget_conversions, messages.forget_people))
    engines.ports[events.GOAL_MESSAGES] = messages.goal_messages
    engines.ports[events.TYPES_USED_BY].append(messages.event_type_used_by)
    engines.ports[events.NAMES] |= {"mailing": messages.mailing_names, "template": messages.template_names}
    engines.ports.setdefault(events.SITE_PARTS, []).append(messages.slots_part)
    # Who keeps people out of every mailing (control groups, campaigns), and who fills further roots of templates.
    engines.ports.setdefault(messages.RECIPIENT_GATES, []).extend((keep_control_group, campaigns.gate))
    engines.ports.setdefault(messages.TEMPLATE_ROOTS, {})
    engines.ports[profiles.CHANNELS_PORT] = messages.channel_infos


def _wire_campaigns(engines: Engines) -> None:
    engines.ports[profiles.ERASERS].append(campaigns.forget_people)
    engines.ports[profiles.MERGERS].append(campaigns.merge_people)
    engines.ports[profiles.EXPORTERS]["Campaigns"] = campaigns.personal_data
    engines.ports[events.NAMES] |= {"campaign": campaigns.names}
    engines.ports[profiles.USED_BY].append(campaigns.database_used_by)
    engines.ports[profiles.FIGURES] |= {"campaign": campaigns.campaign_figures}
    engines.ports[segments.USED_BY].append(campaigns.segment_used_by)
    engines.ports[messages.ADMISSIONS] = [campaigns.admission]
    engines.ports[messages.CAMPAIGN_HOLD] = campaigns.hold
    engines.ports[messages.CAMPAIGN_NOTES] = campaigns.notes
    engines.ports[messages.TEMPLATE_ROOTS] |= {"campaign": campaigns.template_root}
    engines.ports.setdefault(segments.BITMAPS, []).append(CampaignBitmaps())
    engines.ports.setdefault(messages.CONVERTED, []).append(campaigns.converted)


def _wire_codes(engines: Engines) -> None:
    engines.ports[profiles.ERASERS].append(codes.forget_people)
    engines.ports[profiles.MERGERS].append(codes.merge_people)
    engines.ports[profiles.EXPORTERS]["Promo codes"] = codes.personal_data
    engines.ports[profiles.USED_BY].append(codes.database_used_by)
    engines.ports[events.NAMES] |= {"promo_pool": codes.names}
    engines.ports.setdefault(messages.HANDOUTS, []).append(PromoCodes())


def _wire_members(engines: Engines) -> None:
    engines.ports[profiles.ERASERS].extend((members.forget_people, ledger.forget_people))
    engines.ports[profiles.MERGERS].extend((ledger.merge_people, members.merge_people))
    engines.ports[profiles.EXPORTERS]["Loyalty programs"] = members.personal_data
    engines.ports[profiles.EXPORTERS]["Points"] = ledger.personal_data
    engines.ports[profiles.USED_BY].append(programs.database_used_by)
    engines.ports[profiles.FIGURES] |= {"program": members.figure}
    engines.ports[segments.USED_BY].append(programs.segment_used_by)
    engines.ports.setdefault(segments.BITMAPS, []).append(members_projection.MemberLists())
    engines.ports[events.NAMES] |= {"program": programs.names}
    engines.ports[messages.TEMPLATE_ROOTS] |= {"loyalty": members.template_root}


def _wire_orders(engines: Engines) -> None:
    engines.ports.setdefault(market.ORDER_EFFECTS, []).append(orders.follow_order)
    engines.ports.setdefault(market.ORDER_FORETOLD, []).append(orders.foretell_refund)
    engines.ports[programs.LINE_CHECK] = promotions.check_lines
    engines.ports[profiles.ERASERS].append(orders.forget_people)
    engines.ports[profiles.MERGERS].append(orders.merge_people)
    engines.ports[profiles.USED_BY].append(promotions.field_used_by)
    engines.ports[events.TYPES_USED_BY].append(promotions.event_type_used_by)
    engines.ports[segments.USED_BY].append(promotions.segment_used_by)
    engines.ports.setdefault(segments.PRODUCTS_USED_BY, []).append(promotions.product_segment_used_by)
    engines.ports[events.NAMES] |= {"promotion": promotions.names}


async def prepare_clickhouse(ch: ClickHouse) -> None:
    """Migrate a new ClickHouse; raise when an existing one is older than this release."""
    status = await clickhouse_status(ch)
    if status.is_new:
        await upgrade_clickhouse(ch)
    else:
        status.require_current()


@asynccontextmanager
async def open_engines(settings: Settings, *, clickhouse: bool, clock: Clock | None = None) -> AsyncIterator[Engines]:
    """Open a process's engines and close them after: PostgreSQL by ``settings.postgres.dsn``, ClickHouse if asked."""
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    db = Database(settings.postgres.dsn, pool_size=settings.postgres.pool_max)
    await db.open()
    ch: ClickHouse | None = None
    try:
        if clickhouse:
            ch = ClickHouse(settings)
            await ch.open()
            await prepare_clickhouse(ch)
        engines = Engines(settings=settings, db=db, clock=clock or SystemClock(), ch=ch, files=folder.files)
        wire(engines)
        try:
            yield engines
        finally:
            engines.stop.set()
            if engines.drain is not None:
                await engines.drain.close()
    finally:
        if ch is not None:
            await ch.close()
        await db.close()
