"""One GPU a worker: which one, and what TensorFlow is told, by a stand-in for TensorFlow, since the tests have no GPU."""

from types import SimpleNamespace

from unvanish.suite.execution.gpus import NUMBER, gpu_of_worker, use_one_gpu


def tensorflow_with(gpus, told):
    """A TensorFlow that sees these GPUs, and what it is told."""
    return SimpleNamespace(
        config=SimpleNamespace(
            list_physical_devices=lambda kind: gpus if kind == "GPU" else [],
            set_visible_devices=lambda *given: told.append(given),
            experimental=SimpleNamespace(set_memory_growth=lambda *given: told.append(given)),
        )
    )


def test_each_worker_has_one_and_they_are_shared_in_turn_where_there_are_fewer():
    assert [gpu_of_worker(["a", "b"], number) for number in range(4)] == ["a", "b", "a", "b"]
    assert gpu_of_worker([], 3) is None


def test_a_worker_sees_its_own_alone_with_memory_as_it_needs_it(monkeypatch):
    for number, gpu in (("1", "b"), (None, "a")):
        told = []
        monkeypatch.setenv(NUMBER, number) if number else monkeypatch.delenv(NUMBER)
        use_one_gpu(tensorflow_with(["a", "b"], told))
        assert told == [(gpu, "GPU"), (gpu, True)]


def test_without_one_nothing_is_told():
    told = []
    use_one_gpu(tensorflow_with([], told))
    assert told == []
