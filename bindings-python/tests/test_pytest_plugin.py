"""The pytest plugin, seen by those who use it: each test here is a run of pytest over a small test file."""

from __future__ import annotations

import pytest

import support

HOSTILE = support.native("hostile")
LEAKY = support.native("leaky")
TALKER = support.native("talker")
SHOUT = support.real("shout")

class Runner:
    """Runs pytest, in a process of its own, over a file with these lines."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, lines: str, *arguments: str) -> pytest.RunResult:
        self.pytester.makepyfile("import os, signal, threading, time\nimport pytest, pintle\n" + lines)
        return self.pytester.runpytest_subprocess(*arguments, timeout=support.TIMEOUT)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Runner:
    return Runner(pytester)


ISOLATED = pytest.mark.parametrize("mode", [(), ("--pintle-isolate",)], ids=["here", "isolated"])


@ISOLATED
def test_a_plugin_is_loaded_by_its_marker(run: Runner, mode: tuple[str, ...]) -> None:
    result = run(
        f"""
pytestmark = pytest.mark.pintle({str(SHOUT)!r}, config="channels=0")

@pytest.mark.pintle(instance="loud")
def test_shouts(pintle_host, pintle_plugin):
    assert pintle_plugin.name == "loud"
    assert pintle_host.plugins == [pintle_plugin]
    session = pintle_host.open().create_session()
    session.send(b"hello")
    with session.next(timeout=5) as message:
        assert bytes(message) == b"HELLO"

@pytest.mark.pintle(config="channels=1")
def test_the_nearer_marker_wins(pintle_host, pintle_plugin):
    session = pintle_host.open().create_session()
    session.send(b"hello")
    with session.next(timeout=5) as message:
        assert bytes(message) == b"hello"
""",
        *mode,
    )
    result.assert_outcomes(passed=2)


def test_a_plugin_is_loaded_by_the_option(run: Runner, pytester: pytest.Pytester) -> None:
    (pytester.path / "here.so").symlink_to(support.real("stats"))
    result = run("def test_it(pintle_plugin): assert pintle_plugin.descriptor.name == 'stats'", "--pintle-plugin=here.so")
    result.assert_outcomes(passed=1)


def test_a_plugin_is_loaded_by_the_configuration(run: Runner, pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\npintle_plugin = {support.real('stats')}\npintle_isolate = true\npintle_timeout = 60")
    lines = f"""
def test_it(pintle_plugin):
    assert pintle_plugin.descriptor.name == 'stats'

@pytest.mark.pintle({str(HOSTILE)!r}, config="segv")
def test_the_marker_wins(pintle_plugin): pass
"""
    run(lines).assert_outcomes(passed=1, errors=1)


def test_without_a_plugin_the_test_says_what_to_do(run: Runner) -> None:
    result = run("def test_it(pintle_plugin): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.pintle('path/to/plugin.so')*--pintle-plugin=PATH*"])


def test_a_wrong_marker_is_an_error_before_any_test_runs(run: Runner) -> None:
    result = run("@pytest.mark.pintle(confg='x')\ndef test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_it*wrong arguments*pintle(path=None, [*], config=''*"])


def test_the_marker_is_known(run: Runner) -> None:
    run("@pytest.mark.pintle\ndef test_it(): pass", "--strict-markers").assert_outcomes(passed=1)
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.pintle(path=None, *"])


@ISOLATED
def test_a_leak_fails_the_test_and_names_plugin_and_objects(run: Runner, mode: tuple[str, ...]) -> None:
    result = run(
        f"""
@pytest.mark.pintle({str(LEAKY)!r}, config="message timer", instance="careless")
def test_leaks(pintle_plugin): pass

@pytest.mark.pintle({str(LEAKY)!r}, config="message")
def test_leaks_before_its_end(pintle_plugin): pintle_plugin.unload()

@pytest.mark.pintle({str(LEAKY)!r}, config="message", clean=False)
def test_may_leak(pintle_plugin): pass

@pytest.mark.pintle({str(LEAKY)!r})
def test_does_not(pintle_plugin): pass
""",
        *mode,
    )
    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_leaks *",
            "plugin careless: *left behind 1 message, 1 timer*",
            "*ERROR at teardown of test_leaks_before_its_end *",
            "plugin org.pintle.test.leaky: *left behind 1 message*",
        ]
    )


@ISOLATED
def test_threads_and_fds_of_the_process_are_leaks(run: Runner, mode: tuple[str, ...]) -> None:
    result = run(
        f"""
@pytest.mark.pintle({str(LEAKY)!r}, config="thread")
def test_thread(pintle_plugin): pass

@pytest.mark.pintle({str(LEAKY)!r}, config="fd")
def test_fd(pintle_plugin): pass

@pytest.mark.pintle({str(LEAKY)!r})
def test_of_the_test_itself(pintle_plugin):
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()

