"""Guesses: where columns go, what dates look like, which type fits."""

from __future__ import annotations

import pytest

from fidelia.profiles import BUILTIN, Database, Field
from fidelia.profiles.imports.guess import date_format, guess_type, suggest
from fidelia.profiles.imports.readers import detect, looks_like_header
from fidelia.profiles.imports.readers.encoding import _guess

SHOP = Database(
    id=1,
    name="shop",
    timezone="UTC",
    fields=(*BUILTIN, Field(id=1, name="shoe_size", type="float", label="Skostørrelse")),
)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("E-Mail", "email"), ("e-postadresse", "email"), ("Correo electrónico", "email"),
        ("Электронная почта", "email"), ("Telefonnummer", "phones"), ("Mobil", "phones"), ("First Name", "first_name"),
        ("Vorname", "first_name"),
        ("Имя", "first_name"), ("Nachname", "last_name"), ("Etternavn", "last_name"), ("Geburtsdatum", "birth_date"),
        ("Fødselsdato", "birth_date"), ("PLZ", "postal_code"), ("Ort", "city"), ("Kundennummer", "external_id"),
        ("customer_id", "external_id"), ("SHOE SIZE", "shoe_size"), ("skostørrelse", "shoe_size"), ("Sex", "gender"),
        ("profile_id", "profile_id"), ("Contact email address", "email"),
    ],
)  # fmt: skip
def test_names_in_many_languages(name: str, field: str) -> None:
    (guess,) = suggest(SHOP, [name], [[]])
    assert guess.field == field
    assert guess.score >= 0.5


def test_content_decides_where_names_say_nothing() -> None:
    cells = [["a@x.no", "b@y.de"], ["+47 400 00 000", "+49 30 123456"], ["x", "y"], ["1", "2"]]
    guesses = suggest(SHOP, ["A", "B", "C", "D"], cells)
    assert [g.field for g in guesses] == ["email", "phones", None, None]
    assert [g.new_field.type for g in guesses if g.new_field] == ["string", "integer"]


def test_no_field_is_suggested_twice_and_contradicted_names_lose() -> None:
    guesses = suggest(SHOP, ["Mail", "E-Mail", "email"], [["yes", "no"], ["a@x.no"], ["b@x.no"]])
    assert [g.field for g in guesses] == [None, "email", None]
    assert guesses[0].new_field is not None
    assert guesses[0].new_field.name == "mail"


@pytest.mark.parametrize(
    ("cells", "pattern"),
    [
        (["1984-11-03"], ""), (["03.11.1984", "31.12.1990"], "%d.%m.%Y"), (["12/31/1990", "01/02/1990"], "%m/%d/%Y"),
        (["01/02/1990"], "%d/%m/%Y"), (["03.11.84"], "%d.%m.%y"), (["19841103"], "%Y%m%d"),
        (["3 Nov 1984"], "%d %b %Y"),
        (["03.11.1984 14:05"], "%d.%m.%Y %H:%M"), (["2026-01-31T10:00:00Z"], ""),
    ],
)  # fmt: skip
def test_dates(cells: list[str], pattern: str) -> None:
    assert date_format(cells) == (pattern, 1.0)


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["1", "-2"], "integer"), (["01", "02"], "string"), (["1.5", "2"], "float"), (["1,5"], "float"),
        (["yes", "no"], "boolean"), (["10.0.0.1"], "ip"), (["03.11.1984"], "date"),
        (["2026-01-31 10:00:00"], "datetime"),
        (["A", "B"] * 20, "enum"), ([f"v{n}" for n in range(50)], "string"), ([], "string"),
    ],
)  # fmt: skip
def test_types(cells: list[str], type_: str) -> None:
    assert guess_type(cells)[0] == type_


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Москва;Анна", "cp1251"), ("Москва;Анна", "koi8_r"), ("Москва и Тверь, длинный текст", "cp866"),
        ("Bjørn Ålesund Tromsø", "cp1252"), ("Müller Straße", "cp1252"), ("José Muñoz", "cp1252"),
    ],
)  # fmt: skip
def test_encodings(text: str, encoding: str) -> None:
    assert text.encode(encoding).decode(_guess(text.encode(encoding))) == text


def test_headers() -> None:
    assert looks_like_header([["email", "name"]])
    assert not looks_like_header([["a@x.no", "Ada"]])
    assert not looks_like_header([["1", "2"]])
    assert not looks_like_header([])
    assert detect
