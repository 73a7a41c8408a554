"""Which brain is asked next."""

from __future__ import annotations

from bot.pool import Pool

URLS = ["http://one", "http://two", "http://three"]


def test_brains_that_rest_take_turns() -> None:
    pool = Pool(lambda: URLS)
    asked = []
    for _ in range(6):
        replica = pool.best_first()[0]
        pool.give(replica)
        replica.give_back()
        asked.append(replica.url)
    assert asked == URLS * 2


def test_the_least_busy_is_asked_first() -> None:
    pool = Pool(lambda: URLS)
    for number in (0, 0, 2):
        pool.give(pool.replicas()[number])
    assert [replica.url for replica in pool.best_first()] == ["http://two", "http://three", "http://one"]


def test_one_that_failed_or_has_no_model_comes_last_and_is_still_there() -> None:
    pool = Pool(lambda: URLS)
    one, two, three = pool.replicas()
    one.failed()
    two.models = ()
    pool.give(three)
    assert pool.best_first() == [three, one, two]

    one.answered()
    two.answered()
    three.give_back()
    assert pool.best_first() == [one, two, three]


def test_one_that_goes_on_failing_is_left_alone_for_longer() -> None:
    (one,) = Pool(lambda: URLS[:1]).replicas()
    until = []
    for _ in range(3):
        one.failed()
        until.append(one.avoided_until)
    first, second, third = until
    assert third - second > second - first > 1


def test_brains_come_and_go() -> None:
    urls = [*URLS]
    pool = Pool(lambda: urls)
    kept = pool.replicas()[2]
    urls[:] = ["http://three", "http://four"]
    assert [replica.url for replica in pool.replicas()] == urls
    assert pool.replicas()[0] is kept
