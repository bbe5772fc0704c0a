"""The API's documents at /docs work in a browser under their own security policy: nothing of them is refused."""

from playwright.sync_api import ConsoleMessage, expect

from tests.web.conftest import NewContext


def test_swagger_ui_runs_without_a_word_from_the_policy(new_context: NewContext, platform_url: str) -> None:
    page = new_context(base_url=platform_url).new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.text} {message.location['url']}")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/docs")
    page.get_by_role("button", name="GET /health Sign of life").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".responses-table.live-responses-table")).to_contain_text('"healthy"')
    page.get_by_label("Select a definition").select_option(label="audit-logger")
    expect(page.locator(".info .title")).to_contain_text("TaskFlow audit-logger")
    assert complaints == []
