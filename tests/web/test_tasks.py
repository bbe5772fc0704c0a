"""Whatever order news of a task arrives in, the page ends with its highest version."""

import itertools

from playwright.sync_api import Page

RUN = """async (steps) => {
  const { TaskStore } = await import("/static/state/tasks.js");
  const store = new TaskStore();
  let mark = 0;
  for (const [verb, ...rest] of steps) {
    if (verb === "mark") mark = store.mark();
    else if (verb === "list") store.replace(rest[0], mark, (task) => !task.completed);
    else store[verb](...rest);
  }
  return store.all();
}"""


def task(version: int, **fields: object) -> dict[str, object]:
    return {"id": "t", "version": version, "title": f"v{version}", "completed": False, **fields}


def test_the_highest_version_wins_in_every_order(modules: Page) -> None:
    for order in itertools.permutations([1, 2, 3]):
        assert modules.evaluate(RUN, [["put", task(version)] for version in order]) == [task(3)]


def test_a_deleted_task_does_not_come_back_with_late_news(modules: Page) -> None:
    steps = [["put", task(1)], ["remove", "t", 3], ["put", task(2)], ["put", task(3)]]
    assert modules.evaluate(RUN, steps) == []


def test_news_of_a_task_before_its_deletion_is_known_changes_nothing(modules: Page) -> None:
    assert modules.evaluate(RUN, [["remove", "t", 3], ["put", task(1)]]) == []


def test_a_list_drops_what_it_lacks_and_keeps_what_came_after_it_was_asked_for(modules: Page) -> None:
    steps = [
        ["put", task(1)],
        ["put", task(1, id="done", completed=True)],
        ["mark"],
        ["put", task(1, id="new")],
        ["list", [task(1, id="other")]],
    ]
    assert {one["id"] for one in modules.evaluate(RUN, steps)} == {"new", "other", "done"}


def test_a_list_that_is_older_than_a_frame_does_not_undo_it(modules: Page) -> None:
    steps = [["put", task(1)], ["mark"], ["put", task(2)], ["list", [task(1)]]]
    assert modules.evaluate(RUN, steps) == [task(2)]


def test_what_the_server_has_not_answered_yet_is_shown_and_then_settled(modules: Page) -> None:
    shown = """async ([first, second]) => {
      const { TaskStore } = await import("/static/state/tasks.js");
      const store = new TaskStore(), seen = [];
      store.put(first);
      const drafts = second.map((draft) => store.draft("t", draft));
      for (const draft of [null, ...drafts]) {
        if (draft) store.settle("t", draft);
        seen.push(store.all());
      }
      return seen;
    }"""
    steps = [task(1), [{"completed": True}, {"title": "next"}]]
    both, second, none = modules.evaluate(shown, steps)
    assert both == [task(1, completed=True, title="next")]
    assert second == [task(1, title="next")]
    assert none == [task(1)]
    assert modules.evaluate(shown, [task(1), [{"hidden": True}]]) == [[], [task(1)]]
