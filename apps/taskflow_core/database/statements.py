"""Simple SQL made from the tables' own description (taskflow_db.tables), so that types check the names of columns.

Made once, when a module is imported: what comes out is a constant like those that are written by hand (docs/adr/0002).
"""

from collections.abc import Sequence

from piccolo.columns import Column

from taskflow_db.tables import column_name, table_of


def columns(*wanted: Column, of: str = "") -> str:
    """A list of columns for SELECT, each behind the alias `of` of its table where there is one."""
    return ", ".join(f"{of}.{column_name(column)}" if of else column_name(column) for column in wanted)


def select(*wanted: Column, by: Sequence[Column] = (), order_by: Sequence[Column] = ()) -> str:
    """SELECT of columns of one table, of the rows whose `by` are $1, $2, …, in the order of `order_by`.

    Raises ValueError for columns of several tables.
    """
    tables = {table_of(column) for column in (*wanted, *by, *order_by)}
    if len(tables) != 1:
        raise ValueError(f"columns of one table are needed, not of {sorted(tables)}")
    where = " AND ".join(f"{column_name(column)} = ${number}" for number, column in enumerate(by, 1))
    return "".join(
        (
            f"SELECT {columns(*wanted)} FROM {tables.pop()}",  # noqa: S608  # names of the schema
            f" WHERE {where}" if by else "",
            f" ORDER BY {columns(*order_by)}" if order_by else "",
        )
    )
