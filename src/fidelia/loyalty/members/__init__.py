"""Members of programs, and their levels. The face for the parts of loyalty above.

enrol(tx, program_id, profiles: BitMap, source, at=None) -> BitMap        who is new
require(tx, program_id, profile_ids) -> Program       all of them are members now, their rows are locked
admit(tx, program_id, profiles: BitMap) -> BitMap     who of them is one, the same without refusing anybody
leave(tx, actor, program_id, profile_ids) -> BitMap
settle_levels(tx, program_id, profile_ids)            after the ledger was written, in the same transaction
levels(tx, program_id, profile_ids) -> {profile: {group id: Level}}
grant_level(tx, program_id, profile_ids, level_id, *, reason, lower=False) -> BitMap
ladder(tx, program_id, profile_ids) -> Ladder         the same for one after another, written together
lock(tx, program_id, profile_ids) -> {profile: "active" | "removed"}
ask_member, ask_standings, ask_levels                 about one person, sent with other questions (``Tx.together``)
"""

from .model import LevelMove, Member, MemberSource, MemberState, MoveCause, Standing
from .roots import root as template_root
from .service.desk import figure
from .service.joining import admit, allowed_of, enrol, leave, require
from .service.ladder import Ladder, ladder
from .service.levels import AskedLevels, ask_levels, grant_level, levels, settle_levels
from .service.moving import forget_people, merge_people, personal_data
from .store.members import ask_member, everybody, joined, lock, states
from .store.standings import ask_standings

__all__ = [
    "AskedLevels",
    "Ladder",
    "LevelMove",
    "Member",
    "MemberSource",
    "MemberState",
    "MoveCause",
    "Standing",
    "admit",
    "allowed_of",
    "ask_levels",
    "ask_member",
    "ask_standings",
    "enrol",
    "everybody",
    "figure",
    "forget_people",
    "grant_level",
    "joined",
    "ladder",
    "leave",
    "levels",
    "lock",
    "merge_people",
    "personal_data",
    "require",
    "settle_levels",
    "states",
    "template_root",
]
