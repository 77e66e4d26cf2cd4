"""Every format and encoding gives the same people; hostile files give a clear problem and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from .conftest import Importer, csv_bytes

ROWS = [
    ["email", "first_name", "city", "age", "birth_date"],
    ["ada@x.no", "Åse", "Tromsø", "41", "1984-11-03"],
    ["bo@x.no", "Bjørn", "Ålesund", "", "1990-02-01"],
]
RUSSIAN = [["email", "Имя", "Город"], ["ada@x.no", "Анна", "Москва"], ["bo@x.no", "Борис", "Тверь"]]


def xlsx(rows: list[list[Any]], **more: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, other in more.items():
        extra = book.create_sheet(name)
        for row in other:
            extra.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def jsonl(rows: list[list[Any]]) -> bytes:
    return b"\n".join(json.dumps({k: v for k, v in zip(rows[0], r, strict=True) if v}).encode() for r in rows[1:])


FILES = {
    "utf8.csv": csv_bytes(ROWS),
    "bom.csv": csv_bytes(ROWS, encoding="utf-8-sig"),
    "semicolon.csv": csv_bytes(ROWS, delimiter=";"),
    "pipe.txt": csv_bytes(ROWS, delimiter="|"),
    "tabs.tsv": csv_bytes(ROWS, delimiter="\t"),
    "utf16.csv": csv_bytes(ROWS, encoding="utf-16"),
    "utf16le.csv": csv_bytes(ROWS, encoding="utf-16-le"),
    "cp1252.csv": csv_bytes(ROWS, encoding="cp1252", delimiter=";"),
    "excel.csv": b"sep=;\r\n" + csv_bytes(ROWS, delimiter=";"),
    "quoted.csv": csv_bytes(ROWS).replace(b"ada@x.no", b'"ada@x.no"'),
    "blank-lines.csv": csv_bytes(ROWS).replace(b"\r\n", b"\r\n\r\n"),
    "cr.csv": csv_bytes(ROWS).replace(b"\r\n", b"\r"),
    "rows.jsonl": jsonl(ROWS),
    "rows.csv.gz": gzip.compress(csv_bytes(ROWS)),
    "rows.zip": zipped(("../../people.csv", csv_bytes(ROWS)), ("__MACOSX/x", b"junk"), ("folder/", b"")),
    "rows.jsonl.gz": gzip.compress(jsonl(ROWS)),
    "rows.xlsx": xlsx([*ROWS[:2], [], ROWS[2]]),
    "typed.xlsx": xlsx(
        [ROWS[0], ["ada@x.no", "Åse", "Tromsø", 41.0, date(1984, 11, 3)],
         ["bo@x.no", "Bjørn", "Ålesund", None, datetime(1990, 2, 1, 0, 0)]]
    ),
    "rows.xlsx.zip": zipped(("book.xlsx", xlsx(ROWS))),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
async def test_every_format_gives_the_same_people(importer: Importer, name: str) -> None:
    done = await importer.load(FILES[name], name)
    assert done["counts"]["created"] == 2
    people = await importer.people()
    ada, bo = people["ada@x.no"], people["bo@x.no"]
    assert (ada["first_name"], ada["city"], ada["age"], str(ada["birth_date"])) == ("Åse", "Tromsø", 41, "1984-11-03")
    assert (bo["first_name"], bo["city"], str(bo["birth_date"])) == ("Bjørn", "Ålesund", "1990-02-01")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-8", "utf-16"])
async def test_russian_in_every_usual_encoding(importer: Importer, encoding: str) -> None:
    done = await importer.load(csv_bytes(RUSSIAN, delimiter=";", encoding=encoding), "люди.csv")
    assert done["file_name"] == "люди.csv"
    assert {m["column"]: m["field"] for m in done["mapping"]} == {
        "email": "email",
        "Имя": "first_name",
        "Город": "city",
    }
    people = await importer.people()
    assert (people["ada@x.no"]["first_name"], people["bo@x.no"]["city"]) == ("Анна", "Тверь")


async def test_text_without_quotes(importer: Importer) -> None:
    content = b'email;first_name\na@x.no;"Ada\nb@x.no;6" pipe\n'
    await importer.load(content, format={"kind": "csv", "delimiter": ";", "quote": ""})
    people = await importer.people()
    assert (people["a@x.no"]["first_name"], people["b@x.no"]["first_name"]) == ('"Ada', '6" pipe')


async def test_sheet_without_header_and_with_names(importer: Importer) -> None:
    content = xlsx([["nothing"]], Kunder=[["a@x.no", "Oslo"], ["b@x.no", "Rome"]])
    made = await importer.upload(content, "book.xlsx")
    look = await importer.get(f"/imports/{made['id']}/preview")
    assert look["sheets"] == ["Sheet", "Kunder"]
    changed = await importer.patch(made["id"], format={"kind": "xlsx", "sheet": "Kunder", "header": False})
    assert changed["columns"] == ["Column 1", "Column 2"]
    assert changed["mapping"][0]["field"] == "email"
    mapping = [{"column": "Column 1", "field": "email"}, {"column": "Column 2", "field": "city"}]
    await importer.patch(made["id"], mapping=mapping)
    await importer.work(made["id"])
    assert (await importer.people())["b@x.no"]["city"] == "Rome"


async def test_typed_json_values(importer: Importer) -> None:
    lines = [
        {"email": "a@x.no", "likes": ["tea", "x,y"], "age": 41, "phones": ["+4740000000"]},
        {"email": "b@x.no", "age": 4.5},
        {"email": "c@x.no", "age": True},
        {"email": "d@x.no", "likes": [1]},
        {"email": ["e@x.no"]},
        [1],
    ]
    done = await importer.load("\n".join(json.dumps(v) for v in lines).encode() + b"\n{bad\n", "x.jsonl")
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (1, 6)
    ada = (await importer.people())["a@x.no"]
    assert (ada["likes"], ada["age"], ada["phones"]) == (["tea", "x,y"], 41, ["+4740000000"])


def bomb_xlsx() -> bytes:
    real = xlsx(ROWS)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(real)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith("sheet1.xml"):
                data += b" " * 60_000_000
            target.writestr(item.filename, data)
    return out.getvalue()


def sparse_xlsx() -> bytes:
    """Two cells at the far corners of a sheet, which a dense table would need 17 billion cells for."""
    real = xlsx([["email"], ["a@x.no"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(real)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith("sheet1.xml"):
                cell = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
                data = data.replace(b"</sheetData>", cell)
            target.writestr(item.filename, data)
    return out.getvalue()


BAD_FILES = {
    "empty": (b"", "empty"),
    "blank": (b"\n\n \n", "no rows"),
    "zip bomb": (zipped(("a.csv", b"0" * 60_000_000)), "200 times"),
    "gz bomb": (gzip.compress(b"0" * 60_000_000), "200 times"),
    "xlsx bomb": (bomb_xlsx(), "200 times"),
    "sparse xlsx": (sparse_xlsx(), ""),
    "two members": (zipped(("a.csv", b"email\na@x.no"), ("b.csv", b"email\nb@x.no")), "exactly one"),
    "nothing inside": (zipped(), "exactly one"),
    "broken xlsx": (xlsx(ROWS)[:-400], "broken"),
    "xlsx with rubbish": (zipped(("[Content_Types].xml", b"<x"), ("xl/workbook.xml", b"<y")), ""),
    "old xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
    "cut gz": (gzip.compress(csv_bytes(ROWS) * 1000)[:-30], "broken"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "not a text"),
    "html": (b"<!doctype html><p>Not found", "HTML"),
    "10k columns": (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", "10,000 columns"),
    "a quote never closed": (b'email,"name\n' + b"a@x.no,x\n" * 200_000, "quote"),
    "one endless line": (b"a" * 3_000_000, "characters"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_hostile_files_are_named_and_leave_nothing(importer: Importer, name: str) -> None:
    content, words = BAD_FILES[name]
    problem = await importer.upload(content, f"{name}.csv", 422)
    assert words in problem["detail"], problem
    assert problem["errors"][0]["pointer"] == "/file"
    assert (await importer.get(f"/databases/{importer.database.id}/imports"))["items"] == []
    folder = importer.engines.files / "imports"
    assert all(not p.name.endswith(".part") for p in folder.iterdir())


async def test_rows_that_cannot_be_read_are_rejected_one_by_one(importer: Importer) -> None:
    content = (
        b"email,first_name,city\n"
        b"ok@x.no,Ada,Oslo\n"
        b"nul@x.no,A\x00da,Oslo\n"
        b"short@x.no,Ada\n"
        b"long@x.no,Ada,Oslo,more\n"
        b"padded@x.no,Ada,Oslo,,\n"
        b"bytes@x.no,\xff\xfe,Oslo\n"
        b'multi@x.no,"two\nlines",Oslo\n'
        b'open@x.no,"never,closed\n'
        b"lost@x.no,Ada,Oslo\n"
    )
    mapping = {"email": "email", "first_name": "first_name", "city": "city"}
    done = await importer.load(content, mapping=mapping, format={"kind": "csv"})
    assert sorted(await importer.people()) == ["multi@x.no", "ok@x.no", "padded@x.no"]
    reasons = {row[0]: row for row in await importer.report(done["id"])}
    assert "NUL" in reasons["3"][3]
    assert "2 cells" in reasons["4"][3]
    assert "4 cells" in reasons["5"][3]
    assert reasons["7"][1] == "first_name"
    assert "quote may not be closed" in reasons["9"][3]
    assert done["counts"]["rejected"] == 5


async def test_reports_are_safe_for_spreadsheets(importer: Importer) -> None:
    rows = [["email", "=cmd"], ["=1+1", "x"], ["+1", "x"], ["-1", "x"], ["@x", "x"], ["\tx", "x"], ['"quoted"', "x"]]
    done = await importer.load(csv_bytes(rows), mapping={"email": "email", "=cmd": "age"})
    report = await importer.report(done["id"])
    for row in report:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row), row
    values = {row[2] for row in report if row[1] == "email"}
    assert {"'=1+1", "'+1", "'-1", "'@x"} <= values
    assert {row[1] for row in report} == {"email", "'=cmd"}


async def test_two_thousand_columns_and_strange_headers(importer: Importer) -> None:
    header = ["email", "Email", "email", "", " ", "a\nb", *(f"c{n}" for n in range(500))]
    made = await importer.upload(csv_bytes([header, ["a@x.no", *["1"] * (len(header) - 1)]]))
    assert made["columns"][:6] == ["email", "Email", "email (2)", "Column 4", "Column 5", "a b"]
    assert sum(m["field"] == "email" for m in made["mapping"]) == 1
