"""The list that is kept on the device, by itself."""

from playwright.sync_api import Page

KEPT = """async () => {
  const { LastList } = await import("/static/offline/last-list.js");
  const kept = [];
  const storage = { keys: async () => [], put: async (store, { tasks }) => kept.push(tasks[0].number) };
  const list = new LastList(storage);
  const busy = { user: { id: "ada" }, preferences: {} };
  for (let number = 0; kept.length < 2 && number < 100; number += 1) {
    list.soon(() => ({ ...busy, tasks: [{ number }] }));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  list.stop();
  return kept.length;
}"""


def test_a_list_that_never_rests_is_kept_all_the_same(modules: Page) -> None:
    assert modules.evaluate(KEPT) == 2
