"""A process that forks while hosts run."""

import os

import pintle
import support


def test_a_forked_process_has_no_hosts_and_can_have_new_ones() -> None:
    with pintle.Host() as host:
        host.load(support.real("echo"))
        session = host.open().create_session()
        child = os.fork()
        if child == 0:
            good = host.closed and session.closed
            del host, session
            with pintle.Host() as host:
                host.load(support.real("echo"))
                good = good and host.open().create_session().call(0x1000_0001, 2, b"x", timeout=10) == [b"x"]
            os._exit(0 if good else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert session.call(0x1000_0001, 2, b"y", timeout=10) == [b"y"]
