"""Confirmation mails: settings with a template that can ask, and runs of the send ledger for the requests that wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, invalid
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..channels.email.address import AddressRefused, envelope, has_control
from ..markup.refers import feeds_used, segments_used
from ..model import Plan, Template
from ..senders import service as senders
from ..sending.values import contact_hash
from ..service.launching import call_senders
from ..service.outlet import default_sender
from ..service.templates import create_template, publish_template
from ..store import ledger, runs
from ..store import templates as templates_store
from . import store
from .default import confirmation_template

log = structlog.get_logger(__name__)

#: Requests that one run carries; what is left goes into the next one.
BATCH = 5_000


async def change_settings(tx: Tx, actor: Actor, resource_id: int, values: Mapping[str, Any]) -> profiles.DoubleOptIn:
    """Change how a resource asks; switching it on without a template makes the built-in one.

    Raise 404, 409, and 422 when the template cannot ask (no ``{{ confirm_url }}``, not published, archived).
    """
    before = await profiles.double_opt_in(tx, resource_id)
    wanted = msgspec.structs.replace(before, **values)
    errors = _sender_errors(wanted)
    if wanted.template_id is not None:
        errors += await template_errors(tx, wanted.template_id)
    if errors:
        raise invalid(*errors)
    if wanted.enabled and wanted.template_id is None:
        resource = await profiles.get_resource(tx, resource_id)
        made = await create_template(tx, actor, confirmation_template(resource.name))
        await publish_template(tx, actor, made.id)
        wanted = msgspec.structs.replace(wanted, template_id=made.id)
    return await profiles.set_double_opt_in(tx, actor, wanted)


def _sender_errors(wanted: profiles.DoubleOptIn) -> list[FieldError]:
    errors = []
    if has_control(wanted.from_name):
        errors.append(FieldError("/from_name", "This text holds a line break or another control character"))
    if wanted.from_email:
        try:
            envelope(wanted.from_email)
        except AddressRefused as exc:
            errors.append(FieldError("/from_email", str(exc)))
    return errors


async def template_errors(tx: Tx, template_id: int) -> list[FieldError]:
    """Return why a template cannot ask people to confirm, at the setting that names it."""
    try:
        template = await templates_store.get(tx, template_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        return [FieldError("/template_id", "There is no such template")]
    reason = await why_not(tx, template)
    return [FieldError("/template_id", reason)] if reason else []


async def why_not(tx: Tx, template: Template) -> str | None:
    """Return why a template cannot ask people to confirm, or ``None`` when it can."""
    if template.archived_at is not None:
        return f"The template {template.name} is archived"
    if template.published_version_id is None:
        return f"Publish the template {template.name} first"
    compiled = await runs.compiled(tx, template.published_version_id)
    if not compiled.confirms:
        return f"The template {template.name} has no link to confirm with: add {{{{ confirm_url }}}} and publish it"
    if segments_used(compiled.uses) or feeds_used(compiled.uses):
        return f"The template {template.name} asks for segments or feeds, which mails that ask to confirm cannot show"
    return None


async def problem_of(tx: Tx, settings: profiles.DoubleOptIn) -> tuple[str | None, bool]:
    """Return why no mail of a resource can go out at the moment, and whether that is because its mails are paused."""
    if not settings.enabled or settings.template_id is None:
        return None, False
    held = await store.paused_runs(tx, settings.resource_id)
    if held:
        return held[-1][1] or "The mails were paused by hand", True
    return await why_not(tx, await templates_store.get(tx, settings.template_id)), False


async def resume(tx: Tx, actor: Actor, resource_id: int) -> int:
    """Go on with confirmation mails that were paused, by hand or because the mail server refused them; return how many
    runs. Raise 404.
    """
    resource = await profiles.get_resource(tx, resource_id)
    held = await store.paused_runs(tx, resource.id)
    for run_id, _ in held:
        await runs.move(tx, run_id, "sending", only=("paused",), trouble=None, trouble_at=None)
        run = await runs.get(tx, run_id)
        await store.set_sending(tx, run.mailing_id)
        await call_senders(tx, run.mailing_id, run_id, run.plan.name, run.database_id, actor.name)
    if held:
        await audit(
            tx, actor, "resource.confirmations_resumed", kind="resource", object_id=resource.id, name=resource.name
        )
    return len(held)


async def send_waiting(engines: Engines) -> int:
    """Put the requests that wait into runs; return how many. Killed at any moment, none is lost or sent twice."""
    async with engines.tx() as tx:
        groups = await profiles.waiting_requests(tx)
    sent = 0
    for resource_id, database_id in groups:
        async with engines.tx() as tx:
            sent += await _begin_run(tx, resource_id, database_id)
    return sent


async def _begin_run(tx: Tx, resource_id: int, database_id: int) -> int:
    settings = await profiles.double_opt_in(tx, resource_id)
    if not settings.enabled or settings.template_id is None:
        return 0
    template = await templates_store.get(tx, settings.template_id)
    reason = await why_not(tx, template)
    if reason is not None or template.published_version_id is None:
        log.warning("confirmation mails wait", resource=resource_id, reason=reason)
        return 0
    resource = await profiles.get_resource(tx, resource_id)
    mailing_id = await store.mailing_of(tx, resource_id, database_id, f"Confirm: {resource.name}", template.id)
    if await store.paused_runs(tx, resource_id, database_id):
        return 0  # the mail server takes none at the moment: what waits does so until somebody resumes
    waiting = await profiles.take_requests(tx, resource_id, database_id, BATCH)
    if not waiting:
        return 0
    sender, name = default_sender(tx.engines.settings)
    plan = Plan(
        mailing_id=mailing_id,
        name=f"Confirm: {resource.name}",
        resource_id=resource_id,
        template_id=template.id,
        version_id=template.published_version_id,
        from_email=settings.from_email or sender,
        from_name=settings.from_name or name or resource.name,
        virtual_sender_id=await senders.effective(tx, None),
        variables={"resource": resource.name, "days": str(settings.expires_days)},
        track_opens=False,
        track_clicks=False,
        confirms=True,
    )
    run_id = await runs.create(tx, database_id, plan)
    people = sorted(waiting, key=lambda request: request.profile_id)
    hashes = [contact_hash(request.contact) for request in people]
    made = await ledger.add(await tx.raw(), run_id, [r.profile_id for r in people], hashes, tx.now)
    added = {key.profile_id for key in made}
    ready = [request for request in people if request.profile_id in added]
    audience = BitMap(request.profile_id for request in ready)
    await runs.keep_audience(tx, run_id, len(audience), audience, {})
    await runs.move(tx, run_id, "sending", only=("audience",), prepared_to=max(audience))
    text = f"{template.name}, version {template.published_number}"
    await profiles.requests_taken(tx, [r.id for r in ready], run_id, template.published_version_id, text)
    await store.set_sending(tx, mailing_id)
    await call_senders(tx, mailing_id, run_id, plan.name, database_id, "Double opt-in")
    return len(ready)
