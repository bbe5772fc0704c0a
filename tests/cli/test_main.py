"""`taskflow` explains itself, and says what to do instead of showing a traceback."""

import subprocess
import sys

import pytest

import taskflow_core
from taskflow_cli.main import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: taskflow {command}")
    assert len(said.splitlines()) > 5


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = " ".join(capsys.readouterr().out.split())  # lines break where the terminal ends
    assert all(command in said and text in said for command, text in COMMANDS.items())


def test_it_says_its_version_and_in_an_image_the_commit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TASKFLOW_REVISION", raising=False)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{taskflow_core.__version__}\n"
    monkeypatch.setenv("TASKFLOW_REVISION", "0123abc")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{taskflow_core.__version__} 0123abc\n"


def test_an_unknown_command_is_an_error_that_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["nonsense"])
    assert end.value.code == 2
    assert "serve" in capsys.readouterr().err


def test_help_imports_none_of_the_services() -> None:
    script = (
        "import sys; from taskflow_cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('litestar', 'asyncpg', 'piccolo', 'uvicorn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_a_setting_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TASKFLOW_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.delenv("BETTER_AUTH_SECRET", raising=False)
    assert main(["serve", "audit-logger"]) == 1
    assert "BETTER_AUTH_SECRET is not set" in capsys.readouterr().err
