"""What is kept on the device, by itself."""

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


FORGOTTEN = """async () => {
  const { LastList } = await import("/static/offline/last-list.js");
  const { WriteQueue } = await import("/static/offline/write-queue.js");
  const kept = [];
  const keep = async (kind) => kept.push(kind);
  const storage = { keys: async () => [], all: async () => [], remove: async () => {}, put: keep, putAll: keep };
  const list = new LastList(storage);
  const keeping = list.keep({ user: { id: "ada" }, preferences: {}, tasks: [] });
  await list.forget();
  await keeping;
  const needs = { store: { show() {} }, userId: "ada", isReachable: () => true, onChange() {} };
  const queue = new WriteQueue({ storage, api: {}, ...needs });
  queue.overlay.show = () => {};
  const entry = { userId: "ada", key: "k", seq: 1, taskId: "t", tab: "", state: "waiting" };
  const failing = queue.draining.failed(entry, Object.assign(new Error(), { status: 0 }));
  const clearing = queue.clear();
  await Promise.all([failing, clearing]);
  kept.length = 0;
  await queue.draining.failed(entry, Object.assign(new Error(), { status: 0 }));
  await queue.keepAll([entry]);
  return kept;
}"""


def test_what_is_on_its_way_when_somebody_leaves_is_not_kept_after_them(modules: Page) -> None:
    assert modules.evaluate(FORGOTTEN) == []