@pytest.mark.pintle({str(LEAKY)!r})
def test_what_is_given_back_is_no_leak(pintle_plugin):
    file = open("/dev/zero")
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
""",
        *mode,
    )
    result.assert_outcomes(passed=4, errors=3)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_thread *",
            "a thread * did not before the test: leaked-thread (thread *",
            "*ERROR at teardown of test_fd *",
            "an fd * was not before the test: *, /dev/null",
            "*ERROR at teardown of test_of_the_test_itself *",
            "a thread * did not before the test: forgotten (thread *",
        ]
    )


@ISOLATED
def test_a_plugin_that_does_not_stop_is_a_failure(run: Runner, mode: tuple[str, ...]) -> None:
    result = run(
        f"""
@pytest.mark.pintle({str(HOSTILE)!r}, config="stubborn")
def test_it(pintle_plugin): pintle_plugin.unload(timeout=0.01)
""",
        *mode,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["plugin org.pintle.test.hostile: did not stop in its time*"])


@ISOLATED
def test_what_a_failed_test_still_holds_is_no_second_failure(run: Runner, mode: tuple[str, ...]) -> None:
    result = run(
        """
def test_it(pintle_host):
    message = pintle_host.message(b"x")
    view = memoryview(message)
    file = open("/dev/null")
    assert bytes(view) == b"y"
""",
        *mode,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*assert b'x' == b'y'"])


@ISOLATED
def test_the_log_of_the_plugin_stands_in_the_report(run: Runner, mode: tuple[str, ...]) -> None:
    result = run(
        f"""
@pytest.mark.pintle({str(TALKER)!r}, config="0")
def test_before(pintle_host, pintle_plugin):
    pintle_host.open().create_session().receive(b"of the test before")

@pytest.mark.pintle({str(TALKER)!r}, config="0")
def test_it(pintle_host, pintle_plugin, caplog):
    pintle_host.open().create_session().receive(b"my last words")
    assert "my last words" in caplog.text
    assert False
""",
        *mode,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- pintle log -*",
            "ERROR * org.pintle.test.talker [[]levels[]]: error",
            "INFO * org.pintle.test.talker: my last words",
        ]
    )
    result.stdout.no_fnmatch_line("*of the test before*")
    result.stdout.no_fnmatch_line("*Captured log*")


def test_outcomes_of_isolated_tests_are_those_of_any(run: Runner) -> None:
    result = run(
        """
pytestmark = pytest.mark.pintle
@pytest.fixture(scope="module")
def wide():
    print("wide begins")
    yield 5
    print("wide ends")
def test_passes(): print("not shown")
def test_fails(wide):
    print("from the child")
    assert wide == 6
def test_skips(): pytest.skip("no reason")
@pytest.mark.xfail
def test_is_expected(): assert False
@pytest.mark.xfail(strict=True)
def test_is_not_expected(): pass
@pytest.mark.parametrize("number", [1, 2])
def test_numbers(number): assert number == 1
pid = os.getpid()
def test_another_process(): assert os.getppid() == pid
def test_errors(missing): pass
@pytest.fixture
def broken():
    yield
    raise RuntimeError("while ending")
def test_ends_badly(broken): pass
""",
        "--pintle-isolate",
        "-v",
        "-rs",
    )
    result.assert_outcomes(passed=4, failed=3, skipped=1, xfailed=1, errors=2)
    result.stdout.fnmatch_lines(["test_*::test_skips SKIPPED*", "SKIPPED [[]1[]] test_*: no reason"])
    result.stdout.fnmatch_lines(
        ["E*assert 5 == 6", "*Captured stdout setup*", "wide begins", "*Captured stdout call*", "from the child",
         "*Captured stdout teardown*", "wide ends"]
    )
    result.stdout.no_fnmatch_line("*not shown*")


def test_what_was_begun_in_the_parent_ends_in_the_parent_once(run: Runner, pytester: pytest.Pytester) -> None:
    result = run(
        """
@pytest.fixture(scope="module")
def wide():
    yield os.getpid()
    with open("ended", "a") as file:
        file.write("once" if os.getpid() == pid else "in the child")
pid = os.getpid()
def test_here(wide): assert wide == os.getpid()
def test_isolated(wide, pintle_host): assert wide == os.getppid()
""",
        "--pintle-isolate",
    )
    result.assert_outcomes(passed=2)
    assert (pytester.path / "ended").read_text() == "once"


@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_a_crash_fails_one_test_and_not_the_run(run: Runner, capture: str) -> None:
    result = run(
        f"""
pytestmark = pytest.mark.pintle({str(HOSTILE)!r}, instance="villain")

def receive(host, what):
    host.open().create_session().receive(what)

def test_segv(pintle_host, pintle_plugin):
    print("before the crash", flush=True)
    receive(pintle_host, b"segv")
