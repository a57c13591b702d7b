"""Progress messages: few, and none of the progress is lost."""

from unvanish.suite.execution.progress import INTERVAL, ProgressMessages


def test_blocks_are_added_up_between_messages_and_the_rest_is_sent_at_the_end():
    sent, times = [], iter([0.0, *(0.3 * INTERVAL * block for block in range(1, 100))])
    clock = [next(times)]
    messages = ProgressMessages(lambda *news: sent.append(news), now=lambda: clock[0])
    for block in range(10):
        clock[0] = next(times)
        messages(5, block)
    assert sent == [(20, 3), (20, 7)]  # at 1.2 and 2.4 intervals
    messages.flush()
    messages.flush()
    assert sent == [(20, 3), (20, 7), (10, 9)]
