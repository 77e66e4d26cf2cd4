"""Guesses where the columns of a file go: by their names in several languages, and by what their cells look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from ..fields import Database, Field, FieldTypeName
from .model import NewField, Suggestion

_NAMES: dict[str, str] = {
    "external_id": "externalid customerid customernumber customerno clientid userid memberid kundennummer kundenr kunde"
    " kundeid kundennr id uid idclient numeroclient iddeusuario кодклиента идентификатор",
    "email": "email mail emailaddress mailaddress epost epostadresse eposta correo correoelectronico courriel"
    " adressemail электроннаяпочта почта емейл эпочта",
    "phones": "phones phone phonenumber telephone tel telefon telefonnummer mobile mobilephone mobil mobilnummer cell"
    " cellphone handy telefono movil portable gsm телефон мобильный номертелефона",
    "first_name": "firstname givenname forename vorname fornavn fname prenom nombre nome имя",
    "last_name": "lastname surname familyname nachname familienname etternavn lname nom apellido apellidos cognome"
    " фамилия",
    "birth_date": "birthdate birthday dateofbirth dob bday geb gebdatum geburtsdatum geburtstag fodselsdato fodselsdag"
    " datedenaissance naissance fechadenacimiento nacimiento датарождения деньрождения др",
    "gender": "gender sex geschlecht kjonn sexe sexo пол",
    "language": "language lang locale sprache sprak langue idioma язык",
    "timezone": "timezone tz zeitzone tidssone fuseauhoraire часовойпояс",
    "country": "country countrycode land pays pais nation страна",
    "region": "region state province bundesland fylke county provincia область регион",
    "city": "city town ort stadt by sted poststed ville ciudad citta город",
    "postal_code": "postalcode postcode zip zipcode plz postleitzahl postnummer postnr codepostal"
    " codigopostal cap индекс",
    "status": "status globalstatus",
    "profile_id": "profileid",
}
_BY_WORD = {word: field for field, words in _NAMES.items() for word in words.split()}
_FOLD = str.maketrans({**dict(zip("øåöäüéèêáíóúñçàô", "oaoaueeeaiouncao", strict=True)), "æ": "ae", "ß": "ss"})

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_PHONE = re.compile(r"(\+|00)[\d\s()./-]{7,20}")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_FLOAT = re.compile(r"[+-]?\d+([.,]\d+)?")
_IP = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_BOOLEANS = frozenset("true false yes no ja nein nei oui non да нет y n".split())

DATE_FORMATS = (
    "", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    "%Y%m%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p")
TIME_FORMATS = tuple(f"{day} {time}" for day in DATE_FORMATS[1:] for time in _TIMES)
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")


def fold(name: str) -> str:
    """Return a name without case, accents, blanks and signs."""
    return re.sub(r"[\W_]+", "", name.strip().lower().translate(_FOLD))


def date_format(cells: Iterable[str]) -> tuple[str, float]:
    """Return the pattern by which most cells are dates, and the share of them; day before month when in doubt."""
    some = [c.strip() for c in cells if c.strip()][:200]
    if not some:
        return "", 0.0
    best, most = "", 0
    for pattern in (*DATE_FORMATS, *TIME_FORMATS):
        hits = sum(_is_date(cell, pattern) for cell in some)
        if hits > most:
            best, most = pattern, hits
    return best, most / len(some)


def _is_date(cell: str, pattern: str) -> bool:
    if not pattern:
        return bool(_ISO.fullmatch(cell))
    try:
        found = datetime.strptime(cell, pattern)  # noqa: DTZ007 (only its form is of interest)
    except ValueError:
        return False
    return 1900 <= found.year <= 2299


def suggest(database: Database, names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[Suggestion]:
    """Return a suggestion for each column; no field is suggested twice: the best score gets it."""
    found = [_one(database, name, column) for name, column in zip(names, cells, strict=True)]
    taken: set[str] = set()
    for n in sorted(range(len(found)), key=lambda n: -found[n].score):
        field = found[n].field
        if field is not None and field in taken:
            found[n] = _new(database, names[n], cells[n])
        elif field is not None:
            taken.add(field)
    return found


def _one(database: Database, name: str, cells: Sequence[str]) -> Suggestion:
    some = [c.strip() for c in cells if c.strip()]
    field, score = _by_name(database, name)
    if field is None and some:
        if _share(_EMAIL, some) > 0.8:
            field, score = database.field("email"), 0.8
        elif _share(_PHONE, some) > 0.8:
            field, score = database.field("phones"), 0.7
    elif field is not None and some and not _fits(field, some):
        score *= 0.5
    if fold(name) in _NAMES["profile_id"].split():
        return Suggestion(field="profile_id", score=0.9)
    if field is None or score < 0.5:
        return _new(database, name, cells)
    pattern = date_format(some)[0] if field.type in ("date", "datetime") else ""
    return Suggestion(
        field=field.name,
        score=round(score, 2),
        date_format=pattern,
        decimal=_decimal(some) if field.type == "float" else ".",
    )


def _by_name(database: Database, name: str) -> tuple[Field | None, float]:
    folded = fold(name)
    if not folded:
        return None, 0.0
    writable = [f for f in database.fields if not f.read_only]
    for field in writable:
        if folded == fold(field.name):
            return field, 1.0
    for field in writable:
        if field.label and folded == fold(field.label):
            return field, 0.95
    known = _BY_WORD.get(folded)
    if known is not None and known != "profile_id":
        return database.field(known), 0.9
    for word, target in _BY_WORD.items():
        if (
            len(word) >= 6
            and (folded.startswith(word) or folded.endswith(word))
            and target not in ("profile_id", "status")
        ):
            return database.field(target), 0.6
    return None, 0.0


def _fits(field: Field, cells: Sequence[str]) -> bool:
    if field.name == "email" and field.builtin:
        return _share(_EMAIL, cells) > 0.5
    if field.type in ("date", "datetime"):
        return date_format(cells)[1] > 0.5
    if field.type == "integer":
        return _share(_INTEGER, cells) > 0.5
    return True


def _share(pattern: re.Pattern[str], cells: Sequence[str]) -> float:
    return sum(pattern.fullmatch(c) is not None for c in cells) / len(cells)


def _decimal(cells: Sequence[str]) -> Literal[".", ","]:
    return "," if sum("," in c for c in cells) > sum("." in c for c in cells) else "."


def _new(database: Database, name: str, cells: Sequence[str]) -> Suggestion:
    """Propose a field of one's own, named after the column."""
    some = [c.strip() for c in cells if c.strip()]
    plain = re.sub(r"[^a-z0-9_]+", "_", name.strip().lower().translate(_FOLD)).strip("_")[:50]
    plain = plain if plain[:1].isalpha() else f"field_{plain}".rstrip("_")
    while database.field(plain) is not None or plain in (
        "id",
        "version",
        "phone",
        "matching",
        "is_deleted",
        "profile_id",
    ):
        plain += "_2"
    kind, options = guess_type(some)
    pattern = date_format(some)[0] if kind in ("date", "datetime") else ""
    field = NewField(name=plain, type=kind, label=name.strip()[:100], options=options)
    return Suggestion(
        new_field=field, score=0.3, date_format=pattern, decimal=_decimal(some) if kind == "float" else "."
    )


def guess_type(cells: Sequence[str]) -> tuple[FieldTypeName, list[str]]:
    """Return the type that fits nearly all cells, and the options of an enum."""
    distinct = sorted(set(cells))
    plain = _plain_type(cells, distinct) if cells else "string"
    if plain is not None:
        return plain, []
    pattern, share = date_format(cells)
    if share > 0.98:
        has_time = "%H" in pattern or "%I" in pattern or (not pattern and len(cells[0]) > 10)
        return ("datetime" if has_time else "date"), []
    if len(cells) >= 20 and len(distinct) <= 12 and all(len(c) <= 40 for c in distinct):
        return "enum", distinct
    return "string", []


def _plain_type(cells: Sequence[str], distinct: Sequence[str]) -> FieldTypeName | None:
    if {c.lower() for c in distinct} <= _BOOLEANS and len(distinct) <= 3:
        return "boolean"
    padded = any(len(c) > 1 and c.lstrip("+-")[:1] == "0" and c.lstrip("+-")[1:2].isdigit() for c in distinct)
    if not padded and _share(_INTEGER, cells) > 0.98:
        return "integer"
    if not padded and _share(_FLOAT, cells) > 0.98:
        return "float"
    return "ip" if _share(_IP, cells) > 0.98 else None
