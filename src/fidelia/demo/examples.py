"""What the demo shows on top of the data: a template and one broadcast that is really sent."""

from __future__ import annotations

from datetime import timedelta

from fidelia import conditions, messages, segments
from fidelia.access import Actor
from fidelia.platform.postgres import Tx

from . import store
from .segments import EXAMPLES

SENT_TO = "Coupon lovers"
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
