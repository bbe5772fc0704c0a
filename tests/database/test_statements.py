"""Simple statements come from the tables' own description."""

import pytest

from taskflow_core.database.statements import columns, select
from taskflow_db.tables import SeriesSlots, Tasks


def test_a_list_of_columns() -> None:
    assert columns(Tasks.id, Tasks.due_date) == "id, due_date"
    assert columns(Tasks.id, Tasks.due_date, of="t") == "t.id, t.due_date"


def test_a_select_by_values_in_an_order() -> None:
    assert select(Tasks.title) == "SELECT title FROM tasks"
    made = select(
        SeriesSlots.task_id,
        by=[SeriesSlots.series_id, SeriesSlots.occurrence_date],
        order_by=[SeriesSlots.made_at, SeriesSlots.task_id],
    )
    assert made == (
        "SELECT task_id FROM series_slots WHERE series_id = $1 AND occurrence_date = $2 ORDER BY made_at, task_id"
    )


def test_columns_are_of_one_table() -> None:
    with pytest.raises(ValueError, match="one table"):
        select(Tasks.title, by=[SeriesSlots.task_id])