def test_abort(pintle_host, pintle_plugin): receive(pintle_host, b"abort")
def test_exit(pintle_host, pintle_plugin): receive(pintle_host, b"exit")
def test_killed(pintle_host): os.kill(os.getpid(), signal.SIGKILL)
@pytest.mark.pintle(config="segv")
def test_setup(pintle_plugin): pass
def test_goes_on(pintle_host, pintle_plugin): receive(pintle_host, b"nothing")
""",
        "--pintle-isolate",
        f"--capture={capture}",
    )
    result.assert_outcomes(passed=1, failed=4, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "*ERROR at setup of test_setup*",
            "pintle: SIGSEGV in plugin villain, callback create",
            "the process of this test died of SIGSEGV",
            "pintle: SIGSEGV in plugin villain, callback message_in",
            "pintle: the last crossings, newest first: villain.message_in villain.*",
            "the process of this test died of SIGABRT",
            "pintle: SIGABRT in plugin villain, callback message_in",
            "the process of this test ended with exit code 3 before the test was over",
            "the process of this test died of SIGKILL",
        ]
    )
    if capture == "fd":
        result.stdout.fnmatch_lines(["*Captured stdout call*", "before the crash"])


def test_what_a_plugin_logged_before_a_crash_is_reported(run: Runner) -> None:
    result = run(
        f"""
@pytest.mark.pintle({str(TALKER)!r}, config="0")
def test_it(pintle_host, pintle_plugin):
    pintle_host.open().create_session().receive(b"my last words")
    os.abort()
""",
        "--pintle-isolate",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- pintle log -*", "INFO * org.pintle.test.talker: my last words"])


def test_a_hang_of_native_code_is_ended_and_named(run: Runner) -> None:
    result = run(
        f"""
pytestmark = pytest.mark.pintle({str(HOSTILE)!r}, instance="villain", timeout=1)
def test_hangs(pintle_host, pintle_plugin):
    pintle_host.open().create_session().receive(b"hang")
@pytest.mark.pintle(timeout=0)
def test_goes_on(pintle_host, pintle_plugin): pass
""",
        "--pintle-isolate",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "it took longer than 1 s, its timeout, and did not return; its process was ended",
            "pintle: SIGABRT in plugin villain, callback message_in",
        ]
    )


@ISOLATED
@pytest.mark.parametrize("wait", ["time.sleep(1000)", "pintle_host.run()", "pintle_host.open().create_session().next()"])
def test_a_wait_is_interrupted(run: Runner, mode: tuple[str, ...], wait: str) -> None:
    goes_on = "@pytest.mark.pintle(timeout=0)\ndef test_goes_on(pintle_host): pass"
    result = run(f"def test_waits(pintle_host): {wait}\n{goes_on}", "--pintle-timeout=1", *mode)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E*it took longer than 1 s, its timeout"])


def test_without_isolation_a_hang_of_native_code_ends_the_run(run: Runner) -> None:
    result = run(
        f"""
@pytest.mark.pintle({str(HOSTILE)!r}, timeout=1)
def test_hangs(pintle_host, pintle_plugin):
    pintle_host.open().create_session().receive(b"hang")
def test_is_never_reached(): pass
"""
    )
    assert result.ret == 1
    result.stderr.fnmatch_lines(["Timeout (*", "*in test_hangs"])
    result.stdout.no_fnmatch_line("*passed*")


def test_the_nearest_timeout_wins(run: Runner) -> None:
    lines = "@pytest.mark.pintle(timeout=0)\ndef test_it(pintle_host): time.sleep(0.3)\n"
    run(lines, "--pintle-timeout=0.1").assert_outcomes(passed=1)


def test_other_tests_are_left_alone(run: Runner) -> None:
    lines = "pid = os.getpid()\ndef test_it(): assert os.getpid() == pid\ndef test_slow(): time.sleep(0.3)"
    run(lines, "--pintle-timeout=0.1", "--pintle-isolate").assert_outcomes(passed=2)


def test_leaving_from_an_isolated_test_ends_the_run(run: Runner) -> None:
    lines = "def test_it(pintle_host): pytest.exit('enough', 7)\ndef test_more(): pass"
    result = run(lines, "--pintle-isolate")
    assert result.ret == 7
    result.stdout.fnmatch_lines(["*enough*"])


def test_what_an_isolated_test_started_may_outlive_it(run: Runner) -> None:
    """The process that the first test leaves behind ends when the second one runs, and no earlier."""
    result = run(
        """
def test_one(pintle_host):
    if os.fork() == 0:
        while not os.path.exists("over"):
            time.sleep(0.01)
        os._exit(0)
def test_two(): open("over", "w").close()
""",
        "--pintle-isolate",
    )
    result.assert_outcomes(passed=2)


def test_a_run_stops_at_the_first_isolated_failure_if_told_so(run: Runner) -> None:
    lines = "def test_one(pintle_host): os.abort()\ndef test_two(pintle_host): pass"
    run(lines, "--pintle-isolate", "-x").assert_outcomes(failed=1)
