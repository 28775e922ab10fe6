"""tools/import_figures.py on small packages whose figures are counted by hand."""

from tools.import_figures import figures, folders, imports, sources

TEXTS = {
    "minutebook": "",
    "minutebook.a": "from minutebook.room import x\nimport minutebook.kit",
    "minutebook.b": "def late():\n    from minutebook.a import thing",
    "minutebook.kit": "import json\n",
    "minutebook.room": "",
    "minutebook.room.x": "from minutebook.room.y import Y",
    "minutebook.room.y": "from minutebook.room import x",
}
USES = {name: imports(name, text, TEXTS) for name, text in TEXTS.items()}


def test_imports_are_found_wherever_they_stand() -> None:
    assert USES["minutebook.a"] == {"minutebook.room.x", "minutebook.kit"}
    assert USES["minutebook.b"] == {"minutebook.a"}


def test_a_folder_is_counted_by_its_children() -> None:
    whole = figures("", TEXTS, USES)
    assert (whole.files, whole.rooms, whole.edges, whole.levels, whole.circles) == (7, 4, 3, 3, 0)


def test_a_circle_is_one_storey() -> None:
    room = figures("room", TEXTS, USES)
    assert (room.files, room.rooms, room.edges, room.levels, room.circles) == (3, 2, 2, 1, 1)


def test_our_own_folders_are_found() -> None:
    assert {"bots", "analysis", "kit"} <= set(folders(sources(None), everything=False))
