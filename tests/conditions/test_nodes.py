from __future__ import annotations

from typing import Any

import pytest

from fidelia.conditions import AllOf, Compare, decode, encode, fingerprint, walk
from fidelia.kernel.errors import Problem

from .shop import both, cmp, happened, member, no


def test_a_tree_is_read_and_written_back() -> None:
    node = both(cmp("profile.age", "gt", 0.1), no(member(12)), happened("x", within={"from": "2026-01-01"}))
    tree = decode(node)
    assert isinstance(tree, AllOf)
    assert tree.of[0] == Compare(field="profile.age", op="gt", value=0.1)
    assert encode(tree) == node
    assert decode(encode(tree)) == tree


def test_defaults_are_left_out_and_equal_trees_have_one_fingerprint() -> None:
    short, long = cmp("a", "eq", 1), cmp("a", "eq", 1, case=False)
    assert encode(decode(long)) == short
    assert fingerprint(decode(long)) == fingerprint(decode(short))
    assert fingerprint(decode(cmp("a", "eq", 2))) != fingerprint(decode(short))


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"kind":"all","of":[{"kind":"compare","field":1,"op":"gt"}]}', "/of/0/field"),
        ('{"kind":"zap"}', "/kind"),
        ('{"kind":"all"}', "/of"),
        ("[]", ""),
        ('{"kind":"all","of":[{"kind":"occurred","event":"x","take":{"latest":"1"}}]}', "/of/0/take/latest"),
        ('{"kind":"occurred","event":"x","take":{"last":1}}', "/take/last"),
        ('{"kind":"occurred","event":"x","within":{"since":{}}}', "/within/since/event"),
        ('{"kind":"occurred","event":"x","within":{"calendar":"era"}}', "/within/calendar"),
        (
            '{"kind":"not","of":{"kind":"occurred","event":"x","count":{"value":{"figure":{"fm":1}}}}}',
            "/of/count/value/figure/fm",
        ),
        (
            '{"kind":"related","link":"x","measure":{"fn":"sum","of":"y","op":"gt","value":{"figure":{"link":"x",'
            '"where":{"kind":"zap"}}}}}',
            "/measure/value/figure/where/kind",
        ),
        ('{"kind":"related","link":"x","count":{"value":{"figure":{},"more":1}}}', "/count/value/more"),
        ('{"kind":"member","of":{"segment":"x"}}', "/of/segment"),
        ('{"kind":"member","of":{"segment":1},"state":"later"}', "/state"),
        ('{"kind":"compare","field":"a","op":"eq","value":1,"case":"yes"}', "/case"),
    ],
)
def test_what_is_no_condition_is_refused_with_a_pointer(text: str, pointer: str) -> None:
    with pytest.raises(Problem) as refused:
        decode(text, "/condition")
    assert refused.value.status == 422
    assert [e.pointer for e in refused.value.errors] == [f"/condition{pointer}"]


@pytest.mark.parametrize("text", ["{", b'{"kind":"\xff"}'])
def test_broken_json_is_malformed(text: Any) -> None:
    with pytest.raises(Problem) as refused:
        decode(text)
    assert refused.value.status == 400


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        decode('{"kind":"not","of":' * 5000 + '{"kind":"always"}' + "}" * 5000)
    assert refused.value.status == 422


def test_walk_gives_pointers_parents_first() -> None:
    tree = decode(both(no(cmp("a", "eq", 1)), happened("x", where=cmp("event.y", "eq", 2))))
    assert [path for path, _ in walk(tree)] == ["", "/of/0", "/of/0/of", "/of/1", "/of/1/where"]
