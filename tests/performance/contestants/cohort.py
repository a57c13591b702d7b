"""This suite: all trials of a process as one compiled program, the sequences drawn block by block as in a benchmark."""

from tests.performance.workload import CLIP_NORM, LEARNING_RATE, Workload, take_turn

STEPS_PER_BLOCK = 50


def prepare(workload: Workload):
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    import tensorflow as tf

    from unvanish.suite.experiment.plan import Budget, Condition
    from unvanish.suite.experiment.trial import Trial
    from unvanish.suite.mitigations import find
    from unvanish.suite.models import MODELS
    from unvanish.suite.probes.measurement.program import ProbeProgram
    from unvanish.suite.training.cohort import CohortTrainer
    from unvanish.suite.training.program_size import program_size_for
    from unvanish.tasks.adding import Adding

    task, every = Adding(workload.length), min(STEPS_PER_BLOCK, workload.steps)
    budget = Budget(workload.hidden, workload.batch, workload.steps, every, 8, 8, 8, (1,), (1,))
    mitigations = find("gradient_clipping+rmsprop", {"gradient_clipping": {"threshold": CLIP_NORM}})
    condition = Condition(task, workload.model, mitigations, (LEARNING_RATE,), budget)
    trials = [Trial(condition, "tune", LEARNING_RATE, 1)] * workload.trials

    def build():
        size = program_size_for(task, MODELS[workload.model], budget, trials)
        trainer = CohortTrainer(task, workload.model, budget, size, [mitigations], ProbeProgram, [0])
        starts = [trainer.initial_state(trials[first : first + size.trials]) for first in range(0, workload.trials, size.trials)]
        trainer.programs.train(starts[0][1], starts[0][0], *trainer.training_block([1], 0), tf.constant(1))

        def train() -> float:
            for settings, state in starts:
                for block in range(workload.steps // every):
                    state, figures = trainer.programs.train(state, settings, *trainer.training_block([1], block), tf.constant(block * every + 1))
            return float(figures.loss[-1, -1])

        return train

    return build


if __name__ == "__main__":
    take_turn(prepare)
