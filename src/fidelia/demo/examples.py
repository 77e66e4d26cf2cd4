"""What the demo shows on top of the data: a template, a broadcast that is really sent, and a campaign to be started."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import msgspec

from fidelia import campaigns, conditions, messages, segments
from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from . import store
from .segments import EXAMPLES

SENT_TO = "Coupon lovers"
#: The largest of the retailer's own campaigns.
CAMPAIGN = 18
CAMPAIGN_NAME = "Campaign 18, once more"
#: People are kept back in equal shares of these.
STRATA = msgspec.convert(
    [
        {
            "field": "income",
            "lists": [
                {"values": ["Under 15K", "15-24K", "25-34K", "35-49K"], "name": "under 50K"},
                {"values": ["50-74K", "75-99K"], "name": "50K to 100K"},
            ],
        },
        {"field": "household_size", "lists": [{"values": ["1", "2"], "name": "one or two people"}]},
    ],
    list[segments.StratumField],
)
MJML = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#192225" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#F4F4F1">
    <mj-section padding="24px 0 0">
      <mj-column>
        <mj-text font-size="20px" font-weight="600" color="#005763">The corner shop</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#FFFFFF" border-radius="10px">
      <mj-column>
        <mj-text font-size="24px" line-height="32px" font-weight="600">Your coupons are back</mj-text>
        <mj-text>Hello {{ profile.first_name | default("neighbour") }},</mj-text>
        <mj-text>you know a good offer when you see one. This week's coupons are ready, and the ones you used
          most are on top{% if profile.kids_count and profile.kids_count != "0" %}, with something for the
          children too{% endif %}.</mj-text>
        <mj-button href="https://shop.example.com/coupons" background-color="#046D7C" border-radius="6px"
          font-size="16px">See this week's coupons</mj-button>
        <mj-text>Or have a look at <a href="https://shop.example.com/new">what is new in the shop</a>.</mj-text>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text align="center" font-size="12px" line-height="20px" color="#4B5456">
          You get this mail because you are a customer of the shop.<br />
          <a href="{{ links.web_version }}">Read it in the browser</a> ·
          <a href="{{ links.unsubscribe }}">Unsubscribe</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


async def make_segments(tx: Tx, database_id: int) -> list[int]:
    """Make the six segments, worked out at each use; a name that is taken already is left alone."""
    known = await store.get(tx, "segments")
    if known is not None:
        return list(known)
    made: list[int] = []
    for example in EXAMPLES:
        segment = await segments.create_segment(
            tx,
            Actor.system(),
            segments.Definition(
                database_id=database_id,
                name=example.name,
                description=example.description,
                type="dynamic",
                condition=conditions.decode(example.condition),
            ),
        )
        made.append(segment.id)
    await store.put(tx, "segments", made)
    return made


async def make_mailing(tx: Tx, database_id: int, segment_ids: list[int], resource_id: int) -> int:
    """Make the template, publish it, and start the broadcast to the coupon lovers at once."""
    known = await store.get(tx, "mailing")
    if known is not None:
        return int(known)
    actor = Actor.system()
    template = await messages.create_template(
        tx,
        actor,
        {
            "name": "Your coupons are back",
            "database_id": database_id,
            "format": "mjml",
            "subject": "Your coupons are back",
            "preheader": "The ones you use most are on top",
            "body": MJML,
        },
    )
    await messages.publish_template(tx, actor, template.id)
    target = segment_ids[[example.name for example in EXAMPLES].index(SENT_TO)]
    mailing = await messages.create_mailing(
        tx,
        actor,
        {
            "name": "Coupons of the week",
            "description": "The demo's broadcast",
            "type": "broadcast",
            "database_id": database_id,
            "segment_id": target,
            "resource_id": resource_id,
            "template_id": template.id,
            "from_name": "The corner shop",
            "from_email": "hello@shop.example.com",
        },
    )
    await messages.start_mailing(tx, actor, mailing.id, at=tx.now - timedelta(seconds=1))
    await store.put(tx, "mailing", mailing.id)
    return mailing.id


async def make_campaign(tx: Tx, database_id: int, households: Collection[int], mailing_id: int) -> int:
    """Make a campaign for the households that got one of the retailer's own: a draft that keeps back a tenth, with a
    mailing like the broadcast, for whoever wants to start it.
    """
    known = await store.get(tx, "campaign")
    if known is not None:
        return int(known)
    actor = Actor.system()
    listed = await segments.create_segment(
        tx,
        actor,
        segments.Definition(
            database_id=database_id,
            name=f"Households of campaign {CAMPAIGN}",
            description="Whom the retailer sent its largest campaign to",
            type="static",
        ),
    )
    await segments.add_members(tx, actor, listed.id, households)
    made = await campaigns.create_campaign(
        tx,
        actor,
        database_id,
        listed.id,
        campaigns.Settings(
            name=CAMPAIGN_NAME,
            description="The retailer's largest campaign again, now with a control group that shows what it changes",
            tags=("coupons",),
        ),
        campaigns.Control(percent=10, strata=STRATA),
    )
    like = await messages.get_mailing(tx, mailing_id)
    mailing = await messages.create_mailing(
        tx,
        actor,
        {
            "name": "Coupons for campaign 18",
            "type": "broadcast",
            "database_id": database_id,
            "resource_id": like.resource_id,
            "template_id": like.template_id,
            "from_name": like.from_name,
            "from_email": like.from_email,
        },
    )
    await campaigns.attach(tx, actor, made.id, mailing.id, (), exempt=False)
    await store.put(tx, "campaign", made.id)
    return made.id
