"""The page's types of what the services say are those of the services' OpenAPI documents."""

from tests.web import typedefs


async def test_what_is_kept_is_what_the_documents_say() -> None:
    written = await typedefs.written()
    assert {path.name for path in written} == {path.name for path in typedefs.TYPES.iterdir()}
    for path, text in written.items():
        assert path.read_text(encoding="utf-8") == text, "out of date: make typedefs"
