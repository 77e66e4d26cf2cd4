"""Reading XML as it comes, without entities, DTDs or anything from outside: a feed has no use for them.

expat is asked for elements and texts; whatever declares an entity, or leads out of the file, ends the reading of the
whole file at once, before anything of it is expanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.parsers import expat

from .model import MAX_CATEGORIES, MAX_TEXT, Element, FeedCategory, FeedProblem, Record

MAX_DEPTH = 60
MAX_ELEMENTS = 1_000
#: The one DTD that is named in ordinary feeds of this kind; it is not read.
_NAMED = ("yml_catalog", "shops.dtd")
#: The parts of an element that has none; nobody writes to it.
_NOTHING: dict[str, str] = {}
_NO_ENTITIES = "The file declares entities. A feed needs none, and they can make a small file grow without end"


class Scanner:
    """Gives the records of a file: elements named ``record``, wherever they stand, with what is right inside of them.

    ``parts`` are elements of a record that have parts of their own to be read. Further elements inside are left out,
    their texts count as the text of the element around.
    """

    def __init__(self, records: frozenset[str], parts: frozenset[str] = frozenset()) -> None:
        self._wanted, self._parted = records, parts
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._keep = self._text
        self._plain: dict[str, str] = {}
        parser: Any = self._parser
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.UnparsedEntityDeclHandler = self._entity
        parser.NotationDeclHandler = self._entity
        parser.ElementDeclHandler = self._entity
        parser.AttlistDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._outside
        parser.SkippedEntityHandler = self._skipped
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.root: str | None = None
        self.records: list[Record] = []
        self.categories: list[FeedCategory] = []
        self._count = 0
        self._depth = 0
        self._base = 0
        self._line = 0
        self._attributes: dict[str, str] = {}
        self._elements: list[Element] = []
        self._name = ""
        self._own: dict[str, str] = {}
        self._inner: dict[str, str] = {}
        self._texts: list[str] = []
        self._size = 0
        self._part: list[str] | None = None
        self._category: tuple[dict[str, str], list[str], int] | None = None

    def read(self, pieces: Iterable[bytes]) -> Iterator[list[Record]]:
        """Yield records as they are complete; raise :class:`FeedProblem` where the file is no XML, or not safe."""
        try:
            for piece in pieces:
                self._parser.Parse(piece, False)
                if self.records:
                    yield self._taken()
            self._parser.Parse(b"", True)
        except expat.ExpatError as exc:
            raise FeedProblem(f"The XML is broken: {expat.ErrorString(exc.code)}", exc.lineno) from exc
        except LookupError as exc:
            raise FeedProblem(f"The encoding of the file is not known: {exc}", 1) from exc
        except ValueError as exc:
            raise FeedProblem(f"The XML is broken: {exc}", self._parser.CurrentLineNumber) from exc
        if self.records:
            yield self._taken()

    def _taken(self) -> list[Record]:
        found, self.records = self.records, []
        return found

    # -- elements -------------------------------------------------------------------------------------------------

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FeedProblem(f"Elements nest more than {MAX_DEPTH} deep", self._parser.CurrentLineNumber)
        name = self._plain.get(name) or self._known(name)
        if self._base:
            self._inside(name, attributes)
            return
        if self.root is None:
            self.root = name
        if name in self._wanted:
            self._base = self._depth
            self._line = self._parser.CurrentLineNumber
            self._attributes, self._elements = attributes, []
        elif name == "category" and "id" in attributes:
            self._category = (attributes, [], self._parser.CurrentLineNumber)
            self._parser.CharacterDataHandler = self._category[1].append

    def _known(self, name: str) -> str:
        """Return a name without its namespace, and know it from now on, as far as there are not too many of them."""
        short = name.rpartition(" ")[2]
        if len(self._plain) < MAX_ELEMENTS:
            self._plain[name] = short
        return short

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        deep = self._depth - self._base
        if deep == 1:
            self._name, self._own, self._inner, self._texts, self._size = name, attributes, _NOTHING, [], 0
            self._parser.CharacterDataHandler = self._keep
        elif deep == 2 and self._name in self._parted:
            self._part = []
            self._inner = dict(self._inner)
            self._parser.CharacterDataHandler = self._part.append

    def _text(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise FeedProblem(f"A text is longer than {MAX_TEXT:,} characters", self._parser.CurrentLineNumber)
        self._texts.append(text)

    def _end(self, name: str) -> None:
        deep = self._depth - self._base
        self._depth -= 1
        if not self._base:
            if self._category is not None:
                self._close_category()
            return
        if deep == 0:
            self._base = 0
            self.records.append(Record(self._line, self._attributes, self._elements))
        elif deep == 1:
            self._parser.CharacterDataHandler = None
            if len(self._elements) >= MAX_ELEMENTS:
                raise FeedProblem(f"An offer has more than {MAX_ELEMENTS:,} elements", self._line)
            self._elements.append(Element(self._name, self._own, "".join(self._texts).strip(), self._inner))
        elif deep == 2 and self._part is not None:
            self._inner[name.rpartition(" ")[2]] = "".join(self._part)[:MAX_TEXT].strip()
            self._part = None
            self._parser.CharacterDataHandler = self._keep

    def _close_category(self) -> None:
        assert self._category is not None
        attributes, texts, line = self._category
        self._category = None
        self._parser.CharacterDataHandler = None
        self._count += 1
        if self._count > MAX_CATEGORIES:
            raise FeedProblem(f"A feed has {MAX_CATEGORIES:,} categories at most", line)
        parent = (attributes.get("parentId") or "").strip()
        name = "".join(texts)[:300].strip()
        self.categories.append(FeedCategory(attributes["id"].strip(), name, parent or None, line))

    # -- what no feed needs -------------------------------------------------------------------------------------------

    def _doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        if internal:
            raise FeedProblem(_NO_ENTITIES, self._parser.CurrentLineNumber)
        if public is not None or (name, system) != _NAMED:
            what = "The file names a document type. A feed needs none, and nothing outside of the file is read"
            raise FeedProblem(what, self._parser.CurrentLineNumber)

    def _entity(self, *_: object) -> None:
        raise FeedProblem(_NO_ENTITIES, self._parser.CurrentLineNumber)

    def _outside(self, *_: object) -> int:
        raise FeedProblem("The file leads to another one, which is not read", self._parser.CurrentLineNumber)

    def _skipped(self, name: str, _: bool) -> None:
        what = f"The entity &{name[:50]}; is not known in XML: write the character itself"
        raise FeedProblem(what, self._parser.CurrentLineNumber)
