"""A condition as a sentence for people, the log and the segment builder.

    "People in shop with at least 6 orders in the last 365 days, and whose city is Oslo or Bergen; without those whose
    news by e-mail is unsubscribed"

``spans`` say which part of the text speaks of which node, so that pointing at one lights the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import msgspec

from .plan import Belonging, Checked, Group, Membership, Negation, Plan, Rows, Test, Truth
from .text_rows import chosen, counted, is_none, measure_text, no_rows, some_rows, than
from .text_values import test_text
from .vocabulary import Field


class TextSpan(msgspec.Struct, frozen=True):
    """The part ``text[start:end]`` speaks of the node at ``path`` (a JSON pointer)."""

    start: int
    end: int
    path: str


class Sentence(msgspec.Struct, frozen=True):
    """The sentence and its parts, outer parts before inner ones."""

    text: str
    spans: tuple[TextSpan, ...]


def sentence(checked: Checked, database: str = "", subjects: str = "People") -> Sentence:
    """Return the sentence of a condition; ``database`` is named when given, ``subjects`` is the word it starts with."""
    writer = _Writer(checked.segment_names)
    everybody = isinstance(checked.root, Truth)
    word = f"All {subjects.lower()}" if everybody else subjects
    with writer.about(checked.root.path) if everybody else nullcontext():
        writer.add(f"{word} in {database}" if database else word)
    if not everybody:
        writer.start(checked.root)
    return writer.result()


class _Writer:
    def __init__(self, segments: dict[int, str]) -> None:
        self.segments = segments
        self.parts: list[str] = []
        self.length = 0
        self.spans: list[TextSpan] = []

    def result(self) -> Sentence:
        ordered = sorted(self.spans, key=lambda s: (s.start, -s.end, s.path))
        return Sentence("".join(self.parts), tuple(ordered))

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    @contextmanager
    def about(self, path: str) -> Iterator[None]:
        start = self.length
        yield
        self.spans.append(TextSpan(start, self.length, path))

    def start(self, root: Plan) -> None:
        """The first level: what is included, then what is taken away."""
        if not isinstance(root, Group) or not root.every:
            self.add(" ")
            with self.about(root.path):
                self.say(root, top=True)
            return
        self.add(" ")
        with self.about(root.path):
            kept = [part for part in root.of if not isinstance(part, Negation)]
            taken = [part for part in root.of if isinstance(part, Negation)]
            if kept:
                self.several(kept, ", and ", top=True)
            for index, part in enumerate(taken):
                self.add("; " if kept or index else "")
                with self.about(part.path):
                    self.add("without those ")
                    with self.about(part.of.path):
                        self.say(part.of, top=True)

    def several(self, parts: Sequence[Plan], joint: str, *, top: bool = False) -> None:
        for index, part in enumerate(parts):
            if index:
                self.add(joint)
            with self.about(part.path):
                self.say(part, top=top and len(parts) == 1)

    def say(self, plan: Plan, *, top: bool = False) -> None:
        """Write what a node says of "people" as a relative clause."""
        match plan:
            case Group(every=every, of=of):
                brackets = not top and len(of) > 1
                self.add("(" if brackets else "")
                self.several(of, " and " if every else " or ", top=top)
                self.add(")" if brackets else "")
            case Negation(of=inner):
                self.negated(inner)
            case Truth():
                self.add("of any kind")
            case Test():
                self.add(f"whose {test_text(plan, plan.operator.sentence)}")
            case Rows():
                self.rows(plan)
            case Membership():
                self.add(f"in {self.membership(plan)}")
            case Belonging():
                self.belonging(plan)

    def negated(self, inner: Plan) -> None:
        with self.about(inner.path):
            match inner:
                case Test(operator=operator) if operator.negative:
                    self.add(f"whose {test_text(inner, operator.negative)}")
                case Membership():
                    self.add(f"not in {self.membership(inner)}")
                case Belonging(state="ever", entries=None):
                    self.add(f"never in {self.membership(inner.now)}")
                case Rows() if inner.plain:
                    self.rows(inner, none=True)
                case _:
                    self.add("not those ")
                    self.say(inner)

    def segment(self, id_: int) -> str:
        return self.segments.get(id_) or f"number {id_}"

    def rows(self, plan: Rows, *, none: bool = False) -> None:
        self.add(f"with {no_rows(plan) if none or is_none(plan.count) else some_rows(plan)}")
        self.add(chosen(plan, self.words))
        if plan.where is not None:
            self.add(" where ")
            with self.about(plan.where.path):
                self.inner(plan.where)
        if plan.count.other is not None:
            self.add(f" {than(plan.count.operator.key, plan.count.other, self.words)}")
        if plan.measure is not None:
            self.add(f" and {measure_text(plan.measure, self.words)}")

    def words(self, plan: Plan) -> str:
        """Write what a node says of rows, apart."""
        writer = _Writer(self.segments)
        writer.inner(plan)
        return writer.result().text

    def belonging(self, plan: Belonging) -> None:
        name, entries = self.membership(plan.now), plan.entries
        if entries is None:
            self.add({"ever": f"ever in {name}", "left": f"no longer in {name}"}[plan.state])
            return
        times = f"{counted(entries.count, 'time', 'times')}{chosen(entries, self.words)}"
        if entries.count.other is not None:
            times += f" {than(entries.count.operator.key, entries.count.other, self.words)}"
        verb = "left" if plan.state == "left" else "entered"
        self.add({"now": f"in {name}, who ", "left": f"no longer in {name}, who ", "ever": "who "}[plan.state])
        self.add(f"{verb} {name if plan.state == 'ever' else 'it'} {times}")

    def membership(self, plan: Membership) -> str:
        return plan.title or f"the segment {self.segment(plan.segment)}"

    def inner(self, plan: Plan, *, nested: bool = False) -> None:
        """Write what a node says of rows: no "whose"."""
        match plan:
            case Group(every=every, of=of):
                self.add("(" if nested and len(of) > 1 else "")
                for index, part in enumerate(of):
                    if index:
                        self.add(" and " if every else " or ")
                    with self.about(part.path):
                        self.inner(part, nested=len(of) > 1)
                self.add(")" if nested and len(of) > 1 else "")
            case Negation(of=Test(operator=operator) as test) if operator.negative:
                with self.about(test.path):
                    self.add(test_text(test, operator.negative))
            case Negation(of=Membership(id=id_) as inner) if id_ is not None:
                with self.about(inner.path):
                    self.add(f"{_named(id_)} is not in {self.membership(inner)}")
            case Negation(of=inner):
                self.add("not (")
                with self.about(inner.path):
                    self.inner(inner)
                self.add(")")
            case Test():
                self.add(test_text(plan, plan.operator.sentence))
            case Membership(id=id_) if id_ is not None:
                self.add(f"{_named(id_)} is in {self.membership(plan)}")
            case Truth():
                self.add("anything holds")
            case Rows(link=link, depth=0) if link is not None:
                self.say(plan)
            case _:
                self.add("the person is one ")
                self.say(plan)


def _named(id_: Field) -> str:
    """Return what the field of an id stands for: ``line.product`` for "the product"."""
    return f"the {id_.name.rpartition('.')[2].removesuffix('_id')}"
