"""Checks a mapping, options and format before anything is read by them. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from datetime import datetime

from fidelia.kernel.errors import FieldError, Problem

from .. import rules
from ..fields import Database, Field
from ..matching import CONTACT, read_matching
from .model import PROFILE_ID, ColumnMapping, ImportOptions
from .parse import target_field
from .readers import FileFormat

MAX_VALUES = 1_000
#: What a file may be written in. Python knows more codecs, some of which are no encodings or take for ever.
ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be ascii latin-1"
        " iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-13"
        " iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258"
        " cp437 cp850 cp852 cp855 cp857 cp862 cp866 cp874 koi8-r koi8-u mac-roman mac-cyrillic mac-latin2"
        " shift_jis cp932 euc_jp iso2022_jp gb2312 gbk gb18030 big5 euc_kr cp949"
    ).split()
)


def format_errors(how: FileFormat) -> list[FieldError]:
    """Check a format that somebody chose."""
    errors = []
    try:
        known = codecs.lookup(how.encoding).name in ENCODINGS
    except (LookupError, ValueError):
        known = False
    if not known:
        errors.append(FieldError("/format/encoding", f"{how.encoding[:40]!r} is no encoding that files are written in"))
    if len(how.delimiter) != 1 or how.delimiter in "\r\n\x00":
        errors.append(FieldError("/format/delimiter", "A delimiter is one character"))
    if len(how.quote) > 1 or how.quote in ("\r", "\n", "\x00") or how.quote == how.delimiter:
        errors.append(FieldError("/format/quote", "A quote is one character, or none, and not the delimiter"))
    if not 0 <= how.skip <= 1000:
        errors.append(FieldError("/format/skip", "0 to 1,000 lines can be left out at the top"))
    return errors


def mapping_errors(
    database: Database, columns: Sequence[str], mapping: Sequence[ColumnMapping], options: ImportOptions
) -> list[FieldError]:
    """Name everything that is wrong with a mapping under these options."""
    errors: list[FieldError] = []
    targets: dict[str, str] = {}
    used: set[str] = set()
    new: list[str] = []
    for n, item in enumerate(mapping):
        errors += _item_errors(database, columns, item, f"/mapping/{n}", new)
        if item.column in used:
            errors.append(FieldError(f"/mapping/{n}/column", f"The column {item.column[:100]!r} stands here twice"))
        used.add(item.column)
        target = item.new_field.name if item.new_field else item.field
        if target is not None:
            if target in targets:
                message = f"The columns {targets[target][:100]!r} and {item.column[:100]!r} both go to {target[:100]}"
                errors.append(FieldError(f"/mapping/{n}/field", message))
            targets.setdefault(target, item.column)
    return errors + option_errors(database, targets, options)


def option_errors(database: Database, targets: dict[str, str], options: ImportOptions) -> list[FieldError]:
    """Check options against the fields that columns go to."""
    try:
        how = read_matching(
            database,
            options.matching,
            field=options.field,
            resource_id=options.resource_id,
            pointer="/options/matching",
            base="/options",
        )
    except Problem as exc:
        return list(exc.errors)
    errors = []
    names = [field.name for field in how.fields] or [how.name]
    if not any(name in targets for name in names):
        said = " or ".join(names)
        errors.append(FieldError("/mapping", f"No column goes to {said}, by which profiles are matched"))
    if not how.by_id and PROFILE_ID in targets:
        errors.append(FieldError("/mapping", "A column goes to profile_id; that is only for matching by profile_id"))
    if how.name != CONTACT and CONTACT in targets and database.field(CONTACT) is None:
        errors.append(FieldError("/mapping", "A column goes to contact; that is only for matching by custom_sub"))
    if how.by_id and options.mode == "add":
        errors.append(FieldError("/options/mode", "Profiles cannot be added by profile_id: Fidelia gives the ids"))
    return errors


def _item_errors(
    database: Database, columns: Sequence[str], item: ColumnMapping, pointer: str, new: list[str]
) -> list[FieldError]:
    errors = []
    if item.column not in columns:
        some = ", ".join(columns[:20])
        errors.append(FieldError(f"{pointer}/column", f"The file has no column {item.column[:100]!r}; it has: {some}"))
    if item.new_field is not None and item.field is not None:
        errors.append(FieldError(f"{pointer}/field", "A column goes to a field or to a new field, not to both"))
    elif item.new_field is not None:
        made = item.new_field
        field = Field(name=made.name, type=made.type, label=made.label, options=tuple(made.options))
        errors += rules.name_errors(made.name, f"{pointer}/new_field/name", [*database.by_name, *new])
        errors += rules.field_errors(field, f"{pointer}/new_field")
        new.append(made.name)
    elif item.field is not None and item.field not in (PROFILE_ID, CONTACT):
        known = database.field(item.field)
        if known is None:
            errors.append(FieldError(f"{pointer}/field", f"There is no field {item.field[:100]!r} in this database"))
        elif known.read_only:
            errors.append(
                FieldError(f"{pointer}/field", f"The field {item.field} is kept by Fidelia and cannot be set")
            )
    if item.date_format and not _is_pattern(item.date_format):
        errors.append(FieldError(f"{pointer}/date_format", 'A date format is written like "%d.%m.%Y"'))
    if len(item.values) > MAX_VALUES:
        errors.append(FieldError(f"{pointer}/values", f"At most {MAX_VALUES:,} cells can be given a meaning"))
    return errors


def _is_pattern(pattern: str) -> bool:
    sample = datetime(2001, 12, 24, 10, 30)  # noqa: DTZ001 (only its form is of interest)
    try:
        datetime.strptime(sample.strftime(pattern), pattern)  # noqa: DTZ007
    except (ValueError, UnicodeError):
        return False
    return "%" in pattern


def warnings(database: Database, mapping: Sequence[ColumnMapping], options: ImportOptions) -> list[str]:
    """Say in sentences what keeps the import from running as it is."""
    columns = [m.column for m in mapping]
    found = [e.message for e in mapping_errors(database, columns, mapping, options)]
    required = {f.name for f in database.fields if f.required}
    going = {f.name for m in mapping if (f := target_field(database, m)) is not None}
    if options.mode != "update" and (missing := sorted(required - going)):
        found.append(f"New profiles need {', '.join(missing)}, and no column goes there: their rows will be rejected")
    return found
